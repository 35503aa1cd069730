//! How many would be in: counted while conditions are put together.

use axum::http::Method;
use serde::Deserialize;
use serde_json::json;

use super::draft::Draft;
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
    /// Why it could not be counted.
    pub refused: Option<Refused>,
    /// Whether something has to be filled in first.
    pub incomplete: bool,
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
}

impl Count {
    /// Asks, where nothing is missing.
    ///
    /// # Errors
    /// What is no fault of the conditions.
    pub async fn ask(viewer: &Viewer, draft: &Draft) -> Result<Count, Refused> {
        if !draft.lacking().is_empty() {
            return Ok(Count { incomplete: true, ..Count::default() });
        }
        let preview = async {
            let body = json!({ "conditions": draft.json()? });
            let path = "/v1/segments/preview";
            viewer.ask().act::<Preview>(Method::POST, path, Some(&body)).await
        };
        match preview.await {
            Ok(Preview { users, mut sample }) => {
                sample.truncate(NAMED_MAX);
                Ok(Count { users: Some(users), sample, ..Count::default() })
            }
            Err(refused) if refused.is_fault() => Err(refused),
            Err(refused) => Ok(Count { refused: Some(refused), ..Count::default() }),
        }
    }
}
