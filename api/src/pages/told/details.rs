//! What a fact is about: things by their names, values before and after, an hour as a moment.

use std::collections::BTreeMap;

use domain::time_range::utc_text;
use serde_json::Value;

use super::{Fact, Names};
use crate::pages::{Texts, Viewer};

/// Things that facts name: by `<thing>_name` or `<thing>_title`, else by `<thing>_id`.
const THINGS: [&str; 9] =
    ["challenge", "step", "badge", "perk", "digital_asset", "app", "list", "segment", "audience"];
const HOUR_US: i64 = 3_600_000_000;

/// All of it that people read; the ids around it are for programs.
pub(super) fn of(viewer: &Viewer, names: &Names, fact: &Fact) -> Vec<(String, String)> {
    let mut said = things(&fact.kind, &fact.data);
    if let Some(hour) = fact.data["hour"].as_i64() {
        let instant = utc_text(hour.saturating_mul(HOUR_US));
        said.push((Texts.say("told-hour"), viewer.when(&instant).shown));
    }
    if let Some(created) = fact.data["created"].as_bool() {
        let key = if created { "told-new-user" } else { "told-known-user" };
        said.push((String::new(), Texts.say(key)));
    }
    if let Some(personal) = &fact.personal {
        said.extend(values(names, personal));
    }
    said
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

/// Lists and segments are audiences; facts about them say which of both.
fn called(thing: &str, kind: &str) -> String {
    let is = |what: &str| kind.starts_with(&format!("cohort.{what}."));
    let which = ["list", "segment"].into_iter().find(|what| thing == "audience" && is(what));
    Texts.named("thing", which.unwrap_or(thing))
}

fn things(kind: &str, data: &Value) -> Vec<(String, String)> {
    // A definition has a name of its own beside its id.
    let mut own = text(&data["name"]);
    let mut said = Vec::new();
    for thing in THINGS {
        let member = |what: &str| text(&data[format!("{thing}_{what}")]);
        let Some(id) = member("id") else { continue };
        let name = member("name").or_else(|| member("title")).or_else(|| own.take());
        said.push((called(thing, kind), name.unwrap_or(id)));
    }
    said.extend(own.map(|name| (Texts.say("told-name"), name)));
    said
}

fn changed(old: &Value, new: &Value, boolean: bool) -> String {
    let said = |text: String| if boolean { Texts.named("boolean", &text) } else { text };
    let shown = |value: &Value| text(value).map_or_else(|| "–".to_owned(), said);
    match (old, new) {
        (Value::Null, new) if !new.is_null() => shown(new),
        (old, new) => format!("{} → {}", shown(old), shown(new)),
    }
}

/// What changed of the user; what moved them into a segment or out of it; the file of an import.
fn values(names: &Names, personal: &Value) -> Vec<(String, String)> {
    let mut said = Vec::new();
    if personal["old_email"].is_string() {
        let moved = changed(&personal["old_email"], &personal["email"], false);
        said.push((names.of("email"), moved));
    }
    let (old, new) = (&personal["old"], &personal["new"]);
    let changes: BTreeMap<&String, &Value> = new.as_object().into_iter().flatten().collect();
    for (id, value) in changes {
        said.push((names.of(id), changed(&old[id], value, names.is_boolean(id))));
    }
    let all = |name: &str| personal[name].as_array().cloned().unwrap_or_default();
    let pairs = all("before").into_iter().zip(all("after"));
    for (before, after) in pairs.filter(|(before, after)| before != after) {
        said.push((Texts.say("told-value"), changed(&before, &after, false)));
    }
    said.extend(text(&personal["filename"]).map(|name| (Texts.say("told-file"), name)));
    said
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Property;
    use super::*;

    fn told(said: &[(String, String)]) -> Vec<String> {
        said.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn things_are_told_by_their_names_and_ids_only_where_there_is_none() {
        let data = json!({ "badge_id": "vip", "badge_name": "VIP", "audience_id": "lyon", "because": "by_hand" });
        assert_eq!(told(&things("cohort.badge.gained", &data)), ["badge=VIP", "audience=lyon"]);
        let data =
            json!({ "audience_id": "lyon", "audience_name": "In Lyon", "definition_version": 2 });
        assert_eq!(told(&things("cohort.segment.entered", &data)), ["segment=In Lyon"]);
        let data =
            json!({ "challenge_id": "spring", "challenge_title": "Spring", "step_id": "share" });
        let step = told(&things("cohort.challenge.step_completed", &data));
        assert_eq!(step, ["challenge=Spring", "step=share"]);
        let data = json!({ "badge_id": "vip", "segment_id": "lyon", "name": "VIPs" });
        assert_eq!(told(&things("cohort.badge.published", &data)), ["badge=VIPs", "segment=lyon"]);
    }

    #[test]
    fn values_are_told_by_what_changed() {
        let property = |id: &str, name: &str, kind: &str| {
            let (id, name, kind) = (id.to_owned(), name.to_owned(), kind.to_owned());
            (id.clone(), Property { id, name, kind })
        };
        let news = property("news", "Newsletter", "boolean");
        let names = Names(BTreeMap::from([property("city", "Town", "text"), news]));
        let personal = json!({ "email": "a@b.c", "old": { "city": "Lyon", "news": "true" },
            "new": { "city": "Paris", "first_name": "true", "lang": null, "news": "false" } });
        assert_eq!(
            told(&values(&names, &personal)),
            ["Town=Lyon → Paris", "First name=true", "Language=– → –", "Newsletter=Yes → No"]
        );
        let moved = json!({ "email": "a@new.example", "old_email": "a@example.org" });
        assert_eq!(told(&values(&names, &moved)), ["E-mail=a@example.org → a@new.example"]);
        let segment = json!({ "email": "a@b.c", "before": ["Łódź", "7"], "after": [null, "7"] });
        assert_eq!(told(&values(&names, &segment)), ["value=Łódź → –"]);
    }
}
