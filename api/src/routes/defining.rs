//! Making and changing definitions: what every handler of one begins and ends with.

use domain::Event;
use eventlog::{Expected, Position, Stream};
use tokio::sync::MutexGuard;

use crate::access::Credential;
use crate::app::{self, App};
use crate::import::definitions::read_name;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

/// Who asks, and with which request.
pub(super) type Who<'a> = (&'a RequestId, &'a Credential);

/// What something is called: the member `name` of a body.
///
/// # Errors
/// `body_invalid`, with its place.
pub(super) fn named(said: &str) -> Result<String, Problem> {
    read_name(said).map_err(|no| no.with("pointer", "/name"))
}

/// Nobody else defines anything until this is dropped, and the tables hold what was defined before.
///
/// # Errors
/// `projection_behind`.
pub(super) async fn begin(app: &App) -> Result<MutexGuard<'_, ()>, Problem> {
    let defining = app.defining.lock().await;
    app.settled(app.log.head()).await?;
    Ok(defining)
}

/// Records that something is made, which the tables hold then; `taken` is said where something else has or had its id.
///
/// # Errors
/// `reference_id_taken`, or what the log says.
pub(super) async fn make(
    app: &App,
    (stream, expected): (Stream, Expected),
    event: &Event,
    (request, credential): Who<'_>,
    taken: impl FnOnce() -> String,
) -> Result<Position, Problem> {
    let entry = app::entry(stream, expected, event, None, &request.context(credential));
    let appended = app.log.append(vec![entry]).await?.remove(0);
    let appended =
        appended.map_err(|_conflict| Problem::new(ProblemKind::ReferenceIdTaken, taken()))?;
    app.settled(appended.position).await?;
    Ok(appended.position)
}

/// Records what becomes of something that somebody has seen as it is, which the tables hold then.
///
/// # Errors
/// What the log says.
pub(super) async fn record(
    app: &App,
    (stream, expected): (Stream, Expected),
    event: &Event,
    (request, credential): Who<'_>,
) -> Result<Position, Problem> {
    let entry = app::entry(stream, expected, event, None, &request.context(credential));
    let appended = app.record(entry).await?;
    app.settled(appended.position).await?;
    Ok(appended.position)
}
