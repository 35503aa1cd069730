//! What the log says happened, to whom, up to the next definition.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use domain::policy::Happening;
use domain::{DefinitionId, Event, EventKind, UserId};
use eventlog::{Cause, Log, LogError, Origin, Position, Row, Scan, Stream};

use super::batch::Origins;
use super::follow::Happened;
use super::rewards::Completion;

/// Things that happened which may wait to be looked at before more are read.
const WAITING_MAX: usize = 50_000;

/// How long after a challenge became another a step may be recorded that was decided on without knowing: far longer than a
/// command takes.
const LATE_MICROS: i64 = 600 * 1_000_000;

/// Facts that define who is in what.
const DEFINITIONS: [EventKind; 8] = [
    EventKind::SegmentCreated,
    EventKind::SegmentChanged,
    EventKind::SegmentDeleted,
    EventKind::BadgeCreated,
    EventKind::BadgeChanged,
    EventKind::BadgePublished,
    EventKind::BadgeArchived,
    EventKind::ListDeleted,
];

/// Where reading stops before its end.
pub(super) enum Stop {
    /// At a definition.
    Defined(Origins),
    /// At a list that is called otherwise now: who is in what stays as it is.
    Renamed,
}

/// Facts after which a challenge may be completed by those who are underway in it.
const REDEFINITIONS: [EventKind; 2] = [EventKind::ChallengeChanged, EventKind::ChallengePublished];

/// Consequences that segments may ask about although no walk over segments and badges records them.
const AFTERMATH: [EventKind; 3] =
    [EventKind::ChallengeCompleted, EventKind::PerkReceived, EventKind::DigitalAssetReceived];

/// What was read and is still to be looked at.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What happened to users.
    pub(super) happened: HashMap<UserId, Happened>,
    /// Challenges that users completed and that promised something, in the order of the log.
    pub(super) completions: Vec<Completion>,
    /// Challenges that are others than before.
    pub(super) redefined: BTreeMap<DefinitionId, Origins>,
    /// Steps that users did soon after that, in the order of the log.
    pub(super) late: Vec<(UserId, DefinitionId, Origins)>,
    /// When each challenge was defined last: microseconds since 1970.
    defined_at: BTreeMap<DefinitionId, i64>,
}

impl Seen {
    /// Whether nothing is.
    pub(super) fn is_empty(&self) -> bool {
        let happened = self.happened.is_empty() && self.late.is_empty();
        happened && self.completions.is_empty() && self.redefined.is_empty()
    }

    /// A step that somebody did, if that was soon after the challenge became another.
    fn step(&mut self, user: UserId, row: &Row<'_>) {
        let Ok(Event::ChallengeStepCompleted(step)) = row.event() else { return };
        let defined_at = self.defined_at.get(&step.challenge.id);
        if defined_at.is_some_and(|at| row.recorded_at - at < LATE_MICROS) {
            self.late.push((user, step.challenge.id, origins(row)));
        }
    }
}

/// Reads from one position to the other at most; `heard`: what has to be heard of users. Answers how far it read, and
/// why it ended before, if it did.
pub(super) fn read(
    log: &Log,
    (after, through): (Position, Position),
    heard: &[EventKind],
    seen: &mut Seen,
) -> Result<(Position, Option<Stop>), LogError> {
    let mut kinds = [&DEFINITIONS[..], &REDEFINITIONS, heard].concat();
    let always =
        [EventKind::ChallengeStepCompleted, EventKind::ChallengeCompleted, EventKind::ListChanged];
    kinds.extend(always.iter().filter(|kind| !heard.contains(kind)));
    let (mut stop, mut reached, mut count) = (None, through, 0);
    log.scan(Scan { after, through, kinds: Some(&kinds) }, &mut |row| {
        let Some(kind) = row.known_kind else { return ControlFlow::Continue(()) };
        match row.stream {
            Stream::User(id) => {
                if kind == EventKind::ChallengeCompleted {
                    seen.completions.extend(Completion::of(row));
                }
                if kind == EventKind::ChallengeStepCompleted {
                    seen.step(id, row);
                }
                let follows = row.origin == Origin::Policy && !AFTERMATH.contains(&kind);
                if heard.contains(&kind) && !follows {
                    let happening = row.event().ok().as_ref().and_then(Happening::of);
                    let happened = happening.map(|happening| (happening, origins(row)));
                    count += usize::from(happened.is_some());
                    seen.happened.entry(id).or_default().extend(happened);
                }
            }
            Stream::Named(_) if REDEFINITIONS.contains(&kind) => {
                if let Some(id) = challenge(row) {
                    seen.defined_at.insert(id.clone(), row.recorded_at);
                    seen.redefined.insert(id, origins(row));
                }
            }
            Stream::Named(_) if kind == EventKind::ListChanged => stop = Some(Stop::Renamed),
            Stream::Named(_) => stop = Some(Stop::Defined(origins(row))),
        }
        if stop.is_none() && count + seen.completions.len() < WAITING_MAX {
            return ControlFlow::Continue(());
        }
        reached = row.position;
        ControlFlow::Break(())
    })?;
    Ok((reached, stop))
}

/// A fact as a cause.
pub(super) fn origins(row: &Row<'_>) -> Origins {
    let (event_id, revision) = (row.event_id, row.revision);
    let cause = Cause { event_id, stream: row.stream.clone(), revision };
    Origins { cause, correlation: row.correlation }
}

/// The challenge that a fact defines anew.
fn challenge(row: &Row<'_>) -> Option<DefinitionId> {
    if let Ok(Event::ChallengeChanged(defined) | Event::ChallengePublished(defined)) = row.event() {
        return Some(defined.challenge_id);
    }
    None
}
