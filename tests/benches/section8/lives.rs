//! What happens to the users of the filled log.
//!
//! All live through the same twenty turns, each beginning at another, so that every window of the log holds
//! the same mix of kinds and one fact in twenty loses a badge.

use anyhow::Result;
use domain::Event;
use domain::event::{
    BadgeGained, BadgeLost, Because, ChallengeCompleted, ChallengeJoined, ChallengeStepCompleted,
    Change, Named, UserImported,
};
use uuid::Uuid;

/// Badges, and challenges, that there are.
const DEFINITIONS: u64 = 997;
/// The import all rows came with.
const IMPORT: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

#[derive(Debug, Clone, Copy)]
enum Turn {
    Import,
    Gain,
    Lose,
    Join,
    Step,
    Complete,
}

use Turn::{Complete, Gain, Import, Join, Lose, Step};

/// A challenge begins every seven turns. The badge gained last is lost again, the others are kept.
const TURNS: [Turn; 20] = [
    Join, Step, Step, Step, Complete, Gain, Import, //
    Join, Step, Step, Complete, Gain, Gain, Import, //
    Join, Step, Step, Gain, Gain, Lose,
];
/// From one import of a user to the next, going back from the import at that turn.
const SINCE_IMPORT: [(u64, u64); 2] = [(6, 13), (13, 7)];

/// The address of a user.
pub(crate) fn address(user: u64) -> String {
    format!("user{user}@example.com")
}

/// What happens to a user in a round. In round 0 all are imported.
pub(crate) fn event(user: u64, round: u64) -> Result<Event> {
    let Some(lived) = round.checked_sub(1) else { return Ok(first_import(user)) };
    let (cycle, at) = ((lived + user % 20) / 20, (lived + user % 20) % 20);
    let email = Some(address(user));
    // Different for each turn and cycle of one user, so nothing is gained or joined twice.
    let badge = |at: u64| named("badge", user + 37 * at + 101 * cycle);
    let challenge = || named("challenge", user + 331 * (at / 7) + 101 * cycle);
    Ok(match turn(at, lived == 0) {
        Import => again_imported(user, round, at),
        Gain => Event::BadgeGained(BadgeGained {
            badge: badge(at)?,
            audience: None,
            because: Because::ByHand,
            email,
        }),
        Lose => Event::BadgeLost(BadgeLost {
            badge: badge(at - 1)?,
            audience: None,
            because: Because::ByHand,
            email,
        }),
        Join => Event::ChallengeJoined(ChallengeJoined { challenge: challenge()?, email }),
        Step => {
            let step = Named::by_id(format!("step-{}", at % 7).parse()?);
            Event::ChallengeStepCompleted(ChallengeStepCompleted {
                challenge: challenge()?,
                step,
                email,
            })
        }
        Complete => Event::ChallengeCompleted(ChallengeCompleted {
            challenge: challenge()?,
            rewards: Vec::new(),
            email,
        }),
    })
}

/// Whose life begins in the middle of a challenge joins it first, and gains the badge it would have lost.
fn turn(at: u64, first: bool) -> Turn {
    match TURNS[at as usize] {
        Join | Step | Complete if first => Join,
        Gain | Lose if first => Gain,
        turn @ (Import | Gain | Lose | Join | Step | Complete) => turn,
    }
}

fn named(what: &str, number: u64) -> Result<Named> {
    Ok(Named::by_id(format!("{what}-{:03}", number % DEFINITIONS).parse()?))
}

fn first_import(user: u64) -> Event {
    let points = points(user, 0);
    let cells = [
        ("first_name", "Zoë"),
        ("last_name", "van den Berg"),
        ("country", "Belgium"),
        ("city", "Liège"),
        ("points", points.as_str()),
    ];
    let change = |(field, new): (&str, &str)| Change {
        field: field.to_owned(),
        old: None,
        new: Some(new.to_owned()),
    };
    imported(user, 0, cells.map(change).into())
}

/// The points have changed since the import before.
fn again_imported(user: u64, round: u64, at: u64) -> Event {
    let since =
        SINCE_IMPORT.iter().find(|(turn, _)| *turn == at).map_or(round, |(_, since)| *since);
    let old = Some(points(user, round.saturating_sub(since)));
    let change = Change { field: "points".to_owned(), old, new: Some(points(user, round)) };
    imported(user, round, vec![change])
}

fn points(user: u64, round: u64) -> String {
    (user % 1000 + 10 * round).to_string()
}

fn imported(user: u64, round: u64, changes: Vec<Change>) -> Event {
    Event::UserImported(UserImported {
        import_id: IMPORT,
        row: user + 1,
        created: round == 0,
        email: Some(address(user)),
        member_since: None,
        changes,
    })
}
