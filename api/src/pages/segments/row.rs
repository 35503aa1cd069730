//! One condition as the form holds it: its fields by the names the API has for them, and `subject`, which says what is asked.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(BTreeMap<String, String>);

/// What a condition asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'a> {
    /// Nothing yet.
    Nothing,
    /// A property, or what else is known of users, by its reference id.
    Property(&'a str),
    /// Something that happens, by its name.
    Event(&'a str),
    /// Belonging to a `list`, `segment`, `badge` or `app`.
    Member(&'a str),
}

/// What an operator compares with.
pub fn operands(operator: &str) -> &'static [&'static str] {
    match operator {
        "is_set" | "is_not_set" | "is_true" | "is_false" => &[],
        "between" | "between_days" => &["from", "to"],
        "in_the_last_days" | "more_than_days_ago" | "in_the_next_days" => &["days"],
        _ => &["value"],
    }
}

/// A count as a number; what is none stays as it was typed, for the API to refuse.
fn count(text: &str) -> Value {
    text.trim().parse::<u64>().map_or_else(|_| json!(text), |count| json!(count))
}

/// A text, number or truth as a field shows it.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Row {
    /// A condition of the API. What it says that no field can say is not in it.
    pub fn of(condition: &Value) -> Row {
        let mut row = Row::default();
        for (name, value) in condition.as_object().into_iter().flatten() {
            match name.as_str() {
                "property" | "event" => row.set("subject", &format!("{name}:{}", shown(value))),
                "list" | "segment" | "badge" | "app" => {
                    row.set("subject", name);
                    row.set("value", &shown(value));
                }
                "values" => {
                    let lines = value.as_array().into_iter().flatten().map(shown);
                    row.set("value", &lines.collect::<Vec<_>>().join("\n"));
                }
                _ => row.set(name, &shown(value)),
            }
        }
        row
    }

    /// A field; empty where nothing was said.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Says a field.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Whether the opposite is meant.
    pub fn is_turned(&self) -> bool {
        self.get("not") == "true"
    }

    /// What it asks about.
    pub fn about(&self) -> About<'_> {
        match self.get("subject") {
            "" => About::Nothing,
            subject => match subject.split_once(':') {
                Some(("property", name)) => About::Property(name),
                Some(("event", name)) => About::Event(name),
                Some(_) | None => About::Member(subject),
            },
        }
    }

    /// Whether nothing was chosen.
    pub fn is_blank(&self) -> bool {
        self.about() == About::Nothing
    }

    /// The fields that still have to be filled in.
    pub fn missing(&self) -> Vec<&'static str> {
        let needed: &[&'static str] = match self.about() {
            About::Nothing => return vec!["subject"],
            About::Event(_) => &[],
            About::Member(_) => &["value"],
            About::Property(_) => operands(self.get("operator")),
        };
        let said = |name: &str| match self.about() {
            // A space can be meant; an empty line never is.
            About::Property(_) => self.get(name).lines().any(|line| !line.is_empty()),
            About::Nothing | About::Event(_) | About::Member(_) => {
                !self.get(name).trim().is_empty()
            }
        };
        needed.iter().copied().filter(|name| !said(name)).collect()
    }

    /// As the API takes it.
    pub fn json(&self) -> Value {
        let mut said = match self.about() {
            About::Nothing => json!({}),
            About::Property(name) => self.property(name),
            About::Event(name) => self.event(name),
            About::Member(of) => json!({ of: self.get("value").trim() }),
        };
        if self.is_turned() {
            said["not"] = json!(true);
        }
        said
    }

    fn property(&self, name: &str) -> Value {
        let operator = self.get("operator");
        let mut said = json!({ "property": name, "operator": operator });
        for operand in operands(operator) {
            let text = self.get(operand);
            match (*operand, operator) {
                ("value", "is_one_of") => {
                    let lines = text.lines().filter(|line| !line.is_empty());
                    said["values"] = lines.collect();
                }
                ("days", _) => said["days"] = count(text),
                _ => said[*operand] = json!(text),
            }
        }
        said
    }

    fn event(&self, name: &str) -> Value {
        let mut said = json!({ "event": name });
        for field in ["of", "at_least", "at_most", "within_days"] {
            let text = self.get(field).trim();
            match (text, field) {
                ("", _) => {}
                (text, "of") => said["of"] = json!(text),
                (text, _) => said[field] = count(text),
            }
        }
        said
    }
}
