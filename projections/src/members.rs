//! Everybody who belongs to something, to be asked about many users.

use std::collections::HashSet;

use domain::UserId;
use foldhash::fast::RandomState;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::store::Store;
use crate::table::Belonging;

/// Sorts of what is counted beside those of rules.
pub(crate) const APP: &str = "app";
pub(crate) const LIST: &str = "list";
/// All users, counted like members of something.
pub(crate) const USERS: &str = "users";

type Ids = HashSet<[u8; 16], RandomState>;

/// Ids of users, by half: those whose first bit is not set, and the others. They are random, so halves are alike.
#[derive(Debug, Default)]
pub struct Members([Ids; 2]);

impl Members {
    /// Whether a user is among them.
    pub fn contains(&self, user: UserId) -> bool {
        let id = user.0.as_bytes();
        self.0[usize::from(id[0] >> 7)].contains(id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(Ids::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in order.
    pub fn sorted(&self) -> Vec<UserId> {
        let mut all: Vec<UserId> =
            self.0.iter().flatten().map(|id| UserId(Uuid::from_bytes(*id))).collect();
        all.sort_unstable();
        all
    }
}

impl Store {
    /// How many belong to something.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn member_count(&self, of: &Belonging) -> Result<u64, ProjectionError> {
        self.with_reader(|connection| counted(connection, of.sort(), of.id().as_str()))
    }

    /// How many users there are.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn user_count(&self) -> Result<u64, ProjectionError> {
        self.with_reader(|connection| counted(connection, USERS, ""))
    }

    /// Everybody who belongs to something, read by two at once.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn members_of(&self, of: &Belonging) -> Result<Members, ProjectionError> {
        let (table, column) = of.place();
        let read = |bound: &str| -> Result<Ids, ProjectionError> {
            let sql = format!(
                "SELECT user_id FROM {table} WHERE {column} = ?1 AND user_id {bound} x'80'"
            );
            self.with_reader(|connection| {
                let mut statement = connection.prepare_cached(&sql)?;
                let users = statement.query_map([of.id().as_str()], |row| row.get(0))?;
                Ok(users.collect::<rusqlite::Result<_>>()?)
            })
        };
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(|| read(">="));
            (read("<"), other.join().expect("reading does not panic"))
        });
        Ok(Members([one?, other?]))
    }
}

pub(crate) fn counted(
    connection: &Connection,
    sort: &str,
    id: &str,
) -> Result<u64, ProjectionError> {
    let sql = "SELECT users FROM member_counts WHERE sort = ?1 AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let count: Option<i64> = statement.query_row([sort, id], |row| row.get(0)).optional()?;
    Ok(count.unwrap_or(0).cast_unsigned())
}
