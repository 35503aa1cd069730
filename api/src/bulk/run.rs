//! Running an accepted bulk action: users in batches, in the order of their ids, each batch recorded, then counted in a
//! progress fact of its own, as rows of imports are.

use std::sync::Arc;

use domain::event::{BulkActionCame, BulkActionFailed, BulkOutcome};
use domain::identity::bulk_event_id;
use domain::{Event, User, UserId};
use eventlog::{Cause, Context, Entry, Expected, NewFact, Origin, Position, Stream};
use projections::Store;
use projections::bulk_actions::BulkLine;
use projections::users::Profiles;
use uuid::Uuid;

use super::deed::{self, Now};
use super::files::{self, Chosen};
use super::revert::touches;
use crate::app::{App, OnItsWay};
use crate::command::read_user;
use crate::import::registry::find_back;
use crate::import::run::{BATCH_ROWS_MAX, RunError, record};

/// Races that one user may lose.
pub(super) const ATTEMPTS_MAX: usize = 100;

/// Runs a bulk action to its end; `resumed` says that an earlier run may have recorded some of it. Answers the position of
/// its last fact, or none when it was told to stop before.
///
/// # Errors
/// See [`RunError`].
pub fn run(app: &App, id: Uuid, resumed: bool) -> Result<Option<Position>, RunError> {
    // What is decided on must hold everything up to here.
    app.wait_for_tables();
    let store = app.follower.store();
    let Some(line) = store.bulk_action(id)? else { return Ok(None) };
    let cause = Cause { event_id: line.event_id, stream: Stream::named("bulk", id), revision: 0 };
    let context = Context {
        actor: line.actor.clone(),
        origin: Origin::Bulk,
        correlation: id,
        cause: Some(cause),
    };
    let (revision, outcome) = (line.revision, line.outcome.clone());
    let now = deed::now(app, &line.plan.deed)?;
    let (context, profiles) = (Arc::new(context), store.profiles()?);
    let mut job = Job { app, line, context, revision, outcome, store, profiles, now, resumed };
    let ended = job.run()?;
    if ended.is_some()
        && let Err(error) = files::remove(&app.folder, id)
    {
        tracing::warn!(bulk_action = %id, %error, "the file of its users was not removed");
    }
    Ok(ended)
}

/// A bulk action at work.
struct Job<'a> {
    app: &'a App,
    line: BulkLine,
    context: Arc<Context>,
    /// Revision of the last fact of its stream.
    revision: u64,
    /// What became of the users whose outcome is recorded.
    outcome: BulkOutcome,
    store: Arc<Store>,
    profiles: Profiles,
    /// What is done, as things stand.
    now: Now,
    /// An earlier run may have recorded facts that are not counted.
    resumed: bool,
}

/// Decided users on their way into the log.
struct Batch {
    /// Whose facts they are, in order.
    users: Vec<UserId>,
    sent: OnItsWay,
    tally: Tally,
}

/// Outcomes of a batch.
#[derive(Default)]
struct Tally {
    changed: u64,
    unchanged: u64,
    refused: Vec<(UserId, &'static str)>,
}

impl Job<'_> {
    fn run(&mut self) -> Result<Option<Position>, RunError> {
        let id = self.line.plan.bulk_action_id;
        if self.app.imports.is_cancelled(id) {
            self.count_left_over()?;
            return self.cancelled().map(Some);
        }
        let chosen = match Chosen::read(&self.app.folder.chosen(id), &self.line.plan)? {
            Ok(chosen) => chosen,
            Err(code) => {
                self.count_left_over()?;
                return self.fail(code).map(Some);
            }
        };
        let counted = usize::try_from(self.outcome.users()).unwrap_or(usize::MAX);
        // Users of a run that was cut off may be recorded and not yet counted.
        let mut uncertain = if self.resumed { BATCH_ROWS_MAX as usize } else { 0 };
        let mut users = chosen.after(counted).peekable();
        let mut pending: Option<Batch> = None;
        while users.peek().is_some() {
            let some = users.by_ref().take(self.app.config.import_batch_rows as usize);
            // While the log writes the batch before, this one is decided.
            let (entries, whose, tally) = self.decide_all(some, &mut uncertain)?;
            self.settle(&mut pending)?;
            pending = Some(Batch { users: whose, sent: self.app.send(entries)?, tally });
            self.app.let_tables_come_near();
            self.refresh()?;
            if self.app.imports.is_cancelled(id) {
                self.settle(&mut pending)?;
                return self.cancelled().map(Some);
            }
            if self.app.imports.is_stopping() {
                self.settle(&mut pending)?;
                return Ok(None);
            }
        }
        if let Some(batch) = pending.take() {
            self.finish(batch)?;
        }
        let completed = Event::BulkActionCompleted(self.came());
        self.record(&completed).map(Some)
    }

    /// Counts whom an earlier run changed after it last said how far it was: that many and no more, where nobody else is
    /// decided on any more.
    fn count_left_over(&mut self) -> Result<(), RunError> {
        if !self.resumed {
            return Ok(());
        }
        let (mut after, end) = (Position::single(self.line.last), self.app.log.head());
        loop {
            let touches = touches(self.app, &self.line, (after, end))?;
            let Some(last) = touches.last() else { return Ok(()) };
            after = last.position;
            self.outcome.changed += touches.len() as u64;
        }
    }

    /// Decides on some users: the facts of those that change, whose they are, and the rest.
    fn decide_all(
        &self,
        users: impl Iterator<Item = UserId>,
        uncertain: &mut usize,
    ) -> Result<(Vec<Entry>, Vec<UserId>, Tally), RunError> {
        let (mut entries, mut whose, mut tally) = (Vec::new(), Vec::new(), Tally::default());
        for id in users {
            if *uncertain > 0 {
                *uncertain -= 1;
                if self.is_recorded(id)? {
                    tally.changed += 1;
                    continue;
                }
            }
            let (user, revision) = match deed::known(&self.profiles, id, &self.line.plan.deed)? {
                Some((user, revision)) => (user, Some(revision)),
                None => (None, None),
            };
            if let Some(entry) = self.decide(id, (user.as_ref(), revision), &mut tally) {
                entries.push(entry);
                whose.push(id);
            }
        }
        Ok((entries, whose, tally))
    }

    /// Decides on a user: what is to be recorded, or the outcome that needs nothing.
    fn decide(
        &self,
        id: UserId,
        (user, revision): (Option<&User>, Option<u64>),
        tally: &mut Tally,
    ) -> Option<Entry> {
        let events = match deed::decide(user, &self.now) {
            Ok(events) => events,
            Err(code) => {
                tally.refused.push((id, code));
                return None;
            }
        };
        if events.is_empty() {
            tally.unchanged += 1;
            return None;
        }
        let fact = |(ordinal, event): (u32, &Event)| NewFact {
            event_id: bulk_event_id(self.line.plan.bulk_action_id, id, ordinal),
            stored: domain::codec::encode(event),
            occurred_at: None,
            context: self.context.clone(),
        };
        let facts = (0..).zip(&events).map(fact).collect();
        Some(Entry { stream: Stream::User(id), expected: Expected::after(revision), facts })
    }

    /// Whether an earlier run has changed a user.
    fn is_recorded(&self, id: UserId) -> Result<bool, RunError> {
        let ours = bulk_event_id(self.line.plan.bulk_action_id, id, 0);
        let before = Position::single(self.line.ordinal);
        let found = find_back(&self.app.log, id, |fact| match fact.event_id == ours {
            true => Some(true),
            false => (fact.position < before).then_some(false),
        })?;
        Ok(found.is_some_and(|(_, recorded)| recorded))
    }

    /// Waits for the batch on its way, decides its lost races again, and records the progress.
    fn settle(&mut self, pending: &mut Option<Batch>) -> Result<(), RunError> {
        let Some(batch) = pending.take() else { return Ok(()) };
        self.finish(batch)?;
        let progressed = Event::BulkActionProgressed(self.came());
        self.record(&progressed)?;
        Ok(())
    }

    fn finish(&mut self, batch: Batch) -> Result<(), RunError> {
        let Batch { users, sent, mut tally } = batch;
        for (id, outcome) in users.into_iter().zip(sent.wait(self.app)?) {
            match outcome {
                Ok(_) => tally.changed += 1,
                Err(_conflict) => self.decide_again(id, &mut tally)?,
            }
        }
        self.outcome.changed += tally.changed;
        self.outcome.unchanged += tally.unchanged;
        // In the order of the users, whatever was decided again.
        tally.refused.sort_unstable();
        tally.refused.into_iter().for_each(|(id, code)| self.outcome.refuse(id, code));
        Ok(())
    }

    /// Somebody else was faster: the log says how the user is.
    fn decide_again(&self, id: UserId, tally: &mut Tally) -> Result<(), RunError> {
        for _ in 0..ATTEMPTS_MAX {
            let known = read_user(&self.app.log, &Stream::User(id))?;
            let (user, revision) = known.map_or((None, None), |(user, at)| (user, Some(at)));
            let Some(entry) = self.decide(id, (user.as_ref(), revision), tally) else {
                return Ok(());
            };
            if self.app.append_patiently(vec![entry])?.remove(0).is_ok() {
                tally.changed += 1;
                return Ok(());
            }
        }
        Err(RunError::Conflicts)
    }

    /// Goes on from what the tables hold now.
    fn refresh(&mut self) -> Result<(), RunError> {
        self.now = deed::now(self.app, &self.line.plan.deed)?;
        let store = self.app.follower.store();
        if Arc::ptr_eq(&store, &self.store) {
            return Ok(self.profiles.refresh()?);
        }
        // The tables were rebuilt: the old file no longer follows the log.
        (self.profiles, self.store) = (store.profiles()?, store);
        Ok(())
    }

    fn came(&self) -> BulkActionCame {
        let (bulk_action_id, outcome) = (self.line.plan.bulk_action_id, self.outcome.clone());
        BulkActionCame { bulk_action_id, outcome }
    }

    fn cancelled(&mut self) -> Result<Position, RunError> {
        let cancelled = Event::BulkActionCancelled(self.came());
        self.record(&cancelled)
    }

    fn fail(&mut self, code: &str) -> Result<Position, RunError> {
        let BulkActionCame { bulk_action_id, outcome } = self.came();
        let failed = BulkActionFailed { bulk_action_id, code: code.to_owned(), outcome };
        self.record(&Event::BulkActionFailed(failed))
    }

    fn record(&mut self, event: &Event) -> Result<Position, RunError> {
        let stream = Stream::named("bulk", self.line.plan.bulk_action_id);
        let appended = record(self.app, (stream, self.revision), event, &self.context)?;
        self.revision = appended.revision;
        Ok(appended.position)
    }
}
