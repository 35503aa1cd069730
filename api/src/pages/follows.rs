//! What hangs on lists and segments: badges and challenges that are for who is in, segments that ask about it.

use serde::Deserialize;
use serde_json::Value;

use super::{Refused, Viewer, at};

/// Something that hangs on a list or segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// `badge`, `challenge` or `segment`.
    pub sort: &'static str,
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// `draft`, `published`, ... of what has a state.
    pub state: Option<String>,
    /// Its page.
    pub page: String,
}

impl Follower {
    /// Whether it keeps what it hangs on from being taken away, and follows every change of it.
    pub fn is_live(&self) -> bool {
        match self.sort {
            "badge" | "challenge" => self.state.as_deref() == Some("published"),
            _ => true,
        }
    }
}

#[derive(Deserialize)]
struct Items {
    items: Vec<Definition>,
}

#[derive(Deserialize)]
struct Definition {
    id: String,
    name: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    audience: Option<Value>,
    #[serde(default)]
    conditions: Option<Value>,
}

/// Everything that can hang on something.
#[derive(Debug)]
pub struct Followers {
    all: Vec<(Follower, Value)>,
}

impl Followers {
    /// Asks what there is.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer) -> Result<Followers, Refused> {
        let ask = viewer.ask();
        let (badges, challenges, segments) = tokio::try_join!(
            ask.get::<Items>("/v1/badges"),
            ask.get::<Items>("/v1/challenges"),
            ask.get::<Items>("/v1/segments"),
        )?;
        let sorts = [("badge", badges), ("challenge", challenges), ("segment", segments)];
        let all = sorts
            .into_iter()
            .flat_map(|(sort, page)| page.items.into_iter().map(move |one| follower(sort, one)));
        Ok(Followers { all: all.collect() })
    }

    /// What hangs on this `list`, `segment` or `badge`. Segments that ask about it are known only to who sees conditions.
    pub fn of(&self, sort: &str, id: &str) -> Vec<Follower> {
        let hangs = |said: &Value| match said["groups"].as_array() {
            None => said[sort] == *id,
            Some(groups) => {
                let conditions = groups.iter().filter_map(|group| group["conditions"].as_array());
                conditions.flatten().any(|condition| condition[sort] == *id)
            }
        };
        let all = self.all.iter().filter(|(_, said)| hangs(said));
        all.map(|(follower, _)| follower.clone()).collect()
    }
}

fn follower(sort: &'static str, one: Definition) -> (Follower, Value) {
    let page = address(&format!("/{sort}s"), &one.id);
    let said = one.audience.or(one.conditions).unwrap_or_default();
    (Follower { sort, id: one.id, name: one.name, state: one.state, page }, said)
}

/// The page of a definition. One whose id is `new` is not the page on which another is made.
pub fn address(section: &str, id: &str) -> String {
    match id {
        "new" => format!("{section}/%6Eew"),
        id => at(&format!("{section}/{{}}"), &[id]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_called_new_has_a_page() {
        assert_eq!(address("/segments", "new"), "/segments/%6Eew");
        assert_eq!(address("/segments", "news"), "/segments/news");
    }
}
