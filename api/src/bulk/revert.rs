//! Taking a bulk action back: every user it changed, in the order it did, each decided on its own history.
//!
//! What is recorded for a user has an id derived from the action and the user, so after a crash nobody is changed twice, and
//! who was changed before it is counted as if there had been none.

use std::sync::Arc;

use domain::bulk::revert::{By, Past, Undo, decide};
use domain::event::{
    BulkActionRevertProgressed, BulkActionReverted, BulkDeed, BulkRevertCounts, Kept,
};
use domain::identity::revert_event_id;
use domain::revert::KeptBecause;
use domain::{Event, EventKind, UserId};
use eventlog::{Context, Entry, Expected, LogError, NewFact, Origin, Position, Recorded, Stream};
use projections::ProjectionError;
use projections::bulk_actions::BulkLine;
use uuid::Uuid;

use super::deed;
use super::run::ATTEMPTS_MAX;
use crate::app::App;
use crate::import::revert::{KEPT_MAX, LookError, asked, next_picked, whole_history};
use crate::import::run::{RunError, record};
use crate::taken_back::TakenBack;

/// What taking a bulk action back comes to.
#[derive(Debug, Clone, Default)]
pub struct Sum {
    /// How many of what.
    pub counts: BulkRevertCounts,
    /// The first of what stays.
    pub kept: Vec<Kept>,
}

impl Sum {
    fn add(&mut self, plan: &BulkDeed, user_id: UserId, undo: &Undo) {
        match undo {
            Undo::Restored(_) => self.counts.restored += 1,
            Undo::Unchanged => self.counts.unchanged += 1,
            Undo::Kept(because) => {
                self.counts.kept += 1;
                if self.kept.len() < KEPT_MAX {
                    let field = match plan {
                        BulkDeed::SetProperty { property_id, .. } => Some(property_id.clone()),
                        BulkDeed::JoinList(_)
                        | BulkDeed::LeaveList(_)
                        | BulkDeed::GainBadge(_)
                        | BulkDeed::LoseBadge(_)
                        | BulkDeed::Delete => None,
                    };
                    self.kept.push(Kept { user_id, field, code: because.code().to_owned() });
                }
            }
        }
    }
}

/// Takes a bulk action back to its end. Answers the position of its last fact, or none when it was told to stop before.
///
/// # Errors
/// See [`RunError`].
pub fn run(app: &App, id: Uuid) -> Result<Option<Position>, RunError> {
    app.wait_for_tables();
    let Some(line) = app.follower.store().bulk_action(id)? else { return Ok(None) };
    let stream = Stream::named("bulk", id);
    let context = Arc::new(asked(app, stream.clone(), EventKind::BulkActionRevertStarted)?);
    let (mut sum, mut after, mut revision) = (Sum::default(), Position::START, line.revision);
    if let Some(undone) = line.undone.clone() {
        after = app.position(&undone.position).map_err(|_| RunError::FileChanged)?;
        sum = Sum { counts: undone.counts, kept: undone.kept };
    }
    let mut looking = Looking::new(app, &line)?;
    loop {
        let touches = looking.next(after)?;
        let Some(last) = touches.last().copied() else { break };
        looking.refresh()?;
        looking.undo_all(&context, &touches, &mut sum)?;
        after = last.position;
        let Sum { counts, kept } = sum.clone();
        let position = app.cursor(after);
        let progressed = BulkActionRevertProgressed { bulk_action_id: id, position, counts, kept };
        let progressed = Event::BulkActionRevertProgressed(progressed);
        revision = record(app, (stream.clone(), revision), &progressed, &context)?.revision;
        app.let_tables_come_near();
        if app.imports.is_stopping() {
            return Ok(None);
        }
    }
    let Sum { counts, kept } = sum;
    let reverted = BulkActionReverted { bulk_action_id: id, counts, kept };
    let reverted = Event::BulkActionReverted(reverted);
    Ok(Some(record(app, (stream, revision), &reverted, &context)?.position))
}

/// Counts what taking a bulk action back would do.
///
/// # Errors
/// What the log or the tables say.
pub fn forecast(app: &App, line: &BulkLine) -> Result<Sum, LookError> {
    let looking = Looking::new(app, line)?;
    let (mut sum, mut after) = (Sum::default(), Position::START);
    loop {
        let touches = looking.next(after)?;
        let Some(last) = touches.last() else { return Ok(sum) };
        after = last.position;
        for touch in &touches {
            sum.add(&line.plan.deed, touch.user, &looking.look(touch.user)?.undo);
        }
    }
}

/// A fact of the bulk action.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touch {
    pub(super) position: Position,
    user: UserId,
}

/// The next facts after one position and up to another by which it changed somebody: one a user.
pub(super) fn touches(
    app: &App,
    line: &BulkLine,
    between: (Position, Position),
) -> Result<Vec<Touch>, LogError> {
    let kinds = match line.plan.deed {
        BulkDeed::JoinList(_) => EventKind::ListJoined,
        BulkDeed::LeaveList(_) => EventKind::ListLeft,
        BulkDeed::GainBadge(_) => EventKind::BadgeGained,
        BulkDeed::LoseBadge(_) => EventKind::BadgeLost,
        BulkDeed::SetProperty { .. } => EventKind::UserPropertiesChanged,
        BulkDeed::Delete => EventKind::UserDeleted,
    };
    next_picked(app, &[kinds], between, &mut |fact| {
        let ours = fact.correlation == line.plan.bulk_action_id && fact.origin == Origin::Bulk;
        let Stream::User(user) = fact.stream else { return None };
        ours.then_some(Touch { position: fact.position, user })
    })
}

/// What becomes of one user.
struct Looked {
    undo: Undo,
    /// The revision it was decided on.
    revision: u64,
    /// It was recorded before.
    done: bool,
}

/// A bulk action that is looked at from its end.
struct Looking<'a> {
    app: &'a App,
    line: &'a BulkLine,
    /// What was taken back before.
    taken_back: TakenBack,
    /// Why what it was about cannot be moved any more, where that is so.
    closed: Option<KeptBecause>,
}

impl<'a> Looking<'a> {
    fn new(app: &'a App, line: &'a BulkLine) -> Result<Looking<'a>, ProjectionError> {
        let taken_back = TakenBack::by(&app.follower.store(), None)?;
        let mut looking = Looking { app, line, taken_back, closed: None };
        looking.refresh()?;
        Ok(looking)
    }

    /// Goes on from what the definitions are now.
    fn refresh(&mut self) -> Result<(), ProjectionError> {
        self.closed = deed::now(self.app, &self.line.plan.deed)?.err().map(|closed| closed.keeps());
        Ok(())
    }

    /// The next users it changed.
    fn next(&self, after: Position) -> Result<Vec<Touch>, LogError> {
        let (began, ended) =
            (Position::single(self.line.ordinal), Position::single(self.line.last));
        touches(self.app, self.line, (after.max(began), ended))
    }

    /// Says what becomes of a user.
    fn look(&self, user: UserId) -> Result<Looked, LogError> {
        let facts = whole_history(self.app, user)?;
        let undo_id = revert_event_id(self.line.plan.bulk_action_id, user, 0);
        let recorded = facts.iter().position(|fact| fact.event_id == undo_id);
        let before = &facts[..recorded.unwrap_or(facts.len())];
        let past = |fact: &Recorded| {
            let event = fact.as_row().event();
            let event = event.map_err(|unreadable| LogError::Read(unreadable.to_string()))?;
            Ok(Past { by: self.by(fact, &event), event })
        };
        let history: Vec<Past> = before.iter().map(past).collect::<Result<_, LogError>>()?;
        // What is recorded was not kept from being so.
        let closed = self.closed.as_ref().filter(|_| recorded.is_none());
        let undo = decide(&self.line.plan.deed, closed, &history);
        let revision = before.last().map_or(0, |fact| fact.revision);
        Ok(Looked { undo, revision, done: recorded.is_some() })
    }

    fn by(&self, fact: &Recorded, event: &Event) -> By {
        let ours = fact.correlation == self.line.plan.bulk_action_id;
        match fact.origin == Origin::Bulk && ours {
            true => By::Ours,
            false if self.taken_back.counts_no_more(fact, event) => By::Undone,
            false => By::Others,
        }
    }

    /// Records what becomes of these users; lost races are decided again.
    fn undo_all(
        &self,
        context: &Arc<Context>,
        touches: &[Touch],
        sum: &mut Sum,
    ) -> Result<(), RunError> {
        let mut looked = Vec::with_capacity(touches.len());
        for touch in touches {
            looked.push((touch.user, self.look(touch.user)?));
        }
        let entry = |(user, looked): &(UserId, Looked)| self.entry(context, *user, looked);
        let entries: Vec<Entry> = looked.iter().filter_map(entry).collect();
        let mut outcomes = self.app.append_patiently(entries)?.into_iter();
        for (user, first) in looked {
            let sent = self.entry(context, user, &first).is_some();
            let lost = sent && outcomes.next().is_some_and(|outcome| outcome.is_err());
            let undo = if lost { self.undo_again(context, user)? } else { first.undo };
            sum.add(&self.line.plan.deed, user, &undo);
        }
        Ok(())
    }

    fn undo_again(&self, context: &Arc<Context>, user: UserId) -> Result<Undo, RunError> {
        for _ in 0..ATTEMPTS_MAX {
            let looked = self.look(user)?;
            let Some(entry) = self.entry(context, user, &looked) else { return Ok(looked.undo) };
            if self.app.append_patiently(vec![entry])?.remove(0).is_ok() {
                return Ok(looked.undo);
            }
        }
        Err(RunError::Conflicts)
    }

    fn entry(&self, context: &Arc<Context>, user: UserId, looked: &Looked) -> Option<Entry> {
        let Undo::Restored(event) = &looked.undo else { return None };
        let fact = NewFact {
            event_id: revert_event_id(self.line.plan.bulk_action_id, user, 0),
            stored: domain::codec::encode(event),
            occurred_at: None,
            context: context.clone(),
        };
        let (stream, expected) = (Stream::User(user), Expected::Revision(looked.revision));
        (!looked.done).then(|| Entry { stream, expected, facts: vec![fact] })
    }
}
