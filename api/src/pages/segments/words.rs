//! Conditions in words, for those who only look, and for who has to see what somebody else made of them.

use serde_json::Value;

use super::draft::Draft;
use super::row::{About, Row, operands};
use super::subjects::{Subjects, happens_with};
use crate::pages::Texts;

/// The conditions of every group; what rows cannot say is left to the JSON.
pub fn words(conditions: &Value, subjects: &Subjects) -> Vec<Vec<String>> {
    match Draft::of(conditions) {
        Draft::Rows(groups) => {
            let said = |row: &Row| one(row, subjects);
            groups.iter().map(|group| group.iter().map(said).collect()).collect()
        }
        Draft::Json(text) => vec![vec![text]],
    }
}

fn one(row: &Row, subjects: &Subjects) -> String {
    let said = match row.about() {
        About::Nothing => String::new(),
        About::Member(of) => {
            format!("{}: {}", subjects.words(row), subjects.name_of(of, row.get("value")))
        }
        About::Property(_) => property(row, subjects),
        About::Event(event) => happened(row, event, subjects),
    };
    if row.is_turned() { Texts.one("condition-turned", "what", said) } else { said }
}

fn property(row: &Row, subjects: &Subjects) -> String {
    let operator = row.get("operator");
    let values = operands(operator).iter().map(|name| row.get(name).replace('\n', ", "));
    let values: Vec<String> = values.collect();
    let said = [subjects.words(row), Texts.named("operator", operator), values.join(" – ")];
    said.join(" ").trim_end().to_owned()
}

fn happened(row: &Row, event: &str, subjects: &Subjects) -> String {
    let mut said = subjects.words(row);
    let id = row.get("of");
    if let Some(of) = happens_with(event).filter(|_| !id.is_empty()) {
        said = format!("{said}: {}", subjects.name_of(of, id));
    }
    for name in ["at_least", "at_most", "within_days"] {
        if let Ok(count) = row.get(name).parse::<u64>() {
            let words = match name {
                "at_least" => Texts.one("condition-words-least", "count", count),
                "at_most" => Texts.one("condition-words-most", "count", count),
                _ => Texts.one("condition-words-within", "count", count),
            };
            said = format!("{said}, {words}");
        }
    }
    said
}
