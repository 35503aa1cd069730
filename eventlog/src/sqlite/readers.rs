//! Connections that only read, lent and taken back: for the log, and for other files of the house.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// Connections kept for the next reader.
const IDLE_MAX: usize = 8;

/// Readers of one file in WAL mode. They never block its writer and never checkpoint.
#[derive(Debug)]
pub struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of the file at `path`; opens none yet.
    pub fn new(path: PathBuf) -> Readers {
        Readers { path, idle: Mutex::new(Vec::new()) }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lends a connection. One whose work failed is not used again. Everything read through one `BEGIN` is from one
    /// moment.
    ///
    /// # Errors
    /// What SQLite says, or what the work answers.
    pub fn with<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.lock().expect("no holder panics").pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let answer = work(&connection)?;
        let mut idle = self.idle.lock().expect("no holder panics");
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
        Ok(answer)
    }

    /// A connection of its own, for work that lasts long. It maps the file: reads of a stream take half the time
    /// (measured).
    ///
    /// # Errors
    /// What SQLite says.
    pub fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(32);
        stable_plans(&connection)?;
        connection.execute_batch(
            "PRAGMA query_only=1; PRAGMA mmap_size=1099511627776; PRAGMA cache_size=-4096; PRAGMA wal_autocheckpoint=0;",
        )?;
        Ok(connection)
    }
}

/// Plans must not depend on bound values: where SQLite is built with STAT4 it otherwise compiles a prepared statement
/// again for every new key, which took over a third of an import's time (profiled).
///
/// # Errors
/// What SQLite says.
pub fn stable_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}
