//! How many facts of each kind there are.

use crate::error::ProjectionError;
use crate::store::{self, Store};

/// Facts of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindCount {
    /// Stored name.
    pub kind: String,
    /// How many.
    pub facts: u64,
    /// When the last was recorded: microseconds since 1970, UTC.
    pub last_at: i64,
}

impl Store {
    /// Counts by kind; a kind that never happened is not listed.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn kind_counts(&self) -> Result<Vec<KindCount>, ProjectionError> {
        self.with_reader(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT kind, facts, last_at FROM kind_counts")?;
            let counts = statement.query_map([], |row| {
                Ok(KindCount {
                    kind: row.get(0)?,
                    facts: row.get::<_, i64>(1)?.cast_unsigned(),
                    last_at: row.get(2)?,
                })
            })?;
            Ok(counts.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Facts that no known version explains.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn unreadable(&self) -> Result<u64, ProjectionError> {
        self.with_reader(|connection| {
            Ok(store::meta::<i64>(connection, "unreadable")?.unwrap_or(0).cast_unsigned())
        })
    }
}
