//! Former addresses given up by hand: whoever comes with one from then on is another user.

use std::sync::Arc;

use domain::address::release as held;
use domain::email::Email;
use domain::event::EmailReleased;
use domain::matching::Registry;
use domain::user::replay;
use domain::{Event, UserId};
use eventlog::{Expected, LogError, Position, Stream};

use super::{ATTEMPTS_MAX, Asker, is_followed};
use crate::app::{self, App};
use crate::command::read_history;
use crate::import::registry::Logged;
use crate::import::run::RunError;
use crate::problem::{Problem, ProblemKind};

/// What a release came to.
#[derive(Debug)]
pub struct Released {
    /// The fact; none where it was released before.
    pub position: Option<Position>,
    /// Its revision, where it stands on the user's own stream.
    pub revision: Option<u64>,
}

/// Releases an address that a user had before. `seen` refuses a revision of the user that is not the one somebody has
/// seen.
///
/// # Errors
/// `user_unknown`, `email_is_current`, `former_email_unknown`, `too_many_conflicts`, what `seen` says, or what the log
/// says.
pub async fn release(
    app: &App,
    asker: &Asker,
    user: UserId,
    email: &Email,
    seen: impl Fn(Option<u64>) -> Result<(), Problem>,
) -> Result<Released, Problem> {
    let _moving = app.moving.lock().await;
    let mut turn = app.turns.of_hand(app).await?;
    for _ in 0..ATTEMPTS_MAX {
        let history = read_history(&app.log, &Stream::User(user))?;
        let own = history.last().map(|(_, revision)| *revision);
        seen(own)?;
        let events: Vec<Event> = history.into_iter().map(|(event, _)| event).collect();
        let address = held(user, &events, email)?;
        let Some((address, at)) = still_held(app, user, address, own)? else {
            return Ok(Released { position: None, revision: None });
        };
        let event = Event::EmailReleased(EmailReleased { owner: user });
        let (stream, expected) = (Stream::User(address), Expected::after(at));
        let entry = app::entry(stream, expected, &event, None, &asker.context);
        let Ok(appended) = app.log.append(vec![entry]).await?.remove(0) else { continue };
        turn.done(appended.position);
        let is_own = address == user;
        if is_own {
            let state = replay(&events).map(Arc::new);
            app.known_users.put(user, state, appended.revision);
        }
        let revision = is_own.then_some(appended.revision);
        return Ok(Released { position: Some(appended.position), revision });
    }
    Err(Problem::new(ProblemKind::TooManyConflicts, "nothing was recorded"))
}

/// The stream to release and the revision it is at; none where the claim was released before.
fn still_held(
    app: &App,
    user: UserId,
    address: Option<UserId>,
    own: Option<u64>,
) -> Result<Option<(UserId, Option<u64>)>, Problem> {
    let Some(address) = address else { return Ok(None) };
    if address == user {
        return Ok(Some((address, own)));
    }
    let at = app.log.stream_revision(&Stream::User(address))?; // first: what comes after is a conflict
    let held = is_claimed(app, user, address)? && !is_followed(app, user, address)?;
    Ok(held.then_some((address, at)))
}

/// Whether a claim on an address is the user's, as the log says.
fn is_claimed(app: &App, user: UserId, address: UserId) -> Result<bool, Problem> {
    let profiles = app.follower.store().profiles()?;
    let logged = Logged { app, profiles: &profiles, began: app.log.head() };
    match logged.claimed_by(address) {
        Ok(owner) => Ok(owner == Some(user)),
        Err(RunError::Log(error)) => Err(error.into()),
        Err(error) => Err(Problem::from(LogError::Read(error.to_string()))),
    }
}
