//! How far an import is, as it goes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::sse::{Event, Sse};
use domain::scope::Scope;
use futures_util::Stream;
use projections::imports::{ImportLine, ImportState};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::{CountsView, RevertCountsView};
use super::{state, unknown};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;
use crate::routes::watching::{Pace, Told, watch};
use crate::routes::{InPath, id};

/// How far an import is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportProgress {
    /// Its id.
    pub id: Uuid,
    /// As in an import's report. Only `queued`, `running` and `reverting` do not end the stream.
    pub state: &'static str,
    /// Rows whose outcome is recorded; while it is taken back, rows whose users were.
    pub done: u64,
    /// Rows of the file.
    pub rows: u64,
    /// What became of those done.
    #[serde(flatten)]
    pub counts: CountsView,
    /// How far it is taken back.
    pub revert: Option<RevertCountsView>,
    /// Rows a second since this stream began; null before the first batch after that.
    pub rows_per_second: Option<u64>,
    /// At that rate.
    pub seconds_left: Option<u64>,
}

impl Told for ImportProgress {
    fn so_far(&self) -> (&'static str, u64) {
        (self.state, self.done)
    }
}

impl ImportProgress {
    fn new(app: &App, line: &ImportLine, pace: &mut Pace) -> ImportProgress {
        let back = line.state == ImportState::Reverting;
        let undone = line.undone.as_ref().map(|undone| (undone.row, undone.counts));
        let done = if back { undone.map_or(0, |(row, _)| row) } else { line.row };
        let revert = line.reverted.as_ref().map(|reverted| reverted.counts);
        let (rows_per_second, seconds_left) = pace.of(done, line.plan.rows);
        ImportProgress {
            id: line.plan.import_id,
            state: state(app, line).name(),
            done,
            rows: line.plan.rows,
            counts: line.counts.into(),
            revert: revert.or(undone.map(|(_, counts)| counts)).map(RevertCountsView::from),
            rows_per_second,
            seconds_left,
        }
    }
}

/// How far an import is, as it goes: `text/event-stream`, events named `progress`, each with all there is to know, so that
/// any one is enough. The first comes at once, the last when the import has ended.
#[utoipa::path(get, path = "/v1/imports/{id}/progress", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), responses((status = 200, content_type = "text/event-stream", body = ImportProgress),
    (status = 404, description = "import_unknown"), (status = 503, description = "too_many_streams")))]
pub async fn progress(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    Params::read(&uri, &[])?;
    let import: Uuid = id(&import)?;
    app.follower.store().import(import)?.ok_or_else(|| unknown(import))?;
    watch(app, import, move |app, pace| {
        let line = app.follower.store().import(import)?;
        Ok(line.map(|line| ImportProgress::new(app, &line, pace)))
    })
}
