//! Facts of exports.

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
