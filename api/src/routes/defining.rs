//! Making and changing definitions: what every handler of one begins and ends with.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Event;
use domain::scope::Scope;
use eventlog::{Expected, Position, Stream};
use serde::Serialize;
use tokio::sync::MutexGuard;

use super::at_position;
use super::versions::{expected, with_etag};

use crate::access::Credential;
use crate::app::{self, App};
use crate::import::definitions::read_name;
use crate::params::Params;
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

/// Who makes, changes or takes away a definition, and with which request, which takes no parameters.
pub struct Definer {
    /// The service.
    pub(super) app: Arc<App>,
    /// Who asks.
    pub(super) credential: Credential,
    request: RequestId,
    headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for Definer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Definer, Problem> {
        let credential = Credential::from_request_parts(parts, app).await?;
        credential.needs(Scope::DefinitionsWrite)?;
        Params::read(&parts.uri, &[])?;
        let Ok(request) = RequestId::from_request_parts(parts, app).await;
        Ok(Definer { app: app.clone(), credential, request, headers: parts.headers.clone() })
    }
}

impl Definer {
    /// As [`begin`].
    ///
    /// # Errors
    /// As there.
    pub(super) async fn begin(&self) -> Result<MutexGuard<'_, ()>, Problem> {
        begin(&self.app).await
    }

    /// The revision that was seen; `now` is the one there is.
    ///
    /// # Errors
    /// `if_match_missing`, `version_conflict`.
    pub(super) fn expected(&self, now: u64) -> Result<Expected, Problem> {
        expected(&self.headers, now)
    }

    /// As [`make`], of what has no stream yet.
    ///
    /// # Errors
    /// As there.
    pub(super) async fn make(
        &self,
        new: Stream,
        event: &Event,
        taken: impl FnOnce() -> String,
    ) -> Result<Position, Problem> {
        make(&self.app, (new, Expected::New), event, (&self.request, &self.credential), taken).await
    }

    /// As [`record`].
    ///
    /// # Errors
    /// As there.
    pub(super) async fn record(
        &self,
        seen: (Stream, Expected),
        event: &Event,
    ) -> Result<Position, Problem> {
        record(&self.app, seen, event, (&self.request, &self.credential)).await
    }

    /// What was made, as it is shown with its revision.
    pub(super) fn made<T: Serialize>(&self, at: Position, shown: (u64, Json<T>)) -> Response {
        let answer = with_etag(shown.0, (StatusCode::CREATED, shown.1));
        at_position(&self.app.cursor(at), answer)
    }

    /// What was changed, or was that already, as it is shown with its revision now.
    pub(super) fn changed<T: Serialize>(&self, at: Position, shown: (u64, Json<T>)) -> Response {
        at_position(&self.app.cursor(at), with_etag(shown.0, shown.1))
    }

    /// What was taken away.
    pub(super) fn removed(&self, at: Position) -> Response {
        at_position(&self.app.cursor(at), StatusCode::NO_CONTENT)
    }
}
