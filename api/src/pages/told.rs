//! Facts in words: what happened, what it is about, why it did, and who was behind it.

mod details;
mod names;

use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

pub use self::names::Names;
use super::actor::Actor;
use super::when::When;
use super::{Texts, Viewer, at};

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
    pub details: Vec<Detail>,
    /// Why.
    pub why: String,
    /// The list or segment that is why, where one is.
    pub audience: Option<Detail>,
    /// Who was behind it, where it was somebody.
    pub who: Option<Actor>,
    /// The import or bulk action it came of, where the viewer may look at that.
    pub job: Option<Job>,
    /// Where what led to it is told, where something did.
    pub causes: Option<String>,
}

/// One of the things or values that a fact is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What it is; empty where the value says all.
    pub name: String,
    /// The value, or what the thing is called.
    pub value: String,
    /// Its page, where it has one.
    pub page: Option<String>,
}

impl Detail {
    /// A value.
    fn new(name: String, value: String) -> Detail {
        Detail { name, value, page: None }
    }
}

/// Work that a fact came of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its page.
    pub page: String,
    /// What the link to it says.
    pub text: String,
}

impl Fact {
    /// Whether an audience is why: then it is told there, not among the details.
    fn is_by_audience(&self) -> bool {
        matches!(self.data["because"].as_str(), Some("entered_audience" | "left_audience"))
    }
}

/// A fact of a user's, in words.
pub fn line(viewer: &Viewer, names: &Names, user: &str, fact: Fact) -> Line {
    let causes = at("/users/{}/activity/{}", &[user, &fact.position]);
    let may_ask_why = viewer.may(Scope::UsersRead) && fact.cause.is_some();
    Line {
        when: viewer.when(fact.occurred_at.as_deref().unwrap_or(&fact.recorded_at)),
        details: details::of(viewer, names, &fact),
        why: why(&fact),
        audience: names.audience(&fact.kind, &fact.data).filter(|_| fact.is_by_audience()),
        job: job(viewer, &fact),
        who: Some(fact.actor).filter(Actor::is_somebody),
        causes: may_ask_why.then_some(causes),
        label: fact.label,
    }
}

/// The import or bulk action that a fact came of: the stream of its cause says which, else the fact itself.
fn job(viewer: &Viewer, fact: &Fact) -> Option<Job> {
    let stream = fact.cause.as_ref().and_then(|cause| cause["stream"].as_str()).unwrap_or_default();
    let of = |what: &str, member: &str| {
        let id = stream.strip_prefix(what).and_then(|rest| rest.strip_prefix('-'));
        id.or_else(|| fact.data[member].as_str())
    };
    let import = of("import", "import_id").filter(|_| viewer.may(Scope::ImportsWrite));
    let bulk = of("bulk", "bulk_action_id").filter(|_| viewer.may(Scope::UsersWrite));
    let link = |page: String, text: &str| Job { page, text: Texts.say(text) };
    let import = import.map(|id| link(at("/imports/{}", &[id]), "told-import"));
    import.or_else(|| bulk.map(|id| link(at("/bulk-actions/{}", &[id]), "told-bulk")))
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
