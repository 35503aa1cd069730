//! Conditions while they are put together: rows in groups, or the API's JSON where rows cannot say all of it. Every button
//! of the form is a step, so it works without scripts.

use std::collections::BTreeMap;

use domain::segment::{CONDITIONS_MAX, GROUPS_MAX};
use serde_json::{Value, json};

use super::row::Row;
use crate::pages::{Form, Refused, Texts};
use crate::problem::{Problem, ProblemKind};

/// What the fields of conditions begin with; then come the group, the place in it, and what the API calls it.
pub const FIELD: &str = "c-";

/// Conditions that somebody is at work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    /// Groups of which one is to be fulfilled, with all its conditions.
    Rows(Vec<Vec<Row>>),
    /// As the API takes them.
    Json(String),
}

/// What the next key goes to: a condition, or the button of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Focus {
    /// The group.
    pub group: Option<usize>,
    /// The condition in it.
    pub row: Option<usize>,
}

impl Default for Draft {
    fn default() -> Draft {
        Draft::Rows(vec![vec![Row::default()]])
    }
}

fn refused(detail: &str) -> Refused {
    Problem::new(ProblemKind::ConditionInvalid, detail.to_owned()).into()
}

/// What a line of a form cannot hold: browsers take it out.
fn fits_a_line(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains(char::is_control),
        Value::Array(values) => values.iter().all(fits_a_line),
        Value::Object(members) => members.values().all(fits_a_line),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

fn rows_json(groups: &[Vec<Row>]) -> Value {
    let said = |group: &Vec<Row>| {
        let rows: Vec<Value> = group.iter().map(Row::json).collect();
        json!({ "conditions": rows })
    };
    json!({ "groups": groups.iter().map(said).collect::<Vec<_>>() })
}

impl Draft {
    /// Conditions of the API: as rows only where the rows say exactly the same.
    pub fn of(conditions: &Value) -> Draft {
        let groups = conditions["groups"].as_array().into_iter().flatten();
        let rows = |group: &Value| {
            group["conditions"].as_array().into_iter().flatten().map(Row::of).collect()
        };
        let groups: Vec<Vec<Row>> = groups.map(rows).collect();
        let rowless = groups.iter().any(Vec::is_empty);
        match rows_json(&groups) == *conditions && fits_a_line(conditions) && !rowless {
            true => Draft::Rows(groups),
            false => Draft::Json(format!("{conditions:#}")),
        }
    }

    /// What was typed.
    pub fn read(form: &Form) -> Draft {
        if let Some(json) = form.values("json").next() {
            return Draft::Json(json.to_owned());
        }
        let mut groups: BTreeMap<usize, BTreeMap<usize, Row>> = BTreeMap::new();
        for (name, value) in form.beginning(FIELD) {
            let mut parts = name.splitn(3, '-');
            let mut place = || parts.next()?.parse::<usize>().ok();
            let (Some(group), Some(row)) = (place(), place()) else { continue };
            let row = groups.entry(group).or_default().entry(row).or_default();
            row.set(parts.next().unwrap_or_default(), value);
        }
        let rows = |group: BTreeMap<usize, Row>| group.into_values().collect();
        let groups: Vec<Vec<Row>> = groups.into_values().map(rows).collect();
        if groups.is_empty() { Draft::default() } else { Draft::Rows(groups) }
    }

    /// As the API takes them. Nothing is left out: it refuses a row in which nothing was chosen.
    ///
    /// # Errors
    /// Where it is no JSON.
    pub fn json(&self) -> Result<Value, Refused> {
        match self {
            Draft::Rows(groups) => Ok(rows_json(groups)),
            Draft::Json(text) => {
                serde_json::from_str(text).map_err(|fault| refused(&format!("JSON: {fault}")))
            }
        }
    }

    /// The conditions that are not filled in, by group and place: without them it would mean something else, so it is
    /// neither kept nor counted.
    pub fn lacking(&self) -> Vec<(usize, usize)> {
        self.rows().filter(|(_, row)| !row.missing().is_empty()).map(|(at, _)| at).collect()
    }

    fn rows(&self) -> impl Iterator<Item = ((usize, usize), &Row)> {
        let groups = if let Draft::Rows(groups) = self { groups.as_slice() } else { &[] };
        groups.iter().enumerate().flat_map(|(group, rows)| {
            rows.iter().enumerate().map(move |(place, row)| ((group, place), row))
        })
    }

    /// Does what a button says: `group`, `add-0`, `remove-0-1`, `json`, `builder`. All others change nothing.
    ///
    /// # Errors
    /// Where rows cannot say what the JSON says, or JSON cannot say a row in which nothing was chosen.
    pub fn step(&mut self, button: &str) -> Result<Focus, Refused> {
        let (step, place) = button.split_once('-').unwrap_or((button, ""));
        let (group, row) = place.split_once('-').unwrap_or((place, ""));
        let (group, row) = (group.parse().unwrap_or(0), row.parse().unwrap_or(0));
        match (step, &mut *self) {
            ("group", Draft::Rows(groups)) if groups.len() < GROUPS_MAX => {
                groups.push(vec![Row::default()]);
                Ok(Focus { group: Some(groups.len() - 1), row: Some(0) })
            }
            ("add", Draft::Rows(groups)) => Ok(add(groups, group)),
            ("remove", Draft::Rows(groups)) => Ok(remove(groups, (group, row))),
            ("json", Draft::Rows(groups)) => {
                if groups.iter().flatten().any(Row::is_blank) {
                    return Err(refused(&Texts.say("segment-blank-json")));
                }
                *self = Draft::Json(format!("{:#}", rows_json(groups)));
                Ok(Focus::default())
            }
            ("builder", Draft::Json(_)) => {
                let Draft::Rows(groups) = Draft::of(&self.json()?) else {
                    return Err(refused("the builder cannot show these conditions"));
                };
                *self = if groups.is_empty() { Draft::default() } else { Draft::Rows(groups) };
                Ok(Focus::default())
            }
            _ => Ok(Focus::default()),
        }
    }

    /// The condition that a refusal of the API names, by its place here, and why it was refused.
    pub fn fault(&self, refused: &Refused) -> Option<((usize, usize), String)> {
        let Draft::Rows(groups) = self else { return None };
        let place = refused.detail.strip_prefix("group ")?;
        let (group, place) = place.split_once(", condition ")?;
        let (row, what) = place.split_once(": ")?;
        let from_one = |number: &str| number.parse::<usize>().ok()?.checked_sub(1);
        let (group, row) = (from_one(group)?, from_one(row)?);
        groups.get(group)?.get(row)?;
        Some(((group, row), what.to_owned()))
    }
}

fn add(groups: &mut [Vec<Row>], at: usize) -> Focus {
    let Some(group) = groups.get_mut(at).filter(|group| group.len() < CONDITIONS_MAX) else {
        return Focus::default();
    };
    group.push(Row::default());
    Focus { group: Some(at), row: Some(group.len() - 1) }
}

fn remove(groups: &mut Vec<Vec<Row>>, (at, row): (usize, usize)) -> Focus {
    let Some(group) = groups.get_mut(at).filter(|group| row < group.len()) else {
        return Focus::default();
    };
    group.remove(row);
    if group.is_empty() {
        groups.remove(at);
    }
    if groups.is_empty() {
        groups.push(vec![Row::default()]);
    }
    Focus { group: Some(at.min(groups.len() - 1)), row: None }
}

#[cfg(test)]
mod tests;
