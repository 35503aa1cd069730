//! What signing in needs and is no fact: passwords, sessions and one-time links. Of every secret only a hash is kept.
//!
//! Sessions are known in memory too. What begins or ends them takes what is to happen there, and has it happen before
//! anything else touches the store: so both always see it in the same order, and a session that begins while its password
//! is replaced ends with it.

use rusqlite::{OptionalExtension, params};

use super::WorkStore;

/// Added to a store by the version that knew it first.
pub(super) const TABLES: &str = "
CREATE TABLE passwords(member_id TEXT PRIMARY KEY, hash TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions(
  hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, member_id TEXT NOT NULL, browser TEXT NOT NULL,
  begun_at INTEGER NOT NULL, seen_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX sessions_by_member ON sessions(member_id, begun_at);
CREATE TABLE links(hash TEXT PRIMARY KEY, member_id TEXT, until INTEGER NOT NULL) WITHOUT ROWID;
";

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// SHA-256 of its secret, in hex.
    pub hash: String,
    /// Public id.
    pub id: String,
    /// Whose it is.
    pub member_id: String,
    /// What the browser says it is.
    pub browser: String,
    /// When the member signed in: microseconds since 1970, UTC.
    pub begun_at: i64,
    /// When it was last used, to the minute.
    pub seen_at: i64,
}

/// A link that was not used yet: whose password it sets, or none where it makes a new admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkLine {
    /// Whose.
    pub member_id: Option<String>,
}

impl WorkStore {
    /// The hash of a member's password.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn password(&self, member_id: &str) -> rusqlite::Result<Option<String>> {
        self.with(|connection| {
            let sql = "SELECT hash FROM passwords WHERE member_id = ?1";
            connection.query_row(sql, [member_id], |row| row.get(0)).optional()
        })
    }

    /// Sets a member's password, and says so; not where `until`, its hash as it was looked at, is another by now. Their links,
    /// the one that was used and their sessions but `kept` end with the old one; `end` ends those in memory.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_password(
        &self,
        member_id: &str,
        hash: &str,
        until: Option<&str>,
        (link, kept): (Option<&str>, Option<&str>),
        end: impl FnOnce(),
    ) -> rusqlite::Result<bool> {
        self.with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            if until.is_some() {
                let sql = "SELECT 1 FROM passwords WHERE member_id = ?1 AND hash = ?2";
                if !transaction.prepare(sql)?.exists(params![member_id, until])? {
                    return Ok(false);
                }
            }
            transaction.execute(
                "INSERT OR REPLACE INTO passwords(member_id, hash) VALUES (?1, ?2)",
                [member_id, hash],
            )?;
            let used = "DELETE FROM links WHERE member_id = ?1 OR hash = ?2";
            transaction.execute(used, params![member_id, link])?;
            let ended = "DELETE FROM sessions WHERE member_id = ?1 AND id IS NOT ?2";
            transaction.execute(ended, params![member_id, kept])?;
            transaction.commit()?;
            end();
            Ok(true)
        })
    }

    /// Forgets how a member signs in, and their sessions; `end` ends those in memory.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn forget_member(&self, member_id: &str, end: impl FnOnce()) -> rusqlite::Result<()> {
        self.with(|connection| {
            end(); // also where the disk fails
            let transaction = connection.unchecked_transaction()?;
            for table in ["passwords", "sessions", "links"] {
                let sql = format!("DELETE FROM {table} WHERE member_id = ?1");
                transaction.execute(&sql, [member_id])?;
            }
            transaction.commit()
        })
    }

    /// Keeps a link until then. An earlier one of the same member, or for somebody new, works no more; neither does any that is too old.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keep_link(
        &self,
        hash: &str,
        member_id: Option<&str>,
        (now, until): (i64, i64),
    ) -> rusqlite::Result<()> {
        self.with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let sql = "DELETE FROM links WHERE member_id IS ?1 OR until <= ?2";
            transaction.execute(sql, params![member_id, now])?;
            transaction.execute(
                "INSERT INTO links(hash, member_id, until) VALUES (?1, ?2, ?3)",
                params![hash, member_id, until],
            )?;
            transaction.commit()
        })
    }

    /// Ends the links of a member.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn end_links(&self, member_id: &str) -> rusqlite::Result<()> {
        self.with(|connection| {
            connection.execute("DELETE FROM links WHERE member_id = ?1", [member_id]).map(drop)
        })
    }

    /// The link of a hash, where it still works.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn link(&self, hash: &str, now: i64) -> rusqlite::Result<Option<LinkLine>> {
        self.with(|connection| {
            let sql = "SELECT member_id FROM links WHERE hash = ?1 AND until > ?2";
            let line = |row: &rusqlite::Row<'_>| Ok(LinkLine { member_id: row.get(0)? });
            connection.query_row(sql, params![hash, now], line).optional()
        })
    }

    /// Begins a session, as long as the password is still the one that was given; says whether it is. Of a member's
    /// sessions the newest `most` stay. `take` takes it into memory.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn begin_session(
        &self,
        session: &SessionLine,
        password: &str,
        most: u32,
        take: impl FnOnce(),
    ) -> rusqlite::Result<bool> {
        self.with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let SessionLine { hash, id, member_id, browser, begun_at, seen_at } = session;
            let begun = transaction.execute(
                "INSERT INTO sessions(hash, id, member_id, browser, begun_at, seen_at)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6 FROM passwords WHERE member_id = ?3 AND hash = ?7",
                params![hash, id, member_id, browser, begun_at, seen_at, password],
            )?;
            let sql =
                "DELETE FROM sessions WHERE member_id = ?1 AND id NOT IN (SELECT id FROM sessions
                       WHERE member_id = ?1 ORDER BY begun_at DESC, id = ?2 DESC LIMIT ?3)";
            transaction.execute(sql, params![member_id, id, most])?;
            transaction.commit()?;
            if begun == 1 {
                take();
            }
            Ok(begun == 1)
        })
    }

    /// The sessions that began or were seen after these moments; all others are forgotten.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sessions(&self, begun: i64, seen: i64) -> rusqlite::Result<Vec<SessionLine>> {
        self.with(|connection| {
            let sql = "DELETE FROM sessions WHERE begun_at <= ?1 OR seen_at <= ?2";
            connection.execute(sql, [begun, seen])?;
            let sql = "SELECT hash, id, member_id, browser, begun_at, seen_at FROM sessions";
            connection.prepare(sql)?.query_map([], session)?.collect()
        })
    }

    /// Notes when sessions were last used.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn note_seen(&self, seen: &[(String, i64)]) -> rusqlite::Result<()> {
        self.with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            for (id, at) in seen {
                let sql = "UPDATE sessions SET seen_at = ?2 WHERE id = ?1";
                transaction.prepare_cached(sql)?.execute(params![id, at])?;
            }
            transaction.commit()
        })
    }

    /// Ends one session of a member, or all; `end` ends them in memory.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn end_sessions(
        &self,
        member_id: &str,
        id: Option<&str>,
        end: impl FnOnce(),
    ) -> rusqlite::Result<()> {
        self.with(|connection| {
            let sql = "DELETE FROM sessions WHERE member_id = ?1 AND (?2 IS NULL OR id = ?2)";
            end(); // also where the disk fails
            connection.execute(sql, params![member_id, id]).map(drop)
        })
    }
}

fn session(row: &rusqlite::Row<'_>) -> rusqlite::Result<SessionLine> {
    Ok(SessionLine {
        hash: row.get(0)?,
        id: row.get(1)?,
        member_id: row.get(2)?,
        browser: row.get(3)?,
        begun_at: row.get(4)?,
        seen_at: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    #[test]
    fn whatever_ends_sessions_waits_until_one_that_begins_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let store = WorkStore::open(&folder.path().join("work.db")).unwrap();
        let nothing = || ();
        store.set_password("m", "old", None, (None, None), nothing).unwrap();
        let text = |text: &str| text.to_owned();
        let session = SessionLine {
            hash: text("h"),
            id: text("s"),
            member_id: text("m"),
            browser: String::new(),
            begun_at: 1,
            seen_at: 1,
        };
        let order = Mutex::new(Vec::new());
        let said = |what: &'static str| order.lock().unwrap().push(what);
        std::thread::scope(|scope| {
            let take = || {
                let replace =
                    || store.set_password("m", "new", None, (None, None), || said("ended"));
                let replacing = scope.spawn(replace);
                // As long as it would need, if it did not wait for this.
                for _ in 0..200 {
                    if replacing.is_finished() {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                said("taken");
            };
            assert!(store.begin_session(&session, "old", 20, take).unwrap());
        });
        assert_eq!(*order.lock().unwrap(), ["taken", "ended"]);
        assert_eq!(store.sessions(0, 0).unwrap(), []);
        assert!(!store.begin_session(&session, "old", 20, || said("taken")).unwrap());
        assert_eq!(order.lock().unwrap().len(), 2, "of a password that was replaced none begins");
    }
}
