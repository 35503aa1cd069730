//! Exports whose files are kept: asked for, written one after another on one thread, fetched as often as wanted, removed
//! in time.

pub mod again;
pub mod begin;
pub mod fact;
pub mod name;
pub mod resume;
pub mod retention;
mod write;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use eventlog::{Context, Position};
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;

use super::asked::{Asked, EventsExport};
use super::ledger::Progress;
use super::past::{Moment, Replay};
use crate::app::App;
use crate::problem::{Problem, ProblemKind};

/// Exports with a file that may wait.
pub const STORED_WAITING_MAX: usize = 100;

/// What is known of an export that somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Not yet.
    Running,
    /// Its last fact is here, and the tables hold it.
    Ended(Position),
    /// The service stops first, or its log does; the next start ends it.
    Interrupted,
}

/// How far an export is that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It waits for its turn.
    Queued,
    /// It is being written since.
    Running(Instant),
    /// Its end is being recorded.
    Over,
}

/// An export that waits or is being written.
#[derive(Debug)]
pub struct Live {
    id: Uuid,
    /// Rows handed to the file.
    pub progress: Arc<Progress>,
    /// Bytes in the file.
    pub bytes: AtomicU64,
    /// Of a past moment: how far its tables are.
    pub replay: Replay,
    /// Of a past moment: rows its tables were counted to have.
    pub rows_expected: OnceLock<u64>,
    stage: Mutex<Stage>,
    unwanted: AtomicBool,
    /// Who wants it stopped.
    by: Mutex<Option<Arc<Context>>>,
    ending: watch::Sender<Ending>,
}

impl Live {
    fn new(id: Uuid) -> Arc<Live> {
        Arc::new(Live {
            id,
            progress: Arc::default(),
            bytes: AtomicU64::new(0),
            replay: Replay::default(),
            rows_expected: OnceLock::new(),
            stage: Mutex::new(Stage::Queued),
            unwanted: AtomicBool::new(false),
            by: Mutex::new(None),
            ending: watch::Sender::new(Ending::Running),
        })
    }

    /// Since when it is being written; none while it waits for its turn.
    pub fn since(&self) -> Option<Instant> {
        match *self.stage.lock().expect("no holder panics") {
            Stage::Running(since) => Some(since),
            Stage::Queued | Stage::Over => None,
        }
    }

    /// What is done from now on tells how fast it goes.
    fn begins_anew(&self) {
        let mut stage = self.stage.lock().expect("no holder panics");
        if let Stage::Running(since) = &mut *stage {
            *since = Instant::now();
        }
    }

    /// Seconds left at the rate so far, of the replay as long as there is one, then of so many rows.
    pub fn seconds_left(&self, rows: Option<u64>) -> Option<u64> {
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (replayed, to_replay) = (of(&self.replay.done), of(&self.replay.all));
        let (done, all) = match replayed < to_replay {
            true => (replayed, to_replay),
            false => (of(&self.progress.rows), rows?),
        };
        let since = self.since().filter(|_| done > 0)?;
        let left = all.saturating_sub(done) as f64;
        Some((since.elapsed().as_secs_f64() * left / done as f64).ceil() as u64)
    }

    /// How it will end.
    pub fn ending(&self) -> watch::Receiver<Ending> {
        self.ending.subscribe()
    }

    /// Takes it from its place in the queue to another stage; false where it is there no more.
    fn leaves_queue(&self, to: Stage) -> bool {
        let mut stage = self.stage.lock().expect("no holder panics");
        let waits = *stage == Stage::Queued;
        if waits {
            *stage = to;
        }
        waits
    }
}

/// One to be written.
struct Job {
    live: Arc<Live>,
    asked: Asked,
    /// Of user events: which, fixed when it was asked for.
    events: Option<EventsExport>,
    /// Of users: the past moment, where one was asked for.
    past: Option<Moment>,
    context: Arc<Context>,
}

/// The queue.
#[derive(Default)]
pub struct StoredExports {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    live: Mutex<HashMap<Uuid, Arc<Live>>>,
    /// Those that are being handed out at once.
    handing: Mutex<HashMap<Uuid, Arc<Progress>>>,
    stopping: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Held while one is asked for: the same request twice at once is one export.
    asking: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for StoredExports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredExports").finish_non_exhaustive()
    }
}

impl StoredExports {
    /// Starts the thread. Must be called inside a runtime.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(&self, app: &Arc<App>) -> std::io::Result<()> {
        let (sender, receiver) = mpsc::channel();
        *self.jobs.lock().expect("no holder panics") = Some(sender);
        let (app, runtime) = (Arc::downgrade(app), Handle::current());
        let thread = std::thread::Builder::new()
            .name("exports".to_owned())
            .spawn(move || work(&app, &runtime, &receiver))?;
        *self.thread.lock().expect("no holder panics") = Some(thread);
        Ok(())
    }

    /// One that waits or is being written; none where it has ended.
    pub fn live(&self, id: Uuid) -> Option<Arc<Live>> {
        self.live.lock().expect("no holder panics").get(&id).cloned()
    }

    /// How far one is that is being handed out at once.
    pub fn handing(&self, id: Uuid) -> Option<Arc<Progress>> {
        self.handing.lock().expect("no holder panics").get(&id).cloned()
    }

    /// One is being handed out.
    pub(super) fn hands(&self, id: Uuid, progress: &Arc<Progress>) {
        self.handing.lock().expect("no holder panics").insert(id, progress.clone());
    }

    /// It is no more.
    pub(super) fn handed(&self, id: Uuid) {
        self.handing.lock().expect("no holder panics").remove(&id);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// From now on it can be watched and cancelled.
    ///
    /// # Errors
    /// `too_many_exports`.
    fn announce(&self, id: Uuid) -> Result<Arc<Live>, Problem> {
        let mut live = self.live.lock().expect("no holder panics");
        if live.len() >= STORED_WAITING_MAX {
            let detail = format!("{STORED_WAITING_MAX} exports wait to be written");
            return Err(Problem::new(ProblemKind::TooManyExports, detail));
        }
        Ok(live.entry(id).or_insert_with(|| Live::new(id)).clone())
    }

    fn send(&self, job: Job) {
        if let Some(jobs) = self.jobs.lock().expect("no holder panics").as_ref() {
            let _ = jobs.send(job);
        }
    }

    fn forget(&self, id: Uuid, ending: Ending) {
        let live = self.live.lock().expect("no holder panics").remove(&id);
        if let Some(live) = live {
            live.ending.send_replace(ending);
        }
    }

    /// Ends what waits and what is being written, and waits for it.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.jobs.lock().expect("no holder panics").take();
        {
            // Held meanwhile: who else stops it waits for the same file, and closes nothing under it.
            let mut thread = self.thread.lock().expect("no holder panics");
            if let Some(thread) = thread.take() {
                let _ = thread.join();
            }
        }
        let ids: Vec<Uuid> = self.live.lock().expect("no holder panics").keys().copied().collect();
        ids.into_iter().for_each(|id| self.forget(id, Ending::Interrupted));
    }
}

/// Stops an export that waits or is being written, in the name of who asks; answers how it ends. None where it has
/// ended.
pub async fn cancel(
    app: &App,
    id: Uuid,
    context: &Arc<Context>,
) -> Option<watch::Receiver<Ending>> {
    let live = app.stored.live(id)?;
    let ending = live.ending();
    *live.by.lock().expect("no holder panics") = Some(context.clone());
    live.unwanted.store(true, Ordering::Relaxed);
    // One that waits needs no more than a fact.
    if live.leaves_queue(Stage::Over) {
        write::record_end(app, &live, context, Err("cancelled")).await;
    }
    Some(ending)
}

fn work(app: &Weak<App>, runtime: &Handle, jobs: &mpsc::Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        let Some(app) = app.upgrade() else { return };
        if job.live.leaves_queue(Stage::Running(Instant::now())) {
            write::run(&app, runtime, job);
        }
    }
}
