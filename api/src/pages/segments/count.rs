//! How many would be in: counted while conditions are put together.

use axum::http::Method;
use serde::Deserialize;
use serde_json::json;

use super::draft::Draft;
use super::one::Segment;
use crate::pages::{Refused, Viewer};

/// Users that are named as examples.
const NAMED_MAX: usize = 5;

/// What is known of how many would be in.
#[derive(Debug, Default)]
pub struct Count {
    /// So many, where it was counted.
    pub users: Option<u64>,
    /// Some of them.
    pub sample: Vec<SampleUser>,
    /// Who enters and leaves the segment by that; none: there is none yet, or nobody knows.
    pub moves: Option<Moves>,
    /// Why it could not be counted.
    pub refused: Option<Refused>,
    /// Whether something has to be filled in first.
    pub incomplete: bool,
}

/// What other conditions do to a segment.
#[derive(Debug, Clone, Copy)]
pub struct Moves {
    /// Users in it now.
    pub members: u64,
    /// Those who enter.
    pub entering: u64,
    /// Those who leave.
    pub leaving: u64,
}

/// A user who would be in.
#[derive(Debug, Deserialize)]
pub struct SampleUser {
    /// The user's id.
    pub id: String,
    /// The address.
    pub email: Option<String>,
}

#[derive(Deserialize)]
struct Preview {
    users: u64,
    sample: Vec<SampleUser>,
    members: Option<u64>,
    entering: Option<u64>,
    leaving: Option<u64>,
}

impl Preview {
    fn moves(&self) -> Option<Moves> {
        let Preview { members, entering, leaving, .. } = self;
        Some(Moves { members: (*members)?, entering: (*entering)?, leaving: (*leaving)? })
    }
}

impl Count {
    /// Asks, where nothing is missing; `segment`: of which one they would be the conditions.
    ///
    /// # Errors
    /// What is no fault of the conditions.
    pub async fn ask(
        viewer: &Viewer,
        draft: &Draft,
        segment: Option<&Segment>,
    ) -> Result<Count, Refused> {
        if !draft.lacking().is_empty() {
            return Ok(Count { incomplete: true, ..Count::default() });
        }
        let preview = async {
            let segment = segment.map(|segment| &segment.id);
            let body = json!({ "conditions": draft.json()?, "segment": segment });
            let path = "/v1/segments/preview";
            viewer.ask().act::<Preview>(Method::POST, path, Some(&body)).await
        };
        match preview.await {
            Ok(mut preview) => {
                preview.sample.truncate(NAMED_MAX);
                let (users, moves) = (Some(preview.users), preview.moves());
                Ok(Count { users, sample: preview.sample, moves, ..Count::default() })
            }
            Err(refused) if refused.is_fault() => Err(refused),
            Err(refused) => Ok(Count { refused: Some(refused), ..Count::default() }),
        }
    }
}
