//! Reading: a pool of connections that never write, and rows borrowed while they are visited.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::UserId;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Statement, params};
use uuid::Uuid;

use super::heads::{Head, Heads};
use super::names::Names;
use super::schema;
use super::writer::StreamKey;
use crate::error::LogError;
use crate::fact::{Actor, CauseRef, Origin, Recorded, Row, Stream, StreamRef};
use crate::log::Scan;
use crate::position::Position;

/// Connections kept for the next reader.
const IDLE_MAX: usize = 8;

const COLUMNS: &str = "position, kind_id, recorded_at, stream, revision, prev_position, version, event_id, \
                       occurred_at, actor_id, origin, correlation, cause_id, cause_stream, cause_revision, data, personal";

#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    names: Arc<Names>,
    heads: Arc<Heads>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, names: Arc<Names>, heads: Arc<Heads>) -> Readers {
        Readers { path, names, heads, idle: Mutex::new(Vec::new()) }
    }

    /// Lends a reader. One whose work failed is not used again.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let idle = self.idle.lock().expect("no holder panics").pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::open_reader(&self.path)?,
        };
        let answer =
            work(&Reader { connection: &connection, names: &self.names, heads: &self.heads })?;
        let mut idle = self.idle.lock().expect("no holder panics");
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
        Ok(answer)
    }
}

/// One connection and the names its numbers stand for.
pub(super) struct Reader<'a> {
    pub(super) connection: &'a Connection,
    names: &'a Names,
    heads: &'a Heads,
}

impl Reader<'_> {
    pub(super) fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let kinds: Option<Vec<i64>> = scan
            .kinds
            .map(|kinds| kinds.iter().filter_map(|kind| self.names.known_kind_id(*kind)).collect());
        let range = "position > ?1 AND position <= ?2";
        match kinds.as_deref() {
            Some([]) => Ok(()),
            // One kind is read through its index. Several are filtered out of the rows in order: reading the index
            // for each would need a sort.
            Some([kind]) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM events WHERE kind_id = ?3 AND {range} ORDER BY position"
                );
                let mut statement = self.connection.prepare_cached(&sql)?;
                statement.raw_bind_parameter(3, kind)?;
                self.visit(&mut statement, scan, None, visit)
            }
            several => {
                let sql = format!("SELECT {COLUMNS} FROM events WHERE {range} ORDER BY position");
                let mut statement = self.connection.prepare_cached(&sql)?;
                self.visit(&mut statement, scan, several, visit)
            }
        }
    }

    fn visit(
        &self,
        statement: &mut Statement<'_>,
        scan: Scan<'_>,
        only: Option<&[i64]>,
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        statement.raw_bind_parameter(1, scan.after.number().cast_signed())?;
        statement.raw_bind_parameter(2, scan.through.number().cast_signed())?;
        let mut rows = statement.raw_query();
        let mut lookup = Lookup::new(self.names, self.connection);
        while let Some(row) = rows.next()? {
            if only.is_some_and(|only| {
                row.get_ref(1).is_ok_and(|id| !id.as_i64().is_ok_and(|id| only.contains(&id)))
            }) {
                continue;
            }
            if lookup.borrow(row, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn read_stream(
        &self,
        stream: &Stream,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let mut position = match before {
            None => self.stream_head(stream)?.map_or(0, |head| head.position.cast_signed()),
            Some(before) => self
                .connection
                .prepare_cached(
                    "SELECT prev_position FROM events WHERE position = ?1 AND stream = ?2",
                )?
                .query_row(params![before.number().cast_signed(), StreamKey(stream)], |row| {
                    row.get(0)
                })
                .optional()?
                .ok_or(LogError::NotInStream)?,
        };
        let sql = format!("SELECT {COLUMNS} FROM events WHERE position = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut lookup = Lookup::new(self.names, self.connection);
        let mut found = Vec::new();
        while position != 0 && found.len() < limit {
            let mut rows = statement.query([position])?;
            let row = rows
                .next()?
                .ok_or_else(|| LogError::Read(format!("position {position} is missing")))?;
            position = row.get(5)?;
            let _ = lookup.borrow(row, &mut |row| {
                found.push(row.to_recorded());
                ControlFlow::Continue(())
            })?;
        }
        Ok(found)
    }

    fn stream_head(&self, stream: &Stream) -> Result<Option<Head>, LogError> {
        Ok(self.heads.find(self.connection, stream)?)
    }

    pub(super) fn stream_revision(&self, stream: &Stream) -> Result<Option<u64>, LogError> {
        Ok(self.stream_head(stream)?.map(|head| head.revision))
    }

    /// The last position recorded before `time`, by binary search; none where `time` is past the last commit, so
    /// that a fact before it could still come.
    pub(super) fn position_before(&self, time: i64) -> Result<Option<Position>, LogError> {
        let (head, last_time) = schema::head(self.connection)?;
        if time > last_time {
            return Ok(None);
        }
        let mut time_at =
            self.connection.prepare_cached("SELECT recorded_at FROM events WHERE position = ?1")?;
        let (mut before, mut not_before) = (0, head.number());
        while not_before - before > 1 {
            let middle = before + (not_before - before) / 2;
            let recorded_at: i64 = time_at.query_row([middle.cast_signed()], |row| row.get(0))?;
            if recorded_at < time { before = middle } else { not_before = middle }
        }
        Ok(Some(Position::single(before)))
    }
}

/// Turns numbers into names, remembering the last of each: neighbours mostly share them.
struct Lookup<'a> {
    names: &'a Names,
    connection: &'a Connection,
    kind: Option<(i64, Arc<str>)>,
    actor: Option<(i64, Arc<Actor>)>,
}

impl<'a> Lookup<'a> {
    fn new(names: &'a Names, connection: &'a Connection) -> Self {
        Lookup { names, connection, kind: None, actor: None }
    }

    fn borrow(
        &mut self,
        row: &rusqlite::Row<'_>,
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, LogError> {
        let kind_id: i64 = row.get(1)?;
        if self.kind.as_ref().is_none_or(|(id, _)| *id != kind_id) {
            self.kind = Some((kind_id, self.find("kind", |names| names.kind(kind_id))?));
        }
        let actor_id: i64 = row.get(9)?;
        if self.actor.as_ref().is_none_or(|(id, _)| *id != actor_id) {
            self.actor = Some((actor_id, self.find("actor", |names| names.actor(actor_id))?));
        }
        let (Some((_, kind)), Some((_, actor))) = (&self.kind, &self.actor) else {
            return Err(LogError::Read("names were not found".to_owned()));
        };
        let origin: u8 = row.get(10)?;
        let (cause_id, personal) = (row.get_ref(12)?, row.get_ref(16)?);
        Ok(visit(&Row {
            position: Position::single(row.get::<_, i64>(0)?.cast_unsigned()),
            stream: stream(row.get_ref(3)?)?,
            revision: row.get::<_, i64>(4)?.cast_unsigned(),
            kind,
            version: row.get(6)?,
            event_id: uuid(row.get_ref(7)?)?,
            recorded_at: row.get(2)?,
            occurred_at: row.get(8)?,
            actor,
            origin: *Origin::ALL
                .get(usize::from(origin))
                .ok_or_else(|| LogError::Read("an unknown origin".to_owned()))?,
            correlation: uuid(row.get_ref(11)?)?,
            cause: if cause_id == ValueRef::Null {
                None
            } else {
                Some(CauseRef {
                    event_id: uuid(cause_id)?,
                    stream: stream_ref(row.get_ref(13)?)?,
                    revision: row.get::<_, i64>(14)?.cast_unsigned(),
                })
            },
            data: text(row.get_ref(15)?)?,
            personal: if personal == ValueRef::Null { None } else { Some(text(personal)?) },
        }))
    }

    /// A number this process has not met was written by another one: read the tables again, once.
    fn find<T>(&self, what: &str, get: impl Fn(&Names) -> Option<T>) -> Result<T, LogError> {
        if let Some(found) = get(self.names) {
            return Ok(found);
        }
        self.names.reload(self.connection)?;
        get(self.names).ok_or_else(|| LogError::Read(format!("an event names an unknown {what}")))
    }
}

fn text(value: ValueRef<'_>) -> Result<&[u8], LogError> {
    value.as_bytes().map_err(|_| LogError::Read("a fact's content is no text".to_owned()))
}

fn uuid(value: ValueRef<'_>) -> Result<Uuid, LogError> {
    let bytes = value.as_bytes().ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    bytes.map(Uuid::from_bytes).ok_or_else(|| LogError::Read("an id is not 16 bytes".to_owned()))
}

pub(super) fn stream(value: ValueRef<'_>) -> Result<Stream, LogError> {
    stream_ref(value).map(StreamRef::to_stream)
}

fn stream_ref(value: ValueRef<'_>) -> Result<StreamRef<'_>, LogError> {
    let unreadable = || LogError::Read("a stream's key is neither id nor name".to_owned());
    match value {
        ValueRef::Blob(_) => Ok(StreamRef::User(UserId(uuid(value)?))),
        ValueRef::Text(name) => {
            std::str::from_utf8(name).map(StreamRef::Named).map_err(|_| unreadable())
        }
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => Err(unreadable()),
    }
}
