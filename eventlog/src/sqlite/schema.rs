//! The file: its tables, how each connection is set up, how it is copied.

use std::path::Path;

use rusqlite::backup::StepResult;
use rusqlite::{Connection, OptionalExtension};

use super::readers::{Readers, stable_plans};
use crate::error::LogError;
use crate::position::Position;

/// `COHT`: tells `file` and a person with a hex viewer whose file it is.
const APPLICATION_ID: i32 = 0x434F_4854;
/// Version of the tables below.
const FORMAT: i32 = 2;
/// 3.51.3 mends a race between two connections that could damage a write-ahead log (fixed 2026-03-13).
const SQLITE_MIN: i32 = 3_051_003;

/// A stream's key is the 16 bytes of a user's id, or the stream's name as text. `prev_position` is the fact before
/// in the same stream, 0 at its start. `streams` holds the ends of streams up to the position in `heads_through`.
/// There is no index over stream and revision and none over time: see README.
const TABLES: &str = "
CREATE TABLE kinds(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE actors(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(kind, name));
CREATE TABLE streams(key PRIMARY KEY, revision INTEGER NOT NULL, last_position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE heads_through(position INTEGER NOT NULL);
INSERT INTO heads_through VALUES (0);
CREATE TABLE events(
  position INTEGER PRIMARY KEY,
  kind_id INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  stream NOT NULL,
  revision INTEGER NOT NULL,
  prev_position INTEGER NOT NULL,
  version INTEGER NOT NULL,
  event_id BLOB NOT NULL,
  occurred_at INTEGER,
  actor_id INTEGER NOT NULL,
  origin INTEGER NOT NULL,
  correlation BLOB NOT NULL,
  cause_id BLOB,
  cause_stream,
  cause_revision INTEGER,
  data TEXT NOT NULL,
  personal TEXT
);
CREATE INDEX events_by_kind ON events(kind_id);
";

pub(super) fn open_writer(path: &Path, pages_max: Option<u32>) -> Result<Connection, LogError> {
    if rusqlite::version_number() < SQLITE_MIN {
        return Err(LogError::Unusable(format!(
            "SQLite {} is older than 3.51.3",
            rusqlite::version()
        )));
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    stable_plans(&connection)?;
    // Page size holds only before the first write. Facts are appended, so few pages are dirty at once and 24 MB hold
    // them. Another thread writes back; this one does only where that finds no moment to finish.
    connection.execute_batch(
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-24576;
         PRAGMA wal_autocheckpoint=16000; PRAGMA journal_size_limit=134217728; PRAGMA temp_store=MEMORY;",
    )?;
    if let Some(pages) = pages_max {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    let format: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (format, tables) {
        (0, 0) => {
            connection.execute_batch(&format!(
                "BEGIN; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={FORMAT}; {TABLES} COMMIT;"
            ))?;
        }
        (FORMAT, _) => {}
        _ => {
            return Err(LogError::Unusable(format!(
                "{} is no log of this version (format {format}, this version reads {FORMAT})",
                path.display()
            )));
        }
    }
    Ok(connection)
}

/// Position and time of the last fact.
pub(super) fn head(connection: &Connection) -> Result<(Position, i64), LogError> {
    let last = connection
        .query_row(
            "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(last.map_or((Position::START, 0), |(position, time)| {
        (Position::single(position.cast_unsigned()), time)
    }))
}

/// Copies in one read transaction: the writer goes on, the copy holds whole commits only.
pub(super) fn backup(readers: &Readers, to: &Path) -> Result<Position, LogError> {
    let source = readers.open()?;
    let mut target = Connection::open(to)?;
    {
        let copy = rusqlite::backup::Backup::new(&source, &mut target)?;
        // All pages in one step: a copy in several would start anew whenever the writer commits in between.
        if copy.step(-1)? != StepResult::Done {
            return Err(LogError::Read("the log was busy while it was copied".to_owned()));
        }
    }
    let (head, _) = head(&target)?;
    // The copy travels as one file, so it must not need a write-ahead log beside it.
    target.execute_batch("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;")?;
    Ok(head)
}
