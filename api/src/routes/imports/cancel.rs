//! Stopping an import.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::scope::Scope;
use projections::imports::ImportState;
use uuid::Uuid;

use super::view::ImportView;
use super::{drafts, line, read, wait};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::routes::{InPath, id};

/// How long a cancel waits for the batch at hand.
const CANCEL_WAIT_MAX: Duration = Duration::from_secs(10);

/// Asks that a job in this state be stopped, and waits for that; whether it has ended, or was not at work.
pub(in crate::routes) async fn ended(app: &App, job: Uuid, state: ImportState) -> bool {
    if state == ImportState::Reverting {
        return true;
    }
    let Some(mut ending) = app.imports.cancel(job) else { return true };
    let ended = tokio::time::timeout(CANCEL_WAIT_MAX, wait(app, &mut ending)).await;
    matches!(ended, Ok(Ok(Some(_))))
}

/// Stops an import that waits or runs, after the batch at hand; what was recorded stays. A draft is discarded with its
/// file. Answers 202 where it still waits
/// for its turn to be stopped.
#[utoipa::path(post, path = "/v1/imports/{id}/cancel", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), responses((status = 200, body = ImportView), (status = 202, body = ImportView),
    (status = 404, description = "import_unknown"), (status = 409, description = "import_already_ended, import_interrupted")))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    Params::read(&uri, &[])?;
    let import: Uuid = id(&import)?;
    let open = line(&app, import)?;
    if open.state.is_open() {
        drafts::discard(&app, &request.context(&credential), &open).await?;
    } else if !ended(&app, import, open.state).await {
        let view = read(&app, import, &credential)?;
        return Ok((StatusCode::ACCEPTED, Json(view)).into_response());
    }
    app.settled(app.log.head()).await?; // its last fact may be younger than the tables
    let view = read(&app, import, &credential)?;
    if view.state == ImportState::Cancelled.name() {
        return Ok(Json(view).into_response());
    }
    let detail = format!("the import is {}", view.state);
    let waits = [ImportState::Queued, ImportState::Running].map(ImportState::name);
    let kind = match waits.contains(&view.state) {
        true => ProblemKind::ImportInterrupted,
        false => ProblemKind::ImportAlreadyEnded,
    };
    Err(Problem::new(kind, detail).with("state", view.state))
}
