//! The one writing thread: takes what is queued, writes it in one transaction, syncs once, answers all.

use std::collections::HashMap;
use std::sync::Arc;

use domain::EventKind;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, ToSql, params};
use tokio::sync::mpsc;

use super::group::{Gatherer, Pending, Request};
use super::heads::{Head, Heads};
use super::names::Names;
use super::write_back::WriteBack;
use super::{Clock, Shared};
use crate::append::{Appended, Conflict, Entry, Expected, Outcome};
use crate::error::LogError;
use crate::fact::{Context, NewFact, Stream};
use crate::position::Position;

pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) write_back: Option<WriteBack>,
    pub(super) names: Arc<Names>,
    pub(super) heads: Arc<Heads>,
    pub(super) clock: Clock,
    pub(super) shared: Arc<Shared>,
    /// Position and time of the last fact.
    pub(super) head: u64,
    pub(super) last_time: i64,
    /// Position up to which the table of heads is right.
    pub(super) heads_through: u64,
}

impl Writer {
    pub(super) fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        self.connection.set_prepared_statement_cache_capacity(32);
        let mut gatherer = Gatherer::default();
        while let Some(mut group) = gatherer.next(&mut requests) {
            if self.shared.failure.get().is_some() {
                return; // pending callers find the failure when their answer is dropped
            }
            self.commit(&mut group.appends);
            for (time, answer) in group.settles {
                self.last_time = self.last_time.max(time.min((self.clock)()));
                let _ = answer.send(Position::single(self.head));
            }
            for answer in group.heads_wanted {
                let _ = answer.send(self.write_heads());
            }
            if group.closing {
                requests.close(); // what is queued already is still written
            }
            if self.shared.failure.get().is_some() {
                return; // pending callers find the failure when their answer is dropped
            }
        }
        self.end();
    }

    fn commit(&mut self, group: &mut Vec<Pending>) {
        if group.is_empty() {
            return;
        }
        let (head, last_time) = (self.head, self.last_time);
        match self.write(group) {
            Ok(outcomes) => {
                self.shared.head.send_if_modified(|shown| {
                    std::mem::replace(shown, Position::single(self.head))
                        != Position::single(self.head)
                });
                for ((_, answer), outcome) in group.drain(..).zip(outcomes) {
                    let _ = answer.send(Ok(outcome));
                }
            }
            Err(error) => {
                (self.head, self.last_time) = (head, last_time);
                let error = self.give_up(&error);
                for (_, answer) in group.drain(..) {
                    let _ = answer.send(Err(error.clone()));
                }
            }
        }
    }

    /// Rolls back. A full disk leaves the writer able to go on; after any other error it is unknown what the disk
    /// holds, so nothing is tried again.
    fn give_up(&mut self, error: &rusqlite::Error) -> LogError {
        let rolled_back =
            self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
        self.names.forget_uncommitted(&self.connection);
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) && rolled_back {
            tracing::error!("the disk is full; an append was refused");
            return LogError::Full;
        }
        let stopped = LogError::Stopped { cause: error.to_string() };
        tracing::error!(%error, "writing failed; the log stops for good");
        self.shared.failure.get_or_init(|| stopped).clone()
    }

    fn write(&mut self, group: &[Pending]) -> rusqlite::Result<Vec<Vec<Outcome>>> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut outcomes = Vec::with_capacity(group.len());
        let mut open = OpenGroup::begin(&self.connection, &self.names, &self.heads, self.head)?;
        for (entries, _) in group {
            self.last_time = self.last_time.max((self.clock)());
            let written = entries.iter().map(|entry| open.write_entry(entry, self.last_time));
            outcomes.push(written.collect::<rusqlite::Result<_>>()?);
        }
        let (head, extended) = (open.head, open.extended);
        let heads_due = self.heads.due(head, self.heads_through);
        if heads_due {
            self.heads.write(&self.connection, &extended, head)?;
        }
        self.connection.execute_batch("COMMIT")?;
        self.head = head;
        self.write_back.iter().for_each(WriteBack::look);
        if heads_due {
            self.heads_through = head;
            self.heads.forget();
        } else {
            self.heads.publish(extended);
        }
        Ok(outcomes)
    }

    /// Brings the table of heads up to the last fact.
    fn write_heads(&mut self) -> Result<Position, LogError> {
        let write = || {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            self.heads.write(&self.connection, &HashMap::new(), self.head)?;
            self.connection.execute_batch("COMMIT")
        };
        if let Err(error) = write() {
            return Err(self.give_up(&error));
        }
        self.heads_through = self.head;
        self.heads.forget();
        Ok(Position::single(self.head))
    }

    /// An orderly end: the next opening has nothing to read again, and the file alone holds everything, should
    /// somebody copy only that. Neither is needed for what was acknowledged, so a failure is told and no more.
    fn end(&mut self) {
        self.write_back = None;
        if let Err(error) = self.write_heads() {
            tracing::warn!(%error, "the heads of streams were not written");
        }
        let _ = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

/// One transaction under way, with the statements it needs: looking them up for every fact would show.
struct OpenGroup<'a> {
    connection: &'a Connection,
    names: &'a Names,
    heads: &'a Heads,
    head: u64,
    /// Ends of the streams this transaction extends.
    extended: HashMap<Stream, Head>,
    /// Numbers of the last kind and actor: neighbours mostly share them.
    last_kind: Option<(EventKind, i64)>,
    last_context: Option<(Arc<Context>, i64)>,
    insert: CachedStatement<'a>,
}

impl<'a> OpenGroup<'a> {
    fn begin(
        connection: &'a Connection,
        names: &'a Names,
        heads: &'a Heads,
        head: u64,
    ) -> rusqlite::Result<OpenGroup<'a>> {
        Ok(OpenGroup {
            connection,
            names,
            heads,
            head,
            extended: HashMap::new(),
            last_kind: None,
            last_context: None,
            insert: connection.prepare_cached(
                "INSERT INTO events(position, kind_id, recorded_at, stream, revision, prev_position, version,
                 event_id, occurred_at, actor_id, origin, correlation, cause_id, cause_stream, cause_revision,
                 data, personal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            )?,
        })
    }

    fn write_entry(&mut self, entry: &Entry, recorded_at: i64) -> rusqlite::Result<Outcome> {
        let found = match self.extended.get(&entry.stream) {
            Some(head) => Some(*head),
            None => self.heads.find(self.connection, &entry.stream)?,
        };
        let actual = found.map(|head| head.revision);
        if Expected::after(actual) != entry.expected {
            let repeat = match found {
                Some(head) => self.find_repeat(entry, head)?,
                None => None,
            };
            return Ok(repeat.ok_or(Conflict { expected: entry.expected, actual }));
        }
        let mut revision = entry.expected.next();
        let mut previous = found.map_or(0, |head| head.position);
        let key = StreamKey(&entry.stream);
        for fact in &entry.facts {
            self.insert(&key, revision, previous, recorded_at, fact)?;
            previous = self.head;
            revision += 1;
        }
        let last = revision - 1;
        self.extended.insert(entry.stream.clone(), Head { revision: last, position: self.head });
        Ok(Ok(Appended { position: Position::single(self.head), revision: last, repeated: false }))
    }

    fn insert(
        &mut self,
        stream: &StreamKey<'_>,
        revision: u64,
        previous: u64,
        recorded_at: i64,
        fact: &NewFact,
    ) -> rusqlite::Result<()> {
        let context = &*fact.context;
        let kind_id = match self.last_kind {
            Some((kind, id)) if kind == fact.stored.kind => id,
            _ => self.names.kind_id(self.connection, fact.stored.kind)?,
        };
        self.last_kind = Some((fact.stored.kind, kind_id));
        let actor_id = match &self.last_context {
            Some((last, id)) if Arc::ptr_eq(last, &fact.context) => *id,
            _ => self.names.actor_id(self.connection, &context.actor)?,
        };
        if self.last_context.as_ref().is_none_or(|(last, _)| !Arc::ptr_eq(last, &fact.context)) {
            self.last_context = Some((fact.context.clone(), actor_id));
        }
        let cause = context.cause.as_ref();
        self.head += 1;
        self.insert.execute(params![
            self.head.cast_signed(),
            kind_id,
            recorded_at,
            stream,
            revision.cast_signed(),
            previous.cast_signed(),
            fact.stored.version,
            fact.event_id.as_bytes().as_slice(),
            fact.occurred_at,
            actor_id,
            context.origin as u8,
            context.correlation.as_bytes().as_slice(),
            cause.map(|cause| cause.event_id.as_bytes().as_slice()),
            cause.map(|cause| StreamKey(&cause.stream)),
            cause.map(|cause| cause.revision.cast_signed()),
            Json(&fact.stored.data),
            fact.stored.personal.as_deref().map(Json),
        ])?;
        Ok(())
    }

    /// Whether the entry's facts already stand where they were to go: then the append is a repeat, not a conflict.
    fn find_repeat(&self, entry: &Entry, head: Head) -> rusqlite::Result<Option<Appended>> {
        let first = entry.expected.next();
        let last = first + entry.facts.len() as u64 - 1;
        if head.revision < last {
            return Ok(None);
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT revision, event_id, prev_position FROM events WHERE position = ?1",
        )?;
        let (mut position, mut found) = (head.position.cast_signed(), None);
        while position != 0 {
            let (revision, event_id, previous) = statement.query_row([position], |row| {
                Ok((
                    row.get::<_, i64>(0)?.cast_unsigned(),
                    row.get::<_, [u8; 16]>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            })?;
            if revision < first {
                break;
            }
            if revision <= last {
                if *entry.facts[(revision - first) as usize].event_id.as_bytes() != event_id {
                    return Ok(None);
                }
                let position = Position::single(position.cast_unsigned());
                found.get_or_insert(Appended { position, revision, repeated: true });
            }
            position = previous;
        }
        Ok(found)
    }
}

/// A stream as it is stored: the 16 bytes of a user's id, or the name.
pub(super) struct StreamKey<'a>(pub(super) &'a Stream);

impl ToSql for StreamKey<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Stream::User(id) => ValueRef::Blob(id.0.as_bytes()),
            Stream::Named(name) => ValueRef::Text(name.as_bytes()),
        }))
    }
}

/// JSON bytes, stored as text so that `sqlite3` shows them.
struct Json<'a>(&'a [u8]);

impl ToSql for Json<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}
