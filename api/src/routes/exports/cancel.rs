//! Stopping an export that waits or is being written.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::stored::wait;
use super::view::{ExportView, line};
use crate::access::Credential;
use crate::app::App;
use crate::export::stored;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::routes::{InPath, id};

/// How long a cancel waits for the rows at hand.
const CANCEL_WAIT_MAX: Duration = Duration::from_secs(10);

/// Stops an export that waits or is being written; nothing of its file stays. Answers 202 where it is not stopped yet.
#[utoipa::path(post, path = "/v1/exports/{id}/cancel", tag = "exports", params(
    ("id" = Uuid, Path, description = "the export's id"),
), responses((status = 200, body = ExportView), (status = 202, body = ExportView),
    (status = 404, description = "export_unknown"), (status = 409, description = "export_already_ended, export_not_completed")))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(export): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let export: Uuid = id(&export)?;
    Params::read(&uri, &[])?;
    line(&app, &credential, export)?;
    if app.stored.handing(export).is_some() {
        let detail = "it is being handed out at once: it ends when its client goes";
        return Err(Problem::new(ProblemKind::ExportNotCompleted, detail));
    }
    let context = request.context(&credential);
    if let Some(mut ending) = stored::cancel(&app, export, &context).await {
        let _ = tokio::time::timeout(CANCEL_WAIT_MAX, wait(&mut ending)).await;
    }
    let view = ExportView::shown_to(&credential, &app, line(&app, &credential, export)?)?;
    match view.state {
        "cancelled" => Ok(Json(view).into_response()),
        "queued" | "running" => Ok((StatusCode::ACCEPTED, Json(view)).into_response()),
        state => {
            let detail = format!("the export is {state}");
            Err(Problem::new(ProblemKind::ExportAlreadyEnded, detail).with("state", state))
        }
    }
}
