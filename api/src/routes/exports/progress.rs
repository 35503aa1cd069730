//! How far an export is, as it goes: server-sent events, each with all there is to know.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::Uri;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::view::{ExportView, line};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::{InPath, id};

/// How often it is looked whether there is something new.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Sent when nothing happens, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What the stream remembers between two looks.
struct Watch {
    app: Arc<App>,
    credential: Credential,
    export: Uuid,
    told: Option<ExportView>,
    _permit: OwnedSemaphorePermit,
}

impl Watch {
    /// The next thing worth telling; none after the end.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Watch)> {
        let goes_on = |told: &ExportView| matches!(told.state, "queued" | "running");
        while self.told.as_ref().is_none_or(goes_on) && !self.app.is_stopping() {
            let line = line(&self.app, &self.credential, self.export).ok()?;
            let now = ExportView::shown_to(&self.credential, &self.app, line).ok()?;
            let same = |told: &ExportView| {
                (told.state, told.rows, told.replay) == (now.state, now.rows, now.replay)
            };
            if !self.told.as_ref().is_some_and(same) {
                let event = Event::default().event("progress").json_data(&now).ok()?;
                self.told = Some(now);
                return Some((Ok(event), self));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        None
    }
}

/// How far an export is, as it goes: `text/event-stream`, events named `progress`, each as `GET /v1/exports/{id}` answers.
/// The first comes at once, the last when the export has ended.
#[utoipa::path(get, path = "/v1/exports/{id}/progress", tag = "exports", params(
    ("id" = Uuid, Path, description = "the export's id"),
), responses((status = 200, content_type = "text/event-stream", body = ExportView),
    (status = 404, description = "export_unknown"), (status = 503, description = "too_many_streams")))]
pub async fn progress(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(export): InPath<String>,
    uri: Uri,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let export: Uuid = id(&export)?;
    Params::read(&uri, &[])?;
    line(&app, &credential, export)?;
    let permit = app.streams.clone().try_acquire_owned().map_err(|_| {
        let detail = format!("{} streams are open", crate::app::STREAMS_MAX);
        Problem::new(ProblemKind::TooManyStreams, detail)
    })?;
    let watch = Watch { app, credential, export, told: None, _permit: permit };
    Ok(Sse::new(unfold(watch, Watch::next)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
