//! What conditions say of users, and how long that stays so.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::value::ValueType;

/// 1 July 2026, noon in Paris.
const NOON: &str = "2026-07-01T10:00:00Z";

fn now() -> Now {
    let instant = DateTime::parse_from_rfc3339(NOON).unwrap();
    Now { micros: instant.timestamp_micros(), zone: Tz::Europe__Paris }
}

fn micros(instant: &str) -> i64 {
    DateTime::parse_from_rfc3339(instant).unwrap().timestamp_micros()
}

#[derive(Default)]
struct Anna {
    values: BTreeMap<&'static str, &'static str>,
    belongs: BTreeSet<Membership>,
    moments: BTreeMap<Moment, &'static str>,
    times: Vec<(EventKind, &'static str, &'static str)>,
}

impl Subject for Anna {
    fn value(&self, id: &str) -> Option<&str> {
        self.values.get(id).copied()
    }

    fn moment(&self, moment: Moment) -> Option<i64> {
        self.moments.get(&moment).map(|at| micros(at))
    }

    fn belongs(&self, to: &Membership) -> bool {
        self.belongs.contains(to)
    }

    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64> {
        let is = |time: &&(EventKind, &str, &str)| {
            time.0 == kind && of.is_none_or(|of| of.as_str() == time.1)
        };
        self.times.iter().filter(is).map(|(_, _, at)| micros(at)).collect()
    }
}

fn says(operator: Operator, value: Option<&'static str>) -> bool {
    asked(operator, value).yes
}

fn asked(operator: Operator, value: Option<&'static str>) -> Answer {
    let anna =
        Anna { values: value.map(|value| ("it", value)).into_iter().collect(), ..Anna::default() };
    Test::Property { id: "it".to_owned(), operator }.ask(&anna, now())
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn day(day: &str) -> NaiveDate {
    day.parse().unwrap()
}

#[test]
fn a_value_that_is_missing_fulfils_only_what_denies() {
    use Operator as O;
    let one = || text("1");
    for (operator, yes) in [
        (O::IsSet, false),
        (O::IsNotSet, true),
        (O::Is(text("a")), false),
        (O::IsNot(text("a")), true),
        (O::Contains(text("a")), false),
        (O::DoesNotContain(text("a")), true),
        (O::StartsWith(text("")), false),
        (O::EndsWith(text("")), false),
        (O::IsOneOf(vec![]), false),
        (O::Equals(one()), false),
        (O::DoesNotEqual(one()), true),
        (O::LessThan(one()), false),
        (O::Between(one(), one()), false),
        (O::IsTrue, false),
        (O::IsFalse, false),
        (O::On(day("2026-07-01")), false),
        (O::MoreThanDaysAgo(1), false),
    ] {
        assert_eq!(says(operator.clone(), None), yes, "{operator:?}");
    }
}

#[test]
fn texts_are_compared_without_regard_to_case_and_accents() {
    use Operator as O;
    for (operator, yes) in [
        (O::Is(text("lea")), true),
        (O::Is(text("le")), false),
        (O::IsNot(text("LÉA")), false),
        (O::Contains(text("É")), true),
        (O::DoesNotContain(text("x")), true),
        (O::StartsWith(text("le")), true),
        (O::EndsWith(text("éa")), true),
        (O::IsOneOf(vec![text("ben"), text("LEA")]), true),
        (O::IsSet, true),
    ] {
        assert_eq!(says(operator.clone(), Some("Léa")), yes, "{operator:?}");
    }
}

#[test]
fn numbers_are_compared_as_numbers() {
    use Operator as O;
    for (operator, yes) in [
        (O::Equals(text("10.0")), true),
        (O::DoesNotEqual(text("10")), false),
        (O::LessThan(text("9")), false),
        (O::LessThan(text("11")), true),
        (O::AtMost(text("10")), true),
        (O::MoreThan(text("10")), false),
        (O::AtLeast(text("10")), true),
        (O::Between(text("9.5"), text("10")), true),
        (O::Between(text("11"), text("12")), false),
    ] {
        assert_eq!(says(operator.clone(), Some("10")), yes, "{operator:?}");
    }
    assert!(O::Equals(text("many")).suits(ValueType::Number).is_err());
    assert!(O::Equals(text("7")).suits(ValueType::Text).is_err());
    assert_eq!(O::IsSet.suits(ValueType::Text), Ok(()));
}

#[test]
fn days_are_those_of_the_zone_and_count_with_today() {
    use Operator as O;
    let late = "2026-06-30T22:30:00Z"; // 1 July in Paris
    for (operator, value, yes) in [
        (O::On(day("2026-07-01")), late, true),
        (O::Before(day("2026-07-01")), "2026-06-30", true),
        (O::After(day("2026-07-01")), late, false),
        (O::BetweenDays(day("2026-07-01"), day("2026-07-01")), late, true),
        (O::InTheLastDays(1), late, true),
        (O::InTheLastDays(1), "2026-06-30", false),
        (O::InTheLastDays(7), "2026-06-25", true),
        (O::InTheLastDays(7), "2026-06-24", false),
        (O::InTheLastDays(7), "2026-07-02", false),
        (O::MoreThanDaysAgo(7), "2026-06-24", false),
        (O::MoreThanDaysAgo(7), "2026-06-23", true),
        (O::InTheNextDays(1), "2026-07-01", true),
        (O::InTheNextDays(2), "2026-07-02", true),
        (O::InTheNextDays(2), "2026-07-03", false),
        (O::InTheNextDays(2), "2026-06-30", false),
    ] {
        assert_eq!(says(operator.clone(), Some(value)), yes, "{operator:?} {value}");
    }
}

#[test]
fn what_time_alone_changes_says_when() {
    use Operator as O;
    let until = |operator, value| asked(operator, Some(value)).until;
    let midnight = |text: &str| Some(Now::begin(now(), day(text)));
    assert_eq!(midnight("2026-07-02"), Some(micros("2026-07-01T22:00:00Z")));
    assert_eq!(until(O::InTheLastDays(7), "2026-06-25"), midnight("2026-07-02"));
    assert_eq!(until(O::InTheLastDays(7), "2026-07-09"), midnight("2026-07-09"));
    assert_eq!(until(O::InTheLastDays(7), "2026-06-01"), None);
    assert_eq!(until(O::MoreThanDaysAgo(7), "2026-06-24"), midnight("2026-07-02"));
    assert_eq!(until(O::MoreThanDaysAgo(7), "2026-06-01"), None);
    assert_eq!(until(O::InTheNextDays(2), "2026-07-09"), midnight("2026-07-08"));
    assert_eq!(until(O::InTheNextDays(2), "2026-07-01"), midnight("2026-07-02"));
    assert_eq!(until(O::On(day("2026-07-01")), "2026-07-01"), None);
}

#[test]
fn what_happened_is_counted_in_its_window() {
    let spring: DefinitionId = "spring".parse().unwrap();
    let kind = EventKind::ChallengeCompleted;
    let anna = Anna {
        times: vec![
            (kind, "spring", "2026-06-24T10:00:00Z"),
            (kind, "spring", "2026-06-29T12:00:00Z"),
            (kind, "autumn", "2026-06-30T12:00:00Z"),
        ],
        ..Anna::default()
    };
    let ask = |of: Option<&DefinitionId>, at_least, at_most, within_days| {
        let of = of.cloned();
        Happened { kind, of, at_least, at_most, within_days }.ask(&anna, now())
    };
    let always = |yes| Answer { yes, until: None };
    assert_eq!(ask(None, 3, None, None), always(true));
    assert_eq!(ask(Some(&spring), 3, None, None), always(false));
    assert_eq!(ask(Some(&spring), 0, Some(2), None), always(true));
    // The first of them is seven times 24 hours old this very moment, and counts no more.
    let until = |text| Some(micros(text));
    assert_eq!(
        ask(Some(&spring), 2, None, Some(7)),
        Answer { yes: false, until: until("2026-07-06T12:00:00Z") }
    );
    assert_eq!(
        ask(Some(&spring), 2, None, Some(8)),
        Answer { yes: true, until: until("2026-07-02T10:00:00Z") }
    );
    assert_eq!(
        ask(None, 0, Some(0), Some(1)),
        Answer { yes: false, until: until("2026-07-01T12:00:00Z") }
    );
}

#[test]
fn what_is_asked_of_the_same_in_several_windows_is_asked_from_the_earliest() {
    let test = |kind, within_days| {
        let happened = Happened { kind, of: None, at_least: 1, at_most: None, within_days };
        Condition { negated: false, test: Test::Happened(happened) }
    };
    let conditions = vec![
        test(EventKind::ListJoined, Some(9)),
        test(EventKind::ListJoined, Some(30)),
        test(EventKind::ListLeft, Some(1)),
        test(EventKind::ListLeft, None),
    ];
    let asked = Conditions { groups: vec![Group { conditions }] };
    let after = micros("2026-06-01T10:00:00Z");
    let wanted = [((EventKind::ListJoined, None), after), ((EventKind::ListLeft, None), i64::MIN)];
    assert_eq!(asked.happened_after(now().micros), BTreeMap::from(wanted));
}

#[test]
fn groups_are_alternatives_and_their_conditions_stand_together() {
    let list = Membership::List("vip".parse().unwrap());
    let anna = Anna {
        values: BTreeMap::from([("city", "Lyon")]),
        belongs: BTreeSet::from([list.clone()]),
        ..Anna::default()
    };
    let city = |name: &str, negated| Condition {
        negated,
        test: Test::Property { id: text("city"), operator: Operator::Is(text(name)) },
    };
    let on_list = |negated| Condition { negated, test: Test::Member(list.clone()) };
    let holds = |groups: &[&[Condition]]| {
        let groups = groups.iter().map(|group| Group { conditions: group.to_vec() }).collect();
        Conditions { groups }.hold(&anna, now())
    };
    assert!(!holds(&[]), "nobody");
    assert!(holds(&[&[]]), "everybody");
    assert!(holds(&[&[city("Lyon", false), on_list(false)]]));
    assert!(!holds(&[&[city("Lyon", false), on_list(true)]]));
    assert!(holds(&[&[city("Nice", false)], &[on_list(false)]]));
    assert!(holds(&[&[city("Nice", true)]]));
}

#[test]
fn moments_are_asked_as_dates_are_and_say_until_when() {
    let anna = Anna {
        moments: BTreeMap::from([(Moment::MemberSince, "2026-06-30T23:30:00Z")]),
        ..Anna::default()
    };
    let ask = |moment, operator| Test::Moment { moment, operator }.ask(&anna, now());
    let (since, active) = (Moment::MemberSince, Moment::LastActive);
    assert!(ask(since, Operator::IsSet).yes && ask(active, Operator::IsNotSet).yes);
    assert!(!ask(active, Operator::MoreThanDaysAgo(1)).yes, "never is not long ago");
    let same_day = Operator::On(now().day_of(micros("2026-06-30T23:30:00Z")));
    assert!(ask(since, same_day).yes);
    let recent = ask(since, Operator::InTheLastDays(36_500));
    assert!(recent.yes && recent.until.is_some());
}
