//! Segments, badges, and what follows from them.

use super::*;
use crate::segment::{Membership, form};
use crate::value::ValueType;

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
            &|id| Some((id.to_owned(), ValueType::Text)),
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

/// What challenges ask and give, and what users receive, use and connect.
pub(super) fn challenges() -> Vec<Event> {
    let id = |text: &str| text.parse::<crate::id::DefinitionId>().unwrap();
    let reward = |kind, text: &str| RewardId { kind, id: id(text) };
    let defined = |state, ended| ChallengeDefined {
        challenge_id: id("spring-2026"),
        name: "Spring".to_owned(),
        version: 2,
        state,
        ended,
        audience: Some(Membership::List(id("fans"))),
        opt_in: true,
        in_order: true,
        steps: vec![Step {
            id: id("share"),
            title: "Share a photo".to_owned(),
            action: "share_photo".to_owned(),
        }],
        rewards: vec![
            Reward {
                reward: reward(RewardKind::Perk, "coffee"),
                name: "Free coffee".to_owned(),
                limit: Some(100),
            },
            Reward {
                reward: reward(RewardKind::DigitalAsset, "medal"),
                name: "Medal".to_owned(),
                limit: None,
            },
        ],
        texts: BTreeMap::from([(
            "fr".to_owned(),
            ChallengeText {
                title: "Printemps".to_owned(),
                description: Some("Partagez".to_owned()),
                opt_in: Some("Participer".to_owned()),
            },
        )]),
        visual: Some("https://pictures.example/spring.jpg".to_owned()),
    };
    let challenge = || Some(named("spring-2026", Some("Spring")));
    let app = || AppMoved { app: named("shop", Some("Shop")), email: email() };
    vec![
        Event::ChallengeCreated(defined(ChallengeState::Draft, None)),
        Event::ChallengeChanged(defined(ChallengeState::Draft, None)),
        Event::ChallengePublished(defined(ChallengeState::Published, None)),
        Event::ChallengeEnded(defined(ChallengeState::Ended, Some(Ending::RewardsExhausted))),
        Event::ChallengeArchived(defined(ChallengeState::Archived, Some(Ending::ByHand))),
        Event::RewardClaimed(RewardClaimed {
            challenge_id: id("spring-2026"),
            reward: reward(RewardKind::Perk, "coffee"),
            user_id: UserId(IMPORT),
            completion: IMPORT,
        }),
        Event::PerkReceived(PerkReceived {
            perk: named("coffee", Some("Free coffee")),
            challenge: challenge(),
            email: email(),
        }),
        Event::PerkUsed(PerkUsed { perk: named("coffee", None), email: email() }),
        Event::DigitalAssetReceived(DigitalAssetReceived {
            digital_asset: named("medal", Some("Medal")),
            challenge: challenge(),
            email: email(),
        }),
        Event::AppConnected(app()),
        Event::AppDisconnected(app()),
        Event::UserActive(UserActive { hour: 495_000, email: email() }),
    ]
}
