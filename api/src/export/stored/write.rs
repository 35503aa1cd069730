//! Writing one export to its file: hashed as it is written, under another name until it is whole.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::Event;
use domain::event::{ExportCompleted, ExportFailed, ExportWritten};
use eventlog::{Context, Expected, LogError, Stream};
use projections::{ProjectionError, Store};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::begin::written;
use super::{Ending, Job, Live};
use crate::app::{self, App, WAIT_MAX};
use crate::export::asked::EventsExport;
use crate::export::past::{Wanted, with_tables_at};
use crate::export::spool::{Spool, Spooled};
use crate::export::tally::Tally;
use crate::export::user_events;
use crate::export::users::{SHEET, SpoolError, UsersExport};
use crate::problem::{Problem, ProblemKind};

/// How often it is looked for a place among the exports that run.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why a file was not written to its end.
enum Unwritten {
    Problem(Problem),
    Log(LogError),
    Spool(SpoolError),
}

impl From<Problem> for Unwritten {
    fn from(problem: Problem) -> Self {
        Unwritten::Problem(problem)
    }
}

impl From<ProjectionError> for Unwritten {
    fn from(error: ProjectionError) -> Self {
        Unwritten::Spool(error.into())
    }
}

impl From<LogError> for Unwritten {
    fn from(error: LogError) -> Self {
        Unwritten::Log(error)
    }
}

impl From<SpoolError> for Unwritten {
    fn from(error: SpoolError) -> Self {
        Unwritten::Spool(error)
    }
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Unwritten::Spool(error.into())
    }
}

impl Unwritten {
    /// Whether nothing went wrong: it was stopped.
    fn is_stop(&self) -> bool {
        match self {
            Unwritten::Spool(SpoolError::Stopped) => true,
            Unwritten::Problem(problem) => problem.kind() == ProblemKind::ShuttingDown,
            Unwritten::Spool(_) | Unwritten::Log(_) => false,
        }
    }

    /// What the last fact says.
    fn code(&self, live: &Live) -> &'static str {
        if self.is_stop() && live.unwanted.load(Ordering::Relaxed) {
            return projections::exports::CANCELLED;
        }
        match self {
            Unwritten::Spool(SpoolError::Stopped) => "service_stopped",
            Unwritten::Spool(SpoolError::File(error)) => {
                match error.kind() == io::ErrorKind::StorageFull {
                    true => ProblemKind::DiskFull.code(),
                    false => "write_failed",
                }
            }
            Unwritten::Spool(SpoolError::Column(problem)) => problem.kind().code(),
            Unwritten::Problem(_) if self.is_stop() => "service_stopped",
            Unwritten::Problem(problem) => problem.kind().code(),
            Unwritten::Spool(SpoolError::Tables(_) | SpoolError::Log(_)) | Unwritten::Log(_) => {
                "read_failed"
            }
        }
    }

    fn tell(&self, live: &Live) {
        let error: &dyn std::fmt::Debug = match self {
            // Its words may be the client's own.
            Unwritten::Spool(SpoolError::Column(problem)) => &problem.kind(),
            Unwritten::Spool(error) => error,
            Unwritten::Log(error) => error,
            Unwritten::Problem(problem) => &problem.kind(),
        };
        tracing::warn!(export = %live.id, ?error, "an export was not written");
    }
}

/// Writes one, and records how that ended.
pub(super) fn run(app: &Arc<App>, runtime: &Handle, job: Job) {
    let _inside = runtime.enter();
    let part = app.folder.export_part(job.live.id);
    let ended = write(app, runtime, &job);
    if ended.is_err() {
        let _ = std::fs::remove_file(part);
    }
    let unwanted = job.live.unwanted.load(Ordering::Relaxed);
    if job.past.is_some() && !unwanted && ended.as_ref().is_err_and(Unwritten::is_stop) {
        // The next start begins it anew.
        return app.stored.forget(job.live.id, Ending::Interrupted);
    }
    let ended = ended.map_err(|error| {
        if !error.is_stop() {
            error.tell(&job.live);
        }
        error.code(&job.live)
    });
    let by = job.live.by.lock().expect("no holder panics").clone();
    let context = by.filter(|_| ended == Err(projections::exports::CANCELLED));
    let context = context.unwrap_or_else(|| job.context.clone());
    runtime.block_on(record_end(app, &job.live, &context, ended));
}

/// Records how an export ended, and lets those go on who wait for it once the tables hold that.
pub(super) async fn record_end(
    app: &App,
    live: &Live,
    context: &Arc<Context>,
    ended: Result<ExportCompleted, &'static str>,
) {
    let (export_id, rows) = (live.id, live.progress.rows.load(Ordering::Relaxed));
    let event = match ended {
        Ok(completed) => Event::ExportCompleted(completed),
        Err(code) => Event::ExportFailed(ExportFailed { export_id, code: code.to_owned(), rows }),
    };
    let stream = Stream::named("export", export_id);
    let entry = app::entry(stream, Expected::Revision(0), &event, None, context);
    let ending = match app.record(entry).await {
        Ok(appended) => {
            let _ = app.follower.wait_for(appended.position, WAIT_MAX).await;
            Ending::Ended(appended.position)
        }
        Err(_) => {
            // What no fact speaks of is nobody's: the next start ends the export.
            let _ = std::fs::remove_file(app.folder.export(export_id));
            Ending::Interrupted
        }
    };
    app.stored.forget(export_id, ending);
}

/// Stops where nobody wants it any more.
fn still_wanted(app: &App, live: &Live) -> Result<(), SpoolError> {
    let stops = live.unwanted.load(Ordering::Relaxed) || app.stored.is_stopping();
    if stops { Err(SpoolError::Stopped) } else { Ok(()) }
}

/// Waits for one of the places for exports.
fn place(app: &App, live: &Live) -> Result<OwnedSemaphorePermit, SpoolError> {
    loop {
        still_wanted(app, live)?;
        if let Ok(place) = app.exports.clone().try_acquire_owned() {
            return Ok(place);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn write(app: &Arc<App>, runtime: &Handle, job: &Job) -> Result<ExportCompleted, Unwritten> {
    let live = &job.live;
    let _place = place(app, live)?;
    let part = app.folder.export_part(live.id);
    let file = Told { file: File::create(&part)?, live: live.clone() };
    let (rows, spooled, written) = match &job.events {
        Some(events) => {
            let spooled = write_events(app, live, events, file)?;
            let tally = std::mem::take(&mut *live.progress.tally.lock().expect("no holder panics"));
            let columns = events.columns.iter().map(|name| (*name).to_owned()).collect();
            let rows = live.progress.rows.load(Ordering::Relaxed);
            (rows, spooled, written(app, events.slice.through, columns, &tally))
        }
        None => write_users(app, runtime, job, file)?,
    };
    // Whole on the disk before it has its name: a file with that name is never cut.
    spooled.file.file.sync_all()?;
    std::fs::rename(&part, app.folder.export(live.id))?;
    File::open(app.folder.exports())?.sync_all()?;
    Ok(ExportCompleted {
        export_id: live.id,
        rows,
        bytes: spooled.bytes,
        sha256: Some(hex::encode(spooled.sha256)),
        written: Some(written),
    })
}

fn write_users(
    app: &Arc<App>,
    runtime: &Handle,
    job: &Job,
    file: Told,
) -> Result<(u64, Spooled<Told>, ExportWritten), Unwritten> {
    let Some(past) = &job.past else {
        return write_table(app, job, &job.asked.users(app)?, &app.follower.store(), file);
    };
    let live = &job.live;
    let still = || still_wanted(app, live).is_ok();
    let wanted = Wanted { replay: &live.replay, still: &still };
    live.begins_anew();
    with_tables_at(app, runtime, past, &wanted, |store| {
        let users = job.asked.users_by(app, store, past.now(app.config.zone))?;
        let rows = users.count(store, &mut |_| still_wanted(app, live))?;
        let _ = live.rows_expected.set(rows);
        live.begins_anew();
        write_table(app, job, &users, store, file)
    })
}

fn write_table(
    app: &App,
    job: &Job,
    users: &UsersExport,
    store: &Store,
    file: Told,
) -> Result<(u64, Spooled<Told>, ExportWritten), Unwritten> {
    let rows_so_far = &job.live.progress.rows;
    let mut out = Spool::begin(file, job.asked.packed.whole(SHEET));
    let users = users.write(store, &mut out, &mut |rows| {
        rows_so_far.store(rows, Ordering::Relaxed);
        still_wanted(app, &job.live)
    })?;
    rows_so_far.store(users.rows, Ordering::Relaxed);
    let told = written(app, users.position, users.columns, &Tally::default());
    Ok((users.rows, out.end()?, told))
}

fn write_events(
    app: &App,
    live: &Arc<Live>,
    events: &EventsExport,
    file: Told,
) -> Result<Spooled<Told>, Unwritten> {
    let what = (&events.slice, &events.writer, events.packed);
    let told = (file, live.progress.clone());
    Ok(user_events::collect(&app.log, what, told, &mut || still_wanted(app, live))?)
}

/// The file, telling how long it is.
struct Told {
    file: File,
    live: Arc<Live>,
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.live.bytes.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
