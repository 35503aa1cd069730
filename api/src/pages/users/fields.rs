//! Fields of a user as forms have them: what is typed, by the type of its values, and what of it is to be sent.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::filters::Filters;
use crate::pages::{Form, Texts};

/// Fields that every user may have, beside the address.
const OWN: [&str; 4] = ["first_name", "last_name", "lang", "external_id"];
/// What fields are called in forms begins so: `fields.city`, as the API's bodies say it.
const BEGIN: &str = "fields.";

/// A field of the form.
#[derive(Debug)]
pub struct Field {
    /// Its name in the form.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// How it is typed: `line`, `lines`, `number`, `date` or `boolean`.
    pub kind: &'static str,
}

/// The fields that can be typed, with what each holds now.
pub fn fields(filters: &Filters, now: &BTreeMap<String, String>) -> Vec<Field> {
    let own = OWN.iter().map(|name| (*name, Texts.named("column", name), "text"));
    let known = filters.properties.iter();
    let known = known.map(|it| (it.reference_id.as_str(), it.name.clone(), it.kind.as_str()));
    let field = |(name, label, kind): (&str, String, &str)| Field {
        label,
        kind: kind_of(kind, now.get(name).map(String::as_str).unwrap_or_default()),
        name: format!("{BEGIN}{name}"),
    };
    own.chain(known).map(field).collect()
}

fn kind_of(kind: &str, value: &str) -> &'static str {
    match kind {
        "number" => "number",
        "boolean" => "boolean",
        // A field for days would lose the time of day.
        "date" if value.is_empty() || value.len() == "2026-01-31".len() => "date",
        "text" if value.contains(['\n', '\r']) => "lines",
        _ => "line",
    }
}

/// What was typed into them: as `fields` of the API takes it, only what differs from what there is.
pub fn typed(form: &Form, now: &BTreeMap<String, String>) -> Value {
    let mut said = Map::new();
    for (name, value) in form.beginning(BEGIN) {
        let before = now.get(name).map(String::as_str).unwrap_or_default();
        // Browsers send every line break as two characters.
        if plain(value) == plain(before) {
            continue;
        }
        let value = if value.is_empty() { Value::Null } else { Value::from(plain(value)) };
        said.insert(name.to_owned(), value);
    }
    Value::Object(said)
}

fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// A form that holds what there is.
pub fn filled(email: &str, now: &BTreeMap<String, String>, etag: &str) -> Form {
    let fields = now.iter().map(|(name, value)| (format!("{BEGIN}{name}"), value.clone()));
    let beside = [("email", email), ("etag", etag)];
    let beside = beside.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Form::filled(beside.into_iter().chain(fields))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_was_typed_anew_is_sent() {
        let now = [("city", "Lyon"), ("notes", "a\nb"), ("points", "7"), ("lang", "fr")];
        let now = now.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let form = Form::filled([
            ("fields.city", "Paris"),
            ("fields.notes", "a\r\nb"),
            ("fields.points", ""),
            ("fields.born", ""),
            ("fields.vip", "true"),
            ("email", "x"),
        ]);
        let said = typed(&form, &BTreeMap::from(now));
        assert_eq!(said, json!({ "city": "Paris", "points": null, "vip": "true" }));
    }

    #[test]
    fn a_field_loses_nothing_of_what_is_in_it() {
        assert_eq!(kind_of("date", ""), "date");
        assert_eq!(kind_of("date", "2026-01-31"), "date");
        assert_eq!(kind_of("date", "2026-01-31T09:00:00Z"), "line", "a day has no time");
        assert_eq!(kind_of("text", "a\nb"), "lines", "a line has no break");
        assert_eq!(kind_of("text", "a b"), "line");
        assert_eq!(kind_of("number", "7"), "number");
    }
}
