//! The thread that keeps the tables up with the log, and the rebuild that runs beside it.

use std::future::Future;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::task::{Context, Wake, Waker};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use eventlog::{Log, Position};
use tokio::sync::watch;
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::fold::Batch;
use crate::store::Store;

/// Facts folded in one transaction while serving: what an import appends at once, and about 50 ms.
pub const BATCH_SERVING: usize = 10_000;
/// Facts folded in one transaction while nobody reads: with many users, more of them meet the same rows.
pub const BATCH_BUILDING: usize = 200_000;
/// Facts behind from which on nobody is expected to read.
const FAR_BEHIND: u64 = 100_000;
/// After a batch of fewer facts than this, the thread lets more gather: a transaction for every few facts of many
/// clients takes the processor from those clients (a sixth of it, profiled).
const BATCH_SMALL: u64 = 1_000;
/// How long it lets them gather while nobody waits for a position.
const GATHER: Duration = Duration::from_millis(20);
/// How long the thread waits after a failure before it tries again.
const PAUSE: Duration = Duration::from_millis(200);

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildProgress {
    /// Facts folded.
    pub done: u64,
    /// Facts in the log, as far as is known now.
    pub total: u64,
}

/// Follows the log. Clones share the thread.
#[derive(Debug, Clone)]
pub struct Follower {
    inner: Arc<Inner>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    log_id: Uuid,
    log: Log,
    current: RwLock<Arc<Store>>,
    checkpoint: watch::Sender<Position>,
    failure: Mutex<Option<String>>,
    stopping: AtomicBool,
    /// Readers that wait for a position.
    waiting: AtomicUsize,
    thread: OnceLock<Thread>,
    /// Held while a batch is folded, and while a rebuilt file takes the place of the current one.
    folding: Mutex<()>,
    rebuilding: Mutex<()>,
}

impl Follower {
    /// Opens or makes the tables of the log in `folder` and starts to follow.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn start(folder: &Path, log_id: Uuid, log: Log) -> Result<Follower, ProjectionError> {
        let store = Store::open_current(folder, log_id, log.head())?;
        let checkpoint = watch::Sender::new(store.checkpoint()?);
        let inner = Arc::new(Inner {
            folder: folder.to_owned(),
            log_id,
            log,
            current: RwLock::new(Arc::new(store)),
            checkpoint,
            failure: Mutex::new(None),
            stopping: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            thread: OnceLock::new(),
            folding: Mutex::new(()),
            rebuilding: Mutex::new(()),
        });
        let following = inner.clone();
        let thread = std::thread::Builder::new()
            .name("projections".to_owned())
            .spawn(move || following.run())
            .map_err(ProjectionError::from)?;
        Ok(Follower { inner, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// The serving tables.
    pub fn store(&self) -> Arc<Store> {
        self.inner.store()
    }

    /// The last fact in the serving tables.
    pub fn checkpoint(&self) -> Position {
        *self.inner.checkpoint.borrow()
    }

    /// Parks the thread until the checkpoint is another than the one `seen`, or for `at_most`, or until it is unparked.
    pub fn park(&self, seen: Position, at_most: Duration) {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut checkpoint = self.inner.checkpoint.subscribe();
        if *checkpoint.borrow_and_update() != seen {
            return;
        }
        let mut moved = pin!(checkpoint.changed());
        if moved.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            std::thread::park_timeout(at_most);
        }
    }

    /// Facts in the log that the tables do not hold yet.
    pub fn lag(&self) -> u64 {
        self.inner.log.head().number().saturating_sub(self.checkpoint().number())
    }

    /// Why the tables stand still, where they do.
    pub fn failure(&self) -> Option<String> {
        self.inner.failure.lock().expect("no holder panics").clone()
    }

    /// Waits until the tables hold `position`.
    ///
    /// # Errors
    /// [`ProjectionError::Behind`] after `limit`.
    pub async fn wait_for(
        &self,
        position: Position,
        limit: Duration,
    ) -> Result<(), ProjectionError> {
        let mut checkpoint = self.inner.checkpoint.subscribe();
        if *checkpoint.borrow() >= position {
            return Ok(());
        }
        let _waiting = Waiting::begin(&self.inner);
        let reached = checkpoint.wait_for(|at| *at >= position);
        match tokio::time::timeout(limit, reached).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                Err(ProjectionError::Behind { wanted: position, at: self.checkpoint() })
            }
        }
    }

    /// Builds the tables anew beside the serving ones and puts them in their place. Blocks; one at a time.
    ///
    /// # Errors
    /// [`ProjectionError`]; then the old tables go on serving.
    pub fn rebuild(
        &self,
        progress: &mut dyn FnMut(RebuildProgress),
    ) -> Result<u64, ProjectionError> {
        self.inner.rebuild(progress)
    }

    /// Stops after the batch at hand.
    pub fn stop(&self) {
        self.inner.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.lock().expect("no holder panics").take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// Somebody waits: facts are folded as they come.
struct Waiting<'a>(&'a Inner);

impl Waiting<'_> {
    fn begin(inner: &Inner) -> Waiting<'_> {
        inner.waiting.fetch_add(1, Ordering::SeqCst);
        if let Some(thread) = inner.thread.get() {
            thread.unpark();
        }
        Waiting(inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Wakes a sleeping thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Inner {
    fn store(&self) -> Arc<Store> {
        self.current.read().expect("no holder panics").clone()
    }

    fn run(&self) {
        let mut head = self.log.watch_head();
        self.thread.get_or_init(std::thread::current);
        while !self.stopping.load(Ordering::Relaxed) {
            head.mark_unchanged();
            match self.fold_batch() {
                Ok(0) => self.sleep_until_moved(&mut head),
                Ok(facts) if facts < BATCH_SMALL && self.waiting.load(Ordering::SeqCst) == 0 => {
                    std::thread::park_timeout(GATHER);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "folding failed; trying again");
                    *self.failure.lock().expect("no holder panics") = Some(error.to_string());
                    self.pause();
                }
            }
        }
    }

    /// Waits after a failure, however many readers ask to go on.
    fn pause(&self) {
        let until = Instant::now() + PAUSE;
        while !self.stopping.load(Ordering::Relaxed)
            && let Some(left) = until.checked_duration_since(Instant::now())
        {
            std::thread::park_timeout(left);
        }
    }

    /// Polls the head from this thread, which needs no runtime: one that shuts down would take the thread with it.
    fn sleep_until_moved(&self, head: &mut watch::Receiver<Position>) {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut moved = pin!(head.changed());
        while !self.stopping.load(Ordering::Relaxed)
            && moved.as_mut().poll(&mut Context::from_waker(&waker)).is_pending()
        {
            std::thread::park();
        }
    }

    /// Folds up to a batch; answers how many facts it held.
    fn fold_batch(&self) -> Result<u64, ProjectionError> {
        let _folding = self.folding.lock().expect("no holder panics");
        let head = self.log.head();
        if *self.checkpoint.borrow() >= head {
            return Ok(0);
        }
        let (store, before) = (self.store(), *self.checkpoint.borrow());
        // Far behind, as after a restore, bigger batches are faster; near, smaller ones are seen sooner.
        let reached = if head.number().saturating_sub(before.number()) > FAR_BEHIND {
            fold_ahead(&self.log, &store, head, &mut |reached| {
                self.checkpoint.send_replace(reached);
                match self.stopping.load(Ordering::Relaxed) {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })?
        } else {
            let batch = Batch::gather(&self.log, before, head, BATCH_SERVING)?;
            store.with_writer(|connection| batch.write(connection))?
        };
        *self.failure.lock().expect("no holder panics") = None;
        self.checkpoint.send_replace(reached);
        if let Err(error) = store.written() {
            tracing::warn!(%error, "nothing writes the tables back; tried again with the next facts");
        }
        Ok(reached.number().saturating_sub(before.number()))
    }

    fn rebuild(&self, progress: &mut dyn FnMut(RebuildProgress)) -> Result<u64, ProjectionError> {
        let _one_at_a_time = self.rebuilding.lock().expect("no holder panics");
        let next = Store::create_next(&self.folder, self.log_id)?;
        let built = self.build(&next, progress);
        if built.is_err() {
            next.retire();
            return built;
        }
        let _folding = self.folding.lock().expect("no holder panics");
        let reached = catch_up(&self.log, &next, self.log.head(), &mut |_| {})?;
        next.promote()?;
        let old = std::mem::replace(
            &mut *self.current.write().expect("no holder panics"),
            Arc::new(next),
        );
        self.checkpoint.send_replace(reached);
        *self.failure.lock().expect("no holder panics") = None;
        old.retire();
        Ok(reached.number())
    }

    fn build(
        &self,
        next: &Store,
        progress: &mut dyn FnMut(RebuildProgress),
    ) -> Result<u64, ProjectionError> {
        let total = || self.log.head().number();
        let reached = catch_up(&self.log, next, self.log.head(), &mut |done| {
            progress(RebuildProgress { done: done.number(), total: total() });
        })?;
        next.index()?; // the old tables serve on meanwhile
        Ok(reached.number())
    }
}

/// Folds everything up to `through`, in batches: the next is gathered while one is written.
///
/// # Errors
/// [`ProjectionError`].
pub fn catch_up(
    log: &Log,
    store: &Store,
    through: Position,
    progress: &mut dyn FnMut(Position),
) -> Result<Position, ProjectionError> {
    fold_ahead(log, store, through, &mut |at| {
        progress(at);
        ControlFlow::Continue(())
    })
}

/// The same until the visitor breaks, which is told how far it is after every batch.
fn fold_ahead(
    log: &Log,
    store: &Store,
    through: Position,
    reached: &mut dyn FnMut(Position) -> ControlFlow<()>,
) -> Result<Position, ProjectionError> {
    let mut at = store.checkpoint()?;
    if at >= through {
        return Ok(at);
    }
    std::thread::scope(|scope| {
        // Nothing waits in it: one batch is written and one is gathered, so memory is that of two.
        let (send, batches) = sync_channel(0);
        scope.spawn(move || gather_all(log, at, through, &send));
        for batch in batches {
            let batch: Batch = batch?;
            at = store.with_writer(|connection| batch.write(connection))?;
            if reached(at).is_break() {
                break;
            }
        }
        Ok(at)
    })
}

/// Gathers batch after batch until all are, or one cannot be read, or nobody takes them any more.
fn gather_all(
    log: &Log,
    mut after: Position,
    through: Position,
    send: &SyncSender<Result<Batch, ProjectionError>>,
) {
    while after < through {
        let batch = Batch::gather(log, after, through, BATCH_BUILDING);
        let reached = batch.as_ref().map(Batch::reached).ok();
        if send.send(batch).is_err() {
            return;
        }
        match reached {
            Some(reached) => after = reached,
            None => return,
        }
    }
}
