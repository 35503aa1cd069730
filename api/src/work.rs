//! `work.db`: what is durable and no fact. Idempotency keys and their answers, when a token was last used, and what signing
//! in needs.

pub mod sign_in;

use std::path::Path;
use std::sync::Mutex;

use rusqlite::backup::StepResult;
use rusqlite::{Connection, OptionalExtension, params};

use crate::problem::Problem;

/// How long an answer is kept for its key, in microseconds: 24 hours.
pub const ANSWER_KEPT_US: i64 = 24 * 3600 * 1_000_000;
const FORMAT: i32 = 4;

/// Work on the store, on a thread that may wait for the disk.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?.map_err(Problem::internal)
}

/// The store.
#[derive(Debug)]
pub struct WorkStore {
    connection: Mutex<Connection>,
}

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Names and values of the headers that are kept.
    pub headers: Vec<(String, String)>,
    /// JSON body.
    pub body: Vec<u8>,
}

/// What is known of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// Nobody used it: it is reserved for the caller now.
    Reserved,
    /// The same request was answered.
    Answered(KeptAnswer),
    /// The same request is being worked on.
    InFlight,
    /// It named another request.
    Reused,
}

impl WorkStore {
    /// Opens or makes the store. Keys that were in flight when the service died are free again: the commands behind
    /// them write nothing twice.
    ///
    /// # Errors
    /// What SQLite says; a store of another version.
    pub fn open(path: &Path) -> anyhow::Result<WorkStore> {
        let connection = Connection::open(path)?;
        connection.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")?;
        let format: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if format == 0 {
            connection.execute_batch(
                "BEGIN; PRAGMA user_version=2;
                 CREATE TABLE idempotency(token_id TEXT, key TEXT, fingerprint TEXT NOT NULL, status INTEGER,
                   headers TEXT, body BLOB, at INTEGER NOT NULL, PRIMARY KEY(token_id, key)) WITHOUT ROWID;
                 CREATE INDEX idempotency_by_time ON idempotency(at);
                 CREATE TABLE token_use(token_id TEXT PRIMARY KEY, last_used_at INTEGER NOT NULL) WITHOUT ROWID;
                 COMMIT;",
            )?;
        }
        if format == 0 || format == 2 {
            connection.execute_batch(
                "BEGIN; PRAGMA user_version=3;
                 CREATE TABLE policies(position INTEGER NOT NULL, head INTEGER NOT NULL);
                 COMMIT;",
            )?;
        }
        if [0, 2, 3].contains(&format) {
            let tables = sign_in::TABLES;
            connection
                .execute_batch(&format!("BEGIN; PRAGMA user_version={FORMAT}; {tables} COMMIT;"))?;
        }
        if ![0, 2, 3, FORMAT].contains(&format) {
            anyhow::bail!("it is of format {format}; this version reads {FORMAT}");
        }
        connection.execute("DELETE FROM idempotency WHERE status IS NULL", [])?;
        Ok(WorkStore { connection: Mutex::new(connection) })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        work(&self.connection.lock().expect("no holder panics"))
    }

    /// Up to which fact all that follows by rules is recorded, where anybody knows. `head` is the log's end: where that was
    /// further when it was written down, the log is an older copy, and what was recorded is not in it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn policy_position(&self, head: u64) -> rusqlite::Result<Option<u64>> {
        self.with(|connection| {
            let sql = "SELECT position FROM policies WHERE head <= ?1";
            let position = connection.query_row(sql, [head.cast_signed()], |row| row.get(0));
            Ok(position.optional()?.map(i64::cast_unsigned))
        })
    }

    /// Writes that down.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keep_policy_position(&self, position: u64, head: u64) -> rusqlite::Result<()> {
        self.with(|connection| {
            let values = [position.cast_signed(), head.cast_signed()];
            let sql = "UPDATE policies SET position = ?1, head = ?2";
            if connection.prepare_cached(sql)?.execute(values)? == 0 {
                connection
                    .execute("INSERT INTO policies(position, head) VALUES (?1, ?2)", values)?;
            }
            Ok(())
        })
    }

    /// Looks a key up and reserves it where it is free. `fingerprint` says what the request is.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn reserve(
        &self,
        token_id: &str,
        key: &str,
        fingerprint: &str,
        now: i64,
    ) -> rusqlite::Result<KeyState> {
        self.with(|connection| {
            connection.execute("DELETE FROM idempotency WHERE at < ?1", [now - ANSWER_KEPT_US])?;
            type Found = (String, Option<u16>, Option<String>, Option<Vec<u8>>);
            let found: Option<Found> = connection
                .query_row(
                    "SELECT fingerprint, status, headers, body FROM idempotency WHERE token_id = ?1 AND key = ?2",
                    [token_id, key],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )
                .optional()?;
            Ok(match found {
                Some((known, ..)) if known != fingerprint => KeyState::Reused,
                Some((_, Some(status), headers, body)) => KeyState::Answered(KeptAnswer {
                    status,
                    headers: serde_json::from_str(&headers.unwrap_or_default()).unwrap_or_default(),
                    body: body.unwrap_or_default(),
                }),
                Some((_, None, ..)) => KeyState::InFlight,
                None => {
                    connection.execute(
                        "INSERT INTO idempotency(token_id, key, fingerprint, at) VALUES (?1, ?2, ?3, ?4)",
                        params![token_id, key, fingerprint, now],
                    )?;
                    KeyState::Reserved
                }
            })
        })
    }

    /// Keeps the answer of a reserved key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keep(&self, token_id: &str, key: &str, answer: &KeptAnswer) -> rusqlite::Result<()> {
        self.with(|connection| {
            let headers = serde_json::to_string(&answer.headers).expect("text always serialises");
            connection.execute(
                "UPDATE idempotency SET status = ?3, headers = ?4, body = ?5 WHERE token_id = ?1 AND key = ?2",
                params![token_id, key, answer.status, headers, answer.body],
            )?;
            Ok(())
        })
    }

    /// Frees a reserved key whose request came to no lasting answer.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn release(&self, token_id: &str, key: &str) -> rusqlite::Result<()> {
        self.with(|connection| {
            let sql = "DELETE FROM idempotency WHERE token_id = ?1 AND key = ?2 AND status IS NULL";
            connection.execute(sql, [token_id, key])?;
            Ok(())
        })
    }

    /// Notes when tokens were last used.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn note_use(&self, used: &[(String, i64)]) -> rusqlite::Result<()> {
        self.with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            for (token_id, at) in used {
                transaction.execute(
                    "INSERT INTO token_use VALUES (?1, ?2) ON CONFLICT(token_id) DO UPDATE SET last_used_at = ?2",
                    params![token_id, at],
                )?;
            }
            transaction.commit()
        })
    }

    /// When a token was last used: microseconds since 1970, UTC, to the minute.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn last_used(&self, token_id: &str) -> rusqlite::Result<Option<i64>> {
        self.with(|connection| {
            let sql = "SELECT last_used_at FROM token_use WHERE token_id = ?1";
            connection.query_row(sql, [token_id], |row| row.get(0)).optional()
        })
    }

    /// Copies the running store to a new file.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn backup(&self, to: &Path) -> rusqlite::Result<()> {
        self.with(|connection| {
            let mut target = Connection::open(to)?;
            let step = rusqlite::backup::Backup::new(connection, &mut target)?.step(-1)?;
            if step != StepResult::Done {
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                    Some("the work store was busy while it was copied".to_owned()),
                ));
            }
            target.execute_batch("PRAGMA journal_mode=DELETE;")
        })
    }
}
