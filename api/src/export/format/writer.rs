//! Writing rows of `user-events/1`: stored JSON is split, not parsed, and spliced where it can be.

use domain::EventKind;
use eventlog::Row;
use uuid::Uuid;

use super::times::DayCache;
use super::{Basis, Column, WITH_A_COLUMN};
use crate::export::cells::{Dialect, ROW_END};
use crate::export::members::{members, plain};

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

    /// One row of CSV.
    pub fn csv_row(&mut self, dialect: Dialect, row: &Row<'_>, out: &mut Vec<u8>) {
        let found = self.find(row);
        for index in 0..self.columns.len() {
            if index > 0 {
                out.push(dialect.delimiter);
            }
            self.csv_cell(dialect, self.columns[index].1, row, &found, out);
        }
        out.extend_from_slice(ROW_END);
    }

    fn csv_cell(
        &mut self,
        dialect: Dialect,
        column: Column,
        row: &Row<'_>,
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
                    dialect.plain(out, &plain(value));
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
            Column::ActorId => dialect.text(out, row.actor.id.as_bytes()),
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
            | Column::Unfilled => self.fixed(column, row, out),
        }
    }

    /// One row of NDJSON: the same names, typed, null for nothing.
    pub fn ndjson_row(&mut self, row: &Row<'_>, out: &mut Vec<u8>) {
        let found = self.find(row);
        for index in 0..self.columns.len() {
            let (name, column) = self.columns[index];
            out.push(if index == 0 { b'{' } else { b',' });
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            self.ndjson_value(column, row, &found, out);
        }
        out.extend_from_slice(b"}\n");
    }

    fn ndjson_value(
        &mut self,
        column: Column,
        row: &Row<'_>,
        found: &Found<'_>,
        out: &mut Vec<u8>,
    ) {
        let stored = match column {
            Column::Data(member) => found.column(member),
            Column::UserEmail => found.email,
            Column::OwnData(member) | Column::OwnPersonal(member) => found.own(member),
            Column::Properties if !found.rest.is_empty() => return write_object(&found.rest, out),
            Column::ActorId => {
                let text = serde_json::to_vec(&row.actor.id).expect("text always serialises");
                return out.extend_from_slice(&text);
            }
            Column::Properties | Column::Unfilled => None,
            Column::OccurredAt if row.occurred_at.is_none() => None,
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
                self.fixed(column, row, out);
                return out.push(b'"');
            }
        };
        out.extend_from_slice(stored.unwrap_or(b"null"));
    }

    /// A cell that holds neither user text nor anything to escape.
    fn fixed(&mut self, column: Column, row: &Row<'_>, out: &mut Vec<u8>) {
        match column {
            Column::Time => self.times[0].write(self.basis.time(row), out),
            Column::RecordedAt => self.times[1].write(row.recorded_at, out),
            Column::OccurredAt => {
                if let Some(at) = row.occurred_at {
                    self.times[2].write(at, out);
                }
            }
            Column::EventType => match EventKind::from_name(row.kind) {
                Some(kind) => out.extend_from_slice(kind.public_name().as_bytes()),
                None => out.extend_from_slice(row.kind.as_bytes()),
            },
            Column::EventLabel => match EventKind::from_name(row.kind) {
                Some(kind) => out.extend_from_slice(kind.label().as_bytes()),
                None => out.extend_from_slice(row.kind.as_bytes()),
            },
            Column::UserId => {
                if let eventlog::Stream::User(id) = &row.stream {
                    uuid(id.0, out);
                }
            }
            Column::ActorType => out.extend_from_slice(row.actor.kind.name().as_bytes()),
            Column::EventId => uuid(row.event_id, out),
            Column::Position => {
                let cursor = eventlog::Cursor { log_id: self.log_id, position: row.position };
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

    fn find<'r>(&self, row: &Row<'r>) -> Found<'r> {
        let mut found = Found::default();
        if !self.reads_members {
            return found;
        }
        for (name, value) in members(row.data) {
            match WITH_A_COLUMN.iter().position(|member| member.as_bytes() == name) {
                Some(index) => found.data[index] = Some(value),
                None => found.rest.push((name, value)),
            }
        }
        for (name, value) in
            row.personal.filter(|_| self.reads_personal).into_iter().flat_map(members)
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
