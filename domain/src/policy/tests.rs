//! Who enters, who leaves, in which order, and why.

use super::*;
use crate::event::{BadgeVisibility, ListJoined};
use crate::segment::{Conditions, Group, Operator};

fn id(text: &str) -> DefinitionId {
    text.parse().unwrap()
}

fn now() -> Now {
    Now { micros: 1_782_900_000_000_000, zone: chrono_tz::UTC }
}

fn segment(name: &str, tests: &[Test]) -> SegmentDefined {
    let condition = |test: &Test| Condition { negated: false, test: test.clone() };
    let group = Group { conditions: tests.iter().map(condition).collect() };
    let conditions = Conditions { groups: vec![group] };
    SegmentDefined { segment_id: id(name), name: name.to_owned(), version: 1, conditions }
}

fn badge(name: &str, audience: Option<Membership>, state: BadgeState) -> BadgeDefined {
    BadgeDefined {
        badge_id: id(name),
        name: name.to_owned(),
        version: 1,
        state,
        audience,
        visibility: BadgeVisibility::Everyone,
        texts: BTreeMap::new(),
        visual: None,
    }
}

fn city(name: &str) -> Test {
    Test::Property { id: "city".to_owned(), operator: Operator::Is(name.to_owned()) }
}

fn within(name: &str) -> Test {
    Test::Member(Membership::Segment(id(name)))
}

fn user(city: &str) -> User {
    let mut user = User { email: Some("anna@example.org".to_owned()), ..User::default() };
    user.fields.insert("city".to_owned(), city.to_owned());
    user
}

/// Kind, what, and the consequence it follows from.
fn told(reconciled: &Reconciled) -> Vec<(EventKind, String, Option<usize>)> {
    let told = |consequence: &Consequence| {
        let of = Happening::of(&consequence.event).unwrap().moved.unwrap();
        let name = of.id().to_string();
        (consequence.event.kind(), name, consequence.cause)
    };
    reconciled.consequences.iter().map(told).collect()
}

/// The user after what follows.
fn after(user: &User, reconciled: &Reconciled) -> User {
    let events = reconciled.consequences.iter().map(|consequence| &consequence.event);
    events.fold(Some(user.clone()), evolve).unwrap()
}

#[test]
fn what_hangs_on_a_segment_follows_it_with_it_as_the_cause() {
    let badges = vec![badge("gold", Some(Membership::Segment(id("big"))), BadgeState::Published)];
    let segments = vec![segment("big", &[within("lyon")]), segment("lyon", &[city("Lyon")])];
    let rules = Rules::new(segments, badges).unwrap();
    let anna = user("Lyon");
    let entered = reconcile(&rules, anna.clone(), &(), now(), &Why::default());
    use EventKind as K;
    assert_eq!(
        told(&entered),
        [
            (K::SegmentEntered, "lyon".to_owned(), None),
            (K::SegmentEntered, "big".to_owned(), Some(0)),
            (K::BadgeGained, "gold".to_owned(), Some(1)),
        ]
    );
    let mut moved = after(&anna, &entered);
    assert_eq!(told(&reconcile(&rules, moved.clone(), &(), now(), &Why::default())), []);
    moved.fields.insert("city".to_owned(), "Nice".to_owned());
    let why = Why {
        trigger: Some(Trigger::Fact),
        before: BTreeMap::from([("city".to_owned(), Some("Lyon".to_owned()))]),
        ..Why::default()
    };
    let left = reconcile(&rules, moved.clone(), &(), now(), &why);
    assert_eq!(
        told(&left),
        [
            (K::SegmentLeft, "lyon".to_owned(), None),
            (K::SegmentLeft, "big".to_owned(), Some(0)),
            (K::BadgeLost, "gold".to_owned(), Some(1)),
        ]
    );
    let Event::SegmentLeft(lyon) = &left.consequences[0].event else { panic!("it leaves") };
    let text = |text: &str| Some(text.to_owned());
    let changed = &lyon.changed[0];
    assert_eq!(
        (
            changed.group,
            changed.condition,
            changed.operator.as_str(),
            &changed.before,
            &changed.after
        ),
        (1, 1, "is", &text("Lyon"), &text("Nice"))
    );
    let Event::BadgeLost(gold) = &left.consequences[2].event else { panic!("it is lost") };
    assert_eq!(gold.because, Because::LeftAudience);
}

#[test]
fn a_badge_is_held_as_its_definition_says() {
    let lyon = || Some(Membership::List(id("lyon")));
    let mut on_list = user("Lyon");
    on_list.lists.insert(id("lyon"));
    let mut holds = user("Nice");
    holds.badges.insert(id("gold"));
    let defined = Why { trigger: Some(Trigger::Definition), ..Why::default() };
    let joined = Why {
        trigger: Some(Trigger::Fact),
        moved: BTreeSet::from([Membership::List(id("lyon"))]),
        ..Why::default()
    };
    use Because as B;
    for (badge, user, why, expected) in [
        (badge("gold", lyon(), BadgeState::Draft), &on_list, &defined, None),
        (
            badge("gold", lyon(), BadgeState::Published),
            &on_list,
            &defined,
            Some((true, B::OwnersChanged)),
        ),
        (
            badge("gold", lyon(), BadgeState::Published),
            &on_list,
            &joined,
            Some((true, B::EnteredAudience)),
        ),
        (
            badge("gold", lyon(), BadgeState::Published),
            &holds,
            &defined,
            Some((false, B::OwnersChanged)),
        ),
        (badge("gold", None, BadgeState::Published), &holds, &defined, None),
        (badge("gold", None, BadgeState::Published), &on_list, &defined, None),
        (
            badge("gold", lyon(), BadgeState::Archived),
            &holds,
            &defined,
            Some((false, B::BadgeArchived)),
        ),
        (badge("gold", lyon(), BadgeState::Archived), &on_list, &defined, None),
    ] {
        let rules = Rules::new(Vec::new(), vec![badge.clone()]).unwrap();
        let reconciled = reconcile(&rules, user.clone(), &(), now(), why);
        let said = reconciled.consequences.first().map(|consequence| {
            if let Event::BadgeGained(gained) = &consequence.event {
                return (true, gained.because);
            }
            let Event::BadgeLost(lost) = &consequence.event else { panic!("neither") };
            (false, lost.because)
        });
        assert_eq!(said, expected, "{badge:?}");
    }
    // One that nobody defined is awarded by hand and stays.
    assert_eq!(told(&reconcile(&Rules::default(), holds, &(), now(), &defined)), []);
}

#[test]
fn what_is_left_and_what_is_entered_by_one_fact_are_no_causes_of_each_other() {
    let segments = vec![segment("a_nice", &[city("Nice")]), segment("b_lyon", &[city("Lyon")])];
    let rules = Rules::new(segments, Vec::new()).unwrap();
    let mut anna = user("Nice");
    anna.segments.insert(id("b_lyon"));
    let moved = reconcile(&rules, anna, &(), now(), &Why::default());
    use EventKind as K;
    let expected = [
        (K::SegmentEntered, "a_nice".to_owned(), None),
        (K::SegmentLeft, "b_lyon".to_owned(), None),
    ];
    assert_eq!(told(&moved), expected);
}

#[test]
fn a_badge_tells_its_audience_by_what_it_is_called() {
    let follows = |of| vec![badge("gold", Some(of), BadgeState::Published)];
    let lyon = SegmentDefined { name: "In Lyon".to_owned(), ..segment("lyon", &[city("Lyon")]) };
    let mut anna = user("Lyon");
    anna.lists.insert(id("spring"));
    let audience = |rules: &Rules| {
        let gained = reconcile(rules, anna.clone(), &(), now(), &Why::default());
        let Some(Event::BadgeGained(gained)) =
            gained.consequences.last().map(|it| it.event.clone())
        else {
            panic!("it is gained");
        };
        gained.audience
    };
    let called =
        |of: &str, name: Option<&str>| Some(Named { id: id(of), name: name.map(str::to_owned) });
    let segment = follows(Membership::Segment(id("lyon")));
    let rules = Rules::new(vec![lyon], segment).unwrap();
    assert_eq!(audience(&rules), called("lyon", Some("In Lyon")));
    let list = follows(Membership::List(id("spring")));
    let rules = Rules::new(Vec::new(), list).unwrap();
    assert_eq!(audience(&rules), called("spring", None), "by its id while nobody knows more");
    assert_eq!(rules.followed_lists(), BTreeSet::from([id("spring")]));
    let rules = rules.with_lists(BTreeMap::from([(id("spring"), "Spring".to_owned())]));
    assert_eq!(audience(&rules), called("spring", Some("Spring")));
}

#[test]
fn names_and_texts_make_no_difference_to_who_is_in() {
    let rules = |name: &str, city_name: &str| {
        let segment =
            SegmentDefined { name: name.to_owned(), ..segment("lyon", &[city(city_name)]) };
        Rules::new(vec![segment], Vec::new()).unwrap()
    };
    assert!(rules("A", "Lyon").come_to_the_same(&rules("B", "Lyon")));
    assert!(!rules("A", "Lyon").come_to_the_same(&rules("A", "Nice")));
    assert!(!rules("A", "Lyon").come_to_the_same(&Rules::default()));
}

#[test]
fn a_segment_that_is_no_more_is_left() {
    let mut anna = user("Lyon");
    anna.segments.insert(id("lyon"));
    let left = reconcile(&Rules::default(), anna, &(), now(), &Why::default());
    assert_eq!(told(&left), [(EventKind::SegmentLeft, "lyon".to_owned(), None)]);
}

#[test]
fn what_follows_counts_as_having_happened() {
    let happened = |kind, of: Option<&str>| {
        Test::Happened(Happened {
            kind,
            of: of.map(id),
            at_least: 1,
            at_most: None,
            within_days: Some(1),
        })
    };
    let segments = vec![
        segment("fresh", &[happened(EventKind::BadgeGained, Some("gold"))]),
        segment("lyon", &[city("Lyon")]),
    ];
    let gold = || vec![badge("gold", Some(Membership::Segment(id("lyon"))), BadgeState::Published)];
    let rules = Rules::new(segments, gold()).unwrap();
    let entered = reconcile(&rules, user("Lyon"), &(), now(), &Why::default());
    let names: Vec<String> = told(&entered).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["lyon", "gold", "fresh"]);
    assert_eq!(entered.until, Some(now().micros + 24 * 3600 * 1_000_000));
    let circle = vec![segment("lyon", &[happened(EventKind::BadgeGained, None)])];
    let Cycle { path } = Rules::new(circle, gold()).unwrap_err();
    assert_eq!(path.len(), 2);
}

#[test]
fn what_hangs_on_itself_is_refused_with_its_path() {
    let segments = vec![
        segment("a", &[within("b")]),
        segment("b", &[Test::Member(Membership::Badge(id("c")))]),
        segment("other", &[within("a")]),
    ];
    let badges = vec![badge("c", Some(Membership::Segment(id("a"))), BadgeState::Draft)];
    let cycle = Rules::new(segments, badges).unwrap_err();
    assert_eq!(
        cycle.to_string(),
        "this hangs on itself: segment a asks about segment b asks about badge c asks about segment a"
    );
    assert!(Rules::new(vec![segment("a", &[within("a")])], Vec::new()).is_err());
    assert!(Rules::new(vec![segment("a", &[within("nothing")])], Vec::new()).is_ok());
}

#[test]
fn a_list_that_is_joined_moves_into_what_asks_about_it() {
    let on_list = Test::Member(Membership::List(id("spring")));
    let rules = Rules::new(vec![segment("in_spring", &[on_list])], Vec::new()).unwrap();
    let joined = Event::ListJoined(ListJoined {
        list: Named::by_id(id("spring")),
        imported: None,
        email: None,
    });
    let anna = evolve(Some(user("Lyon")), &joined).unwrap();
    let entered = reconcile(&rules, anna, &(), now(), &Why::default());
    assert_eq!(told(&entered), [(EventKind::SegmentEntered, "in_spring".to_owned(), None)]);
    assert_eq!(
        rules.users_of(&Membership::List(id("spring"))),
        [Membership::Segment(id("in_spring"))]
    );
}

#[test]
fn who_is_on_a_list_that_is_no_more_leaves_it_first() {
    let on_list = Test::Member(Membership::List(id("spring")));
    let rules = Rules::new(vec![segment("sprung", &[on_list])], Vec::new()).unwrap();
    let gone = BTreeMap::from([(id("spring"), "Spring".to_owned())]);
    let without = rules.clone().without_lists(gone.clone());
    assert!(!rules.come_to_the_same(&without));
    let mut anna = user("Lyon");
    anna.lists = BTreeSet::from([id("spring"), id("summer")]);
    anna.segments.insert(id("sprung"));
    let reconciled = reconcile(&without, anna.clone(), &(), now(), &Why::default());
    let left = |kind, of: &str, cause| (kind, of.to_owned(), cause);
    let expected = [
        left(EventKind::ListLeft, "spring", None),
        left(EventKind::SegmentLeft, "sprung", Some(0)),
    ];
    assert_eq!(told(&reconciled), expected);
    assert_eq!(after(&anna, &reconciled).lists, BTreeSet::from([id("summer")]));
    // Without any rule, only who joins such a list is of interest.
    let alone = Rules::default().without_lists(gone);
    assert_eq!((alone.is_empty(), alone.hear()), (false, vec![EventKind::ListJoined]));
    assert_eq!(Rules::default().hear(), []);
}
