//! A badge as a form: whom it follows in one field, its texts by language in rows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::one::Badge;
use crate::body::pointer;
use crate::pages::{Form, Refused};
use crate::problem::{Problem, ProblemKind};

/// What the fields of texts begin with; then come the row, and what the API calls it.
const TEXT: &str = "text-";
/// What users read in one language; the first has to be there.
const TEXTS: [&str; 3] = ["title", "description", "locked_description"];

/// What users read of a badge in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(BTreeMap<String, String>);

impl Text {
    /// A field; empty where nothing was said.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether it takes more than a line: a line would lose the others.
    pub fn is_long(&self, name: &str) -> bool {
        match name {
            "lang" => false,
            "title" => self.get(name).contains('\n'),
            _ => true,
        }
    }

    /// Whether nothing was typed in its row.
    pub fn is_blank(&self) -> bool {
        self.0.values().all(|said| said.trim().is_empty())
    }
}

/// The texts that were typed, in order.
pub fn texts(form: &Form) -> Vec<Text> {
    let mut rows: BTreeMap<usize, Text> = BTreeMap::new();
    for (name, value) in form.beginning(TEXT) {
        let Some((row, name)) = name.split_once('-') else { continue };
        let Ok(row) = row.parse::<usize>() else { continue };
        // Browsers send lines as on typewriters.
        let value = value.replace("\r\n", "\n");
        rows.entry(row).or_default().0.insert(name.to_owned(), value);
    }
    rows.into_values().collect()
}

/// A badge as the form holds it.
pub fn filled(badge: &Badge) -> Form {
    let mut typed = vec![
        ("name".to_owned(), badge.name.clone()),
        ("audience".to_owned(), badge.audience_said()),
        ("visibility".to_owned(), badge.visibility.clone()),
        ("visual".to_owned(), badge.visual.clone().unwrap_or_default()),
    ];
    for (row, (lang, text)) in badge.texts.iter().enumerate() {
        typed.push((format!("{TEXT}{row}-lang"), lang.clone()));
        for name in TEXTS {
            let said = text[name].as_str().unwrap_or_default();
            typed.push((format!("{TEXT}{row}-{name}"), said.to_owned()));
        }
    }
    Form::filled(typed)
}

/// What was typed, as the API takes it.
///
/// # Errors
/// Where a language stands twice: one of the two would be lost.
pub fn json(form: &Form) -> Result<Value, Refused> {
    let mut by_language = Map::new();
    for text in texts(form).into_iter().filter(|text| !text.is_blank()) {
        let lang = text.get("lang").trim().to_owned();
        let said = TEXTS.map(|name| (name.to_owned(), text.get(name)));
        let said = said.into_iter().filter(|(name, said)| name == "title" || !said.is_empty());
        let said = said.map(|(name, said)| (name, json!(said))).collect();
        if by_language.insert(lang.clone(), Value::Object(said)).is_some() {
            let detail = format!("the language {lang:?} stands twice");
            let twice = Problem::new(ProblemKind::BodyInvalid, detail);
            return Err(twice.with("pointer", pointer(&["texts", &lang])).into());
        }
    }
    let mut body = json!({ "name": form.value("name"), "texts": by_language });
    if let Some((sort, id)) = form.value("audience").split_once(':') {
        body["audience"] = json!({ sort: id });
    }
    for name in ["id", "visibility", "visual"] {
        if let Some(said) = form.text(name) {
            body[name] = json!(said);
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_badge_says_comes_back_as_it_was() {
        let texts = json!({ "fr": { "title": "D'ici", "description": "Deux\nlignes" },
            "en": { "title": "Local", "locked_description": "Move here" } });
        let shown = json!({ "id": "local", "name": "Local", "state": "draft", "audience": { "list": "a" },
            "visibility": "owners", "texts": texts, "visual": "https://example.org/a.png", "version": 1,
            "users": 0, "settled": true, "created_at": "", "changed_at": "", "revision": 0 });
        let badge: Badge = serde_json::from_value(shown).unwrap();
        let mut form = filled(&badge);
        let body = json(&form).unwrap();
        assert_eq!(body["texts"], texts);
        assert_eq!(
            (&body["audience"], &body["visibility"]),
            (&json!({ "list": "a" }), &json!("owners"))
        );
        form = Form::filled([
            ("text-0-lang", "fr"),
            ("text-0-title", "A"),
            ("text-1-lang", "fr"),
            ("text-1-title", "B"),
        ]);
        assert!(json(&form).is_err(), "one of them would be lost");
    }
}
