//! The embedded engine: one SQLite file, one writing thread, readers that never block it.

mod check;
mod group;
mod heads;
mod names;
mod newest;
mod reader;
mod readers;
mod schema;
mod tally;
mod write_back;
mod writer;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use rusqlite::ErrorCode;
use tokio::sync::{mpsc, oneshot, watch};

pub use self::check::{LogCheck, LogFault};
use self::group::Request;
use self::heads::Heads;
use self::names::Names;
use self::reader::Reader;
pub use self::readers::{Readers, stable_plans};
pub use self::write_back::WriteBack;
use self::writer::Writer;
use crate::append::{Entry, Outcome};
use crate::error::LogError;
use crate::fact::{Content, Recorded, Row, Stream};
use crate::log::{KindTally, Scan};
use crate::position::Position;

/// Microseconds since 1970, UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Appends that may wait for the writer before callers wait too.
pub const QUEUE_MAX: usize = 1024;
/// Streams whose ends are kept in memory before they are written to their table together: a few megabytes, and now and
/// then a pause for the writer. With 200,000 streams it writes some 8 MB; with many millions, where almost each lies on a
/// page of its own, up to 256 MB.
pub const RECENT_HEADS_MAX: usize = 32_768;
/// A log whose last fact is further ahead of the clock than this is refused, in microseconds.
pub const CLOCK_AHEAD_MAX_US: i64 = 60_000_000;

/// The machine's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since_1970 =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX)
    })
}

/// How a log is opened.
#[derive(Clone)]
pub struct SqliteOptions {
    /// The writer's clock; only tests and benches pass another than the machine's.
    pub clock: Clock,
    /// Open even though the last fact is far ahead of the clock.
    pub accept_clock: bool,
    /// Appends that may wait, at least 1.
    pub queue: usize,
    /// Streams whose ends are kept in memory before they are written; tests take few.
    pub recent_heads: usize,
    /// Most pages the file may have: how tests fill a disk.
    pub pages_max: Option<u32>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        SqliteOptions {
            clock: system_clock(),
            accept_clock: false,
            queue: QUEUE_MAX,
            recent_heads: RECENT_HEADS_MAX,
            pages_max: None,
        }
    }
}

/// What the writer and everybody else share.
#[derive(Debug)]
struct Shared {
    head: watch::Sender<Position>,
    failure: OnceLock<LogError>,
    queued: AtomicUsize,
}

impl Shared {
    fn gone(&self) -> LogError {
        self.failure.get().cloned().unwrap_or(LogError::Closed)
    }

    /// What a full disk has no room for stays where it is, and is durable there. But where the disk fails, a later sync may
    /// not say so.
    fn write_back_failed(&self, error: &rusqlite::Error) {
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
            return;
        }
        tracing::error!(%error, "writing back failed; the log stops for good");
        let _ = self.failure.set(LogError::Stopped { cause: error.to_string() });
    }
}

/// Counts a caller that waits for a place in the queue, also where the caller is dropped while it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl Waiting<'_> {
    fn begin(count: &AtomicUsize) -> Waiting<'_> {
        count.fetch_add(1, Ordering::Relaxed);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An append on its way.
#[derive(Debug)]
pub struct Submitted {
    answered: oneshot::Receiver<Result<Vec<Outcome>, LogError>>,
    shared: Arc<Shared>,
}

impl Submitted {
    /// Blocks until it is durable or refused.
    ///
    /// # Errors
    /// [`LogError`] when nothing of the whole append was written.
    pub fn wait(self) -> Result<Vec<Outcome>, LogError> {
        self.answered.blocking_recv().map_err(|_| self.shared.gone())?
    }
}

/// A log in one SQLite file. Clones share the writer.
#[derive(Clone)]
pub struct SqliteLog {
    requests: mpsc::Sender<Request>,
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    names: Arc<Names>,
    heads: Arc<Heads>,
    writer: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl std::fmt::Debug for SqliteLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteLog").field("path", &self.readers.path()).finish_non_exhaustive()
    }
}

impl SqliteLog {
    /// Opens the log at `path`, making it where there is none.
    ///
    /// # Errors
    /// [`LogError::Unusable`] for a file that is no log of this version, [`LogError::ClockBehind`],
    /// [`LogError::Read`].
    pub fn open(path: &Path, options: SqliteOptions) -> Result<SqliteLog, LogError> {
        let connection = schema::open_writer(path, options.pages_max)?;
        let names = Arc::new(Names::load(&connection)?);
        let heads = Arc::new(Heads::load(&connection, options.recent_heads)?);
        let heads_through = heads::through(&connection)?;
        let (head, last_time) = schema::head(&connection)?;
        let ahead = last_time - (options.clock)();
        if ahead > CLOCK_AHEAD_MAX_US && !options.accept_clock {
            return Err(LogError::ClockBehind { ahead_s: ahead / 1_000_000 });
        }
        let (sender, receiver) = mpsc::channel(options.queue.max(1));
        let shared = Arc::new(Shared {
            head: watch::Sender::new(head),
            failure: OnceLock::new(),
            queued: AtomicUsize::new(0),
        });
        let readers = Arc::new(Readers::new(path.to_owned()));
        let failing = shared.clone();
        let write_back = WriteBack::start(path, move |error| failing.write_back_failed(error))?;
        let writer = Writer {
            connection,
            write_back: Some(write_back),
            names: names.clone(),
            heads: heads.clone(),
            clock: options.clock,
            shared: shared.clone(),
            head: head.number(),
            last_time,
            heads_through,
        };
        let thread = std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || writer.run(receiver))
            .map_err(|error| LogError::Unusable(format!("the writer cannot start: {error}")))?;
        let writer = Arc::new(Mutex::new(Some(thread)));
        Ok(SqliteLog { requests: sender, shared, readers, names, heads, writer })
    }

    fn with_reader<T>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        self.readers
            .with(|connection| work(&Reader { connection, names: &self.names, heads: &self.heads }))
    }

    async fn ask<T>(
        &self,
        make: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, LogError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting::begin(&self.shared.queued);
        self.requests.send(make(answer)).await.map_err(|_| self.gone())?;
        drop(waiting);
        answered.await.map_err(|_| self.gone())
    }

    fn gone(&self) -> LogError {
        self.shared.gone()
    }

    /// See `Log::append`.
    pub(crate) async fn append(&self, entries: Vec<Entry>) -> Result<Vec<Outcome>, LogError> {
        well_formed(&entries)?;
        self.ask(|answer| Request::Append { entries: Arc::new(entries), answer }).await?
    }

    /// See `Log::submit_blocking`.
    pub(crate) fn submit_blocking(&self, entries: Arc<Vec<Entry>>) -> Result<Submitted, LogError> {
        well_formed(&entries)?;
        let (answer, answered) = oneshot::channel();
        self.requests
            .blocking_send(Request::Append { entries, answer })
            .map_err(|_| self.gone())?;
        Ok(Submitted { answered, shared: self.shared.clone() })
    }

    /// See `Log::scan`.
    pub(crate) fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        self.with_reader(|reader| reader.scan(scan, visit))
    }

    /// See `Log::scan_content`.
    pub(crate) fn scan_content(
        &self,
        scan: Scan<'_>,
        personal: bool,
        visit: &mut dyn FnMut(&Content<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        self.with_reader(|reader| reader.scan_content(scan, personal, visit))
    }

    /// See `Log::tally`.
    pub(crate) fn tally(&self, scan: Scan<'_>) -> Result<Vec<KindTally>, LogError> {
        self.with_reader(|reader| reader.tally(scan))
    }

    /// See `Log::newest`.
    pub(crate) fn newest(&self, scan: Scan<'_>, limit: usize) -> Result<Vec<Recorded>, LogError> {
        self.with_reader(|reader| reader.newest(scan, limit))
    }

    /// See `Log::read_stream`.
    pub(crate) fn read_stream(
        &self,
        stream: &Stream,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        self.with_reader(|reader| reader.read_stream(stream, before, limit))
    }

    /// See `Log::stream_revision`.
    pub(crate) fn stream_revision(&self, stream: &Stream) -> Result<Option<u64>, LogError> {
        self.with_reader(|reader| reader.stream_revision(stream))
    }

    /// See `Log::position_before`.
    pub(crate) async fn position_before(&self, time: i64) -> Result<Position, LogError> {
        let settled = self.with_reader(|reader| reader.position_before(time))?;
        match settled {
            Some(position) => Ok(position),
            None => self.ask(|answer| Request::Settle { time, answer }).await,
        }
    }

    /// See `Log::head`.
    pub(crate) fn head(&self) -> Position {
        *self.shared.head.borrow()
    }

    /// See `Log::watch_head`.
    pub(crate) fn watch_head(&self) -> watch::Receiver<Position> {
        self.shared.head.subscribe()
    }

    /// See `Log::failure`.
    pub(crate) fn failure(&self) -> Option<LogError> {
        self.shared.failure.get().cloned()
    }

    /// See `Log::queued`.
    pub(crate) fn queued(&self) -> usize {
        self.requests.max_capacity() - self.requests.capacity()
            + self.shared.queued.load(Ordering::Relaxed)
    }

    /// See `Log::bytes`.
    pub(crate) fn bytes(&self) -> u64 {
        let wal = self.readers.path().with_extension("db-wal");
        [self.readers.path(), &wal]
            .iter()
            .filter_map(|path| path.metadata().ok())
            .map(|file| file.len())
            .sum()
    }

    /// See `Log::backup`.
    pub(crate) fn backup(&self, to: &Path) -> Result<Position, LogError> {
        schema::backup(&self.readers, to)
    }

    /// Walks the whole log and verifies what it promises; `progress` hears of positions done.
    ///
    /// # Errors
    /// [`LogError::Read`]. What is wrong in the log is in the answer.
    pub fn check(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<LogCheck, LogError> {
        // So that the table of heads is compared up to the last fact; a log that stopped is compared as far as it is.
        let (answer, answered) = oneshot::channel();
        if self.requests.blocking_send(Request::WriteHeads { answer }).is_ok() {
            let _ = answered.blocking_recv();
        }
        self.with_reader(|reader| check::check(reader, self.head(), progress))
    }

    /// See `Log::close`.
    pub(crate) fn close(&self) {
        let _ = self.requests.blocking_send(Request::Close);
        if let Some(thread) = self.writer.lock().expect("no holder panics").take() {
            let _ = thread.join();
        }
    }
}

fn well_formed(entries: &[Entry]) -> Result<(), LogError> {
    if entries.iter().any(|entry| entry.facts.is_empty()) {
        return Err(LogError::Malformed("an entry without facts"));
    }
    if entries.len() > 1 {
        let mut streams = std::collections::HashSet::with_capacity(entries.len());
        if !entries.iter().all(|entry| streams.insert(&entry.stream)) {
            return Err(LogError::Malformed("a stream named twice"));
        }
    }
    Ok(())
}
