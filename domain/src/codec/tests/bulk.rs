//! Bulk actions.

use super::*;

/// One of each.
pub(super) fn bulk() -> [Event; 8] {
    let (bulk_action_id, user_id) = (IMPORT, UserId(IMPORT));
    let part = |name: &str, value: &str| FilterPart {
        name: name.to_owned(),
        value: Some(value.to_owned()),
    };
    let started = BulkPlan {
        bulk_action_id,
        deed: BulkDeed::SetProperty {
            property_id: "city".to_owned(),
            value: Some("Łódź".to_owned()),
        },
        choice: BulkChoice::Filter(vec![
            part("search", "Anna"),
            part("list", "spring"),
            part("property.city.is_one_of", "Łódź,Lyon"),
        ]),
        users: 7,
        users_first: Vec::new(),
        sha256: "cd".repeat(32),
    };
    let code = "user_unknown".to_owned();
    let outcome = BulkOutcome {
        changed: 4,
        unchanged: 2,
        refused: 1,
        codes: BTreeMap::from([(code.clone(), 1)]),
        refused_first: vec![RefusedUser { user_id, code }],
    };
    let came = || BulkActionCame { bulk_action_id, outcome: outcome.clone() };
    let counts = BulkRevertCounts { restored: 2, unchanged: 1, kept: 1 };
    let field = Some("city".to_owned());
    let kept = vec![Kept { user_id, field, code: "value_changed".to_owned() }];
    [
        Event::BulkActionStarted(started),
        Event::BulkActionProgressed(came()),
        Event::BulkActionCompleted(came()),
        Event::BulkActionCancelled(came()),
        Event::BulkActionFailed(BulkActionFailed {
            bulk_action_id,
            code: "file_missing".to_owned(),
            outcome: BulkOutcome::default(),
        }),
        Event::BulkActionRevertStarted(BulkActionRevertStarted { bulk_action_id }),
        Event::BulkActionRevertProgressed(BulkActionRevertProgressed {
            bulk_action_id,
            position: "c1".to_owned(),
            counts,
            kept: kept.clone(),
        }),
        Event::BulkActionReverted(BulkActionReverted { bulk_action_id, counts, kept }),
    ]
}

#[test]
fn what_every_bulk_action_does_is_read_as_written() {
    let named = |id| named(id, Some("As called"));
    for deed in [
        BulkDeed::JoinList(named("spring")),
        BulkDeed::LeaveList(named("spring")),
        BulkDeed::GainBadge(named("vip")),
        BulkDeed::LoseBadge(Named::by_id("vip".parse().unwrap())),
        BulkDeed::SetProperty { property_id: "city".to_owned(), value: None },
        BulkDeed::Delete,
    ] {
        assert!(BulkDeed::NAMES.contains(&deed.name()));
        let (bulk_action_id, sha256) = (IMPORT, "cd".repeat(32));
        for (choice, users_first) in [
            (BulkChoice::Users, vec![UserId(IMPORT)]),
            (BulkChoice::Filter(Vec::new()), Vec::new()),
        ] {
            let (deed, sha256) = (deed.clone(), sha256.clone());
            let plan = BulkPlan { bulk_action_id, deed, choice, users: 1, users_first, sha256 };
            let event = Event::BulkActionStarted(plan);
            let stored = encode(&event);
            let read = decode(stored.kind.name(), 1, &stored.data, stored.personal.as_deref());
            assert_eq!(read, Ok(event));
        }
    }
}
