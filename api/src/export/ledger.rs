//! Every export is a fact before its first byte and another after its last.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use domain::event::{ExportCompleted, ExportFailed, ExportStarted};
use domain::{Event, EventKind};
use eventlog::{Context, Expected, LogError, Position, Scan, Stream};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::stored::begin::written;
use super::tally::Tally;
use crate::app::{self, App};
use crate::problem::{Problem, ProblemKind};
use crate::server::patience::Line;

/// Facts looked through at a time for exports that never ended: memory holds only those open at the end of a stretch.
const STRETCH_FACTS: u64 = 100_000;

/// An export that was asked for. Dropped before it is closed, it ends as one whose client left.
#[derive(Debug)]
pub struct Ledger {
    open: Option<Open>,
}

/// One whose end is not recorded yet.
#[derive(Debug)]
struct Open {
    app: Arc<App>,
    export_id: Uuid,
    taker: Taker,
    progress: Arc<Progress>,
    holds: Option<Holds>,
    _permit: OwnedSemaphorePermit,
}

/// Who takes an export.
#[derive(Debug)]
pub struct Taker {
    /// As facts tell it.
    pub context: Arc<Context>,
    /// The connection it goes out on.
    pub line: Line,
}

/// What an export holds, as far as it is known before its first row.
#[derive(Debug)]
pub struct Holds {
    /// The last fact it can hold.
    pub position: Position,
    /// Names of its columns.
    pub columns: Vec<String>,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            let code = open.left();
            open.end(Ended::Cut { code });
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.app.stored.handed(self.export_id);
    }
}

/// How far an export is, as told by whoever writes it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows handed out.
    pub rows: AtomicU64,
    /// Rows written, by type, where they are user events.
    pub tally: Mutex<Tally>,
}

impl Ledger {
    /// Takes one of the places for exports.
    ///
    /// # Errors
    /// `too_many_exports`.
    pub fn reserve(app: &Arc<App>) -> Result<OwnedSemaphorePermit, Problem> {
        let full = |_| {
            Problem::new(
                ProblemKind::TooManyExports,
                format!("{} exports are running", app::EXPORTS_MAX),
            )
        };
        app.exports.clone().try_acquire_owned().map_err(full)
    }

    /// Records that the export was asked for.
    ///
    /// # Errors
    /// What the log says; then nothing is exported.
    pub async fn open(
        app: &Arc<App>,
        permit: OwnedSemaphorePermit,
        taker: Taker,
        (started, holds): (ExportStarted, Option<Holds>),
    ) -> Result<Ledger, Problem> {
        let (export_id, progress) = (started.export_id, Arc::<Progress>::default());
        let stream = Stream::named("export", export_id);
        let started = Event::ExportStarted(started);
        app.stored.hands(export_id, &progress);
        let open = Open { app: app.clone(), export_id, taker, progress, holds, _permit: permit };
        let entry = app::entry(stream, Expected::New, &started, None, &open.taker.context);
        // Recorded to its end, also where the client leaves meanwhile: what has a beginning has an end.
        let opened = tokio::spawn(async move {
            open.app.record(entry).await?;
            Ok(Ledger { open: Some(open) })
        });
        opened.await.map_err(Problem::internal)?
    }

    fn open_one(&self) -> &Open {
        self.open.as_ref().expect("only what takes it for good closes it")
    }

    /// Which export.
    pub fn id(&self) -> Uuid {
        self.open_one().export_id
    }

    /// Where whoever writes tells how far it is.
    pub fn progress(&self) -> Arc<Progress> {
        self.open_one().progress.clone()
    }

    /// Why its client did not take all of it.
    pub(super) fn left(&self) -> &'static str {
        self.open_one().left()
    }

    /// Records the end; nobody waits for it.
    pub(super) fn close(mut self, ended: Ended) {
        if let Some(open) = self.open.take() {
            open.end(ended);
        }
    }
}

impl Open {
    fn left(&self) -> &'static str {
        if self.taker.line.has_stalled() { "client_stalled" } else { "client_gone" }
    }

    /// Records the end, on a task of its own.
    fn end(mut self, ended: Ended) {
        let (export_id, rows) = (self.export_id, self.progress.rows.load(Ordering::Relaxed));
        let event = match ended {
            Ended::Whole { bytes, sha256 } => {
                let sha256 = Some(sha256);
                let tally =
                    std::mem::take(&mut *self.progress.tally.lock().expect("no holder panics"));
                let holds = self.holds.take();
                let written = holds.map(|Holds { position, columns }| {
                    written(&self.app, position, columns, &tally)
                });
                Event::ExportCompleted(ExportCompleted { export_id, rows, bytes, sha256, written })
            }
            Ended::Cut { code } => {
                Event::ExportFailed(ExportFailed { export_id, code: code.to_owned(), rows })
            }
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let stream = Stream::named("export", export_id);
            let entry = app::entry(stream, Expected::Revision(0), &event, None, &self.taker.context);
            match self.app.record(entry).await {
                // Until the tables say that it has ended, it is told as running.
                Ok(appended) => {
                    let _ = self.app.follower.wait_for(appended.position, app::WAIT_MAX).await;
                }
                Err(problem) => {
                    tracing::warn!(export = %export_id, problem = problem.detail(), "the end of an export is not recorded");
                }
            }
        });
    }
}

/// Records the end of exports that a stop or a crash of the service cut off: those begun up to `before` and never ended,
/// but for those that have begun `anew`. A stop meanwhile leaves the rest to the next start.
///
/// # Errors
/// What the log says.
pub fn end_cut_off(app: &App, before: Position, anew: &HashSet<Uuid>) -> Result<(), LogError> {
    let (mut open, mut at) = (HashSet::new(), Position::START);
    while at < before && !app.is_stopping() {
        let through = Position::single(at.number() + STRETCH_FACTS).min(before);
        let scan = |kind| Ids { app, kind, after: at, through };
        scan(EventKind::ExportStarted).visit(&mut |id| open.insert(id))?;
        scan(EventKind::ExportCompleted).visit(&mut |id| open.remove(&id))?;
        scan(EventKind::ExportFailed).visit(&mut |id| open.remove(&id))?;
        at = through;
    }
    for export_id in open.into_iter().filter(|id| !anew.contains(id)) {
        if app.is_stopping() {
            return Ok(());
        }
        let code = "service_stopped".to_owned();
        let event = Event::ExportFailed(ExportFailed { export_id, code, rows: 0 });
        let (stream, context) = (Stream::named("export", export_id), app::system(export_id));
        let entry = app::entry(stream, Expected::Revision(0), &event, None, &context);
        // A conflict is an end that was recorded after all.
        let _ = app.log.append_blocking(vec![entry])?;
    }
    Ok(())
}

/// The exports that facts of one kind in a stretch of the log speak of.
struct Ids<'a> {
    app: &'a App,
    kind: EventKind,
    after: Position,
    through: Position,
}

impl Ids<'_> {
    fn visit(self, met: &mut dyn FnMut(Uuid) -> bool) -> Result<(), LogError> {
        let scan = Scan { after: self.after, through: self.through, kinds: Some(&[self.kind]) };
        self.app.log.scan_content(scan, false, &mut |content| {
            if let Stream::Named(name) = &content.stream
                && let Some(id) = name.strip_prefix("export-").and_then(|id| id.parse().ok())
            {
                met(id);
            }
            ControlFlow::Continue(())
        })
    }
}

/// How handing out an export ended.
pub(super) enum Ended {
    /// All of it was handed out; `sha256` in hexadecimal.
    Whole { bytes: u64, sha256: String },
    /// It was not, for this reason.
    Cut { code: &'static str },
}
