//! Challenges: what they ask and give, made and changed row by row, published, ended, put away; how far everybody is.

pub mod draft;
pub mod edit;
pub mod funnel;
pub mod list;
pub mod one;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::follows::address;
use super::{Refused, Texts, Viewer, at};
use crate::app::App;

const PATH: &str = "/challenges";

/// The pages, by address.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/challenges", get(list::list))
        .route("/challenges/new", get(edit::begin).post(edit::make))
        .route("/challenges/{id}", get(one::show))
        .route("/challenges/{id}/edit", get(edit::show).post(edit::change))
        .route("/challenges/{id}/publish", post(one::publish))
        .route("/challenges/{id}/end", post(one::end))
        .route("/challenges/{id}/archive", post(one::archive))
}

/// A challenge as `/v1/challenges/{id}` shows one.
#[derive(Debug, Clone, Deserialize)]
pub struct Challenge {
    id: String,
    name: String,
    state: String,
    ended: Option<String>,
    audience: Option<Audience>,
    opt_in: bool,
    in_order: bool,
    steps: Vec<Step>,
    rewards: Vec<Reward>,
    texts: BTreeMap<String, Text>,
    visual: Option<String>,
    version: u64,
    joined: u64,
    completed: u64,
    created_at: String,
    changed_at: String,
}

/// Whose members may join.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Audience {
    list: Option<String>,
    segment: Option<String>,
}

/// Something that has to be done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Names it for programs; of a new one it may be empty.
    pub id: String,
    /// As people read it.
    pub title: String,
    /// The name of an action.
    pub action: String,
}

/// Something that is given.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Reward {
    kind: String,
    id: String,
    name: String,
    limit: Option<u64>,
}

/// What users read in one language.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Text {
    title: String,
    description: Option<String>,
    opt_in: Option<String>,
}

impl Challenge {
    /// The API's one, and its ETag.
    async fn find(viewer: &Viewer, id: &str) -> Result<Challenge, Refused> {
        viewer.ask().get(&at("/v1/challenges/{}", &[id])).await
    }

    /// How its state is coloured.
    fn tone(&self) -> &'static str {
        match self.state.as_str() {
            "published" => "good",
            "draft" => "warn",
            _ => "",
        }
    }

    fn state_text(&self) -> String {
        Texts.named("challenge-state", &self.state)
    }

    fn is_archived(&self) -> bool {
        self.state == "archived"
    }

    fn href(&self) -> String {
        address(PATH, &self.id)
    }
}

/// A list or segment by its name.
#[derive(Debug, Clone, Deserialize)]
struct Named {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

/// Every list and segment: audiences by their names.
#[derive(Debug)]
pub struct Audiences {
    lists: Vec<Named>,
    segments: Vec<Named>,
}

impl Audiences {
    /// Asks what there is.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer) -> Result<Audiences, Refused> {
        let ask = viewer.ask();
        let (lists, segments): (Items<Named>, Items<Named>) =
            tokio::try_join!(ask.get("/v1/lists?limit=1000"), ask.get("/v1/segments"))?;
        Ok(Audiences { lists: lists.items, segments: segments.items })
    }

    /// An audience in words.
    fn said(&self, audience: Option<&Audience>) -> String {
        let named = |all: &[Named], id: &String| {
            let known = all.iter().find(|known| known.id == *id);
            known.map_or_else(|| id.clone(), |known| known.name.clone())
        };
        match audience {
            Some(Audience { list: Some(list), .. }) => {
                Texts.one("challenge-of-list", "name", named(&self.lists, list))
            }
            Some(Audience { segment: Some(segment), .. }) => {
                Texts.one("challenge-of-segment", "name", named(&self.segments, segment))
            }
            Some(_) | None => Texts.say("challenge-of-all"),
        }
    }
}
