//! What happened to one user: searched, by type, each fact with what led to it.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

use super::one::{self, Head};
use crate::pages::when::When;
use crate::pages::{Asked, Frame, Page, Refused, Texts, Viewer, at, html, refused_html};
use crate::routes::InPath;

#[derive(Default, Deserialize)]
struct Facts {
    items: Vec<Fact>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Fact {
    position: String,
    label: String,
    recorded_at: String,
    occurred_at: Option<String>,
    origin: String,
    actor: Actor,
    cause: Option<Value>,
    data: Value,
    personal: Option<Value>,
}

#[derive(Deserialize)]
struct Actor {
    id: String,
}

#[derive(Deserialize)]
struct Types {
    items: Vec<Type>,
}

#[derive(Deserialize)]
struct Type {
    name: String,
    label: String,
}

/// A fact as it is shown.
pub struct Line {
    /// What happened.
    pub label: String,
    /// When.
    pub when: When,
    /// How it came about: `import`, `policy`, ...
    pub origin: String,
    /// Who.
    pub actor: String,
    /// What it is about: names and values.
    pub details: Vec<(String, String)>,
    /// Where what led to it is told, where something did.
    pub causes: Option<String>,
}

#[derive(Template)]
#[template(path = "users/activity.html")]
struct ActivityPage<'a> {
    t: Texts,
    frame: Frame,
    head: Head,
    asked: &'a Asked,
    lines: Vec<Line>,
    types: Vec<Type>,
    next: Option<String>,
    previous: Option<String>,
    refused: Option<&'a Refused>,
    personal: bool,
}

/// The facts that are asked for, newest first.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    let asked = Asked::read(&uri)?;
    if let Some(better) = asked.settled() {
        return Ok(better);
    }
    let path = asked.at_api(&at("/v1/users/{}/events", &[&id]));
    let (user, facts, types) = tokio::join!(
        one::ask(&viewer, &id),
        viewer.ask().get::<Facts>(&path),
        viewer.ask().get::<Types>("/v1/event-types")
    );
    // Who was removed has a past all the same.
    let head = match &user {
        Ok(user) => Head::of(&viewer, &user.value, "activity"),
        Err(_) => Head::gone(&viewer, &id, "activity"),
    };
    let refused = facts.as_ref().err().cloned();
    if let Some(unknown) = refused.as_ref().filter(|refused| refused.code == "user_unknown") {
        return Err(unknown.clone());
    }
    let facts = facts.unwrap_or_default();
    let page = ActivityPage {
        t: Texts,
        frame: Frame::new(&viewer, "/users"),
        head,
        lines: facts.items.into_iter().map(|fact| line(&viewer, &id, fact)).collect(),
        types: types.map(|types| types.items).unwrap_or_default(),
        next: facts.next.map(|cursor| asked.next(&cursor)),
        previous: asked.previous(),
        refused: refused.as_ref(),
        personal: viewer.may(Scope::PersonalRead),
        asked: &asked,
    };
    match &refused {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

fn line(viewer: &Viewer, id: &str, fact: Fact) -> Line {
    let causes = at("/users/{}/activity/{}", &[id, &fact.position]);
    Line {
        label: fact.label,
        when: viewer.when(fact.occurred_at.as_deref().unwrap_or(&fact.recorded_at)),
        origin: fact.origin,
        actor: fact.actor.id,
        details: details(&fact.data, fact.personal.as_ref()),
        causes: fact.cause.map(|_| causes),
    }
}

/// What a fact is about: names where there are names, else ids; values before and after.
fn details(data: &Value, personal: Option<&Value>) -> Vec<(String, String)> {
    let mut said = Vec::new();
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    };
    for (name, value) in data.as_object().into_iter().flatten() {
        let named = name.strip_suffix("_id").map(|of| format!("{of}_name"));
        let is_named = named.is_some_and(|named| data.get(&named).is_some_and(Value::is_string));
        if !is_named {
            said.extend(text(value).map(|value| (name.clone(), value)));
        }
    }
    let none = Value::Null;
    let (old, new) =
        personal.map_or((&none, &none), |personal| (&personal["old"], &personal["new"]));
    let changes: BTreeMap<&String, &Value> = new.as_object().into_iter().flatten().collect();
    for (name, value) in changes {
        let shown = |value: &Value| text(value).unwrap_or_else(|| "–".to_owned());
        said.push((name.clone(), format!("{} → {}", shown(&old[name]), shown(value))));
    }
    said
}

#[derive(Deserialize)]
struct Chain {
    items: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    stream: String,
    #[serde(flatten)]
    fact: Fact,
}

#[derive(Template)]
#[template(path = "users/causes.html")]
struct CausesPage {
    t: Texts,
    frame: Frame,
    head: Head,
    chain: Vec<(Line, String)>,
}

/// What led to one fact, back to where it began.
///
/// # Errors
/// The API's no.
pub async fn causes(viewer: Viewer, InPath((id, position)): InPath<(String, String)>) -> Page {
    let chain: Chain = viewer.ask().get(&at("/v1/events/{}/causes", &[&position])).await?;
    let head = match one::ask(&viewer, &id).await {
        Ok(user) => Head::of(&viewer, &user.value, "activity"),
        Err(_) => Head::gone(&viewer, &id, "activity"),
    };
    let shown = |link: Link| (line(&viewer, &id, link.fact), link.stream);
    let chain = chain.items.into_iter().map(shown).collect();
    html(&CausesPage { t: Texts, frame: Frame::new(&viewer, "/users"), head, chain })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fact_is_told_by_names_and_by_what_changed() {
        let data = json!({ "badge_id": "vip", "badge_name": "VIP", "audience_id": null, "because": "by_hand" });
        let told = |said: &[(String, String)]| {
            said.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(told(&details(&data, None)), ["badge_name=VIP", "because=by_hand"]);
        let personal = json!({ "email": "a@b.c", "old": { "city": "Lyon" }, "new": { "city": "Paris", "lang": null } });
        let said = details(&json!({}), Some(&personal));
        assert_eq!(told(&said), ["city=Lyon → Paris", "lang=– → –"]);
    }
}
