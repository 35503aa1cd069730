//! What taking an import back does to users with this and that history.

use super::*;
use crate::event::{BadgeGained, ListJoined, Named, UserImported};

const OURS: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn past(event: Event) -> Past {
    Past { event, consequence: false }
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
    assert!(decide(OURS, &[made.clone(), again]).removed());
    assert!(decide(OURS, &[made.clone(), joined(Some((OURS, 1)))]).removed());
    assert!(decide(OURS, &[made.clone(), Past { consequence: true, ..badge() }]).removed());
    let stays = decide(OURS, &[made.clone(), badge()]);
    assert!(!stays.removed());
    assert_eq!(stays.kept, [(None, KeptBecause::UserHasHistory)]);
    assert_eq!(values(&stays), [change("city", Some("Lyon"), None)]);
    let later = imported(OTHER, false, &[change("lang", None, Some("fr"))]);
    assert!(!decide(OURS, &[made, later]).removed());
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
    let reverted = decide(OURS, &history);
    assert_eq!((values(&reverted), reverted.kept), (back.to_vec(), Vec::new()));

    let mut edited = history.to_vec();
    edited.push(imported(OTHER, false, &[change("city", Some("Paris"), Some("Brest"))]));
    let reverted = decide(OURS, &edited);
    assert_eq!(values(&reverted), back[1..]);
    assert_eq!(reverted.kept, [(Some("city".to_owned()), KeptBecause::ValueChanged)]);
}

#[test]
fn taking_back_twice_or_what_is_gone_does_nothing() {
    let made = imported(OURS, true, &[]);
    let gone = past(decide(OURS, std::slice::from_ref(&made)).facts.remove(0));
    let again = decide(OURS, &[made, gone]);
    assert_eq!((again.facts, again.kept), (Vec::new(), vec![(None, KeptBecause::UserGone)]));
    assert_eq!(decide(OURS, &[imported(OTHER, true, &[])]), Reverted::default());
}

#[test]
fn a_list_is_left_where_the_import_has_the_last_word() {
    let anna = imported(OTHER, true, &[]);
    let by_us = joined(Some((OURS, 1)));
    let reverted = decide(OURS, &[anna.clone(), by_us.clone()]);
    assert!(reverted.left() && reverted.kept.is_empty());
    let left = past(reverted.facts[0].clone());
    for since in [vec![left.clone()], vec![left, joined(None)]] {
        let history: Vec<Past> = [anna.clone(), by_us.clone()].into_iter().chain(since).collect();
        let reverted = decide(OURS, &history);
        assert_eq!(
            (reverted.facts, reverted.kept),
            (Vec::new(), vec![(None, KeptBecause::ListChanged)])
        );
    }
}
