//! Making and changing definitions: what every handler of one begins and ends with.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Event;
use domain::scope::Scope;
use eventlog::{Entry, Expected, Position, Stream};
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

/// What something is called: the member `name` of a body.
///
/// # Errors
/// `body_invalid`, with its place.
pub(super) fn named(said: &str) -> Result<String, Problem> {
    read_name(said).map_err(|no| no.with("pointer", "/name"))
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
    /// Nobody else defines anything until this is dropped, and the tables hold what was defined before.
    ///
    /// # Errors
    /// `projection_behind`.
    pub(super) async fn begin(&self) -> Result<MutexGuard<'_, ()>, Problem> {
        let defining = self.app.defining.lock().await;
        self.app.settled(self.app.log.head()).await?;
        Ok(defining)
    }

    /// The revision that was seen; `now` is the one there is.
    ///
    /// # Errors
    /// `if_match_missing`, `version_conflict`.
    pub(super) fn expected(&self, now: u64) -> Result<Expected, Problem> {
        expected(&self.headers, now)
    }

    /// A fact to be recorded.
    pub(super) fn entry(&self, (stream, expected): (Stream, Expected), event: &Event) -> Entry {
        app::entry(stream, expected, event, None, &self.request.context(&self.credential))
    }

    /// Records that something is made, which the tables hold then; `taken` is said where something else has or had its id.
    ///
    /// # Errors
    /// `reference_id_taken`, or what the log says.
    pub(super) async fn make(
        &self,
        new: (Stream, Expected),
        event: &Event,
        taken: impl FnOnce() -> String,
    ) -> Result<Position, Problem> {
        let appended = self.app.log.append(vec![self.entry(new, event)]).await?.remove(0);
        let appended =
            appended.map_err(|_conflict| Problem::new(ProblemKind::ReferenceIdTaken, taken()))?;
        self.app.settled(appended.position).await?;
        Ok(appended.position)
    }

    /// Records what becomes of something that somebody has seen as it is, which the tables hold then.
    ///
    /// # Errors
    /// What the log says.
    pub(super) async fn record(
        &self,
        seen: (Stream, Expected),
        event: &Event,
    ) -> Result<Position, Problem> {
        let appended = self.app.record(self.entry(seen, event)).await?;
        self.app.settled(appended.position).await?;
        Ok(appended.position)
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
