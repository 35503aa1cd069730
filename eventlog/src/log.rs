//! The port: what every engine can do. Engines are few and ours, so this is an enum and no trait.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use domain::EventKind;
use tokio::sync::watch;

use crate::append::{Entry, Outcome};
use crate::error::LogError;
use crate::fact::{Content, Recorded, Row, Stream};
use crate::position::Position;
use crate::sqlite::{SqliteLog, Submitted};

/// A log.
#[derive(Debug, Clone)]
pub enum Log {
    /// The embedded engine.
    Sqlite(SqliteLog),
}

/// A stretch of the log to read in position order.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    /// Facts after this one.
    pub after: Position,
    /// Up to and including this one.
    pub through: Position,
    /// Only these kinds; all where none is named.
    pub kinds: Option<&'a [EventKind]>,
}

/// How many facts of one kind a stretch of the log holds; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindTally {
    /// The kind.
    pub kind: EventKind,
    /// How many.
    pub facts: u64,
    /// Position and time of the first.
    pub first: (Position, i64),
    /// Position and time of the last.
    pub last: (Position, i64),
}

impl Log {
    /// Adds facts and answers once they are durable, entry by entry. Waits while the queue is full.
    ///
    /// # Errors
    /// [`LogError`] when nothing of the whole append was written.
    pub async fn append(&self, entries: Vec<Entry>) -> Result<Vec<Outcome>, LogError> {
        match self {
            Log::Sqlite(log) => log.append(entries).await,
        }
    }

    /// [`Log::append`] for a thread that may block.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn append_blocking(&self, entries: Vec<Entry>) -> Result<Vec<Outcome>, LogError> {
        self.submit_blocking(Arc::new(entries))?.wait()
    }

    /// Queues an append and lets the caller go on; blocks only while the queue is full.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn submit_blocking(&self, entries: Arc<Vec<Entry>>) -> Result<Submitted, LogError> {
        match self {
            Log::Sqlite(log) => log.submit_blocking(entries),
        }
    }

    /// Visits a stretch in position order until the visitor breaks. The stretch is read in one short transaction,
    /// so it is the caller's part to ask for bounded stretches and not to wait inside the visitor.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        match self {
            Log::Sqlite(log) => log.scan(scan, visit),
        }
    }

    /// [`Log::scan`] for those who do not ask how the facts came to be recorded: a third faster. The personal part is
    /// read only where it is wanted.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn scan_content(
        &self,
        scan: Scan<'_>,
        personal: bool,
        visit: &mut dyn FnMut(&Content<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        match self {
            Log::Sqlite(log) => log.scan_content(scan, personal, visit),
        }
    }

    /// Counts the facts of a stretch by kind, without reading them; kinds it holds none of are left out.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn tally(&self, scan: Scan<'_>) -> Result<Vec<KindTally>, LogError> {
        match self {
            Log::Sqlite(log) => log.tally(scan),
        }
    }

    /// The newest facts of a stretch, newest first: at most `limit`. The work is that of as many facts for each kind that is
    /// named, however few of all facts those are.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn newest(&self, scan: Scan<'_>, limit: usize) -> Result<Vec<Recorded>, LogError> {
        match self {
            Log::Sqlite(log) => log.newest(scan, limit),
        }
    }

    /// The facts of one stream, newest first: at most `limit` of those before `before` (a fact of that stream).
    ///
    /// # Errors
    /// [`LogError::NotInStream`], [`LogError::Read`].
    pub fn read_stream(
        &self,
        stream: &Stream,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        match self {
            Log::Sqlite(log) => log.read_stream(stream, before, limit),
        }
    }

    /// Revision of the stream's last fact.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn stream_revision(&self, stream: &Stream) -> Result<Option<u64>, LogError> {
        match self {
            Log::Sqlite(log) => log.stream_revision(stream),
        }
    }

    /// Position of the last fact recorded before `time` (microseconds since 1970). For a time not past the last
    /// commit the answer never changes; for a later one the writer answers after its queue.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn position_before(&self, time: i64) -> Result<Position, LogError> {
        match self {
            Log::Sqlite(log) => log.position_before(time).await,
        }
    }

    /// Position of the last durable fact.
    pub fn head(&self) -> Position {
        match self {
            Log::Sqlite(log) => log.head(),
        }
    }

    /// The head, as it moves.
    pub fn watch_head(&self) -> watch::Receiver<Position> {
        match self {
            Log::Sqlite(log) => log.watch_head(),
        }
    }

    /// Why nothing can be written, where nothing can.
    pub fn failure(&self) -> Option<LogError> {
        match self {
            Log::Sqlite(log) => log.failure(),
        }
    }

    /// Appends waiting for the writer.
    pub fn queued(&self) -> usize {
        match self {
            Log::Sqlite(log) => log.queued(),
        }
    }

    /// Bytes the log takes on disk, its write-ahead part included.
    pub fn bytes(&self) -> u64 {
        match self {
            Log::Sqlite(log) => log.bytes(),
        }
    }

    /// Copies the running log to a new file, consistently, and answers its head.
    ///
    /// # Errors
    /// [`LogError::Read`].
    pub fn backup(&self, to: &Path) -> Result<Position, LogError> {
        match self {
            Log::Sqlite(log) => log.backup(to),
        }
    }

    /// Finishes what is queued, then stops the writer.
    pub fn close(&self) {
        match self {
            Log::Sqlite(log) => log.close(),
        }
    }
}
