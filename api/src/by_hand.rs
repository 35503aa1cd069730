//! Users made by hand, and addresses changed by hand: whose an address is, is decided as imports decide it, on the log.

mod refused;
mod release;

use std::borrow::Cow;
use std::sync::Arc;

use domain::csv_row::{RowKey, TakenRow};
use domain::email::Email;
use domain::event::{EXTERNAL_ID, EmailClaimed, EmailReleased, ImportMode, Named};
use domain::import::UserFault;
use domain::matching::{Aim, Contested, Matching, Move};
use domain::user::{change_by_hand, create as made, evolve};
use domain::{Event, UserId};
use eventlog::{Appended, Context, Expected, LogError, Stream};

use self::refused::refused;
pub use self::release::{Released, release};
use crate::app::{self, App};
use crate::command::{Done, entry};
use crate::import::registry::{Logged, find_back};
use crate::import::run::RunError;
use crate::problem::{Problem, ProblemKind};
use crate::turns::Turn;

/// Races a command may lose before it gives up.
const ATTEMPTS_MAX: usize = 8;

/// Who asks, and whether they may see whose an address is.
#[derive(Debug, Clone)]
pub struct Asker {
    /// As part of each fact.
    pub context: Arc<Context>,
    /// Whether personal data is shown to them.
    pub personal: bool,
}

/// Values to give; none takes one away.
pub type Values = [(String, Option<String>)];

/// The external id among values, where they give one.
fn external_id(values: &Values) -> Option<&str> {
    let given = values.iter().find(|(field, _)| field == EXTERNAL_ID);
    given.and_then(|(_, value)| value.as_deref())
}

/// A turn, where values give an external id: whose that is, only the tables can tell.
async fn turn<'a>(app: &'a App, values: &Values) -> Result<Option<Turn<'a>>, Problem> {
    match external_id(values) {
        Some(_) => app.turns.of_hand(app).await.map(Some),
        None => Ok(None),
    }
}

/// Makes a user with an address that nobody has or had.
///
/// # Errors
/// `email_taken`, `email_was_changed`, `external_id_taken`, `too_many_conflicts`, or what the log says.
pub async fn create(
    app: &App,
    asker: &Asker,
    email: &Email,
    values: &Values,
    lists: &[Named],
) -> Result<(UserId, Appended), Problem> {
    let events = made(email, values, lists);
    let mut turn = turn(app, values).await?;
    for _ in 0..ATTEMPTS_MAX {
        let aim = aim(app, asker, &RowKey::Email(email.clone()), (None, values))?;
        if aim.user().is_some() {
            return Err(refused(UserFault::EmailTaken(Some(aim.id)), asker));
        }
        let stream = Stream::User(aim.id);
        let entry = entry(stream, aim.revision(), &events, None, &asker.context);
        if let Ok(appended) = app.log.append(vec![entry]).await?.remove(0) {
            turn.iter_mut().for_each(|turn| turn.done(appended.position));
            return Ok((aim.id, appended));
        }
    }
    Err(Problem::new(ProblemKind::TooManyConflicts, "nothing was recorded"))
}

/// Gives a user an address and values, an external id among them. An address that is not the user's yet is claimed first; what comes to nothing
/// gives it up again. `seen` refuses a revision that is not the one somebody has seen.
///
/// # Errors
/// `user_unknown`, `email_taken`, `external_id_taken`, `too_many_conflicts`, what `seen` says, or what the log says.
pub async fn change(
    app: &App,
    asker: &Asker,
    user: UserId,
    (email, values): (Option<&Email>, &Values),
    seen: impl Fn(Option<u64>) -> Result<(), Problem>,
) -> Result<Done, Problem> {
    let _moving = app.moving.lock().await;
    let mut turn = turn(app, values).await?;
    let mut claimed = None;
    for _ in 0..ATTEMPTS_MAX {
        let tried = attempt(app, asker, user, (email, values), &seen, &mut claimed).await;
        match tried {
            Ok(None) => {}
            Ok(Some(done)) => {
                if let (Some(turn), Done::Recorded(appended)) = (&mut turn, &done) {
                    turn.done(appended.position);
                }
                return Ok(done);
            }
            Err(problem) => {
                give_up(app, asker, user, claimed).await?;
                return Err(problem);
            }
        }
    }
    give_up(app, asker, user, claimed).await?;
    Err(Problem::new(ProblemKind::TooManyConflicts, "nothing was recorded"))
}

/// A claim made here: the stream of the address, and its revision.
type Claimed = Option<(UserId, u64)>;

/// One attempt; nothing where somebody else was faster.
async fn attempt(
    app: &App,
    asker: &Asker,
    user: UserId,
    (email, values): (Option<&Email>, &Values),
    seen: &impl Fn(Option<u64>) -> Result<(), Problem>,
    claimed: &mut Claimed,
) -> Result<Option<Done>, Problem> {
    let aim = aim(app, asker, &RowKey::UserId(user), (email, values))?;
    seen(aim.revision())?;
    let events = change_by_hand(aim.user(), aim.move_to.as_ref(), values)?;
    if events.is_empty() {
        return Ok(Some(Done::Nothing));
    }
    if let Some(Move { email, address: Some(address), claim: Some(revision) }) = &aim.move_to {
        let email = Some(email.spelling().to_owned());
        let event = Event::EmailClaimed(EmailClaimed { owner: user, email });
        let (stream, expected) = (Stream::User(*address), Expected::after(*revision));
        let entry = app::entry(stream, expected, &event, None, &asker.context);
        match app.log.append(vec![entry]).await?.remove(0) {
            Ok(appended) => *claimed = Some((*address, appended.revision)),
            Err(_conflict) => return Ok(None),
        }
    }
    let entry = entry(Stream::User(user), aim.revision(), &events, None, &asker.context);
    let Ok(appended) = app.log.append(vec![entry]).await?.remove(0) else { return Ok(None) };
    let after = events.iter().fold(aim.user().cloned(), evolve);
    app.known_users.put(user, after.map(Arc::new), appended.revision);
    Ok(Some(Done::Recorded(appended)))
}

/// Nothing follows the claim: the address is free again.
async fn give_up(app: &App, asker: &Asker, owner: UserId, claimed: Claimed) -> Result<(), Problem> {
    let Some((address, revision)) = claimed else { return Ok(()) };
    let event = Event::EmailReleased(EmailReleased { owner });
    let (stream, expected) = (Stream::User(address), Expected::Revision(revision));
    let entry = app::entry(stream, expected, &event, None, &asker.context);
    // An import that moves the user here too may have followed the claim.
    if is_followed(app, owner, address)? || app.log.append(vec![entry]).await?.remove(0).is_err() {
        return Ok(());
    }
    if is_followed(app, owner, address)? {
        let event = Event::EmailClaimed(EmailClaimed { owner, email: None });
        let expected = Expected::Revision(revision + 1);
        let entry = app::entry(Stream::User(address), expected, &event, None, &asker.context);
        let _ = app.log.append(vec![entry]).await?; // in between only who knew of the release could be faster
    }
    Ok(())
}

/// Whether the user's last move was to this address.
///
/// # Errors
/// What the log says.
pub fn is_followed(app: &App, owner: UserId, address: UserId) -> Result<bool, LogError> {
    let moved = |fact: &eventlog::Recorded| {
        let Ok(Event::UserEmailChanged(moved)) = fact.as_row().event() else { return None };
        Some(moved.address)
    };
    let moved = find_back(&app.log, owner, moved)?;
    Ok(moved.is_some_and(|(_, to)| to == Some(address)))
}

/// Which user is meant, and what has to be done for the address.
fn aim(
    app: &App,
    asker: &Asker,
    key: &RowKey,
    (email, values): (Option<&Email>, &Values),
) -> Result<Aim, Problem> {
    let profiles = app.follower.store().profiles()?;
    let logged = Logged { app, profiles: &profiles, began: app.log.head() };
    let matching = Matching {
        key: &app.key,
        registry: &logged,
        contested: &Contested::default(),
        mode: ImportMode::CreateAndUpdate,
    };
    let given = external_id(values).map(|id| (EXTERNAL_ID, Some(Cow::Borrowed(id))));
    let (cells, dropped) = (given.into_iter().collect(), Vec::new());
    let row = TakenRow { cells, member_since: None, email: email.cloned(), dropped };
    match matching.aim(key, &row) {
        Ok(aim) => aim.map_err(|fault| refused(fault, asker)),
        Err(RunError::Log(error)) => Err(error.into()),
        Err(RunError::Tables(error)) => Err(error.into()),
        Err(error) => Err(Problem::internal(error)),
    }
}
