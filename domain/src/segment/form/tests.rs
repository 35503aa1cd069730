//! Conditions written, read, and refused with their place.

use super::*;

fn round(value: &Value) -> Result<Value, String> {
    let kind = |name: &str| match name {
        "points" => ValueType::Number,
        "vip" => ValueType::Boolean,
        "born" => ValueType::Date,
        _ => ValueType::Text,
    };
    let id = |name: &str| (name != "nothing").then(|| (format!("id_{name}"), kind(name)));
    let read = from_json(value, &id).map_err(|fault| fault.to_string())?;
    Ok(to_json(&read, &|id| id.trim_start_matches("id_").to_owned()))
}

fn one(condition: Value) -> Value {
    json!({ "groups": [{ "conditions": [condition] }] })
}

#[test]
fn what_is_written_reads_as_it_was() {
    for condition in [
        json!({ "property": "city", "operator": "is", "value": "Lyon" }),
        json!({ "property": "city", "operator": "is_one_of", "values": ["Lyon", "Nice"] }),
        json!({ "property": "city", "operator": "is_not_set", "not": true }),
        json!({ "property": "points", "operator": "between", "from": "1.5", "to": "20" }),
        json!({ "property": "vip", "operator": "is_true" }),
        json!({ "property": "born", "operator": "between_days", "from": "1990-01-01", "to": "1999-12-31" }),
        json!({ "property": "born", "operator": "in_the_last_days", "days": 30 }),
        json!({ "event": "ChallengeCompleted", "at_least": 2, "of": "spring", "within_days": 30, "at_most": 4 }),
        json!({ "property": "last_active_at", "operator": "more_than_days_ago", "days": 30 }),
        json!({ "property": "member_since", "operator": "before", "value": "2026-01-01" }),
        json!({ "list": "a" }),
        json!({ "segment": "b", "not": true }),
        json!({ "badge": "c" }),
    ] {
        assert_eq!(round(&one(condition.clone())), Ok(one(condition)));
    }
    let empty = json!({ "groups": [{ "conditions": [] }, { "conditions": [] }] });
    assert_eq!(round(&empty), Ok(empty));
}

#[test]
fn numbers_are_kept_as_values_are() {
    let said = one(json!({ "property": "points", "operator": "at_least", "value": " 07.50 " }));
    let kept = one(json!({ "property": "points", "operator": "at_least", "value": "7.5" }));
    assert_eq!(round(&said), Ok(kept));
}

#[test]
fn every_operator_can_be_written_and_read() {
    let day: NaiveDate = "2026-01-31".parse().unwrap();
    let (text, number) = (|| "a".to_owned(), || "7".to_owned());
    use Operator as O;
    for operator in [
        O::IsSet,
        O::IsNotSet,
        O::Is(text()),
        O::IsNot(text()),
        O::Contains(text()),
        O::DoesNotContain(text()),
        O::StartsWith(text()),
        O::EndsWith(text()),
        O::IsOneOf(vec![text()]),
        O::Equals(number()),
        O::DoesNotEqual(number()),
        O::LessThan(number()),
        O::AtMost(number()),
        O::MoreThan(number()),
        O::AtLeast(number()),
        O::Between(number(), number()),
        O::IsTrue,
        O::IsFalse,
        O::On(day),
        O::Before(day),
        O::After(day),
        O::BetweenDays(day, day),
        O::InTheLastDays(1),
        O::MoreThanDaysAgo(1),
        O::InTheNextDays(1),
    ] {
        let test = Test::Property { id: "it".to_owned(), operator };
        let group = Group { conditions: vec![Condition { negated: false, test }] };
        let conditions = Conditions { groups: vec![group] };
        let json = to_json(&conditions, &|id| id.to_owned());
        assert_eq!(
            from_json(&json, &|name| Some((name.to_owned(), ValueType::Text))),
            Ok(conditions),
            "{json}"
        );
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let said = |condition| round(&one(condition)).unwrap_err();
    for (condition, what) in [
        (json!({ "property": "nothing", "operator": "is_set" }), "no property \"nothing\""),
        (
            json!({ "property": "city", "operator": "was" }),
            "no operator \"was\"; those of a text are is, is_not",
        ),
        (json!({ "property": "points", "operator": "is_not" }), "value is a text"),
        (
            json!({ "property": "points", "operator": "=" }),
            "those of a number are equals, does_not_equal",
        ),
        (json!({ "property": "vip" }), "operator is missing; those of a boolean are is_true"),
        (
            json!({ "property": "last_active_at", "operator": "is_after" }),
            "those of a date are on, before",
        ),
        (
            json!({ "property": "vip", "operator": "is_true", "value": false }),
            "is_true takes nothing beside it; its opposite is the operator is_false",
        ),
        (
            json!({ "property": "city", "operator": "is", "value": "x", "days": 1 }),
            "\"days\" is said, and is takes value beside it",
        ),
        (json!({ "list": "a", "value": 1 }), "beside it there may be not"),
        (json!({ "property": "city", "operator": "is" }), "value is a text"),
        (json!({ "property": "city", "operator": "is_set", "value": "x" }), "\"value\" is said"),
        (json!({ "property": "city", "list": "a" }), "one of property, event"),
        (
            json!({ "property": "points", "operator": "at_least", "value": "many" }),
            "value is a number",
        ),
        (json!({ "event": "ImportStarted" }), "nothing that happens"),
        (json!({ "event": "ChallengeJoined", "at_most": 0 }), "asked with \"not\": true"),
        (json!({ "event": "ChallengeJoined", "at_most": 1, "at_least": 2 }), "less than at_least"),
        (json!({ "list": "No List" }), "list: "),
        (json!({ "property": "born", "operator": "in_the_last_days", "days": 0 }), "days is 1 to"),
    ] {
        let told = said(condition);
        assert!(told.starts_with("group 1, condition 1: ") && told.contains(what), "{told}");
    }
    assert!(round(&json!([])).unwrap_err().starts_with("the conditions: "));
    assert!(round(&json!({ "groups": [{}] })).unwrap_err().starts_with("group 1: "));
}

#[test]
fn what_nobody_means_is_told_with_its_place() {
    let told = |value: Value| {
        let read = from_json(&value, &|name| Some((name.to_owned(), ValueType::Text))).unwrap();
        read.make_sense().map_err(|fault| fault.to_string())
    };
    assert!(told(json!({ "groups": [] })).unwrap_err().starts_with("the conditions: at least"));
    let good = json!({ "list": "a" });
    let groups = json!({ "groups": [{ "conditions": [good] }, { "conditions": [] }] });
    assert!(told(groups).unwrap_err().starts_with("group 2: at least one condition"));
    for condition in [
        json!({ "property": "points", "operator": "between", "from": "10", "to": "9.5" }),
        json!({ "property": "born", "operator": "between_days", "from": "2026-02-01", "to": "2026-01-31" }),
        json!({ "event": "UserActive", "of": "spring" }),
    ] {
        let groups = json!({ "groups": [{ "conditions": [good, condition] }] });
        let told = told(groups).unwrap_err();
        assert!(told.starts_with("group 1, condition 2: "), "{told}");
    }
    for condition in [
        json!({ "property": "points", "operator": "between", "from": "9.5", "to": "9.50" }),
        json!({ "property": "born", "operator": "between_days", "from": "2026-02-01", "to": "2026-02-01" }),
        json!({ "event": "ChallengeJoined", "of": "spring" }),
        json!({ "event": "UserActive", "within_days": 30 }),
    ] {
        assert_eq!(told(one(condition)), Ok(()));
    }
}
