//! Facts of exports.

use std::collections::BTreeMap;

use uuid::Uuid;

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportContent {
    /// The users table.
    Users,
    /// A slice of the user events.
    UserEvents,
    /// All that is there about one person.
    Person,
}

impl ExportContent {
    /// All of them.
    pub const ALL: [ExportContent; 3] =
        [ExportContent::Users, ExportContent::UserEvents, ExportContent::Person];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            ExportContent::Users => "users",
            ExportContent::UserEvents => "user_events",
            ExportContent::Person => "person",
        }
    }
}

/// See [`super::Event::ExportStarted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportStarted {
    /// Which export.
    pub export_id: Uuid,
    /// Users, user events, or one person.
    pub content: ExportContent,
    /// `csv`, `ndjson` or `zip`.
    pub format: String,
    /// Cursor of the last fact the export can hold.
    pub position: String,
    /// Whether personal cells are filled.
    pub personal: bool,
    /// The query as asked; it may hold an address.
    pub query: Option<String>,
    /// What that came to; none where an older version of this service handed it out at once.
    pub resolved: Option<Box<ResolvedExport>>,
}

/// What an export was resolved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedExport {
    /// Whether its file is kept; else it is handed out at once.
    pub kept: bool,
    /// What its file is called.
    pub name: String,
    /// Cursor of the last fact there was when it was asked for.
    pub seen: String,
    /// Rows it was counted to have, where it was counted before.
    pub rows: Option<u64>,
    /// Version of the service.
    pub service: String,
    /// Zone of its days.
    pub zone: String,
    /// Version of the data on zones.
    pub zone_data: String,
    /// How text is written.
    pub text: TextForm,
    /// Which user events, where it is of those.
    pub slice: Option<ExportSlice>,
    /// The past moment it shows, where it shows one.
    pub as_of: Option<PastMoment>,
    /// Why it was asked for, in words.
    pub reason: Option<String>,
}

/// How the text of an export is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextForm {
    /// Guarded against spreadsheets.
    pub safe: bool,
    /// Begins with a byte order mark.
    pub bom: bool,
    /// Between cells; none where there are no cells.
    pub delimiter: Option<char>,
    /// Packed with gzip.
    pub gzip: bool,
}

/// Which user events an export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportSlice {
    /// Names of the types in the log.
    pub types: Vec<String>,
    /// `recorded` or `occurred`.
    pub basis: String,
    /// The first moment inside, in microseconds since 1970, UTC.
    pub from: Option<i64>,
    /// The first moment after it.
    pub to: Option<i64>,
    /// Cursor of the fact before the first it can hold.
    pub after: String,
}

/// A past moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastMoment {
    /// As asked: a day, an instant or a cursor.
    pub asked: String,
    /// Cursor of the last fact there was then; none before the first.
    pub position: String,
    /// The last microsecond that counts, since 1970, UTC.
    pub at: i64,
}

/// See [`super::Event::ExportCompleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportCompleted {
    /// Which export.
    pub export_id: Uuid,
    /// Rows after the header.
    pub rows: u64,
    /// Bytes handed out.
    pub bytes: u64,
    /// SHA-256 of those bytes, in hexadecimal; none where an older version of this service did not say.
    pub sha256: Option<String>,
    /// What is in the file, where that was told.
    pub written: Option<ExportWritten>,
}

/// What is in the file of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportWritten {
    /// Cursor of the last fact it can hold.
    pub position: String,
    /// Names of its columns, in order.
    pub columns: Vec<String>,
    /// Rows of each type of user event, by its name in the log.
    pub types: BTreeMap<String, u64>,
    /// The first and the last user event.
    pub ends: Option<[ExportEnd; 2]>,
}

/// A user event at an end of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportEnd {
    /// Its cursor.
    pub position: String,
    /// When it was recorded: microseconds since 1970, UTC.
    pub recorded_at: i64,
}

/// See [`super::Event::ExportFailed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFailed {
    /// Which export.
    pub export_id: Uuid,
    /// Stable name of the reason.
    pub code: String,
    /// Rows handed out before it ended; 0 where a stop of the service left nobody who knows.
    pub rows: u64,
}

/// See [`super::Event::ExportDownloaded`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportDownloaded {
    /// Which export.
    pub export_id: Uuid,
    /// Place of the first byte asked for.
    pub first_byte: u64,
    /// Bytes asked for.
    pub bytes: u64,
}

/// Why the file of an export is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportRemoval {
    /// Its time had come.
    Expired,
    /// Somebody took it back.
    Revoked,
}

impl ExportRemoval {
    /// All of them.
    pub const ALL: [ExportRemoval; 2] = [ExportRemoval::Expired, ExportRemoval::Revoked];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            ExportRemoval::Expired => "expired",
            ExportRemoval::Revoked => "revoked",
        }
    }
}

/// See [`super::Event::ExportFileRemoved`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFileRemoved {
    /// Which export.
    pub export_id: Uuid,
    /// Why.
    pub because: ExportRemoval,
}
