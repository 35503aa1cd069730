//! A challenge as it is being written: rows of steps, rewards and languages, which are added, moved and taken away.

use serde_json::{Map, Value, json};

use super::{Audience, Challenge, Reward, Step};
use crate::body::pointer;
use crate::pages::{Form, Refused};
use crate::problem::{Problem, ProblemKind};

/// A row of the editor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row<T> {
    /// What was typed.
    pub of: T,
    /// Whether it was added just now, empty.
    pub fresh: bool,
}

/// What is typed for something that is given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RewardTyped {
    /// `perk` or `digital_asset`.
    pub kind: String,
    /// Its id; empty: made of the name.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// How many there are; empty: as many as it takes.
    pub limit: String,
}

/// What is typed for one language.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextTyped {
    /// The language.
    pub lang: String,
    /// The title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// What is written where they join.
    pub opt_in: String,
}

/// All that is typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// As the team reads it.
    pub name: String,
    /// Its id, of a new one.
    pub id: String,
    /// Empty: everyone; else `list:` or `segment:` and its id.
    pub audience: String,
    /// Whether users have to join first.
    pub opt_in: bool,
    /// Whether steps are completed in their order.
    pub in_order: bool,
    /// Where its picture is.
    pub visual: String,
    /// The version that was seen.
    pub version: String,
    /// What has to be done.
    pub steps: Vec<Row<Step>>,
    /// What is given.
    pub rewards: Vec<Row<RewardTyped>>,
    /// What users read.
    pub texts: Vec<Row<TextTyped>>,
}

impl RewardTyped {
    fn body(&self) -> Value {
        let RewardTyped { kind, id, name, limit } = self;
        json!({ "kind": kind, "id": id, "name": name, "limit": number(limit) })
    }
}

impl TextTyped {
    fn body(&self) -> (String, Value) {
        let (description, opt_in) = (some(&self.description), some(&self.opt_in));
        let text = json!({ "title": self.title, "description": description, "opt_in": opt_in });
        (self.lang.clone(), text)
    }
}

/// A text, unless nothing was typed.
fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.trim().is_empty())
}

fn row<T>(of: T) -> Row<T> {
    Row { of, fresh: false }
}

fn fresh<T: Default>() -> Row<T> {
    Row { of: T::default(), fresh: true }
}

/// A number as JSON, and what is none as it was typed: the API says what it takes.
fn number(typed: &str) -> Value {
    match typed.parse::<u64>() {
        Ok(number) => json!(number),
        Err(_) if typed.is_empty() => Value::Null,
        Err(_) => json!(typed),
    }
}

/// Rows of which the columns were sent one by one: each field has as many values as there are rows.
fn rows<T, const N: usize>(
    form: &Form,
    names: [&str; N],
    make: impl Fn([String; N]) -> T,
) -> Vec<Row<T>> {
    let mut columns = names.map(|name| form.values(name));
    let mut rows = Vec::new();
    loop {
        let mut whole = true;
        let cells = columns.each_mut().map(|column| {
            let cell = column.next();
            whole &= cell.is_some();
            cell.unwrap_or_default().to_owned()
        });
        if !whole {
            return rows;
        }
        rows.push(row(make(cells)));
    }
}

impl Draft {
    /// A new one: to be joined first, with one step to be filled in.
    pub fn new() -> Draft {
        Draft { opt_in: true, steps: vec![Row::default()], ..Draft::default() }
    }

    /// One that there is.
    pub fn of(challenge: &Challenge) -> Draft {
        let audience = match &challenge.audience {
            Some(Audience { list: Some(list), .. }) => format!("list:{list}"),
            Some(Audience { segment: Some(segment), .. }) => format!("segment:{segment}"),
            Some(_) | None => String::new(),
        };
        let reward = |reward: &Reward| {
            let limit = reward.limit.map(|limit| limit.to_string()).unwrap_or_default();
            let Reward { kind, id, name, .. } = reward.clone();
            row(RewardTyped { kind, id, name, limit })
        };
        let texts = challenge.texts.iter().map(|(lang, text)| {
            row(TextTyped {
                lang: lang.clone(),
                title: text.title.clone(),
                description: text.description.clone().unwrap_or_default(),
                opt_in: text.opt_in.clone().unwrap_or_default(),
            })
        });
        Draft {
            name: challenge.name.clone(),
            id: challenge.id.clone(),
            audience,
            opt_in: challenge.opt_in,
            in_order: challenge.in_order,
            visual: challenge.visual.clone().unwrap_or_default(),
            version: challenge.version.to_string(),
            steps: challenge.steps.iter().cloned().map(row).collect(),
            rewards: challenge.rewards.iter().map(reward).collect(),
            texts: texts.collect(),
        }
    }

    /// What was typed into the form.
    pub fn read(form: &Form) -> Draft {
        let text = |name: &str| form.value(name).trim().to_owned();
        Draft {
            name: form.value("name").to_owned(),
            id: text("id"),
            audience: text("audience"),
            opt_in: form.has("opt_in", "true"),
            in_order: form.has("in_order", "true"),
            visual: text("visual"),
            version: text("version"),
            steps: rows(form, ["step_id", "step_title", "step_action"], |[id, title, action]| {
                Step { id: id.trim().to_owned(), title, action }
            }),
            rewards: rows(
                form,
                ["reward_kind", "reward_id", "reward_name", "reward_limit"],
                |[kind, id, name, limit]| RewardTyped {
                    kind,
                    id: id.trim().to_owned(),
                    name,
                    limit: limit.trim().to_owned(),
                },
            ),
            texts: rows(
                form,
                ["text_lang", "text_title", "text_description", "text_opt_in"],
                |[lang, title, description, opt_in]| TextTyped {
                    lang: lang.trim().to_owned(),
                    title,
                    description,
                    opt_in,
                },
            ),
        }
    }

    /// Adds, moves or takes away a row: whichever button was pressed.
    pub fn turn(&mut self, form: &Form) {
        match form.value("add") {
            "step" => self.steps.push(fresh()),
            "reward" => self.rewards.push(fresh()),
            "text" => self.texts.push(fresh()),
            _ => {}
        }
        // A row is called by what it was when the page was shown: scripts may have moved it since.
        let place = |button: &str, rows: &str| {
            let name = form.text(button)?.strip_prefix(rows)?;
            form.values(rows).position(|known| known == name)
        };
        let steps = self.steps.len();
        if let Some(place) = place("up", "step").filter(|place| (1..steps).contains(place)) {
            self.steps.swap(place - 1, place);
        }
        if let Some(place) = place("down", "step").filter(|place| place + 1 < steps) {
            self.steps.swap(place, place + 1);
        }
        if let Some(place) = place("remove", "step").filter(|place| *place < steps) {
            self.steps.remove(place);
        }
        if let Some(place) = place("remove", "reward").filter(|place| *place < self.rewards.len()) {
            self.rewards.remove(place);
        }
        if let Some(place) = place("remove", "text").filter(|place| *place < self.texts.len()) {
            self.texts.remove(place);
        }
    }

    /// Leaves out rows into which nothing was typed.
    pub fn without_empty_rows(&mut self) {
        self.steps.retain(|Row { of, .. }| *of != Step::default());
        // A kind is always chosen, and says nothing.
        let said = |of: &RewardTyped| [&of.id, &of.name, &of.limit].iter().any(|it| !it.is_empty());
        self.rewards.retain(|row| said(&row.of));
        self.texts.retain(|Row { of, .. }| *of != TextTyped::default());
    }

    /// As the API takes it.
    ///
    /// # Errors
    /// Where a language stands twice: one of the two would be lost.
    pub fn body(&self) -> Result<Value, Refused> {
        let mut texts = Map::new();
        for (lang, said) in self.texts.iter().map(|row| row.of.body()) {
            if texts.contains_key(&lang) {
                let detail = format!("the language {lang:?} stands twice");
                let twice = Problem::new(ProblemKind::BodyInvalid, detail);
                return Err(twice.with("pointer", pointer(&["texts", &lang])).into());
            }
            texts.insert(lang, said);
        }
        let audience = match self.audience.split_once(':') {
            Some((sort @ ("list" | "segment"), id)) => json!({ sort: id }),
            Some(_) | None => Value::Null,
        };
        Ok(json!({
            "name": self.name,
            "audience": audience,
            "opt_in": self.opt_in,
            "in_order": self.in_order,
            "steps": self.steps.iter().map(|row| &row.of).collect::<Vec<_>>(),
            "rewards": self.rewards.iter().map(|row| row.of.body()).collect::<Vec<_>>(),
            "texts": texts,
            "visual": some(&self.visual),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three steps a, b, c, in the order that scripts left them in, and a button.
    fn turned(order: [&str; 3], button: &str, value: &str) -> String {
        let mut typed = vec![(button, value)];
        for step in order {
            let (key, title) = step.split_at(1);
            typed.extend([
                ("step", key),
                ("step_id", ""),
                ("step_title", title),
                ("step_action", "do"),
            ]);
        }
        let form = Form::filled(typed);
        let mut draft = Draft::read(&form);
        draft.turn(&form);
        draft.steps.iter().map(|row| row.of.title.as_str()).collect()
    }

    #[test]
    fn a_step_moves_one_place_and_never_out_of_the_order() {
        let order = ["0a", "1b", "2c"];
        assert_eq!(turned(order, "up", "step1"), "bac");
        assert_eq!(turned(order, "down", "step1"), "acb");
        assert_eq!(turned(order, "up", "step0"), "abc");
        assert_eq!(turned(order, "down", "step2"), "abc");
        assert_eq!(turned(order, "up", "step7"), "abc");
        assert_eq!(turned(order, "remove", "step1"), "ac");
        // What scripts have moved is found where it is.
        assert_eq!(turned(["2c", "0a", "1b"], "remove", "step2"), "ab");
    }

    #[test]
    fn what_is_typed_is_sent_and_empty_rows_are_not() {
        let form = Form::filled([
            ("name", "Spring"),
            ("audience", "list:fans"),
            ("step_id", ""),
            ("step_title", "Share"),
            ("step_action", "share"),
            ("step_id", ""),
            ("step_title", ""),
            ("step_action", ""),
            ("reward_kind", "perk"),
            ("reward_id", ""),
            ("reward_name", "Coffee"),
            ("reward_limit", "many"),
            ("reward_kind", "perk"),
            ("reward_id", ""),
            ("reward_name", ""),
            ("reward_limit", ""),
        ]);
        let mut draft = Draft::read(&form);
        draft.without_empty_rows();
        assert_eq!(
            draft.body().unwrap(),
            json!({ "name": "Spring", "audience": { "list": "fans" }, "opt_in": false, "in_order": false,
                "steps": [{ "id": "", "title": "Share", "action": "share" }],
                "rewards": [{ "kind": "perk", "id": "", "name": "Coffee", "limit": "many" }],
                "texts": {}, "visual": null })
        );
    }
}
