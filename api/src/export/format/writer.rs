//! Writing rows of `user-events/1`: stored JSON is split, not parsed, and spliced where it can be.

use eventlog::{Actor, Content, Row};
use uuid::Uuid;

use super::times::DayCache;
use super::{Basis, Column, WITH_A_COLUMN};
use crate::export::cells::{Dialect, ROW_END};
use crate::export::members::{members, plain};
use crate::export::sheets::{CellKind, header_line};

/// What the rows of one export are written with.
#[derive(Debug, Clone)]
pub struct Writer {
    columns: Vec<(&'static str, Column)>,
    basis: Basis,
    personal: bool,
    log_id: Uuid,
    /// Whether any column needs the members of the facts' parts.
    reads_members: bool,
    /// Whether any needs those of the personal part.
    reads_personal: bool,
    times: [DayCache; 3],
    scratch: Vec<u8>,
}

/// A fact to write: what it says and, where a column asks for them, its id and who did it.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    content: &'a Content<'a>,
    event_id: Option<Uuid>,
    actor: Option<&'a Actor>,
}

impl<'a> From<&'a Row<'a>> for Line<'a> {
    fn from(row: &'a Row<'a>) -> Line<'a> {
        Line { content: &row.content, event_id: Some(row.event_id), actor: Some(row.actor) }
    }
}

impl<'a> From<&'a Content<'a>> for Line<'a> {
    fn from(content: &'a Content<'a>) -> Line<'a> {
        Line { content, event_id: None, actor: None }
    }
}

/// What was found in one fact's parts.
#[derive(Default)]
struct Found<'a> {
    /// By the order of [`WITH_A_COLUMN`].
    data: [Option<&'a [u8]>; WITH_A_COLUMN.len()],
    email: Option<&'a [u8]>,
    rest: Vec<(&'a [u8], &'a [u8])>,
}

impl Writer {
    /// A writer of these columns.
    pub fn new(
        columns: Vec<(&'static str, Column)>,
        basis: Basis,
        personal: bool,
        log_id: Uuid,
    ) -> Writer {
        let reads_members = columns.iter().any(|(_, column)| {
            matches!(
                column,
                Column::Data(_)
                    | Column::UserEmail
                    | Column::Properties
                    | Column::OwnData(_)
                    | Column::OwnPersonal(_)
            )
        });
        let reads_personal = personal
            && columns.iter().any(|(_, column)| {
                matches!(column, Column::UserEmail | Column::Properties | Column::OwnPersonal(_))
            });
        Writer {
            columns,
            basis,
            personal,
            log_id,
            reads_members,
            reads_personal,
            times: Default::default(),
            scratch: Vec::new(),
        }
    }

    /// Whether its lines must be made from whole rows.
    pub fn reads_envelope(&self) -> bool {
        self.columns.iter().any(|(_, column)| {
            matches!(column, Column::EventId | Column::ActorType | Column::ActorId)
        })
    }

    /// Whether its lines need the personal part.
    pub fn reads_personal(&self) -> bool {
        self.reads_personal
    }

    /// The header line.
    pub fn csv_header(&self, dialect: Dialect, out: &mut Vec<u8>) {
        for (index, (name, _)) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push(dialect.delimiter);
            }
            dialect.plain(out, name.as_bytes());
        }
        out.extend_from_slice(ROW_END);
    }

    /// What rows for sheets begin with.
    pub fn sheet_header(&self, out: &mut Vec<u8>) {
        let kind = |column| match column {
            Column::Time | Column::RecordedAt | Column::OccurredAt => CellKind::Time,
            Column::EventType
            | Column::EventLabel
            | Column::UserId
            | Column::Data(_)
            | Column::UserEmail
            | Column::Properties
            | Column::ActorType
            | Column::ActorId
            | Column::EventId
            | Column::Position
            | Column::State
            | Column::OwnData(_)
            | Column::OwnPersonal(_)
            | Column::Unfilled => CellKind::Plain,
        };
        header_line(self.columns.iter().map(|(name, column)| (*name, kind(*column))), out);
    }

    /// One row of CSV.
    pub fn csv_row(&mut self, dialect: Dialect, line: Line<'_>, out: &mut Vec<u8>) {
        let found = self.find(line.content);
        for index in 0..self.columns.len() {
            if index > 0 {
                out.push(dialect.delimiter);
            }
            self.csv_cell(dialect, self.columns[index].1, line, &found, out);
        }
        out.extend_from_slice(ROW_END);
    }

    fn csv_cell(
        &mut self,
        dialect: Dialect,
        column: Column,
        line: Line<'_>,
        found: &Found<'_>,
        out: &mut Vec<u8>,
    ) {
        match column {
            Column::Data(member) => {
                if let Some(value) = found.column(member) {
                    dialect.text(out, &plain(value)); // ids too: they are chosen by people and may begin with a dash
                }
            }
            Column::UserEmail => {
                if let Some(email) = found.email {
                    dialect.text(out, &plain(email));
                }
            }
            Column::OwnData(member) | Column::OwnPersonal(member) => {
                if let Some(value) = found.own(member) {
                    match value.starts_with(b"\"") {
                        true => dialect.text(out, &plain(value)),
                        false => dialect.plain(out, &plain(value)),
                    }
                }
            }
            Column::Properties => {
                if !found.rest.is_empty() {
                    let mut scratch = std::mem::take(&mut self.scratch);
                    scratch.clear();
                    write_object(&found.rest, &mut scratch);
                    dialect.plain(out, &scratch);
                    self.scratch = scratch;
                }
            }
            Column::ActorId => {
                if let Some(actor) = line.actor {
                    dialect.text(out, actor.id.as_bytes());
                }
            }
            Column::Time
            | Column::EventType
            | Column::EventLabel
            | Column::UserId
            | Column::RecordedAt
            | Column::OccurredAt
            | Column::ActorType
            | Column::EventId
            | Column::Position
            | Column::State
            | Column::Unfilled => self.fixed(column, line, out),
        }
    }

    /// One row of NDJSON: the same names, typed, null for nothing.
    pub fn ndjson_row(&mut self, line: Line<'_>, out: &mut Vec<u8>) {
        let found = self.find(line.content);
        for index in 0..self.columns.len() {
            let (name, column) = self.columns[index];
            out.push(if index == 0 { b'{' } else { b',' });
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            self.ndjson_value(column, line, &found, out);
        }
        out.extend_from_slice(b"}\n");
    }

    fn ndjson_value(
        &mut self,
        column: Column,
        line: Line<'_>,
        found: &Found<'_>,
        out: &mut Vec<u8>,
    ) {
        let stored = match column {
            Column::Data(member) => found.column(member),
            Column::UserEmail => found.email,
            Column::OwnData(member) | Column::OwnPersonal(member) => found.own(member),
            Column::Properties if !found.rest.is_empty() => return write_object(&found.rest, out),
            Column::ActorId => {
                let id = line.actor.map(|actor| &actor.id);
                let text = serde_json::to_vec(&id).expect("text always serialises");
                return out.extend_from_slice(&text);
            }
            Column::Properties | Column::Unfilled => None,
            Column::OccurredAt if line.content.occurred_at.is_none() => None,
            Column::Time
            | Column::EventType
            | Column::EventLabel
            | Column::UserId
            | Column::RecordedAt
            | Column::OccurredAt
            | Column::ActorType
            | Column::EventId
            | Column::Position
            | Column::State => {
                out.push(b'"'); // times, ids and our own names need no escape
                self.fixed(column, line, out);
                return out.push(b'"');
            }
        };
        out.extend_from_slice(stored.unwrap_or(b"null"));
    }

    /// A cell that holds neither user text nor anything to escape.
    fn fixed(&mut self, column: Column, line: Line<'_>, out: &mut Vec<u8>) {
        let content = line.content;
        match column {
            Column::Time => self.times[0].write(self.basis.time(content), out),
            Column::RecordedAt => self.times[1].write(content.recorded_at, out),
            Column::OccurredAt => {
                if let Some(at) = content.occurred_at {
                    self.times[2].write(at, out);
                }
            }
            Column::EventType => match content.known_kind {
                Some(kind) => out.extend_from_slice(kind.public_name().as_bytes()),
                None => out.extend_from_slice(content.kind.as_bytes()),
            },
            Column::EventLabel => match content.known_kind {
                Some(kind) => out.extend_from_slice(kind.label().as_bytes()),
                None => out.extend_from_slice(content.kind.as_bytes()),
            },
            Column::UserId => {
                if let eventlog::Stream::User(id) = &content.stream {
                    uuid(id.0, out);
                }
            }
            Column::ActorType => {
                let kind = line.actor.map_or("", |actor| actor.kind.name());
                out.extend_from_slice(kind.as_bytes());
            }
            Column::EventId => {
                if let Some(id) = line.event_id {
                    uuid(id, out);
                }
            }
            Column::Position => {
                let cursor = eventlog::Cursor { log_id: self.log_id, position: content.position };
                cursor.write(out);
            }
            Column::State => {
                out.extend_from_slice(if self.personal { b"full" } else { b"withheld" })
            }
            Column::Data(_)
            | Column::UserEmail
            | Column::Properties
            | Column::ActorId
            | Column::OwnData(_)
            | Column::OwnPersonal(_)
            | Column::Unfilled => {}
        }
    }

    fn find<'r>(&self, content: &Content<'r>) -> Found<'r> {
        let mut found = Found::default();
        if !self.reads_members {
            return found;
        }
        for (name, value) in members(content.data) {
            match WITH_A_COLUMN.iter().position(|member| member.as_bytes() == name) {
                Some(index) => found.data[index] = Some(value),
                None => found.rest.push((name, value)),
            }
        }
        for (name, value) in
            content.personal.filter(|_| self.reads_personal).into_iter().flat_map(members)
        {
            match name {
                b"email" => found.email = Some(value),
                _ => found.rest.push((name, value)),
            }
        }
        found
    }
}

impl<'a> Found<'a> {
    /// A member that has no column in the format and is one of its type's own.
    fn own(&self, member: &str) -> Option<&'a [u8]> {
        self.rest.iter().find(|(name, _)| *name == member.as_bytes()).map(|(_, value)| *value)
    }

    fn column(&self, member: &str) -> Option<&'a [u8]> {
        let index = WITH_A_COLUMN.iter().position(|known| *known == member)?;
        self.data[index]
    }
}

fn write_object(members: &[(&[u8], &[u8])], out: &mut Vec<u8>) {
    for (index, (name, value)) in members.iter().enumerate() {
        out.push(if index == 0 { b'{' } else { b',' });
        out.push(b'"');
        out.extend_from_slice(name);
        out.extend_from_slice(b"\":");
        out.extend_from_slice(value);
    }
    out.push(b'}');
}

fn uuid(id: Uuid, out: &mut Vec<u8>) {
    let mut buffer = Uuid::encode_buffer();
    out.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
}
