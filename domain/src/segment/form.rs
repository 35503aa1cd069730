//! Conditions as JSON: how they are stored, sent and shown.
//!
//! `{"groups":[{"conditions":[...]}]}`; a condition is one of `{"property":"city","operator":"is","value":"Lyon"}`,
//! `{"event":"ChallengeCompleted","of":"spring","at_least":2,"within_days":30}`, `{"list":"vip"}`, `{"segment":"big"}`,
//! `{"badge":"gold"}`, each with `"not":true` where the opposite is meant.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{
    CONDITIONS_MAX, Condition, Conditions, GROUPS_MAX, Group, Happened, Membership, Moment,
    Operator, Test, WINDOW_DAYS_MAX,
};
use crate::event::EventKind;
use crate::id::DefinitionId;
use crate::value::{CellRule, ValueType};

/// Longest text that a condition compares with, in bytes.
const TEXT_BYTES_MAX: usize = 4096;
/// Texts of one `is_one_of`.
const TEXTS_MAX: usize = 1_000;

/// Why JSON is no conditions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct FormFault {
    /// Where: `group 1, condition 2`.
    pub place: String,
    /// What is wrong, and what is taken instead.
    pub what: String,
}

/// What is known of a condition while it is read.
type Fields<'a> = &'a Map<String, Value>;

/// Conditions as JSON; `name` says what a property is called outside.
pub fn to_json(conditions: &Conditions, name: &dyn Fn(&str) -> String) -> Value {
    let condition = |condition: &Condition| condition_to_json(condition, name);
    let group = |group: &Group| {
        let conditions: Vec<Value> = group.conditions.iter().map(condition).collect();
        json!({ "conditions": conditions })
    };
    let groups: Vec<Value> = conditions.groups.iter().map(group).collect();
    json!({ "groups": groups })
}

fn condition_to_json(condition: &Condition, name: &dyn Fn(&str) -> String) -> Value {
    let mut said = match &condition.test {
        Test::Property { id, operator } => asked_of(&name(id), operator),
        Test::Moment { moment, operator } => asked_of(moment.name(), operator),
        Test::Happened(happened) => {
            let mut said = json!({ "event": happened.kind.name(), "at_least": happened.at_least });
            let optional = [
                ("of", happened.of.as_ref().map(|of| json!(of.as_str()))),
                ("at_most", happened.at_most.map(|most| json!(most))),
                ("within_days", happened.within_days.map(|days| json!(days))),
            ];
            for (field, value) in optional {
                if let Some(value) = value {
                    said[field] = value;
                }
            }
            said
        }
        Test::Member(Membership::List(id)) => json!({ "list": id.as_str() }),
        Test::Member(Membership::Segment(id)) => json!({ "segment": id.as_str() }),
        Test::Member(Membership::Badge(id)) => json!({ "badge": id.as_str() }),
        Test::Member(Membership::App(id)) => json!({ "app": id.as_str() }),
    };
    if condition.negated {
        said["not"] = json!(true);
    }
    said
}

fn asked_of(property: &str, operator: &Operator) -> Value {
    let mut said = json!({ "property": property, "operator": operator.name() });
    for (field, value) in operands(operator) {
        said[field] = value;
    }
    said
}

/// What an operator compares with, by the names of its fields.
fn operands(operator: &Operator) -> Vec<(&'static str, Value)> {
    match operator {
        Operator::IsSet | Operator::IsNotSet | Operator::IsTrue | Operator::IsFalse => Vec::new(),
        Operator::Is(value)
        | Operator::IsNot(value)
        | Operator::Contains(value)
        | Operator::DoesNotContain(value)
        | Operator::StartsWith(value)
        | Operator::EndsWith(value)
        | Operator::Equals(value)
        | Operator::DoesNotEqual(value)
        | Operator::LessThan(value)
        | Operator::AtMost(value)
        | Operator::MoreThan(value)
        | Operator::AtLeast(value) => vec![("value", json!(value))],
        Operator::IsOneOf(values) => vec![("values", json!(values))],
        Operator::Between(from, to) => vec![("from", json!(from)), ("to", json!(to))],
        Operator::On(day) | Operator::Before(day) | Operator::After(day) => {
            vec![("value", json!(day.to_string()))]
        }
        Operator::BetweenDays(from, to) => {
            vec![("from", json!(from.to_string())), ("to", json!(to.to_string()))]
        }
        Operator::InTheLastDays(days)
        | Operator::MoreThanDaysAgo(days)
        | Operator::InTheNextDays(days) => vec![("days", json!(days))],
    }
}

/// Says which property a name outside is, and of which type its values are.
pub type Known<'a> = dyn Fn(&str) -> Option<(String, ValueType)> + 'a;

/// Reads conditions.
///
/// # Errors
/// See [`FormFault`].
pub fn from_json(value: &Value, id: &Known<'_>) -> Result<Conditions, FormFault> {
    let whole =
        |what: &str| FormFault { place: "the conditions".to_owned(), what: what.to_owned() };
    let object = value.as_object().ok_or_else(|| whole("an object with the member groups"))?;
    let groups = object.get("groups").and_then(Value::as_array);
    let groups = groups.filter(|_| object.len() == 1);
    let groups = groups.ok_or_else(|| whole("an object with the one member groups, a list"))?;
    if groups.len() > GROUPS_MAX {
        return Err(whole(&format!("at most {GROUPS_MAX} groups")));
    }
    let group = |(index, group): (usize, &Value)| read_group(index + 1, group, id);
    let groups: Result<Vec<Group>, FormFault> = groups.iter().enumerate().map(group).collect();
    Ok(Conditions { groups: groups? })
}

fn read_group(number: usize, value: &Value, id: &Known<'_>) -> Result<Group, FormFault> {
    let fault = |what: String| FormFault { place: format!("group {number}"), what };
    let conditions = value.as_object().filter(|object| object.len() == 1);
    let conditions = conditions.and_then(|object| object.get("conditions")?.as_array());
    let conditions = conditions
        .ok_or_else(|| fault("an object with the one member conditions, a list".to_owned()))?;
    if conditions.len() > CONDITIONS_MAX {
        return Err(fault(format!("at most {CONDITIONS_MAX} conditions")));
    }
    let read = |(index, condition): (usize, &Value)| {
        let place = || format!("group {number}, condition {}", index + 1);
        let fields = condition.as_object().ok_or_else(|| "an object".to_owned());
        let read = fields.and_then(|fields| read_condition(fields, id));
        read.map_err(|what| FormFault { place: place(), what })
    };
    Ok(Group { conditions: conditions.iter().enumerate().map(read).collect::<Result<_, _>>()? })
}

fn read_condition(fields: Fields<'_>, id: &Known<'_>) -> Result<Condition, String> {
    let negated = match fields.get("not") {
        None => false,
        Some(not) => not.as_bool().ok_or("not is true or false")?,
    };
    let subjects = ["property", "event", "list", "segment", "badge", "app"];
    let mut said = subjects.into_iter().filter(|subject| fields.contains_key(*subject));
    let (subject, another) = (said.next(), said.next());
    let (Some(subject), None) = (subject, another) else {
        return Err("one of property, event, list, segment, badge and app".to_owned());
    };
    let (test, known): (Test, &[&str]) = match subject {
        "property" => read_property(fields, id)?,
        "event" => {
            (Test::Happened(read_happened(fields)?), &["of", "at_least", "at_most", "within_days"])
        }
        "list" => (Test::Member(Membership::List(definition(fields, "list")?)), &[]),
        "segment" => (Test::Member(Membership::Segment(definition(fields, "segment")?)), &[]),
        "badge" => (Test::Member(Membership::Badge(definition(fields, "badge")?)), &[]),
        _ => (Test::Member(Membership::App(definition(fields, "app")?)), &[]),
    };
    let unknown = fields
        .keys()
        .find(|name| *name != "not" && *name != subject && !known.contains(&name.as_str()));
    match (unknown, &test) {
        (None, _) => Ok(Condition { negated, test }),
        (Some(name), Test::Property { operator, .. } | Test::Moment { operator, .. }) => {
            Err(too_much(name, operator.name(), &known[1..]))
        }
        (Some(name), Test::Happened(_) | Test::Member(_)) => {
            let takes = [&["not"], known].concat().join(", ");
            Err(format!(
                "{name:?} is said where {subject} is asked; beside it there may be {takes}"
            ))
        }
    }
}

/// What is said beside an operator that does not take it.
fn too_much(name: &str, operator: &str, takes: &[&str]) -> String {
    let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join(" and ") };
    let opposite = match opposite(operator) {
        Some(opposite) => format!("; its opposite is the operator {opposite}"),
        None => String::new(),
    };
    format!("{name:?} is said, and {operator} takes {takes} beside it{opposite}")
}

/// The operator that asks for the contrary, where one compares with nothing.
pub fn opposite(operator: &str) -> Option<&'static str> {
    match operator {
        "is_true" => Some("is_false"),
        "is_false" => Some("is_true"),
        "is_set" => Some("is_not_set"),
        "is_not_set" => Some("is_set"),
        _ => None,
    }
}

fn read_property(
    fields: Fields<'_>,
    id: &Known<'_>,
) -> Result<(Test, &'static [&'static str]), String> {
    let value = || text(fields, "value");
    let days = || whole(fields, "days");
    let day = |name| day(fields, name);
    const NONE: &[&str] = &["operator"];
    const VALUE: &[&str] = &["operator", "value"];
    const RANGE: &[&str] = &["operator", "from", "to"];
    const DAYS: &[&str] = &["operator", "days"];
    let name = text(fields, "property")?;
    let moment = Moment::from_name(&name);
    let asked = match moment {
        Some(moment) => Some((moment.name().to_owned(), ValueType::Date)),
        None => id(&name),
    };
    let (id, kind) = asked.ok_or_else(|| format!("there is no property {name:?}"))?;
    let operators =
        || format!("those of a {} are {}", kind.name(), Operator::names_of(kind).join(", "));
    if !fields.contains_key("operator") {
        return Err(format!("the member operator is missing; {}", operators()));
    }
    let (operator, known) = match text(fields, "operator")?.as_str() {
        "is_set" => (Operator::IsSet, NONE),
        "is_not_set" => (Operator::IsNotSet, NONE),
        "is" => (Operator::Is(value()?), VALUE),
        "is_not" => (Operator::IsNot(value()?), VALUE),
        "contains" => (Operator::Contains(value()?), VALUE),
        "does_not_contain" => (Operator::DoesNotContain(value()?), VALUE),
        "starts_with" => (Operator::StartsWith(value()?), VALUE),
        "ends_with" => (Operator::EndsWith(value()?), VALUE),
        "is_one_of" => (Operator::IsOneOf(texts(fields)?), &["operator", "values"][..]),
        "equals" => (Operator::Equals(number(fields, "value")?), VALUE),
        "does_not_equal" => (Operator::DoesNotEqual(number(fields, "value")?), VALUE),
        "less_than" => (Operator::LessThan(number(fields, "value")?), VALUE),
        "at_most" => (Operator::AtMost(number(fields, "value")?), VALUE),
        "more_than" => (Operator::MoreThan(number(fields, "value")?), VALUE),
        "at_least" => (Operator::AtLeast(number(fields, "value")?), VALUE),
        "between" => (Operator::Between(number(fields, "from")?, number(fields, "to")?), RANGE),
        "is_true" => (Operator::IsTrue, NONE),
        "is_false" => (Operator::IsFalse, NONE),
        "on" => (Operator::On(day("value")?), VALUE),
        "before" => (Operator::Before(day("value")?), VALUE),
        "after" => (Operator::After(day("value")?), VALUE),
        "between_days" => (Operator::BetweenDays(day("from")?, day("to")?), RANGE),
        "in_the_last_days" => (Operator::InTheLastDays(days()?), DAYS),
        "more_than_days_ago" => (Operator::MoreThanDaysAgo(days()?), DAYS),
        "in_the_next_days" => (Operator::InTheNextDays(days()?), DAYS),
        other => return Err(format!("there is no operator {other:?}; {}", operators())),
    };
    Ok(match moment {
        Some(moment) => (Test::Moment { moment, operator }, known),
        None => (Test::Property { id, operator }, known),
    })
}

fn read_happened(fields: Fields<'_>) -> Result<Happened, String> {
    let name = text(fields, "event")?;
    let kind = EventKind::from_name(&name).or_else(|| EventKind::from_public_name(&name));
    let kind = kind.filter(|kind| kind.is_user_event());
    let kind = kind.ok_or_else(|| format!("{name:?} is nothing that happens to users"))?;
    let count = |name: &str| match fields.get(name) {
        None => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| format!("{name} is a count")),
    };
    let of = fields.contains_key("of").then(|| definition(fields, "of")).transpose()?;
    let within_days =
        fields.contains_key("within_days").then(|| whole(fields, "within_days")).transpose()?;
    let (at_least, at_most) = (count("at_least")?.unwrap_or(1), count("at_most")?);
    if at_most.is_some_and(|most| most < at_least) {
        let never = match at_most {
            Some(0) => "; who never did it is asked with \"not\": true and without at_most",
            _ => "",
        };
        return Err(format!("at_most is less than at_least, which is 1 unless said{never}"));
    }
    Ok(Happened { kind, of, at_least, at_most, within_days })
}

fn text(fields: Fields<'_>, name: &str) -> Result<String, String> {
    let text = fields.get(name).and_then(Value::as_str);
    let text = text.filter(|text| (1..=TEXT_BYTES_MAX).contains(&text.len()));
    text.map(str::to_owned)
        .ok_or_else(|| format!("{name} is a text of 1 to {TEXT_BYTES_MAX} bytes"))
}

fn texts(fields: Fields<'_>) -> Result<Vec<String>, String> {
    let values = fields.get("values").and_then(Value::as_array);
    let values = values.filter(|values| (1..=TEXTS_MAX).contains(&values.len()));
    let fault =
        || format!("values is a list of 1 to {TEXTS_MAX} texts of at most {TEXT_BYTES_MAX} bytes");
    let read = |value: &Value| {
        let text = value.as_str().filter(|text| text.len() <= TEXT_BYTES_MAX);
        text.map(str::to_owned).ok_or_else(fault)
    };
    values.ok_or_else(fault)?.iter().map(read).collect()
}

/// A number, also written as text: so its digits stay what they are.
fn number(fields: Fields<'_>, name: &str) -> Result<String, String> {
    let text = match fields.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let kept = CellRule::of(ValueType::Number).read(&text);
    let fault = |_| format!("{name} is a number of at most 15 significant digits");
    kept.map(|kept| kept.into_owned()).map_err(fault)
}

fn whole(fields: Fields<'_>, name: &str) -> Result<u32, String> {
    let days = fields.get(name).and_then(Value::as_u64).and_then(|days| u32::try_from(days).ok());
    let days = days.filter(|days| (1..=WINDOW_DAYS_MAX).contains(days));
    days.ok_or_else(|| format!("{name} is 1 to {WINDOW_DAYS_MAX}"))
}

fn day(fields: Fields<'_>, name: &str) -> Result<NaiveDate, String> {
    let day = fields.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok());
    day.ok_or_else(|| format!("{name} is a day such as 2026-01-31"))
}

fn definition(fields: Fields<'_>, name: &str) -> Result<DefinitionId, String> {
    text(fields, name)?.parse().map_err(|fault| format!("{name}: {fault}"))
}

#[cfg(test)]
mod tests;
