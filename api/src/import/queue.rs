//! Imports and bulk actions run one after another, on one thread; those that wait are bounded; those a crash left go on at
//! start.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::thread::JoinHandle;

use eventlog::Position;
use tokio::sync::watch;
use uuid::Uuid;

use super::{revert, run};
use crate::app::App;
use crate::bulk;
use crate::problem::{Problem, ProblemKind};

/// Imports and bulk actions that may wait.
pub const WAITING_MAX: usize = 100;

/// What is known of an import that somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Not yet.
    Running,
    /// Its last fact is here.
    Ended(Position),
    /// The service stops first; the import goes on after the restart.
    Interrupted,
}

/// What is to be done with an import, or a bulk action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Its rows are recorded.
    Import,
    /// It is taken back.
    Revert,
    /// A bulk action: its users are changed.
    Bulk,
    /// It is taken back.
    BulkRevert,
}

/// An import, what to do with it, and whether an earlier run may have recorded some of that.
#[derive(Debug, Clone, Copy)]
struct Job {
    id: Uuid,
    work: Work,
    resumed: bool,
}

/// The queue.
#[derive(Debug, Default)]
pub struct ImportQueue {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    waiting: AtomicUsize,
    endings: Mutex<HashMap<Uuid, watch::Sender<Ending>>>,
    running: Mutex<Option<Uuid>>,
    stopping: AtomicBool,
    /// Imports that somebody wants stopped, until they are.
    cancelled: Mutex<HashSet<Uuid>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl ImportQueue {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(&self, app: &Arc<App>) -> std::io::Result<()> {
        let (sender, receiver) = mpsc::channel();
        *self.jobs.lock().expect("no holder panics") = Some(sender);
        let app = Arc::downgrade(app);
        let thread = std::thread::Builder::new()
            .name("imports".to_owned())
            .spawn(move || work(&app, &receiver))?;
        *self.thread.lock().expect("no holder panics") = Some(thread);
        Ok(())
    }

    /// Imports that wait or run.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Whether this import is the one at work.
    pub fn is_running(&self, id: Uuid) -> bool {
        *self.running.lock().expect("no holder panics") == Some(id)
    }

    /// Whether running imports should stop after the batch at hand.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Asks that an import which waits or runs be stopped after the batch at hand, and answers how it ends; none where it
    /// does neither.
    pub fn cancel(&self, id: Uuid) -> Option<watch::Receiver<Ending>> {
        // Under the lock that its end takes first: an import that ended before this is not asked for.
        let endings = self.endings.lock().expect("no holder panics");
        let ending = endings.get(&id).map(watch::Sender::subscribe)?;
        self.cancelled.lock().expect("no holder panics").insert(id);
        Some(ending)
    }

    /// Whether somebody wants this import stopped.
    pub fn is_cancelled(&self, id: Uuid) -> bool {
        self.cancelled.lock().expect("no holder panics").contains(&id)
    }

    /// Takes a place in the queue, before the first byte of a file is taken: that bounds what uploads can fill.
    ///
    /// # Errors
    /// `too_many_imports`.
    pub fn reserve(self: &Arc<Self>) -> Result<Place, Problem> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Problem::new(
                ProblemKind::TooManyImports,
                format!("{WAITING_MAX} imports and bulk actions are waiting"),
            ));
        }
        Ok(Place { queue: self.clone(), announced: None, used: false })
    }

    /// Puts an import that was accepted before this start back into the queue.
    pub fn resume(&self, id: Uuid, work: Work) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _ = self.announce(id);
        self.send(Job { id, work, resumed: true });
    }

    /// From now on the import can be waited for and cancelled; none where it can be already.
    fn announce(&self, id: Uuid) -> Option<watch::Receiver<Ending>> {
        let mut endings = self.endings.lock().expect("no holder panics");
        let Entry::Vacant(vacant) = endings.entry(id) else { return None };
        Some(vacant.insert(watch::Sender::new(Ending::Running)).subscribe())
    }

    fn send(&self, job: Job) {
        if let Some(jobs) = self.jobs.lock().expect("no holder panics").as_ref() {
            let _ = jobs.send(job);
        }
    }

    fn ended(&self, id: Uuid, ending: Ending) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let ended = self.endings.lock().expect("no holder panics").remove(&id);
        self.cancelled.lock().expect("no holder panics").remove(&id);
        if let Some(sender) = ended {
            sender.send_replace(ending);
        }
    }

    /// How an import that waits or runs will end; none where it already has.
    pub fn watch(&self, id: Uuid) -> Option<watch::Receiver<Ending>> {
        self.endings.lock().expect("no holder panics").get(&id).map(watch::Sender::subscribe)
    }

    /// Stops after the batch at hand and waits for it.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.jobs.lock().expect("no holder panics").take();
        {
            // Held meanwhile: who else stops it waits for the same batch, and closes nothing under it.
            let mut thread = self.thread.lock().expect("no holder panics");
            if let Some(thread) = thread.take() {
                let _ = thread.join();
            }
        }
        let mut endings = self.endings.lock().expect("no holder panics");
        endings.drain().for_each(|(_, ending)| {
            ending.send_replace(Ending::Interrupted);
        });
    }
}

/// A place in the queue; given back when dropped unused.
#[derive(Debug)]
pub struct Place {
    queue: Arc<ImportQueue>,
    announced: Option<Uuid>,
    used: bool,
}

impl Place {
    /// Says whose it is, before the import becomes a fact: who sees that fact can already wait for its end. Answers how
    /// it ends.
    ///
    /// # Errors
    /// `import_changed` where somebody else has just done so.
    pub fn announce(&mut self, id: Uuid) -> Result<watch::Receiver<Ending>, Problem> {
        let ending = self.queue.announce(id).ok_or_else(|| {
            Problem::new(ProblemKind::ImportChanged, "somebody else has just started it")
        })?;
        self.announced = Some(id);
        Ok(ending)
    }

    /// Queues the import that was announced.
    pub fn take(mut self, work: Work) {
        if let Some(id) = self.announced {
            self.used = true;
            self.queue.send(Job { id, work, resumed: false });
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        match (self.used, self.announced) {
            (true, _) => {}
            (false, Some(id)) => self.queue.ended(id, Ending::Interrupted),
            (false, None) => {
                self.queue.waiting.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

fn work(app: &Weak<App>, jobs: &mpsc::Receiver<Job>) {
    while let Ok(Job { id, work, resumed }) = jobs.recv() {
        let Some(app) = app.upgrade() else { return };
        // One that is to be cancelled before it began needs no more than a fact: a stop must not forget that. A bulk action
        // never needs more.
        let ends_at_once = app.imports.is_cancelled(id) && (!resumed || work == Work::Bulk);
        if app.imports.is_stopping() && !ends_at_once {
            app.imports.ended(id, Ending::Interrupted);
            continue;
        }
        *app.imports.running.lock().expect("no holder panics") = Some(id);
        let ran = match work {
            Work::Import => run::run(&app, id, resumed),
            Work::Revert => revert::run(&app, id, resumed),
            Work::Bulk => bulk::run::run(&app, id, resumed),
            Work::BulkRevert => bulk::revert::run(&app, id),
        };
        let ending = match ran {
            Ok(Some(position)) => Ending::Ended(position),
            Ok(None) => Ending::Interrupted,
            Err(error) => {
                tracing::error!(job = %id, %error, "an import or a bulk action cannot go on; it is tried again at the next start");
                Ending::Interrupted
            }
        };
        *app.imports.running.lock().expect("no holder panics") = None;
        app.imports.ended(id, ending);
    }
}
