//! Segments, badges, and what follows from them.

use super::*;
use crate::segment::{Membership, form};

/// One of each.
pub(super) fn living() -> [Event; 10] {
    let defined = SegmentDefined {
        segment_id: "lyon".parse().unwrap(),
        name: "In Lyon".to_owned(),
        version: 2,
        conditions: form::from_json(
            &serde_json::json!({ "groups": [{ "conditions": [
                { "property": "city", "operator": "is", "value": "Lyon" },
                { "event": "ChallengeCompleted", "at_least": 2, "of": "spring", "within_days": 30, "not": true },
            ] }] }),
            &|id| Some(id.to_owned()),
        )
        .unwrap(),
    };
    let badge = |state| BadgeDefined {
        badge_id: "vip".parse().unwrap(),
        name: "VIPs".to_owned(),
        version: 3,
        state,
        audience: Some(Membership::Segment("lyon".parse().unwrap())),
        visibility: BadgeVisibility::Owners,
        texts: BTreeMap::from([(
            "fr".to_owned(),
            BadgeText {
                title: "Fidèle".to_owned(),
                description: Some("Pour vous".to_owned()),
                locked_description: Some("Pas encore".to_owned()),
            },
        )]),
        visual: Some("https://pictures.example/vip.svg".to_owned()),
    };
    let moved = |because, changed| SegmentMoved {
        segment: named("lyon", Some("In Lyon")),
        version: 2,
        because,
        changed,
        email: email(),
    };
    let changed = ConditionChanged {
        group: 1,
        condition: 1,
        operator: "is".to_owned(),
        before: Some("Łódź".to_owned()),
        after: None,
    };
    [
        Event::SegmentCreated(defined.clone()),
        Event::SegmentChanged(defined),
        Event::SegmentDeleted(SegmentDeleted {
            segment_id: "lyon".parse().unwrap(),
            name: "In Lyon".to_owned(),
        }),
        Event::BadgeCreated(badge(BadgeState::Draft)),
        Event::BadgeChanged(badge(BadgeState::Draft)),
        Event::BadgePublished(badge(BadgeState::Published)),
        Event::BadgeArchived(badge(BadgeState::Archived)),
        Event::TimePassed(TimePassed { until: 1_782_900_000_000_000 }),
        Event::SegmentEntered(moved(Trigger::Fact, vec![changed])),
        Event::SegmentLeft(moved(Trigger::Clock, Vec::new())),
    ]
}
