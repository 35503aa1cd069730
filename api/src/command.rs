//! Load, decide, append; decide again where somebody else was faster, a bounded number of times.

use std::sync::Arc;

use domain::user::{evolve, replay};
use domain::{Event, Refusal, User, UserId};
use eventlog::{Appended, Context, Entry, Expected, Log, LogError, NewFact, Stream};
use uuid::Uuid;

use crate::app::App;
use crate::known_users::AtRevision;
use crate::problem::{Problem, ProblemKind};

/// Races a command may lose before it gives up.
const ATTEMPTS_MAX: usize = 8;
/// Facts of one user read to decide; more are refused, never left out.
const FACTS_MAX: usize = 1_000_000;

/// A user as decided on: the state, and the revision it is at. One that is gone has only that.
pub type Known = Option<projections::users::AtRevision>;

/// What a command came to.
#[derive(Debug)]
pub enum Done {
    /// A fact was recorded.
    Recorded(Appended),
    /// Everything was as asked already.
    Nothing,
}

/// Decides on one user and records the fact, if there is one. See [`execute_all`].
///
/// # Errors
/// The refusal, or `too_many_conflicts`, or what the log says.
pub async fn execute(
    app: &App,
    id: UserId,
    occurred_at: Option<i64>,
    context: Arc<Context>,
    decide: impl Fn(Option<&User>) -> Result<Option<Event>, Refusal>,
) -> Result<Done, Problem> {
    let decide = |user: Option<&User>, _| Ok(decide(user)?.into_iter().collect());
    execute_all(app, id, occurred_at, context, decide).await
}

/// Decides on one user and its revision, and records the facts together, if there are any.
///
/// What was lately decided is looked at first, then the projected row: both are fast and mostly current. Whatever they
/// lead to is only believed at the revision they are at: an append expects it, and a no is checked against the log's own.
///
/// # Errors
/// What `decide` says, or `too_many_conflicts`, or what the log says.
pub async fn execute_all(
    app: &App,
    id: UserId,
    occurred_at: Option<i64>,
    context: Arc<Context>,
    decide: impl Fn(Option<&User>, Option<u64>) -> Result<Vec<Event>, Problem>,
) -> Result<Done, Problem> {
    let stream = Stream::User(id);
    let mut known: Option<AtRevision> = match app.known_users.get(id) {
        Some(known) => Some(known),
        None => app.follower.store().user_state(id)?.map(shared),
    };
    for _ in 0..ATTEMPTS_MAX {
        let revision = known.as_ref().map(|(_, revision)| *revision);
        match decide(known.as_ref().and_then(|(user, _)| user.as_deref()), revision) {
            Ok(events) if !events.is_empty() => {
                let entry = entry(stream.clone(), revision, &events, occurred_at, &context);
                match app.log.append(vec![entry]).await?.remove(0) {
                    Ok(appended) => {
                        remember(app, id, known, &events, appended.revision);
                        return Ok(Done::Recorded(appended));
                    }
                    Err(_conflict) => known = read_anew(app, id, &stream)?,
                }
            }
            answer => {
                if app.log.stream_revision(&stream)? == revision {
                    return answer.map(|_| Done::Nothing);
                }
                known = read_anew(app, id, &stream)?;
            }
        }
    }
    Err(Problem::new(ProblemKind::TooManyConflicts, "nothing was recorded"))
}

pub(crate) fn entry(
    stream: Stream,
    revision: Option<u64>,
    events: &[Event],
    occurred_at: Option<i64>,
    context: &Arc<Context>,
) -> Entry {
    let fact = |event: &Event| NewFact {
        event_id: Uuid::now_v7(),
        stored: domain::codec::encode(event),
        occurred_at,
        context: context.clone(),
    };
    Entry { stream, expected: Expected::after(revision), facts: events.iter().map(fact).collect() }
}

fn shared((user, revision): (Option<User>, u64)) -> AtRevision {
    (user.map(Arc::new), revision)
}

/// What was known is behind: the log says how it is, and the next command finds it so.
fn read_anew(app: &App, id: UserId, stream: &Stream) -> Result<Option<AtRevision>, LogError> {
    let known = read_user(&app.log, stream)?.map(shared);
    if let Some((user, revision)) = &known {
        app.known_users.put(id, user.clone(), *revision);
    }
    Ok(known)
}

/// The next command on this user finds it as this one left it.
fn remember(app: &App, id: UserId, known: Option<AtRevision>, events: &[Event], revision: u64) {
    let before = known.and_then(|(user, _)| user).map(Arc::unwrap_or_clone);
    let after = events.iter().fold(before, evolve);
    app.known_users.put(id, after.map(Arc::new), revision);
}

/// The user as the log itself says.
///
/// # Errors
/// What the log says.
pub fn read_user(log: &Log, stream: &Stream) -> Result<Known, LogError> {
    let history = read_history(log, stream)?;
    let revision = history.last().map(|(_, revision)| *revision);
    Ok(revision.map(|revision| (replay(history.iter().map(|(event, _)| event)), revision)))
}

/// All that happened to a user and the revision of each fact, oldest first.
///
/// # Errors
/// What the log says.
pub fn read_history(log: &Log, stream: &Stream) -> Result<Vec<(Event, u64)>, LogError> {
    let facts = log.read_stream(stream, None, FACTS_MAX)?;
    if facts.last().is_some_and(|oldest| oldest.revision > 0) {
        return Err(LogError::Read(format!("a user has more than {FACTS_MAX} facts")));
    }
    let event = |fact: &eventlog::Recorded| match fact.as_row().event() {
        Ok(event) => Ok((event, fact.revision)),
        Err(unreadable) => Err(LogError::Read(unreadable.to_string())),
    };
    facts.iter().rev().map(event).collect()
}
