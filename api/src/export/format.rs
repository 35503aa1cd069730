//! `user-events/1`: the columns of the user-events export, what fills them, and how a row is written.

use std::borrow::Cow;

use domain::EventKind;
use eventlog::Row;
use uuid::Uuid;

use super::cells::{Dialect, ROW_END};
use super::members::{members, plain};

/// Name of the format.
pub const FORMAT: &str = "user-events/1";

/// A column of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the columns are in COLUMNS")]
pub enum Column {
    Time,
    EventType,
    EventLabel,
    UserId,
    /// A member of the public part that has a column of its own.
    Data(&'static str),
    UserEmail,
    Properties,
    RecordedAt,
    OccurredAt,
    ActorType,
    ActorId,
    EventId,
    Position,
    State,
    /// A member that is a column of its own only while its type is the only one chosen.
    OwnData(&'static str),
    /// The same, of the personal part.
    OwnPersonal(&'static str),
    /// A column no type fills yet.
    Unfilled,
}

/// Every column of the format, in its order.
pub const COLUMNS: [(&str, Column); 30] = [
    ("time", Column::Time),
    ("event_type", Column::EventType),
    ("event_label", Column::EventLabel),
    ("user_id", Column::UserId),
    ("user_email", Column::UserEmail),
    ("challenge_id", Column::Data("challenge_id")),
    ("challenge_title", Column::Data("challenge_title")),
    ("step_id", Column::Data("step_id")),
    ("step_title", Column::Data("step_title")),
    ("badge_id", Column::Data("badge_id")),
    ("badge_name", Column::Data("badge_name")),
    ("audience_id", Column::Data("audience_id")),
    ("audience_name", Column::Data("audience_name")),
    ("perk_id", Column::Unfilled),
    ("perk_name", Column::Unfilled),
    ("digital_asset_id", Column::Unfilled),
    ("digital_asset_name", Column::Unfilled),
    ("app_id", Column::Unfilled),
    ("app_name", Column::Unfilled),
    ("import_id", Column::Data("import_id")),
    ("import_row", Column::Data("row")),
    ("properties", Column::Properties),
    ("recorded_at", Column::RecordedAt),
    ("occurred_at", Column::OccurredAt),
    ("actor_type", Column::ActorType),
    ("actor_id", Column::ActorId),
    ("event_id", Column::EventId),
    ("because", Column::Data("because")),
    ("position", Column::Position),
    ("state", Column::State),
];

/// Members of the public part that fill a column; all others are `properties`.
const WITH_A_COLUMN: [&str; 11] = [
    "challenge_id",
    "challenge_title",
    "step_id",
    "step_title",
    "badge_id",
    "badge_name",
    "audience_id",
    "audience_name",
    "import_id",
    "row",
    "because",
];

/// Members of the public part a type can fill, and those of its own (public, personal) that become columns when it is
/// the only type chosen.
fn shape(
    kind: EventKind,
) -> (&'static [&'static str], &'static [&'static str], &'static [&'static str]) {
    const BADGE: &[&str] = &["badge_id", "badge_name", "audience_id", "audience_name", "because"];
    const CHALLENGE: &[&str] = &["challenge_id", "challenge_title"];
    const STEP: &[&str] = &["challenge_id", "challenge_title", "step_id", "step_title"];
    match kind {
        EventKind::UserImported => (&["import_id", "row"], &["created"], &["old", "new"]),
        EventKind::BadgeGained | EventKind::BadgeLost => (BADGE, &[], &[]),
        EventKind::ChallengeJoined | EventKind::ChallengeCompleted => (CHALLENGE, &[], &[]),
        EventKind::ChallengeStepCompleted => (STEP, &[], &[]),
        EventKind::LogCreated
        | EventKind::TokenCreated
        | EventKind::TokenRevoked
        | EventKind::ImportStarted
        | EventKind::ImportProgressed
        | EventKind::ImportCompleted
        | EventKind::ImportFailed
        | EventKind::ExportStarted
        | EventKind::ExportCompleted
        | EventKind::ExportFailed => (&[], &[], &[]),
    }
}

/// The columns of an export of these kinds: with exactly one, those it can never fill are left out and its own are
/// put where `properties` stands. Decided by the type, never by rows.
pub fn columns_of(kinds: &[EventKind]) -> Vec<(&'static str, Column)> {
    let [only] = kinds else { return COLUMNS.to_vec() };
    let (fills, own, own_personal) = shape(*only);
    let mut columns = Vec::with_capacity(COLUMNS.len());
    for (name, column) in COLUMNS {
        match column {
            Column::Unfilled => {}
            Column::Data(member) if !fills.contains(&member) => {}
            Column::Properties => {
                columns.extend(own.iter().map(|member| (*member, Column::OwnData(member))));
                columns.extend(
                    own_personal.iter().map(|member| (*member, Column::OwnPersonal(member))),
                );
            }
            _ => columns.push((name, column)),
        }
    }
    columns
}

/// On which time a row's `time` and the range are based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// When the log took the fact.
    Recorded,
    /// When it happened, by the caller's word; else as recorded.
    Occurred,
}

impl Basis {
    /// The time of a fact on this basis.
    pub fn time(self, row: &Row<'_>) -> i64 {
        match self {
            Basis::Recorded => row.recorded_at,
            Basis::Occurred => row.occurred_at.unwrap_or(row.recorded_at),
        }
    }
}

/// What the rows of one export are written with.
#[derive(Debug)]
pub struct Writer {
    columns: Vec<(&'static str, Column)>,
    basis: Basis,
    personal: bool,
    log_id: Uuid,
    /// Whether any column needs the members of the facts' parts.
    reads_members: bool,
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
        Writer {
            columns,
            basis,
            personal,
            log_id,
            reads_members,
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
                    // Ids are of our making; names and titles were written by people.
                    let value: Cow<'_, [u8]> = plain(value);
                    if member.ends_with("_name") || member.ends_with("_title") {
                        dialect.text(out, &value);
                    } else {
                        dialect.plain(out, &value);
                    }
                }
            }
            Column::UserEmail => {
                if let Some(email) = found.email {
                    dialect.text(out, &plain(email));
                }
            }
            Column::OwnData(member) | Column::OwnPersonal(member) => {
                if let Some((_, value)) =
                    found.rest.iter().find(|(name, _)| *name == member.as_bytes())
                {
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
            _ => self.fixed(column, row, out),
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
            Column::OwnData(member) | Column::OwnPersonal(member) => found
                .rest
                .iter()
                .find(|(name, _)| *name == member.as_bytes())
                .map(|(_, value)| *value),
            Column::Properties if !found.rest.is_empty() => return write_object(&found.rest, out),
            Column::ActorId => {
                let text = serde_json::to_vec(&row.actor.id).expect("text always serialises");
                return out.extend_from_slice(&text);
            }
            Column::Properties | Column::Unfilled => None,
            Column::OccurredAt if row.occurred_at.is_none() => None,
            _ => {
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
        for (name, value) in row.personal.filter(|_| self.personal).into_iter().flat_map(members) {
            match name {
                b"email" => found.email = Some(value),
                _ => found.rest.push((name, value)),
            }
        }
        found
    }
}

impl<'a> Found<'a> {
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

/// Times as text, with the date of the last one remembered: neighbours mostly share it.
#[derive(Debug, Default)]
struct DayCache {
    day: Option<i64>,
    text: Vec<u8>,
}

impl DayCache {
    fn write(&mut self, micros: i64, out: &mut Vec<u8>) {
        const DAY: i64 = 86_400_000_000;
        let (day, in_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
        if self.day != Some(day) {
            let text = domain::time_range::utc_text(day * DAY);
            self.text =
                text.split_once('T').map_or(Vec::new(), |(date, _)| date.as_bytes().to_vec());
            self.day = Some(day);
        }
        let (seconds, fraction) = (in_day / 1_000_000, in_day % 1_000_000);
        out.extend_from_slice(&self.text);
        let mut clock = *b"T00:00:00.000000Z";
        let digits = [
            (1, seconds / 3600, 2),
            (4, seconds / 60 % 60, 2),
            (7, seconds % 60, 2),
            (10, fraction, 6),
        ];
        for (at, mut number, width) in digits {
            for place in (at..at + width).rev() {
                clock[place] = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        out.extend_from_slice(&clock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_slow_way_writes_them() {
        let mut cache = DayCache::default();
        for micros in [
            0,
            1,
            -1,
            86_399_999_999,
            86_400_000_000,
            1_775_000_000_123_456,
            -62_135_596_800_000_000,
        ] {
            let mut out = Vec::new();
            cache.write(micros, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), domain::time_range::utc_text(micros));
        }
    }

    #[test]
    fn one_type_leaves_out_what_it_never_fills() {
        let names = |kinds: &[EventKind]| {
            columns_of(kinds).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]).len(), 30);
        assert_eq!(names(&[EventKind::BadgeGained, EventKind::BadgeLost]).len(), 30);
        assert_eq!(
            names(&[EventKind::BadgeGained]),
            [
                "time",
                "event_type",
                "event_label",
                "user_id",
                "user_email",
                "badge_id",
                "badge_name",
                "audience_id",
                "audience_name",
                "recorded_at",
                "occurred_at",
                "actor_type",
                "actor_id",
                "event_id",
                "because",
                "position",
                "state"
            ]
        );
        let imported = names(&[EventKind::UserImported]);
        assert_eq!(imported[5..10], ["import_id", "import_row", "created", "old", "new"]);
    }
}
