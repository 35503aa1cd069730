//! Conditions go through the form and come out as they were, or are not put into rows at all.

use super::*;

fn one(condition: Value) -> Value {
    json!({ "groups": [{ "conditions": [condition] }] })
}

#[test]
fn what_rows_can_say_comes_back_as_it_was() {
    for condition in [
        json!({ "property": "city", "operator": "is", "value": " Lyon" }),
        json!({ "property": "city", "operator": "is_one_of", "values": ["Lyon", "Nice, Côte"] }),
        json!({ "property": "points", "operator": "between", "from": "1", "to": "5", "not": true }),
        json!({ "property": "last_active_at", "operator": "more_than_days_ago", "days": 30 }),
        json!({ "property": "newsletter", "operator": "is_true" }),
        json!({ "event": "ChallengeCompleted", "of": "spring", "at_least": 2, "at_most": 5, "within_days": 30 }),
        json!({ "list": "customers" }),
        json!({ "app": "shop", "not": true }),
    ] {
        let draft = Draft::of(&one(condition.clone()));
        assert!(matches!(draft, Draft::Rows(_)), "{condition}");
        assert_eq!(draft.json().unwrap(), one(condition));
    }
}

#[test]
fn what_rows_cannot_say_stays_json() {
    for condition in [
        json!({ "property": "city", "operator": "is", "value": "Lyon\nNice" }),
        json!({ "property": "city", "operator": "is_one_of", "values": ["Lyon", ""] }),
        json!({ "property": "city", "operator": "is", "value": "Lyon", "accents": "matter" }),
        json!({ "any": [{ "list": "customers" }] }),
    ] {
        let draft = Draft::of(&one(condition.clone()));
        assert!(matches!(draft, Draft::Json(_)), "{condition}");
        assert_eq!(draft.json().unwrap(), one(condition.clone()));
        let mut kept = draft.clone();
        assert!(kept.step("builder").is_err(), "{condition}");
        assert_eq!(kept, draft);
    }
}

#[test]
fn buttons_add_and_remove() {
    let mut draft = Draft::default();
    assert_eq!(draft.step("add-0").unwrap(), Focus { group: Some(0), row: Some(1) });
    assert_eq!(draft.step("group").unwrap(), Focus { group: Some(1), row: Some(0) });
    let Draft::Rows(groups) = &draft else { panic!("rows") };
    assert_eq!((groups.len(), groups[0].len()), (2, 2));
    assert_eq!(draft.step("remove-1-0").unwrap(), Focus { group: Some(0), row: None });
    // What is not there is not removed, and something stays to be filled in.
    for button in ["remove-7-0", "remove-0-7", "add-9", "remove-0-0", "remove-0-0", "remove-0-0"] {
        draft.step(button).unwrap();
    }
    assert_eq!(draft, Draft::default());
    for _ in 0..2 * CONDITIONS_MAX {
        draft.step("add-0").unwrap();
        draft.step("group").unwrap();
    }
    let Draft::Rows(groups) = &draft else { panic!("rows") };
    assert_eq!((groups.len(), groups[0].len()), (GROUPS_MAX, CONDITIONS_MAX));
}

#[test]
fn a_refusal_is_told_beside_the_condition_it_names() {
    let draft = Draft::Rows(vec![vec![Row::default()], vec![Row::default(); 2]]);
    let refused = refused("group 2, condition 2: list is a text");
    assert_eq!(draft.fault(&refused), Some(((1, 1), "list is a text".to_owned())));
    for nowhere in ["group 2, condition 3: no", "group 0, condition 1: no", "the conditions: no"] {
        assert_eq!(draft.fault(&super::refused(nowhere)), None);
    }
}

fn row(fields: &[(&str, &str)]) -> Row {
    let mut row = Row::default();
    fields.iter().for_each(|(name, value)| row.set(name, value));
    row
}

/// A condition on a property.
fn asked<'a>(operator: &'a str, more: &[(&'a str, &'a str)]) -> Row {
    let mut said = more.to_vec();
    said.extend([("subject", "property:city"), ("operator", operator)]);
    row(&said)
}

#[test]
fn what_is_not_filled_in_is_found_and_never_left_out() {
    for (row, missing) in [
        (row(&[]), vec!["subject"]),
        (row(&[("subject", "list"), ("value", " ")]), vec!["value"]),
        (row(&[("subject", "event:BadgeGained")]), vec![]),
        (asked("is", &[]), vec!["value"]),
        (asked("is", &[("value", " ")]), vec![]),
        (asked("is_set", &[]), vec![]),
        (asked("is_one_of", &[("value", "\r\n")]), vec!["value"]),
        (asked("between", &[("to", "5")]), vec!["from"]),
        (asked("in_the_last_days", &[]), vec!["days"]),
    ] {
        assert_eq!(row.missing(), missing, "{row:?}");
    }
    let whole = asked("is_set", &[]);
    let mut draft = Draft::Rows(vec![vec![whole.clone(), row(&[])], vec![row(&[])]]);
    assert_eq!(draft.lacking(), [(0, 1), (1, 0)]);
    assert_eq!(draft.json().unwrap()["groups"][0]["conditions"][1], json!({}));
    let before = draft.clone();
    assert!(draft.step("json").is_err(), "JSON cannot say it");
    assert_eq!(draft, before);
    // A group without rows would vanish with the next form.
    let none = json!({ "groups": [{ "conditions": [whole.json()] }, { "conditions": [] }] });
    assert!(matches!(Draft::of(&none), Draft::Json(_)));
    assert!(Draft::Rows(vec![vec![whole]]).lacking().is_empty());
}
