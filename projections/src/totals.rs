//! How many facts of each kind there are.

use crate::error::ProjectionError;
use crate::members::{USERS, counted};
use crate::store::{self, Store};
use crate::users::snapshot;

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

    /// How many users there are, and how many did something since each of three moments, of which none is before the
    /// last.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn active_since(&self, moments: [i64; 3]) -> Result<(u64, [u64; 3]), ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT count(*) FILTER (WHERE last_active_at >= ?1),
                         count(*) FILTER (WHERE last_active_at >= ?2), count(*)
                       FROM user_stats INDEXED BY user_stats_by_activity
                       WHERE last_active_at >= ?3 AND no IS NOT NULL";
            snapshot(connection, |connection| {
                let mut statement = connection.prepare_cached(sql)?;
                let active = statement.query_row(moments, |row| {
                    let count = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
                    Ok([count(0)?, count(1)?, count(2)?])
                })?;
                Ok((counted(connection, USERS, "")?, active))
            })
        })
    }
}
