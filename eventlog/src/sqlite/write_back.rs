//! A thread beside each writing one: what waits in the write-ahead file goes into the file behind it.
//!
//! Else a commit that happens to fill that file pays for all that lies there: 94 ms of one commit (seen with strace) where
//! others take 8. Writers and readers go on meanwhile; what a reader still needs is left for later. Two connections that
//! write to one file this way need SQLite 3.51.3: before, the file could be damaged (its "WAL-reset bug").

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::LogError;

/// Pages that are worth a write-back, 8 MB: fewer would cost two syncs for every few changes.
const PAGES_MIN: i64 = 1_000;
/// How long it lets commits gather before it looks how much waits.
const GATHER: Duration = Duration::from_millis(20);

/// The thread; it ends with this.
#[derive(Debug)]
pub struct WriteBack {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl WriteBack {
    /// Begins to look after the file at `path`, which is there. `failed` is told what SQLite says where it fails.
    ///
    /// # Errors
    /// [`LogError::Read`], [`LogError::Unusable`] where the system starts no thread.
    pub fn start(
        path: &Path,
        failed: impl Fn(&rusqlite::Error) + Send + 'static,
    ) -> Result<WriteBack, LogError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let told = stopping.clone();
        let thread = std::thread::Builder::new()
            .name("write-back".to_owned())
            .spawn(move || {
                while !told.load(Ordering::Relaxed) {
                    if let Err(error) = write_back(&connection) {
                        failed(&error);
                    }
                    std::thread::park();
                    std::thread::sleep(GATHER);
                }
            })
            .map_err(|error| LogError::Unusable(format!("no thread starts: {error}")))?;
        Ok(WriteBack { stopping, thread: Some(thread) })
    }

    /// Says that something was written.
    pub fn look(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for WriteBack {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn write_back(connection: &Connection) -> rusqlite::Result<()> {
    let look = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    let (pages, written) = connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], look)?;
    if pages - written >= PAGES_MIN {
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    }
    Ok(())
}
