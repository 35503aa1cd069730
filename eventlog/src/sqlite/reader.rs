//! Reading: rows are borrowed while they are visited.

use std::ops::ControlFlow;
use std::sync::Arc;

use domain::{EventKind, UserId};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::heads::{Head, Heads};
use super::names::Names;
use super::schema;
use super::writer::StreamKey;
use crate::error::LogError;
use crate::fact::{Actor, CauseRef, Content, Origin, Recorded, Row, Stream, StreamRef};
use crate::log::Scan;
use crate::position::Position;

/// Those of a fact's content, in the order that [`Lookup::content`] reads them; the personal part is the last.
const CONTENT: &str = "position, kind_id, recorded_at, stream, occurred_at, data";
/// What follows the content in a whole row, in the order that [`Lookup::row`] reads it.
const ENVELOPE: &str = "revision, prev_position, version, event_id, actor_id, origin, correlation, cause_id, \
                        cause_stream, cause_revision";

/// One connection and the names its numbers stand for.
pub(super) struct Reader<'a> {
    pub(super) connection: &'a Connection,
    pub(super) names: &'a Names,
    pub(super) heads: &'a Heads,
}

impl Reader<'_> {
    pub(super) fn scan(
        &self,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let mut lookup = Lookup::new(self.names, self.connection);
        self.select(&format!("{CONTENT}, personal, {ENVELOPE}"), scan, &mut |row| {
            Ok(visit(&lookup.row(row)?))
        })
    }

    pub(super) fn scan_content(
        &self,
        scan: Scan<'_>,
        personal: bool,
        visit: &mut dyn FnMut(&Content<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let mut lookup = Lookup::new(self.names, self.connection);
        let personal = if personal { "personal" } else { "NULL" };
        self.select(&format!("{CONTENT}, {personal}"), scan, &mut |row| {
            Ok(visit(&lookup.content(row)?))
        })
    }

    fn select(
        &self,
        columns: &str,
        scan: Scan<'_>,
        visit: &mut dyn FnMut(&rusqlite::Row<'_>) -> Result<ControlFlow<()>, LogError>,
    ) -> Result<(), LogError> {
        let kinds: Option<Vec<i64>> = scan
            .kinds
            .map(|kinds| kinds.iter().filter_map(|kind| self.names.known_kind_id(*kind)).collect());
        // One kind is read through its index. Several are filtered out of the rows in order: reading the index for each
        // would need a sort.
        let (one, several) = match kinds.as_deref() {
            Some([]) => return Ok(()),
            Some([kind]) => (Some(*kind), None),
            several => (None, several),
        };
        let of_kind = if one.is_some() { "kind_id = ?3 AND" } else { "" };
        let sql = format!(
            "SELECT {columns} FROM events WHERE {of_kind} position > ?1 AND position <= ?2 ORDER BY position"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        statement.raw_bind_parameter(1, scan.after.number().cast_signed())?;
        statement.raw_bind_parameter(2, scan.through.number().cast_signed())?;
        if let Some(kind) = one {
            statement.raw_bind_parameter(3, kind)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let kind_id: i64 = row.get(1)?;
            let wanted = several.is_none_or(|several| several.contains(&kind_id));
            if wanted && visit(row)?.is_break() {
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
        let sql = format!("SELECT {CONTENT}, personal, {ENVELOPE} FROM events WHERE position = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut lookup = Lookup::new(self.names, self.connection);
        let mut found = Vec::new();
        while position != 0 && found.len() < limit {
            let mut rows = statement.query([position])?;
            let row = rows
                .next()?
                .ok_or_else(|| LogError::Read(format!("position {position} is missing")))?;
            position = row.get(8)?;
            found.push(lookup.row(row)?.to_recorded());
        }
        Ok(found)
    }

    /// The facts at these positions, in the order of those.
    pub(super) fn at(&self, positions: &[i64]) -> Result<Vec<Recorded>, LogError> {
        let sql = format!("SELECT {CONTENT}, personal, {ENVELOPE} FROM events WHERE position = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut lookup = Lookup::new(self.names, self.connection);
        let mut found = Vec::with_capacity(positions.len());
        for position in positions {
            let mut rows = statement.query([position])?;
            let row = rows.next()?;
            let row =
                row.ok_or_else(|| LogError::Read(format!("position {position} is missing")))?;
            found.push(lookup.row(row)?.to_recorded());
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

/// Turns numbers into names, remembering those it met: asking everybody's table for every row would show.
struct Lookup<'a> {
    names: &'a Names,
    connection: &'a Connection,
    kinds: Vec<(i64, Arc<str>, Option<EventKind>)>,
    actor: Option<(i64, Arc<Actor>)>,
}

impl<'a> Lookup<'a> {
    fn new(names: &'a Names, connection: &'a Connection) -> Self {
        Lookup { names, connection, kinds: Vec::new(), actor: None }
    }

    fn content<'r>(&'r mut self, row: &'r rusqlite::Row<'_>) -> Result<Content<'r>, LogError> {
        let kind = self.meet_kind(row.get(1)?)?;
        self.content_of(kind, row)
    }

    fn row<'r>(&'r mut self, row: &'r rusqlite::Row<'_>) -> Result<Row<'r>, LogError> {
        let kind = self.meet_kind(row.get(1)?)?;
        let actor_id: i64 = row.get(11)?;
        if self.actor.as_ref().is_none_or(|(id, _)| *id != actor_id) {
            self.actor = Some((actor_id, self.find("actor", |names| names.actor(actor_id))?));
        }
        let Some((_, actor)) = &self.actor else {
            return Err(LogError::Read("an actor was not found".to_owned()));
        };
        let origin: u8 = row.get(12)?;
        let cause_id = row.get_ref(14)?;
        Ok(Row {
            content: self.content_of(kind, row)?,
            revision: row.get::<_, i64>(7)?.cast_unsigned(),
            version: row.get(9)?,
            event_id: uuid(row.get_ref(10)?)?,
            actor,
            origin: *Origin::ALL
                .get(usize::from(origin))
                .ok_or_else(|| LogError::Read("an unknown origin".to_owned()))?,
            correlation: uuid(row.get_ref(13)?)?,
            cause: if cause_id == ValueRef::Null {
                None
            } else {
                Some(CauseRef {
                    event_id: uuid(cause_id)?,
                    stream: stream_ref(row.get_ref(15)?)?,
                    revision: row.get::<_, i64>(16)?.cast_unsigned(),
                })
            },
        })
    }

    fn content_of<'r>(
        &'r self,
        kind: usize,
        row: &'r rusqlite::Row<'_>,
    ) -> Result<Content<'r>, LogError> {
        let (_, kind, known_kind) = &self.kinds[kind];
        let personal = row.get_ref(6)?;
        Ok(Content {
            position: Position::single(row.get::<_, i64>(0)?.cast_unsigned()),
            stream: stream(row.get_ref(3)?)?,
            kind,
            known_kind: *known_kind,
            recorded_at: row.get(2)?,
            occurred_at: row.get(4)?,
            data: text(row.get_ref(5)?)?,
            personal: if personal == ValueRef::Null { None } else { Some(text(personal)?) },
        })
    }

    /// Where the kind of this number stands among those met.
    fn meet_kind(&mut self, id: i64) -> Result<usize, LogError> {
        if let Some(met) = self.kinds.iter().position(|(met, ..)| *met == id) {
            return Ok(met);
        }
        let name = self.find("kind", |names| names.kind(id))?;
        let known = EventKind::from_name(&name);
        self.kinds.push((id, name, known));
        Ok(self.kinds.len() - 1)
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
