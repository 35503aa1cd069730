//! Taking an import back: every user it touched, in the order it did, each decided on its own history.
//!
//! What is recorded for a user has ids derived from the import and the user, so it can be recognised: after a crash
//! nobody is changed twice, and who was changed before it is counted as if there had been none.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use domain::event::{ImportRevertProgressed, ImportReverted, Kept, RevertCounts};
use domain::identity::revert_event_id;
use domain::revert::{Past, Reverted, decide};
use domain::{Event, EventKind, UserId};
use eventlog::{
    Cause, Context, Entry, Expected, LogError, NewFact, Origin, Position, Recorded, Scan, Stream,
};
use projections::ProjectionError;
use projections::imports::ImportLine;
use uuid::Uuid;

use super::run::batch::append_patiently;
use super::run::{LAG_MAX, RunError, wait_for_tables};
use crate::app::{self, App};
use crate::problem::Problem;

/// Most facts of the import whose users are decided on together: one append, one progress fact.
const BATCH_FACTS_MAX: usize = 2_000;
/// Facts of the log looked through in one read.
const STRETCH_FACTS: u64 = 100_000;
/// Facts of one user read at most.
const FACTS_MAX: usize = 1_000_000;
/// Facts of the import's own stream looked through for the one that asked.
const OWN_FACTS_MAX: usize = 100_000;
/// Races that one user may lose.
const ATTEMPTS_MAX: usize = 100;
/// Kept users and values that a report lists.
pub const KEPT_MAX: usize = 100;

/// Why looking ended early.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The tables cannot be read.
    #[error(transparent)]
    Tables(#[from] ProjectionError),
}

impl From<LookError> for RunError {
    fn from(error: LookError) -> RunError {
        match error {
            LookError::Log(error) => RunError::Log(error),
            LookError::Tables(error) => RunError::Tables(error),
        }
    }
}

impl From<LookError> for Problem {
    fn from(error: LookError) -> Problem {
        match error {
            LookError::Log(error) => error.into(),
            LookError::Tables(error) => error.into(),
        }
    }
}

/// What becomes of one user.
#[derive(Debug)]
pub struct Undo {
    /// Whose.
    pub user: UserId,
    /// The address, as the user's last fact has it.
    pub email: Option<String>,
    /// What is recorded and what stays.
    pub reverted: Reverted,
    /// The revision it was decided on.
    revision: u64,
    /// It was recorded before.
    done: bool,
}

/// A fact of the import.
#[derive(Debug, Clone, Copy)]
struct Touch {
    position: Position,
    user: UserId,
    row: u64,
}

/// What taking an import back comes to.
#[derive(Debug, Default)]
pub struct Sum {
    /// How many of what.
    pub counts: RevertCounts,
    /// The first of what stays.
    pub kept: Vec<Kept>,
}

impl Sum {
    fn add(&mut self, undo: &Undo) {
        self.counts.removed += u64::from(undo.reverted.removed());
        self.counts.restored += u64::from(undo.reverted.restored());
        self.counts.left += u64::from(undo.reverted.left());
        self.counts.kept += undo.reverted.kept.len() as u64;
        for kept in &undo.reverted.kept {
            if self.kept.len() < KEPT_MAX {
                let (field, code) = (kept.field.clone(), kept.because.code().to_owned());
                self.kept.push(Kept { user_id: undo.user, field, code });
            }
        }
    }
}

/// Looks at every user of an import until told to stop: what taking it back would do, or did.
///
/// # Errors
/// See [`LookError`].
pub fn look(
    app: &App,
    import: &ImportLine,
    visit: &mut dyn FnMut(&Undo) -> ControlFlow<()>,
) -> Result<(), LookError> {
    let taken_back = app.follower.store().imports_taken_back(import.reverted_at)?;
    let mut after = Position::START;
    loop {
        let touches = next_touches(app, import, after)?;
        let Some(last) = touches.last() else { return Ok(()) };
        after = last.position;
        for undo in undos(app, import, &taken_back, &touches)? {
            if visit(&undo).is_break() {
                return Ok(());
            }
        }
    }
}

/// Counts what taking an import back would do.
///
/// # Errors
/// See [`LookError`].
pub fn forecast(app: &App, import: &ImportLine) -> Result<Sum, LookError> {
    let mut sum = Sum::default();
    look(app, import, &mut |undo| {
        sum.add(undo);
        ControlFlow::Continue(())
    })?;
    Ok(sum)
}

/// Takes an import back to its end; `resumed` says that an earlier run may have recorded some of it. Answers the position
/// of its last fact, or none when it was told to stop before.
///
/// # Errors
/// See [`RunError`].
pub fn run(app: &App, id: Uuid, resumed: bool) -> Result<Option<Position>, RunError> {
    wait_for_tables(app);
    let Some(import) = app.follower.store().import(id)? else { return Ok(None) };
    let context = Arc::new(asked(app, id)?);
    let taken_back = app.follower.store().imports_taken_back(None)?;
    let job = Job { app, import: &import, context: &context, taken_back: &taken_back };
    let mut sum = Sum::default();
    let (mut after, mut revision) = (Position::START, import.revision);
    if let Some(undone) = &import.undone {
        sum.counts = undone.counts;
        after = app.position(&undone.position).map_err(|_| RunError::FileChanged)?;
    }
    loop {
        let touches = next_touches(app, &import, after)?;
        let Some(last) = touches.last().copied() else { break };
        job.undo_all(&touches, &mut sum)?;
        after = last.position;
        let (position, counts) = (app.cursor(last.position), sum.counts);
        let progressed = ImportRevertProgressed { import_id: id, position, row: last.row, counts };
        revision =
            record(app, &context, &Event::ImportRevertProgressed(progressed), id, revision)?.0;
        while app.follower.lag() > LAG_MAX && !app.imports.is_stopping() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        if app.imports.is_stopping() {
            return Ok(None);
        }
    }
    if resumed {
        sum.kept = first_kept(app, &import)?;
    }
    let Sum { counts, kept } = sum;
    let reverted = Event::ImportReverted(ImportReverted { import_id: id, counts, kept });
    Ok(Some(record(app, &context, &reverted, id, revision)?.1))
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

/// Who asked that the import be taken back, and when: the cause of all that follows.
fn asked(app: &App, id: Uuid) -> Result<Context, RunError> {
    let stream = Stream::named("import", id);
    let facts = app.log.read_stream(&stream, None, OWN_FACTS_MAX)?;
    let is = |fact: &&Recorded| fact.kind == EventKind::ImportRevertStarted.name();
    let fact = facts.iter().find(is).ok_or(RunError::Stream)?;
    Ok(Context {
        actor: fact.actor.clone(),
        origin: Origin::Revert,
        correlation: fact.correlation,
        cause: Some(Cause { event_id: fact.event_id, stream, revision: fact.revision }),
    })
}

/// The next facts by which the import touched somebody.
fn next_touches(app: &App, import: &ImportLine, after: Position) -> Result<Vec<Touch>, LogError> {
    let end = Position::single(import.last);
    let mut after = after.max(Position::single(import.ordinal));
    while after < end {
        let through = Position::single(after.number() + STRETCH_FACTS).min(end);
        let touches = touches_of(app, import, after, through)?;
        if !touches.is_empty() {
            return Ok(touches);
        }
        after = through;
    }
    Ok(Vec::new())
}

fn touches_of(
    app: &App,
    import: &ImportLine,
    after: Position,
    through: Position,
) -> Result<Vec<Touch>, LogError> {
    let kinds = [EventKind::UserImported, EventKind::ListJoined];
    let scan = Scan { after, through, kinds: Some(&kinds) };
    let most = BATCH_FACTS_MAX.min(app.config.import_batch_rows as usize);
    let mut touches = Vec::with_capacity(most);
    app.log.scan(scan, &mut |fact| {
        if fact.correlation != import.correlation {
            return ControlFlow::Continue(());
        }
        let row = match fact.event() {
            Ok(Event::UserImported(of)) => {
                (of.import_id == import.plan.import_id).then_some(of.row)
            }
            Ok(Event::ListJoined(of)) => {
                of.imported.filter(|(id, _)| *id == import.plan.import_id).map(|(_, row)| row)
            }
            Ok(_) | Err(_) => None,
        };
        if let (Some(row), Stream::User(user)) = (row, &fact.stream) {
            touches.push(Touch { position: fact.position, user: *user, row });
        }
        if touches.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(touches)
}

/// What becomes of the users that these facts are the first ones of: each user is decided on once.
fn undos(
    app: &App,
    import: &ImportLine,
    taken_back: &BTreeSet<Uuid>,
    touches: &[Touch],
) -> Result<Vec<Undo>, LogError> {
    let (mut seen, mut undos) = (HashSet::new(), Vec::new());
    for touch in touches {
        if seen.insert(touch.user) {
            undos.extend(undo(app, import, taken_back, touch)?);
        }
    }
    Ok(undos)
}

fn undo(
    app: &App,
    import: &ImportLine,
    taken_back: &BTreeSet<Uuid>,
    touch: &Touch,
) -> Result<Option<Undo>, LogError> {
    let import_id = import.plan.import_id;
    let mut facts = app.log.read_stream(&Stream::User(touch.user), None, FACTS_MAX)?;
    if facts.last().is_some_and(|oldest| oldest.revision > 0) {
        return Err(LogError::Read(format!("a user has more than {FACTS_MAX} facts")));
    }
    // What came after it was taken back had no part in that.
    facts.retain(|fact| import.reverted_at.is_none_or(|at| fact.recorded_at <= at));
    facts.reverse();
    let ours =
        |fact: &&Recorded| fact.correlation == import.correlation && fact.origin == Origin::Import;
    if facts.iter().find(ours).is_none_or(|first| first.position < touch.position) {
        return Ok(None); // met with an earlier fact
    }
    let first_id = revert_event_id(import_id, touch.user, 0);
    let recorded = facts.iter().position(|fact| fact.event_id == first_id);
    let before = &facts[..recorded.unwrap_or(facts.len())];
    let past = |fact: &Recorded| {
        let consequence = fact.origin == Origin::Policy && fact.correlation == import.correlation;
        fact.as_row().event().map(|event| Past { event, consequence })
    };
    let history: Result<Vec<Past>, _> = before.iter().map(past).collect();
    let history = history.map_err(|unreadable| LogError::Read(unreadable.to_string()))?;
    Ok(Some(Undo {
        user: touch.user,
        email: history.iter().rev().find_map(|past| email(&past.event)),
        reverted: decide(import_id, taken_back, &history),
        revision: before.last().map_or(0, |fact| fact.revision),
        done: recorded.is_some(),
    }))
}

fn email(event: &Event) -> Option<String> {
    if let Event::UserImported(fact) = event { fact.email.clone() } else { None }
}

/// An import that is being taken back.
struct Job<'a> {
    app: &'a App,
    import: &'a ImportLine,
    context: &'a Arc<Context>,
    /// Others that were taken back before.
    taken_back: &'a BTreeSet<Uuid>,
}

impl Job<'_> {
    /// Records what becomes of these users; lost races are decided again.
    fn undo_all(&self, touches: &[Touch], sum: &mut Sum) -> Result<(), RunError> {
        let undos = undos(self.app, self.import, self.taken_back, touches)?;
        let due: Vec<&Undo> =
            undos.iter().filter(|undo| !undo.done && !undo.reverted.facts.is_empty()).collect();
        let entries: Vec<Entry> =
            due.iter().map(|undo| entry(self.import, self.context, undo)).collect();
        let mut lost = HashSet::new();
        if !entries.is_empty() {
            let outcomes = append_patiently(self.app, entries)?;
            let losers = due.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_err());
            lost.extend(losers.map(|(undo, _)| undo.user));
        }
        for undo in &undos {
            match lost.contains(&undo.user) {
                false => sum.add(undo),
                true => sum.add(&self.undo_again(undo.user, touches)?),
            }
        }
        Ok(())
    }

    fn undo_again(&self, user: UserId, touches: &[Touch]) -> Result<Undo, RunError> {
        let touch = touches.iter().find(|touch| touch.user == user).ok_or(RunError::Stream)?;
        for _ in 0..ATTEMPTS_MAX {
            let undo = undo(self.app, self.import, self.taken_back, touch)?;
            let undo = undo.ok_or(RunError::Stream)?;
            let nothing = undo.done || undo.reverted.facts.is_empty();
            let again = || vec![entry(self.import, self.context, &undo)];
            if nothing || append_patiently(self.app, again())?.remove(0).is_ok() {
                return Ok(undo);
            }
        }
        Err(RunError::Conflicts)
    }
}

fn entry(import: &ImportLine, context: &Arc<Context>, undo: &Undo) -> Entry {
    let fact = |(ordinal, event): (u8, &Event)| NewFact {
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

fn record(
    app: &App,
    context: &Arc<Context>,
    event: &Event,
    id: Uuid,
    revision: u64,
) -> Result<(u64, Position), RunError> {
    let stream = Stream::named("import", id);
    let entry = app::entry(stream, Expected::Revision(revision), event, None, context);
    let appended =
        append_patiently(app, vec![entry])?.remove(0).map_err(|_conflict| RunError::Stream)?;
    Ok((appended.revision, appended.position))
}
