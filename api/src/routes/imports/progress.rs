//! How far an import is, as it goes: server-sent events, each with all there is to know.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::Uri;
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::scope::Scope;
use futures_util::Stream;
use futures_util::stream::unfold;
use projections::imports::{ImportLine, ImportState};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::{CountsView, RevertCountsView};
use super::{state, unknown};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::{InPath, id};

/// How often it is looked whether there is something new.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Looks in a row after which an import that nobody works on is watched no longer.
const IDLE_MAX: u32 = 10;
/// Sent when nothing happens, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

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

/// What the stream remembers between two looks.
struct Watch {
    app: Arc<App>,
    import: Uuid,
    began: Instant,
    done_at_first: Option<u64>,
    told: Option<ImportProgress>,
    /// Looks in a row at which nobody worked on it.
    idle: u32,
    _permit: OwnedSemaphorePermit,
}

impl Watch {
    /// The next thing worth telling; none after the end.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Watch)> {
        while self.told.as_ref().is_none_or(|told| !ended(told)) && !self.app.is_stopping() {
            let line = match self.app.follower.store().import(self.import) {
                Ok(line) => line?,
                Err(error) => {
                    tracing::error!(%error, "a stream of progress ends early");
                    return None;
                }
            };
            let now = self.progress(&line);
            let new = self
                .told
                .as_ref()
                .is_none_or(|told| (told.state, told.done) != (now.state, now.done));
            if new {
                let event = Event::default().event("progress").json_data(&now).ok()?;
                self.told = Some(now);
                return Some((Ok(event), self));
            }
            // Cut off, it goes on at the next start, which this stream does not live to see.
            let at_work =
                self.app.imports.watch(self.import).is_some() || self.app.follower.lag() > 0;
            self.idle = if at_work { 0 } else { self.idle + 1 };
            if self.idle > IDLE_MAX {
                return None;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        None
    }

    fn progress(&mut self, line: &ImportLine) -> ImportProgress {
        let back = line.state == ImportState::Reverting;
        let undone = line.undone.as_ref().map(|undone| (undone.row, undone.counts));
        let done = if back { undone.map_or(0, |(row, _)| row) } else { line.row };
        let revert = line.reverted.as_ref().map(|reverted| reverted.counts);
        let first = *self.done_at_first.get_or_insert(done);
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = (done > first).then(|| (done - first) as f64 / seconds);
        let left = line.plan.rows.saturating_sub(done) as f64;
        ImportProgress {
            id: self.import,
            state: state(&self.app, line).name(),
            done,
            rows: line.plan.rows,
            counts: line.counts.into(),
            revert: revert.or(undone.map(|(_, counts)| counts)).map(RevertCountsView::from),
            rows_per_second: rate.map(|rate| rate as u64),
            seconds_left: rate.map(|rate| (left / rate).ceil() as u64),
        }
    }
}

fn ended(told: &ImportProgress) -> bool {
    let state = ImportState::ALL.into_iter().find(|known| known.name() == told.state);
    state.is_some_and(|state| !state.is_at_work())
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
    let permit = app.streams.clone().try_acquire_owned().map_err(|_| {
        let detail = format!("{} streams are open", crate::app::STREAMS_MAX);
        Problem::new(ProblemKind::TooManyStreams, detail)
    })?;
    let watch = Watch {
        app,
        import,
        began: Instant::now(),
        done_at_first: None,
        told: None,
        idle: 0,
        _permit: permit,
    };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(unfold(watch, Watch::next)).keep_alive(keep_alive))
}
