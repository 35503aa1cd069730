//! What a fact is about: things by their names, values before and after, an hour as a moment.

use std::collections::BTreeMap;

use domain::time_range::utc_text;
use serde_json::Value;

use super::{Detail, Fact, Names};
use crate::pages::{Texts, Viewer};

/// Things that facts name: by `<thing>_name` or `<thing>_title`, else by `<thing>_id`.
const THINGS: [&str; 9] =
    ["challenge", "step", "badge", "perk", "digital_asset", "app", "list", "segment", "audience"];
const HOUR_US: i64 = 3_600_000_000;

/// All of it that people read; the ids around it are for programs.
pub(super) fn of(viewer: &Viewer, names: &Names, fact: &Fact) -> Vec<Detail> {
    let mut said = things(names, fact);
    if let Some(hour) = fact.data["hour"].as_i64() {
        let instant = utc_text(hour.saturating_mul(HOUR_US));
        said.push(Detail::new(Texts.say("told-hour"), viewer.when(&instant).shown));
    }
    if let Some(created) = fact.data["created"].as_bool() {
        let key = if created { "told-new-user" } else { "told-known-user" };
        said.push(Detail::new(String::new(), Texts.say(key)));
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

fn things(names: &Names, fact: &Fact) -> Vec<Detail> {
    let data = &fact.data;
    // A definition has a name of its own beside its id.
    let mut own = text(&data["name"]);
    let mut said = Vec::new();
    for thing in THINGS {
        let member = |what: &str| text(&data[format!("{thing}_{what}")]);
        let Some(id) = member("id") else { continue };
        let name = member("name").or_else(|| member("title")).or_else(|| own.take());
        match thing {
            "audience" if fact.is_by_audience() => {}
            "audience" => said.extend(names.audience(&fact.kind, data)),
            "badge" | "list" | "segment" => said.push(names.thing(thing, &id, name)),
            _ => said.push(Detail::new(Texts.named("thing", thing), name.unwrap_or(id))),
        }
    }
    said.extend(own.map(|name| Detail::new(Texts.say("told-name"), name)));
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
fn values(names: &Names, personal: &Value) -> Vec<Detail> {
    let mut said = Vec::new();
    if personal["old_email"].is_string() {
        let moved = changed(&personal["old_email"], &personal["email"], false);
        said.push(Detail::new(names.of("email"), moved));
    }
    let (old, new) = (&personal["old"], &personal["new"]);
    let changes: BTreeMap<&String, &Value> = new.as_object().into_iter().flatten().collect();
    for (id, value) in changes {
        said.push(Detail::new(names.of(id), changed(&old[id], value, names.is_boolean(id))));
    }
    let all = |name: &str| personal[name].as_array().cloned().unwrap_or_default();
    let pairs = all("before").into_iter().zip(all("after"));
    for (before, after) in pairs.filter(|(before, after)| before != after) {
        said.push(Detail::new(Texts.say("told-value"), changed(&before, &after, false)));
    }
    said.extend(text(&personal["filename"]).map(|name| Detail::new(Texts.say("told-file"), name)));
    said
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::names::Property;
    use super::*;

    fn told(said: &[Detail]) -> Vec<String> {
        said.iter().map(|detail| format!("{}={}", detail.name, detail.value)).collect()
    }

    /// The things of a fact, by names of now where there are some.
    fn of(names: &Names, kind: &str, data: Value) -> Vec<String> {
        let fact = json!({ "position": "", "type": kind, "label": "", "recorded_at": "",
            "origin": "", "actor": { "type": "token", "id": "t" }, "data": data });
        told(&things(names, &serde_json::from_value(fact).unwrap()))
    }

    #[test]
    fn things_are_told_by_their_names_and_ids_only_where_there_is_none() {
        let names = Names::default();
        let data = json!({ "badge_id": "vip", "badge_name": "VIP", "audience_id": "lyon", "because": "badge_archived" });
        assert_eq!(of(&names, "cohort.badge.lost", data), ["badge=VIP", "audience=lyon"]);
        let data = json!({ "badge_id": "vip", "audience_id": "lyon", "because": "left_audience" });
        assert_eq!(of(&names, "cohort.badge.lost", data), ["badge=vip"], "the reason says whose");
        let data =
            json!({ "audience_id": "lyon", "audience_name": "In Lyon", "definition_version": 2 });
        assert_eq!(of(&names, "cohort.segment.entered", data), ["segment=In Lyon"]);
        let data =
            json!({ "challenge_id": "spring", "challenge_title": "Spring", "step_id": "share" });
        let step = of(&names, "cohort.challenge.step_completed", data);
        assert_eq!(step, ["challenge=Spring", "step=share"]);
        let data = json!({ "badge_id": "vip", "segment_id": "lyon", "name": "VIPs" });
        let published = of(&names, "cohort.badge.published", data.clone());
        assert_eq!(published, ["badge=VIPs", "segment=lyon"]);
        let mut names = Names::default();
        names.things.insert(("segment", "lyon".to_owned()), "In Lyon".to_owned());
        assert_eq!(of(&names, "cohort.badge.published", data), ["badge=VIPs", "segment=In Lyon"]);
    }

    #[test]
    fn values_are_told_by_what_changed() {
        let property = |id: &str, name: &str, kind: &str| {
            let (id, name, kind) = (id.to_owned(), name.to_owned(), kind.to_owned());
            (id.clone(), Property { id, name, kind })
        };
        let news = property("news", "Newsletter", "boolean");
        let properties = BTreeMap::from([property("city", "Town", "text"), news]);
        let names = Names { properties, ..Names::default() };
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
