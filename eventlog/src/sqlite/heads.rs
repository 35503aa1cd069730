//! Where each stream ends. Recent ends are kept in memory and written to `streams` together, in key order, now and
//! then: writing each with its facts would dirty a page of the table for almost every fact, since users' ids are
//! random (measured: a quarter of a megabyte per commit of 32 facts).
//!
//! The table holds all ends up to the position in `heads_through`, which is written in the same transaction; what
//! came after is read again from the facts at opening. So the table is never needed to be right about the last ones.

use std::collections::HashMap;
use std::sync::RwLock;

use rusqlite::{Connection, OptionalExtension, params};

use super::reader::stream;
use super::writer::StreamKey;
use crate::error::LogError;
use crate::fact::Stream;

/// The table is brought up to date at the latest after this many facts: a bound on what opening has to read again
/// after a crash (a fifth of a second).
const FACTS_BEHIND_MAX: u64 = 200_000;

/// The last fact of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) revision: u64,
    pub(super) position: u64,
}

/// Ends of the streams extended since the table was last brought up to date, as committed.
#[derive(Debug)]
pub(super) struct Heads {
    recent: RwLock<HashMap<Stream, Head>>,
    recent_max: usize,
}

impl Heads {
    /// What the facts after `heads_through` say; `recent_max` streams are kept before they are written.
    pub(super) fn load(connection: &Connection, recent_max: usize) -> Result<Heads, LogError> {
        let mut recent = HashMap::new();
        let mut statement = connection.prepare(
            "SELECT stream, revision, position FROM events WHERE position > ?1 ORDER BY position",
        )?;
        let mut rows = statement.query([through(connection)?.cast_signed()])?;
        while let Some(row) = rows.next()? {
            let (revision, position): (i64, i64) = (row.get(1)?, row.get(2)?);
            let head =
                Head { revision: revision.cast_unsigned(), position: position.cast_unsigned() };
            recent.insert(stream(row.get_ref(0)?)?, head);
        }
        Ok(Heads { recent: RwLock::new(recent), recent_max })
    }

    /// The end of `stream` as last committed. Memory first: the table may be behind it.
    pub(super) fn find(
        &self,
        connection: &Connection,
        stream: &Stream,
    ) -> rusqlite::Result<Option<Head>> {
        if let Some(head) = self.recent.read().expect("no holder panics").get(stream) {
            return Ok(Some(*head));
        }
        connection
            .prepare_cached("SELECT revision, last_position FROM streams WHERE key = ?1")?
            .query_row([StreamKey(stream)], |row| {
                let (revision, position): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok(Head { revision: revision.cast_unsigned(), position: position.cast_unsigned() })
            })
            .optional()
    }

    /// Shows what was just committed.
    pub(super) fn publish(&self, committed: HashMap<Stream, Head>) {
        self.recent.write().expect("no holder panics").extend(committed);
    }

    /// Whether the table should be brought up to date with the transaction that ends at `head`.
    pub(super) fn due(&self, head: u64, through: u64) -> bool {
        self.recent.read().expect("no holder panics").len() > self.recent_max
            || head - through > FACTS_BEHIND_MAX
    }

    /// Writes all recent ends, with those of the transaction under way, to the table: inside that transaction.
    pub(super) fn write(
        &self,
        connection: &Connection,
        extended: &HashMap<Stream, Head>,
        through: u64,
    ) -> rusqlite::Result<()> {
        let recent = self.recent.read().expect("no holder panics");
        let older = recent.iter().filter(|(stream, _)| !extended.contains_key(stream));
        let mut all: Vec<(&Stream, &Head)> = older.chain(extended).collect();
        all.sort_unstable_by_key(|(stream, _)| *stream);
        let mut statement = connection.prepare_cached(
            "INSERT INTO streams(key, revision, last_position) VALUES (?1, ?2, ?3)
             ON CONFLICT(key) DO UPDATE SET revision = ?2, last_position = ?3",
        )?;
        for (stream, head) in all {
            let (revision, position) = (head.revision.cast_signed(), head.position.cast_signed());
            statement.execute(params![StreamKey(stream), revision, position])?;
        }
        connection.execute("UPDATE heads_through SET position = ?1", [through.cast_signed()])?;
        Ok(())
    }

    /// The table holds them now, durably.
    pub(super) fn forget(&self) {
        self.recent.write().expect("no holder panics").clear();
    }
}

/// The position up to which `streams` is right.
pub(super) fn through(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .query_row("SELECT position FROM heads_through", [], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
}
