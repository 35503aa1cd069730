//! What taking an import back does to users with this and that history.

use super::*;
use crate::event::{BadgeGained, ListJoined, Named, UserImported};

const OURS: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn take_back(import: Uuid, history: &[Past]) -> Reverted {
    decide(import, &BTreeSet::new(), history)
}

/// What stays, and why.
fn kept(reverted: &Reverted) -> Vec<(Option<String>, KeptBecause)> {
    reverted.kept.iter().map(|stays| (stays.field.clone(), stays.because.clone())).collect()
}

fn past(event: Event) -> Past {
    Past { event, consequence: false, undone: false }
}

fn change(field: &str, old: Option<&str>, new: Option<&str>) -> Change {
    Change { field: field.into(), old: old.map(Into::into), new: new.map(Into::into) }
}

fn imported(import_id: Uuid, created: bool, changes: &[Change]) -> Past {
    past(Event::UserImported(UserImported {
        import_id,
        row: 1,
        created,
        email: Some("anna@example.org".into()),
        member_since: None,
        changes: changes.to_vec(),
    }))
}

fn badge() -> Past {
    past(Event::BadgeGained(BadgeGained {
        badge: Named::by_id("vip".parse().unwrap()),
        audience: None,
        because: Because::ByHand,
        email: None,
    }))
}

fn joined(imported: Option<(Uuid, u64)>) -> Past {
    let list = Named::by_id("spring".parse().unwrap());
    past(Event::ListJoined(ListJoined { list, imported, email: None }))
}

fn values(reverted: &Reverted) -> Vec<Change> {
    let of = |fact: &Event| {
        if let Event::UserPropertiesChanged(fact) = fact {
            fact.changes.clone()
        } else {
            Vec::new()
        }
    };
    reverted.facts.iter().flat_map(of).collect()
}

#[test]
fn who_an_import_made_goes_unless_something_else_happened_since() {
    let made = imported(OURS, true, &[change("city", None, Some("Lyon"))]);
    let again = imported(OURS, false, &[change("city", Some("Lyon"), Some("Nice"))]);
    assert!(take_back(OURS, &[made.clone(), again]).removed());
    assert!(take_back(OURS, &[made.clone(), joined(Some((OURS, 1)))]).removed());
    assert!(take_back(OURS, &[made.clone(), Past { consequence: true, ..badge() }]).removed());
    let stays = take_back(OURS, &[made.clone(), badge()]);
    assert!(!stays.removed());
    assert_eq!(kept(&stays), [(None, KeptBecause::UserHasHistory)]);
    assert_eq!(values(&stays), [change("city", Some("Lyon"), None)]);
    let later = imported(OTHER, false, &[change("lang", None, Some("fr"))]);
    assert!(!take_back(OURS, &[made, later]).removed());
}

#[test]
fn values_go_back_to_before_its_first_row_where_nobody_else_changed_them() {
    let history = [
        imported(
            OTHER,
            true,
            &[change("city", None, Some("Lyon")), change("lang", None, Some("fr"))],
        ),
        imported(
            OURS,
            false,
            &[change("city", Some("Lyon"), Some("Nice")), change("lang", Some("fr"), None)],
        ),
        imported(OURS, false, &[change("city", Some("Nice"), Some("Paris"))]),
    ];
    let back = [change("city", Some("Paris"), Some("Lyon")), change("lang", None, Some("fr"))];
    let reverted = take_back(OURS, &history);
    assert_eq!((values(&reverted), kept(&reverted)), (back.to_vec(), Vec::new()));

    let mut edited = history.to_vec();
    edited.push(imported(OTHER, false, &[change("city", Some("Paris"), Some("Brest"))]));
    let reverted = take_back(OURS, &edited);
    assert_eq!(values(&reverted), back[1..]);
    assert_eq!(kept(&reverted), [(Some("city".to_owned()), KeptBecause::ValueChanged)]);
}

#[test]
fn two_imports_are_taken_back_in_any_order() {
    let early = Uuid::from_u128(3);
    for made_by_one in [false, true] {
        for order in [[OURS, OTHER], [OTHER, OURS]] {
            let first = if made_by_one { None } else { Some("home") };
            let mut history = vec![];
            history.extend(
                first.map(|city| imported(early, true, &[change("city", None, Some(city))])),
            );
            history.push(imported(OTHER, made_by_one, &[change("city", first, Some("Lyon"))]));
            history.push(imported(OURS, false, &[change("city", Some("Lyon"), Some("Nice"))]));
            let mut gone = BTreeSet::new();
            for import in order {
                let undone = decide(import, &gone, &history);
                history.extend(undone.facts.into_iter().map(past));
                gone.insert(import);
            }
            let user = history.iter().fold(None, |user, past| evolve(user, &past.event));
            let city = user.as_ref().and_then(|user| user.fields.get("city")).map(String::as_str);
            assert_eq!((user.is_some(), city), (!made_by_one, first), "{order:?}");
        }
    }
}

#[test]
fn taking_back_twice_or_what_is_gone_does_nothing() {
    let made = imported(OURS, true, &[]);
    let gone = past(take_back(OURS, std::slice::from_ref(&made)).facts.remove(0));
    let again = take_back(OURS, &[made, gone]);
    assert_eq!(
        (again.facts.clone(), kept(&again)),
        (Vec::new(), vec![(None, KeptBecause::UserGone)])
    );
    assert_eq!(take_back(OURS, &[imported(OTHER, true, &[])]), Reverted::default());
}

#[test]
fn a_list_is_left_where_the_import_has_the_last_word() {
    let anna = imported(OTHER, true, &[]);
    let by_us = joined(Some((OURS, 1)));
    let reverted = take_back(OURS, &[anna.clone(), by_us.clone()]);
    assert!(reverted.left() && reverted.kept.is_empty());
    let left = past(reverted.facts[0].clone());
    for since in [vec![left.clone()], vec![left, joined(None)]] {
        let history: Vec<Past> = [anna.clone(), by_us.clone()].into_iter().chain(since).collect();
        let reverted = take_back(OURS, &history);
        assert_eq!(
            (reverted.facts.clone(), kept(&reverted)),
            (Vec::new(), vec![(None, KeptBecause::ListChanged)])
        );
    }
}

fn moved(import_id: Option<Uuid>, old: &str, new: &str, address: Option<u128>) -> Past {
    past(Event::UserEmailChanged(UserEmailChanged {
        address: address.map(|address| UserId(Uuid::from_u128(address))),
        imported: import_id.map(|import_id| (import_id, 1)),
        reverted_import: None,
        old: Some(old.into()),
        email: Some(new.into()),
    }))
}

/// Old and new address of what is recorded, and the stream of the new one.
fn given_back(reverted: &Reverted) -> Vec<(&str, &str, Option<u128>)> {
    let moves = reverted.facts.iter().filter_map(address);
    moves
        .map(|fact| {
            let stream = fact.address.map(|UserId(id)| id.as_u128());
            (fact.old.as_deref().unwrap(), fact.email.as_deref().unwrap(), stream)
        })
        .collect()
}

#[test]
fn an_address_goes_back_to_the_one_before_it() {
    let (first, second, third) = ("anna@example.org", "anna@second.example", "anna@third.example");
    let made = imported(OTHER, true, &[]);
    let history = [made.clone(), moved(Some(OURS), first, second, Some(2))];
    let back = take_back(OURS, &history);
    assert_eq!(given_back(&back), [(second, first, None)]);
    assert!(back.restored() && back.kept.is_empty());
    assert_eq!(back.released, [UserId(Uuid::from_u128(2))]);
    let twice = [
        made.clone(),
        moved(Some(OTHER), first, second, Some(2)),
        moved(Some(OURS), second, third, Some(3)),
    ];
    let back = take_back(OURS, &twice);
    assert_eq!(given_back(&back), [(third, second, Some(2))]);
    assert_eq!(back.released, [UserId(Uuid::from_u128(3))], "another import gave the second");
    let changed_since = take_back(OTHER, &twice);
    assert_eq!(given_back(&changed_since), []);
    let email = Some("email".to_owned());
    assert!(kept(&changed_since).contains(&(email, KeptBecause::ValueChanged)));
}

#[test]
fn an_external_id_that_somebody_else_has_by_now_is_not_given_back() {
    let history = [
        imported(
            OTHER,
            true,
            &[change("external_id", None, Some("A")), change("city", None, Some("Lyon"))],
        ),
        imported(OURS, false, &[change("external_id", Some("A"), Some("B"))]),
    ];
    let mut back = take_back(OURS, &history);
    assert_eq!(back.external_id(), Some("A"));
    back.keep_external_id();
    assert_eq!(back.facts, []);
    assert_eq!(kept(&back), [(Some("external_id".to_owned()), KeptBecause::ExternalIdTaken)]);
    let other_values = [
        history[0].clone(),
        imported(
            OURS,
            false,
            &[
                change("city", Some("Lyon"), Some("Nice")),
                change("external_id", Some("A"), Some("B")),
            ],
        ),
    ];
    let mut back = take_back(OURS, &other_values);
    back.keep_external_id();
    assert_eq!(
        fact_changes(&back.facts[0]),
        Some(&[change("city", Some("Nice"), Some("Lyon"))][..])
    );
}

#[test]
fn an_address_goes_back_although_the_import_that_made_the_user_was_taken_back() {
    let (first, second) = ("anna@example.org", "anna@second.example");
    let third = Uuid::from_u128(3);
    let history = [
        imported(OTHER, true, &[]),
        badge(),
        moved(Some(OURS), first, second, Some(2)),
        imported(third, false, &[change("city", None, Some("Lyon"))]),
    ];
    let back = decide(OURS, &BTreeSet::from([OTHER]), &history);
    assert_eq!(given_back(&back), [(second, first, None)]);
}
