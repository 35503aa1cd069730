//! Facts in words: what happened, what it is about, why it did, and who was behind it.

mod details;

use std::collections::BTreeMap;

use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

use super::actor::Actor;
use super::when::When;
use super::{Refused, Texts, Viewer, at};

/// A fact as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Fact {
    position: String,
    #[serde(rename = "type")]
    kind: String,
    label: String,
    recorded_at: String,
    occurred_at: Option<String>,
    origin: String,
    actor: Actor,
    cause: Option<Value>,
    data: Value,
    personal: Option<Value>,
}

/// A fact as it is shown.
#[derive(Debug)]
pub struct Line {
    /// What happened.
    pub label: String,
    /// When.
    pub when: When,
    /// What it is about: names and values.
    pub details: Vec<(String, String)>,
    /// Why.
    pub why: String,
    /// Who was behind it, where it was somebody.
    pub who: Option<Actor>,
    /// The import it came of, where the viewer may look at that.
    pub import: Option<String>,
    /// Where what led to it is told, where something did.
    pub causes: Option<String>,
}

/// What properties are called, and which of them say yes or no.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, Property>);

#[derive(Deserialize)]
struct Properties {
    items: Vec<Property>,
}

#[derive(Debug, Deserialize)]
struct Property {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Names {
    /// Asks, where the viewer may know.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer) -> Result<Names, Refused> {
        if !viewer.may(Scope::UsersRead) {
            return Ok(Names::default());
        }
        let known: Properties = viewer.ask().get("/v1/properties").await?;
        Ok(Names(known.items.into_iter().map(|known| (known.id.clone(), known)).collect()))
    }

    /// What one of them is called; what every user has, in the words of the catalogue.
    fn of(&self, id: &str) -> String {
        self.0.get(id).map_or_else(|| Texts.named("column", id), |known| known.name.clone())
    }

    /// Whether its values are `true` and `false`.
    fn is_boolean(&self, id: &str) -> bool {
        self.0.get(id).is_some_and(|known| known.kind == "boolean")
    }
}

/// A fact of a user's, in words.
pub fn line(viewer: &Viewer, names: &Names, user: &str, fact: Fact) -> Line {
    let causes = at("/users/{}/activity/{}", &[user, &fact.position]);
    let may_ask_why = viewer.may(Scope::UsersRead) && fact.cause.is_some();
    let import = fact.data["import_id"].as_str().filter(|_| viewer.may(Scope::ImportsWrite));
    Line {
        when: viewer.when(fact.occurred_at.as_deref().unwrap_or(&fact.recorded_at)),
        details: details::of(viewer, names, &fact),
        why: why(&fact),
        who: Some(fact.actor).filter(Actor::is_somebody),
        import: import.map(|id| at("/imports/{}", &[id])),
        causes: may_ask_why.then_some(causes),
        label: fact.label,
    }
}

/// Why it happened, as far as the fact itself says.
fn why(fact: &Fact) -> String {
    let because = fact.data["because"].as_str();
    if let Some(why) = because.and_then(|because| Texts.find("why", because, 0)) {
        return why;
    }
    if fact.actor.kind == "system" {
        return Texts.say("told-system");
    }
    match fact.data["row"].as_u64().filter(|_| fact.data["import_id"].is_string()) {
        Some(row) => Texts.one("told-row", "row", row),
        None => Texts.named("origin", &fact.origin),
    }
}
