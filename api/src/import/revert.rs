//! Taking an import back: every user it touched, in the order it did, each decided on its own history.
//!
//! What is recorded for a user has ids derived from the import and the user, so it can be recognised: after a crash
//! nobody is changed twice, and who was changed before it is counted as if there had been none.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use domain::event::{EmailReleased, ImportRevertProgressed, ImportReverted, Kept};
use domain::identity::revert_event_id;
use domain::{Event, EventKind, UserId};
use eventlog::{Cause, Context, Entry, Expected, NewFact, Origin, Position, Recorded, Stream};
use projections::imports::ImportLine;
use uuid::Uuid;

use self::look::{ExternalIds, Touch, next_touches, undo, undos};
use super::run::{RunError, record};
use crate::app::{self, App};
use crate::by_hand::is_followed;
use crate::taken_back::TakenBack;

mod look;

pub use self::look::{KEPT_MAX, LookError, Sum, Undo, forecast, look};
pub(crate) use self::look::{next_picked, touches_between, whole_history};

/// Facts of the import's own stream looked through for the one that asked.
const OWN_FACTS_MAX: usize = 100_000;
/// Races that one user may lose.
const ATTEMPTS_MAX: usize = 100;

/// Takes an import back to its end; `resumed` says that an earlier run may have recorded some of it. Answers the position
/// of its last fact, or none when it was told to stop before.
///
/// # Errors
/// See [`RunError`].
pub fn run(app: &App, id: Uuid, resumed: bool) -> Result<Option<Position>, RunError> {
    app.wait_for_tables();
    let Some(import) = app.follower.store().import(id)? else { return Ok(None) };
    let stream = Stream::named("import", id);
    let context = Arc::new(asked(app, stream.clone(), EventKind::ImportRevertStarted)?);
    let taken_back = TakenBack::by(&app.follower.store(), None)?;
    let ids = ExternalIds::new(app, None)?;
    let mut job = Job { app, import: &import, context: &context, taken_back: &taken_back, ids };
    let mut sum = Sum::default();
    let (mut after, mut revision) = (Position::START, import.revision);
    if let Some(undone) = &import.undone {
        sum.counts = undone.counts;
        after = app.position(&undone.position).map_err(|_| RunError::FileChanged)?;
    }
    loop {
        let touches = next_touches(app, &import, after)?;
        let Some(last) = touches.last().copied() else { break };
        let turn = app.turns.of_import(app);
        job.undo_all(&touches, &mut sum)?;
        drop(turn);
        after = last.position;
        let (position, counts) = (app.cursor(last.position), sum.counts);
        let progressed = ImportRevertProgressed { import_id: id, position, row: last.row, counts };
        let progressed = Event::ImportRevertProgressed(progressed);
        revision = record(app, (stream.clone(), revision), &progressed, &context)?.revision;
        app.let_tables_come_near();
        if app.imports.is_stopping() {
            return Ok(None);
        }
    }
    if resumed {
        sum.kept = first_kept(app, &import)?;
    }
    let Sum { counts, kept } = sum;
    let reverted = Event::ImportReverted(ImportReverted { import_id: id, counts, kept });
    Ok(Some(record(app, (stream, revision), &reverted, &context)?.position))
}

/// What an earlier run came upon is told too.
fn first_kept(app: &App, import: &ImportLine) -> Result<Vec<Kept>, LookError> {
    let mut sum = Sum::default();
    look(app, import, &mut |undo| {
        sum.add(undo);
        if sum.kept.len() < KEPT_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(sum.kept)
}

/// Who asked that a job be taken back, and when, by a fact of this kind in its stream: the cause of all that follows.
///
/// # Errors
/// [`RunError::Stream`] where nobody did.
pub(crate) fn asked(app: &App, stream: Stream, kind: EventKind) -> Result<Context, RunError> {
    let facts = app.log.read_stream(&stream, None, OWN_FACTS_MAX)?;
    let is = |fact: &&Recorded| fact.kind == kind.name();
    let fact = facts.iter().find(is).ok_or(RunError::Stream)?;
    Ok(Context {
        actor: fact.actor.clone(),
        origin: Origin::Revert,
        correlation: fact.correlation,
        cause: Some(Cause { event_id: fact.event_id, stream, revision: fact.revision }),
    })
}

/// An import that is being taken back.
struct Job<'a> {
    app: &'a App,
    import: &'a ImportLine,
    context: &'a Arc<Context>,
    /// Others that were taken back before.
    taken_back: &'a TakenBack,
    ids: ExternalIds,
}

impl Job<'_> {
    /// Records what becomes of these users; lost races are decided again.
    fn undo_all(&mut self, touches: &[Touch], sum: &mut Sum) -> Result<(), RunError> {
        self.ids.refresh()?;
        let undos = undos(self.app, self.import, self.taken_back, &mut self.ids, touches)?;
        let due: Vec<&Undo> =
            undos.iter().filter(|undo| !undo.done && !undo.reverted.facts.is_empty()).collect();
        let entries: Vec<Entry> =
            due.iter().map(|undo| entry(self.import, self.context, undo)).collect();
        let mut lost = HashSet::new();
        if !entries.is_empty() {
            let outcomes = self.app.append_patiently(entries)?;
            let losers = due.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_err());
            lost.extend(losers.map(|(undo, _)| undo.user));
        }
        let mut released = Vec::new();
        for undo in undos {
            let undo = match lost.contains(&undo.user) {
                false => undo,
                true => self.undo_again(undo.user, touches)?,
            };
            sum.add(&undo);
            released.extend(undo.reverted.released.iter().map(|address| (*address, undo.user)));
        }
        self.release(&released)
    }

    /// Gives up the claims on addresses that are nobody's again. After a crash they are looked at again.
    fn release(&self, addresses: &[(UserId, UserId)]) -> Result<(), RunError> {
        let mut entries = Vec::new();
        for (address, owner) in addresses {
            let stream = Stream::User(*address);
            let newest = self.app.log.read_stream(&stream, None, 1)?;
            let Some(newest) = newest.first() else { continue };
            let Ok(Event::EmailClaimed(claimed)) = newest.as_row().event() else { continue };
            // Somebody may have given the user this address again meanwhile.
            let holds = is_followed(self.app, *owner, *address)?;
            if claimed.owner == *owner && !holds {
                let event = Event::EmailReleased(EmailReleased { owner: *owner });
                let expected = Expected::Revision(newest.revision);
                entries.push(app::entry(stream, expected, &event, None, self.context));
            }
        }
        if !entries.is_empty() {
            self.app.append_patiently(entries)?; // where somebody else was faster, there is no claim
        }
        Ok(())
    }

    fn undo_again(&mut self, user: UserId, touches: &[Touch]) -> Result<Undo, RunError> {
        let touch = touches.iter().find(|touch| touch.user == user).ok_or(RunError::Stream)?;
        for _ in 0..ATTEMPTS_MAX {
            let undo = undo(self.app, self.import, self.taken_back, &mut self.ids, touch)?;
            let undo = undo.ok_or(RunError::Stream)?;
            let nothing = undo.done || undo.reverted.facts.is_empty();
            let again = || vec![entry(self.import, self.context, &undo)];
            if nothing || self.app.append_patiently(again())?.remove(0).is_ok() {
                return Ok(undo);
            }
        }
        Err(RunError::Conflicts)
    }
}

fn entry(import: &ImportLine, context: &Arc<Context>, undo: &Undo) -> Entry {
    let fact = |(ordinal, event): (u32, &Event)| NewFact {
        event_id: revert_event_id(import.plan.import_id, undo.user, ordinal),
        stored: domain::codec::encode(event),
        occurred_at: None,
        context: context.clone(),
    };
    Entry {
        stream: Stream::User(undo.user),
        expected: Expected::Revision(undo.revision),
        facts: (0..).zip(&undo.reverted.facts).map(fact).collect(),
    }
}
