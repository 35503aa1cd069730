//! What taking an import back would do, or did: each user it touched, decided on the user's own history.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use domain::event::{Kept, RevertCounts};
use domain::identity::revert_event_id;
use domain::revert::{Past, Reverted, decide};
use domain::{Event, EventKind, UserId};
use eventlog::{LogError, Origin, Position, Recorded, Row, Scan, Stream};
use projections::ProjectionError;
use projections::imports::ImportLine;
use projections::users::Profiles;

use crate::app::App;
use crate::import::registry::find_back;
use crate::import::run::RunError;
use crate::problem::Problem;
use crate::taken_back::TakenBack;

/// Most facts of the import whose users are decided on together: one append, one progress fact.
const BATCH_FACTS_MAX: usize = 2_000;
/// Facts of the log looked through in one read.
const STRETCH_FACTS: u64 = 100_000;
/// Facts of one user read at most.
const FACTS_MAX: usize = 1_000_000;
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
    /// The address the user has then.
    pub email: Option<String>,
    /// What is recorded and what stays.
    pub reverted: Reverted,
    /// The revision it was decided on.
    pub(super) revision: u64,
    /// It was recorded before.
    pub(super) done: bool,
}

/// A fact of the import.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Touch {
    pub(super) position: Position,
    pub(super) user: UserId,
    pub(super) row: u64,
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
    pub(super) fn add(&mut self, undo: &Undo) {
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
    let taken_back = TakenBack::by(&app.follower.store(), import.reverted_at)?;
    let mut ids = ExternalIds::new(app, import.reverted_at.map(|_| import.last))?;
    let mut after = Position::START;
    loop {
        let touches = next_touches(app, import, after)?;
        let Some(last) = touches.last() else { return Ok(()) };
        after = last.position;
        for undo in undos(app, import, &taken_back, &mut ids, &touches)? {
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

/// External ids that are given back: each to one user, who is the only one to have it then.
#[derive(Debug)]
pub(super) struct ExternalIds {
    profiles: Profiles,
    /// When it was done, where it is.
    done_at: Option<Position>,
    given: HashMap<String, UserId>,
}

impl ExternalIds {
    pub(super) fn new(app: &App, done_at: Option<u64>) -> Result<ExternalIds, ProjectionError> {
        let profiles = app.follower.store().profiles()?;
        Ok(ExternalIds { profiles, done_at: done_at.map(Position::single), given: HashMap::new() })
    }

    /// Goes on from what the tables hold now.
    pub(super) fn refresh(&self) -> Result<(), ProjectionError> {
        self.profiles.refresh()
    }

    /// Whether a user can have it back: nobody else has it, nor got it back before.
    fn give_back(&mut self, external_id: &str, user: UserId) -> Result<bool, ProjectionError> {
        if let Some(given) = self.given.get(external_id) {
            return Ok(*given == user);
        }
        let at = self.done_at.unwrap_or(Position::single(i64::MAX.cast_unsigned()));
        let another = self.profiles.another_had_external_id(external_id, user, at)?;
        if another.is_none() {
            self.given.insert(external_id.to_owned(), user);
        }
        Ok(another.is_none())
    }
}

/// The next facts by which the import touched somebody.
pub(super) fn next_touches(
    app: &App,
    import: &ImportLine,
    after: Position,
) -> Result<Vec<Touch>, LogError> {
    let between = (after.max(Position::single(import.ordinal)), Position::single(import.last));
    touches_between(app, import, between)
}

/// The next of them after one position and up to another.
pub(crate) fn touches_between(
    app: &App,
    import: &ImportLine,
    between: (Position, Position),
) -> Result<Vec<Touch>, LogError> {
    let kinds = [EventKind::UserImported, EventKind::UserEmailChanged, EventKind::ListJoined];
    next_picked(app, &kinds, between, &mut |fact| {
        if fact.correlation != import.correlation {
            return None;
        }
        let row = match fact.event() {
            Ok(Event::UserImported(of)) => {
                (of.import_id == import.plan.import_id).then_some(of.row)
            }
            Ok(Event::UserEmailChanged(of)) => {
                of.imported.filter(|(id, _)| *id == import.plan.import_id).map(|(_, row)| row)
            }
            Ok(Event::ListJoined(of)) => {
                of.imported.filter(|(id, _)| *id == import.plan.import_id).map(|(_, row)| row)
            }
            Ok(_) | Err(_) => None,
        };
        let Stream::User(user) = fact.stream else { return None };
        Some(Touch { position: fact.position, user, row: row? })
    })
}

/// What is picked of the facts of these kinds after one position and up to another: of the first so many that there is
/// something to pick of, or none at the end.
///
/// # Errors
/// What the log says.
pub(crate) fn next_picked<T>(
    app: &App,
    kinds: &[EventKind],
    (mut after, end): (Position, Position),
    pick: &mut dyn FnMut(&Row<'_>) -> Option<T>,
) -> Result<Vec<T>, LogError> {
    let most = BATCH_FACTS_MAX.min(app.config.import_batch_rows as usize);
    let mut picked = Vec::new();
    while after < end && picked.is_empty() {
        let through = Position::single(after.number() + STRETCH_FACTS).min(end);
        app.log.scan(Scan { after, through, kinds: Some(kinds) }, &mut |fact| {
            picked.extend(pick(fact));
            if picked.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        after = through;
    }
    Ok(picked)
}

/// Everything that happened to a user, oldest fact first.
///
/// # Errors
/// What the log says, or that it is too much.
pub(crate) fn whole_history(app: &App, user: UserId) -> Result<Vec<Recorded>, LogError> {
    let mut facts = app.log.read_stream(&Stream::User(user), None, FACTS_MAX)?;
    if facts.last().is_some_and(|oldest| oldest.revision > 0) {
        return Err(LogError::Read(format!("a user has more than {FACTS_MAX} facts")));
    }
    facts.reverse();
    Ok(facts)
}

/// What becomes of the users that these facts are the first ones of: each user is decided on once.
pub(super) fn undos(
    app: &App,
    import: &ImportLine,
    taken_back: &TakenBack,
    ids: &mut ExternalIds,
    touches: &[Touch],
) -> Result<Vec<Undo>, LookError> {
    let (mut seen, mut undos) = (HashSet::new(), Vec::new());
    for touch in touches {
        if seen.insert(touch.user) {
            undos.extend(undo(app, import, taken_back, ids, touch)?);
        }
    }
    Ok(undos)
}

pub(super) fn undo(
    app: &App,
    import: &ImportLine,
    taken_back: &TakenBack,
    ids: &mut ExternalIds,
    touch: &Touch,
) -> Result<Option<Undo>, LookError> {
    let import_id = import.plan.import_id;
    let mut facts = whole_history(app, touch.user)?;
    // What came after it was taken back had no part in that.
    facts.retain(|fact| import.reverted_at.is_none_or(|at| fact.recorded_at <= at));
    let ours =
        |fact: &&Recorded| fact.correlation == import.correlation && fact.origin == Origin::Import;
    if facts.iter().find(ours).is_none_or(|first| first.position < touch.position) {
        return Ok(None); // met with an earlier fact
    }
    let first_id = revert_event_id(import_id, touch.user, 0);
    let recorded = facts.iter().position(|fact| fact.event_id == first_id);
    let before = &facts[..recorded.unwrap_or(facts.len())];
    let past = |fact: &Recorded| {
        let consequence = fact.origin == Origin::Policy;
        let undone = taken_back.is_of_bulk_action(fact);
        fact.as_row().event().map(|event| Past { event, consequence, undone })
    };
    let history: Result<Vec<Past>, _> = before.iter().map(past).collect();
    let history = history.map_err(|unreadable| LogError::Read(unreadable.to_string()))?;
    let mut reverted = decide(import_id, &taken_back.imports, &history);
    if let Some(address) = reverted.address_stream()
        && !is_theirs(app, import.reverted_at, (touch.user, &history), address)?
    {
        reverted.keep_address();
    }
    if let Some(external_id) = reverted.external_id()
        && !ids.give_back(external_id, touch.user)?
    {
        reverted.keep_external_id();
    }
    Ok(Some(Undo {
        user: touch.user,
        email: reverted
            .address_after()
            .or_else(|| history.iter().rev().find_map(|past| email(&past.event))),
        reverted,
        revision: before.last().map_or(0, |fact| fact.revision),
        done: recorded.is_some(),
    }))
}

/// Whether an address from before is the user's still, or was when it was given back: nobody released it since. `address`
/// is the stream of a claim; none: the user's own.
fn is_theirs(
    app: &App,
    given_back_at: Option<i64>,
    (user, history): (UserId, &[Past]),
    address: Option<UserId>,
) -> Result<bool, LogError> {
    let Some(address) = address else {
        let own = |past: &Past| matches!(past.event, Event::EmailReleased(of) if of.owner == user);
        return Ok(!history.iter().any(own));
    };
    let settles = |fact: &Recorded| {
        if given_back_at.is_some_and(|at| fact.recorded_at > at) {
            return None;
        }
        match fact.as_row().event() {
            Ok(Event::EmailClaimed(claimed)) => Some(claimed.owner == user),
            Ok(Event::EmailReleased(_) | Event::UserCreated(_) | Event::UserImported(_)) => {
                Some(false)
            }
            Ok(_) | Err(_) => None,
        }
    };
    Ok(find_back(&app.log, address, settles)?.is_some_and(|(_, theirs)| theirs))
}

fn email(event: &Event) -> Option<String> {
    if let Event::UserEmailChanged(fact) = event {
        return fact.email.clone();
    }
    if let Event::UserCreated(fact) = event {
        return fact.email.clone();
    }
    if let Event::UserImported(fact) = event { fact.email.clone() } else { None }
}
