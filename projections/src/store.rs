//! The file: its tables, its connections, its generations.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use eventlog::Position;
use eventlog::sqlite::{Readers, WriteBack, stable_plans};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use uuid::Uuid;

use crate::error::ProjectionError;

/// Version of the tables. A file of another version is thrown away and built again.
const FORMAT: i32 = 12;

/// `users` is what rarely changes and is wide, `user_stats` what every fact moves and is narrow: a fold touches the
/// small tree, which stays in memory. It alone is keyed by the id, which is random: one such tree, not two. The index
/// carries what users are found by (see `found_by`), so a search can read it alone.
const TABLES: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE users(
  no INTEGER PRIMARY KEY, id BLOB NOT NULL, member_since INTEGER NOT NULL,
  email TEXT NOT NULL, found TEXT NOT NULL, fields TEXT NOT NULL, import BLOB);
CREATE TABLE user_stats(
  id BLOB PRIMARY KEY, no INTEGER, revision INTEGER NOT NULL, last_active_at INTEGER,
  challenges_completed INTEGER NOT NULL, digital_assets INTEGER NOT NULL, perks_used INTEGER NOT NULL,
  active_hour INTEGER) WITHOUT ROWID;
CREATE TABLE email_claims(
  id BLOB PRIMARY KEY, owner BLOB NOT NULL, correlation BLOB NOT NULL, followed INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX email_claims_by_owner ON email_claims(owner);
CREATE TABLE user_emails(
  owner BLOB NOT NULL, address BLOB NOT NULL, email TEXT NOT NULL, until INTEGER, PRIMARY KEY(owner, address)) WITHOUT ROWID;
CREATE TABLE released_emails(id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE external_ids(
  external_id TEXT NOT NULL, user_id BLOB NOT NULL, since INTEGER NOT NULL, until INTEGER,
  PRIMARY KEY(external_id, user_id, since)) WITHOUT ROWID;
CREATE TABLE user_badges(
  user_id BLOB NOT NULL, badge_id TEXT NOT NULL, since INTEGER NOT NULL,
  PRIMARY KEY(user_id, badge_id)) WITHOUT ROWID;
CREATE TABLE user_challenges(
  user_id BLOB NOT NULL, challenge_id TEXT NOT NULL, joined_at INTEGER NOT NULL, completed_at INTEGER,
  steps TEXT NOT NULL, rewards TEXT NOT NULL, PRIMARY KEY(user_id, challenge_id)) WITHOUT ROWID;
CREATE TABLE user_perks(
  user_id BLOB NOT NULL, perk_id TEXT NOT NULL, received INTEGER NOT NULL, used INTEGER NOT NULL, received_at INTEGER,
  used_at INTEGER, PRIMARY KEY(user_id, perk_id)) WITHOUT ROWID;
CREATE TABLE user_digital_assets(
  user_id BLOB NOT NULL, digital_asset_id TEXT NOT NULL, received_at INTEGER NOT NULL,
  PRIMARY KEY(user_id, digital_asset_id)) WITHOUT ROWID;
CREATE TABLE user_apps(
  user_id BLOB NOT NULL, app_id TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY(user_id, app_id)) WITHOUT ROWID;
CREATE TABLE user_lists(
  user_id BLOB NOT NULL, list_id TEXT NOT NULL, since INTEGER NOT NULL,
  PRIMARY KEY(user_id, list_id)) WITHOUT ROWID;
CREATE TABLE user_segments(
  user_id BLOB NOT NULL, segment_id TEXT NOT NULL, since INTEGER NOT NULL,
  PRIMARY KEY(user_id, segment_id)) WITHOUT ROWID;
CREATE TABLE member_counts(
  sort TEXT NOT NULL, id TEXT NOT NULL, users INTEGER NOT NULL, PRIMARY KEY(sort, id)) WITHOUT ROWID;
CREATE TABLE participant_counts(
  challenge_id TEXT NOT NULL, steps TEXT NOT NULL, rewards TEXT NOT NULL, completed INTEGER NOT NULL,
  users INTEGER NOT NULL, PRIMARY KEY(challenge_id, steps, rewards, completed)) WITHOUT ROWID;
CREATE TABLE rules(
  sort TEXT NOT NULL, id TEXT NOT NULL, ordinal INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL, version INTEGER NOT NULL,
  data BLOB NOT NULL, revision INTEGER NOT NULL, event_id BLOB NOT NULL, created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL, PRIMARY KEY(sort, id)) WITHOUT ROWID;
CREATE TABLE lists(
  id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, created_at INTEGER NOT NULL,
  revision INTEGER NOT NULL, gone INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE properties(
  id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, reference_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
  created_at INTEGER NOT NULL, revision INTEGER NOT NULL, gone INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE fields(id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE displayed(token_id TEXT PRIMARY KEY, columns TEXT, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE views(
  id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, columns TEXT, sort TEXT, filter TEXT NOT NULL,
  created_at INTEGER NOT NULL, revision INTEGER NOT NULL, gone INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE imports(
  id BLOB PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, state TEXT NOT NULL, uploaded_at INTEGER NOT NULL,
  started_at INTEGER, finished_at INTEGER, reverted_at INTEGER, revision INTEGER NOT NULL,
  actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL, correlation BLOB NOT NULL, event_id BLOB NOT NULL,
  plan_revision INTEGER NOT NULL, queued INTEGER, last INTEGER NOT NULL, fingerprint TEXT NOT NULL, plan TEXT NOT NULL, plan_personal TEXT, row INTEGER NOT NULL, counts TEXT NOT NULL,
  checked TEXT, completed TEXT, code TEXT, undone TEXT, reverted TEXT, file_gone INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX imports_by_fingerprint ON imports(fingerprint, ordinal);
CREATE TABLE bulk_actions(
  id BLOB PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, state TEXT NOT NULL, started_at INTEGER NOT NULL,
  finished_at INTEGER, reverted_at INTEGER, revision INTEGER NOT NULL, actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL,
  event_id BLOB NOT NULL, queued INTEGER NOT NULL, last INTEGER NOT NULL, plan TEXT NOT NULL, plan_personal TEXT,
  came TEXT, code TEXT, undone TEXT, reverted TEXT) WITHOUT ROWID;
CREATE TABLE exports(
  id BLOB PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, kept INTEGER NOT NULL, state TEXT NOT NULL, started_at INTEGER NOT NULL,
  finished_at INTEGER, revision INTEGER NOT NULL, actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL,
  started_version INTEGER NOT NULL, started TEXT NOT NULL, started_personal TEXT, said TEXT NOT NULL, completed_version INTEGER,
  completed TEXT, code TEXT, rows INTEGER NOT NULL, downloads INTEGER NOT NULL, removed TEXT) WITHOUT ROWID;
CREATE INDEX exports_by_actor ON exports(actor_id, ordinal);
CREATE INDEX exports_by_said ON exports(actor_id, said, ordinal);
CREATE TABLE tokens(
  id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, name TEXT, scopes TEXT NOT NULL, hash TEXT NOT NULL,
  created_at INTEGER NOT NULL, revoked_at INTEGER, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE team_members(
  id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, email TEXT, name TEXT, role TEXT NOT NULL,
  personal_data INTEGER NOT NULL, zone TEXT, invited_at INTEGER NOT NULL, joined_at INTEGER, removed_at INTEGER,
  revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE quarters(
  measure TEXT NOT NULL, id TEXT NOT NULL, week INTEGER NOT NULL, part TEXT NOT NULL, facts BLOB NOT NULL,
  PRIMARY KEY(week, measure, id, part)) WITHOUT ROWID;
CREATE TABLE names(name TEXT PRIMARY KEY, no INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE happened(place INTEGER PRIMARY KEY, entries BLOB NOT NULL);
CREATE TABLE kind_counts(kind TEXT PRIMARY KEY, facts INTEGER NOT NULL, last_at INTEGER NOT NULL) WITHOUT ROWID;
";

/// What only queries need. A file that is being built gets them at the end, each in one go.
const INDEXES: &str = "
CREATE INDEX users_by_since ON users(member_since, id, found);
CREATE INDEX user_stats_by_activity ON user_stats(last_active_at, id, no) WHERE last_active_at IS NOT NULL;
CREATE INDEX user_challenges_by_challenge ON user_challenges(challenge_id, completed_at);
CREATE INDEX user_apps_by_app ON user_apps(app_id);
CREATE INDEX user_lists_by_list ON user_lists(list_id);
CREATE INDEX user_segments_by_segment ON user_segments(segment_id);
CREATE INDEX user_badges_by_badge ON user_badges(badge_id);
";

/// How hard a file is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Survives a crash of the machine, perhaps a little behind: the log is the truth.
    Serving,
    /// Not until it is promoted: a file being built is thrown away after a crash.
    Building,
}

/// One generation of the tables.
#[derive(Debug)]
pub struct Store {
    readers: Readers,
    writer: Mutex<Connection>,
    write_back: OnceLock<WriteBack>,
    retired: AtomicBool,
}

impl Drop for Store {
    fn drop(&mut self) {
        self.write_back.take();
        if self.retired.load(Ordering::Relaxed) {
            let _ = delete(self.readers.path());
        }
    }
}

impl Store {
    /// The serving file of the log `log_id` in `folder`, or a new one. Files of another log, another version, ahead
    /// of `head`, or left over from a rebuild are deleted.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn open_current(
        folder: &Path,
        log_id: Uuid,
        head: Position,
    ) -> Result<Store, ProjectionError> {
        let mut generations = generations(folder)?;
        generations.sort_unstable_by(|a, b| b.cmp(a));
        let mut current = None;
        for generation in &generations {
            let path = path_of(folder, *generation);
            match Store::open(&path, Durability::Serving) {
                // One that was being built when the machine stopped may not even be readable.
                Ok(store) if current.is_none() && store.serves(log_id, head).unwrap_or(false) => {
                    current = Some(store)
                }
                Ok(_) | Err(_) => delete(&path)?,
            }
        }
        if let Some(store) = current {
            return Ok(store);
        }
        let path = path_of(folder, generations.first().unwrap_or(&0) + 1);
        let store = Store::create(&path, log_id, Durability::Serving)?;
        store.promote()?;
        Ok(store)
    }

    /// A new, empty generation that nobody reads yet.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn create_next(folder: &Path, log_id: Uuid) -> Result<Store, ProjectionError> {
        let next = generations(folder)?.into_iter().max().unwrap_or(0) + 1;
        Store::create(&path_of(folder, next), log_id, Durability::Building)
    }

    fn create(path: &Path, log_id: Uuid, durability: Durability) -> Result<Store, ProjectionError> {
        delete(path)?;
        let store = Store::open_or_make(path, durability, true)?;
        let indexes = match durability {
            Durability::Serving => INDEXES,
            Durability::Building => "",
        };
        store.with_writer(|connection| {
            connection.execute_batch(&format!(
                "BEGIN; PRAGMA user_version={FORMAT}; {TABLES} {indexes} COMMIT;"
            ))?;
            set_meta(connection, "log_id", log_id.to_string())
        })?;
        Ok(store)
    }

    fn open(path: &Path, durability: Durability) -> Result<Store, ProjectionError> {
        Store::open_or_make(path, durability, false)
    }

    fn open_or_make(
        path: &Path,
        durability: Durability,
        make: bool,
    ) -> Result<Store, ProjectionError> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, make);
        let writer = Connection::open_with_flags(path, flags)?;
        writer.set_prepared_statement_cache_capacity(64);
        stable_plans(&writer)?;
        // A file being built is read through a map: its pages are far more than the cache holds.
        let (journal, sync, mapped) = match durability {
            Durability::Serving => ("WAL", "NORMAL", 0),
            Durability::Building => ("OFF", "OFF", 1u64 << 40),
        };
        writer.execute_batch(&format!(
            "PRAGMA page_size=8192; PRAGMA journal_mode={journal}; PRAGMA synchronous={sync};
             PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=8000; PRAGMA journal_size_limit=67108864;
             PRAGMA temp_store=MEMORY; PRAGMA mmap_size={mapped};"
        ))?;
        let readers = Readers::new(path.to_owned());
        Ok(Store {
            readers,
            writer: Mutex::new(writer),
            write_back: OnceLock::new(),
            retired: AtomicBool::new(false),
        })
    }

    fn serves(&self, log_id: Uuid, head: Position) -> Result<bool, ProjectionError> {
        self.with_writer(|connection| {
            let format: i32 =
                connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if format != FORMAT {
                return Ok(false);
            }
            let serving: Option<i64> = meta(connection, "serving")?;
            let of_log: Option<String> = meta(connection, "log_id")?;
            Ok(serving == Some(1)
                && of_log == Some(log_id.to_string())
                && checkpoint(connection)? <= head)
        })
    }

    /// Says that something was written to the serving file: a thread beside the writer writes back what waits.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub(crate) fn written(&self) -> Result<(), ProjectionError> {
        if let Some(write_back) = self.write_back.get() {
            write_back.look();
            return Ok(());
        }
        let failed = |error: &rusqlite::Error| {
            tracing::warn!(%error, "the tables were not written back");
        };
        let started = WriteBack::start(self.readers.path(), failed)?;
        let _ = self.write_back.set(started); // one thread folds at a time
        Ok(())
    }

    /// Makes the indexes that only queries need, where they are missing.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn index(&self) -> Result<(), ProjectionError> {
        let indexes = INDEXES.replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS");
        self.with_writer(|connection| Ok(connection.execute_batch(&indexes)?))
    }

    /// From now on this is the file to open. What was not synced while building is synced first, with the last of what
    /// is written without a journal.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn promote(&self) -> Result<(), ProjectionError> {
        self.index()?;
        self.with_writer(|connection| {
            connection.execute_batch(&format!(
                "PRAGMA synchronous=FULL; PRAGMA user_version={FORMAT}; PRAGMA mmap_size=0;
                 PRAGMA journal_mode=WAL; PRAGMA wal_checkpoint(TRUNCATE);"
            ))?;
            let mode: String =
                connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            if mode != "wal" {
                return Err(ProjectionError::Store(format!("the journal stays {mode}")));
            }
            set_meta(connection, "serving", 1)?;
            Ok(connection.execute_batch("PRAGMA synchronous=NORMAL;")?)
        })
    }

    /// The file goes once nobody holds it any more: who has it may still open a reader.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Lends the one writing connection.
    pub(crate) fn with_writer<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ProjectionError>,
    ) -> Result<T, ProjectionError> {
        work(&self.writer.lock().expect("no holder panics"))
    }

    /// Lends a reading connection. Everything read through one `BEGIN` is from one moment.
    pub(crate) fn with_reader<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ProjectionError>,
    ) -> Result<T, ProjectionError> {
        self.readers.with(work)
    }

    /// A reader of its own, for work that keeps prepared statements or lasts long.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub(crate) fn open_reader(&self) -> Result<Connection, ProjectionError> {
        Ok(self.readers.open()?)
    }

    /// The last fact folded in.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn checkpoint(&self) -> Result<Position, ProjectionError> {
        self.with_reader(checkpoint)
    }
}

pub(crate) fn checkpoint(connection: &Connection) -> Result<Position, ProjectionError> {
    let half = |key| meta::<i64>(connection, key).map(|value| value.unwrap_or(0).cast_unsigned());
    Ok(Position { commit: half("commit")?, prepare: half("prepare")? })
}

pub(crate) fn set_checkpoint(
    connection: &Connection,
    position: Position,
) -> Result<(), ProjectionError> {
    set_meta(connection, "commit", position.commit.cast_signed())?;
    set_meta(connection, "prepare", position.prepare.cast_signed())
}

pub(crate) fn meta<T: rusqlite::types::FromSql>(
    connection: &Connection,
    key: &str,
) -> Result<Option<T>, ProjectionError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

pub(crate) fn set_meta(
    connection: &Connection,
    key: &str,
    value: impl rusqlite::ToSql,
) -> Result<(), ProjectionError> {
    let sql =
        "INSERT INTO meta(key, value) VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2";
    connection.prepare_cached(sql)?.execute(params![key, value])?;
    Ok(())
}

fn path_of(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("projections.{generation}.db"))
}

fn generations(folder: &Path) -> Result<Vec<u64>, ProjectionError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number =
            name.to_str().and_then(|name| name.strip_prefix("projections.")?.strip_suffix(".db"));
        found.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    Ok(found)
}

fn delete(path: &Path) -> Result<(), ProjectionError> {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
