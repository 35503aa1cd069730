//! What happened: every fact the log can hold, and the names it is known by.
//!
//! Events are never serialised themselves: `codec` alone knows how each version is written.

use uuid::Uuid;

use crate::id::DefinitionId;
use crate::scope::Scope;

/// A fact, in the past tense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The first fact of every log.
    LogCreated(LogCreated),
    /// A credential was made.
    TokenCreated(TokenCreated),
    /// A credential ended.
    TokenRevoked(TokenRevoked),
    /// A file was accepted for import.
    ImportStarted(ImportStarted),
    /// A batch of rows is recorded; a restart goes on after it.
    ImportProgressed(ImportProgressed),
    /// Every row was read.
    ImportCompleted(ImportCompleted),
    /// The import ended early.
    ImportFailed(ImportFailed),
    /// Somebody stopped the import; what was recorded stays.
    ImportCancelled(ImportCancelled),
    /// An export was asked for; recorded before its first byte.
    ExportStarted(ExportStarted),
    /// An export was handed out whole; recorded after its last byte.
    ExportCompleted(ExportCompleted),
    /// An export ended early.
    ExportFailed(ExportFailed),
    /// A row of an import created or changed a user.
    UserImported(UserImported),
    /// A user gained a badge.
    BadgeGained(BadgeGained),
    /// A user lost a badge.
    BadgeLost(BadgeLost),
    /// A user joined a challenge.
    ChallengeJoined(ChallengeJoined),
    /// A user completed a step.
    ChallengeStepCompleted(ChallengeStepCompleted),
    /// A user completed a challenge.
    ChallengeCompleted(ChallengeCompleted),
}

/// See [`Event::LogCreated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCreated {
    /// Names the log for ever; cursors carry it.
    pub log_id: Uuid,
    /// `InstanceKey::check_value` of the key the log was made with.
    pub key_check: String,
}

/// See [`Event::TokenCreated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCreated {
    /// Public id, shown in lists and as the actor of what the token does.
    pub token_id: String,
    /// What it is for, as a person wrote it.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// SHA-256 of the secret, in hex. The secret is 256 random bits, so a plain hash suffices.
    pub hash: String,
}

/// See [`Event::TokenRevoked`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRevoked {
    /// Which one.
    pub token_id: String,
}

/// Where a column of a file goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The address that says who the row is about.
    Email,
    /// A built-in field or a property, by its reference id.
    Field(String),
    /// Left out.
    Ignored,
}

/// A column of an imported file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As the file's first line has it, trimmed.
    pub header: String,
    /// Where its cells go.
    pub target: Target,
}

/// See [`Event::ImportStarted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportStarted {
    /// Which import.
    pub import_id: Uuid,
    /// Size of the file as read, in bytes.
    pub bytes: u64,
    /// SHA-256 of those bytes, in hex.
    pub sha256: String,
    /// Records, without the header.
    pub rows: u64,
    /// The byte between cells.
    pub delimiter: u8,
    /// Name of the encoding it was read in, in lower case, by the WHATWG Encoding Standard.
    pub encoding: String,
    /// Whether the encoding was guessed from what its bytes mostly are: nobody said it, no byte order mark did, and it is
    /// neither UTF-8 nor UTF-16 throughout.
    pub encoding_guessed: bool,
    /// Whether its first record names the columns.
    pub header: bool,
    /// Every column, in file order.
    pub columns: Vec<Column>,
    /// The file's name, where one was given.
    pub filename: Option<String>,
}

/// What became of the rows so far. `created + updated + unchanged + rejected` = rows read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Rows that made a user.
    pub created: u64,
    /// Rows that changed a user.
    pub updated: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows refused with a reason.
    pub rejected: u64,
    /// Rows with something worth telling, counted above as well.
    pub warnings: u64,
}

impl RowCounts {
    /// Rows read.
    pub fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.rejected
    }
}

/// See [`Event::ImportProgressed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportProgressed {
    /// Which import.
    pub import_id: Uuid,
    /// The last row whose outcome is counted here.
    pub row: u64,
    /// Counts of rows 1 to `row`.
    pub counts: RowCounts,
}

/// A row that was refused, or taken with a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowNote {
    /// Physical line where the record starts; the header is line 1.
    pub line: u64,
    /// Ordinal of the record, from 1.
    pub row: u64,
    /// The column's header, where one cell is at fault.
    pub column: Option<String>,
    /// Stable name of the reason.
    pub code: String,
    /// What is wrong and what to do, without the cell's content.
    pub reason: String,
}

/// See [`Event::ImportCompleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportCompleted {
    /// Which import.
    pub import_id: Uuid,
    /// Final counts.
    pub counts: RowCounts,
    /// The first of the refused rows.
    pub rejects: Vec<RowNote>,
    /// The first of the warnings.
    pub warnings: Vec<RowNote>,
}

/// See [`Event::ImportCancelled`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportCancelled {
    /// Which import.
    pub import_id: Uuid,
    /// The last row whose outcome is recorded; those after it were not read.
    pub row: u64,
    /// Counts of the rows up to there.
    pub counts: RowCounts,
}

/// See [`Event::ImportFailed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFailed {
    /// Which import.
    pub import_id: Uuid,
    /// Stable name of the reason.
    pub code: String,
    /// Counts of the rows that are recorded.
    pub counts: RowCounts,
}

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportContent {
    /// The users table.
    Users,
    /// A slice of the user events.
    UserEvents,
}

impl ExportContent {
    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            ExportContent::Users => "users",
            ExportContent::UserEvents => "user_events",
        }
    }
}

/// See [`Event::ExportStarted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportStarted {
    /// Which export.
    pub export_id: Uuid,
    /// Users or user events.
    pub content: ExportContent,
    /// `csv` or `ndjson`.
    pub format: String,
    /// Cursor of the last fact the export can hold.
    pub position: String,
    /// Whether personal cells are filled.
    pub personal: bool,
    /// The query as asked; it may hold an address.
    pub query: Option<String>,
}

/// See [`Event::ExportCompleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportCompleted {
    /// Which export.
    pub export_id: Uuid,
    /// Rows after the header.
    pub rows: u64,
    /// Bytes handed out.
    pub bytes: u64,
}

/// See [`Event::ExportFailed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFailed {
    /// Which export.
    pub export_id: Uuid,
    /// Stable name of the reason.
    pub code: String,
    /// Rows handed out before it ended; 0 where a stop of the service left nobody who knows.
    pub rows: u64,
}

/// One field of a user before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Reference id: `first_name`, `last_name`, `lang`, or a property's.
    pub field: String,
    /// The value replaced; none where there was none.
    pub old: Option<String>,
    /// The value now; none where it was cleared.
    pub new: Option<String>,
}

/// See [`Event::UserImported`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserImported {
    /// The import the row came with.
    pub import_id: Uuid,
    /// Ordinal of the record, from 1.
    pub row: u64,
    /// Whether the row made the user.
    pub created: bool,
    /// The user's address at that moment, as displayed. None once erased.
    pub email: Option<String>,
    /// What changed, in column order.
    pub changes: Vec<Change>,
}

/// A badge, challenge, step or audience as it was called at that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: DefinitionId,
    /// Its name; none while only the id is known.
    pub name: Option<String>,
}

impl Named {
    /// Known by its id alone.
    pub fn by_id(id: DefinitionId) -> Self {
        Named { id, name: None }
    }
}

/// Why a badge moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadgeCause {
    /// A person or a program asked for it.
    ByHand,
}

impl BadgeCause {
    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            BadgeCause::ByHand => "by_hand",
        }
    }
}

/// See [`Event::BadgeGained`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadgeGained {
    /// Which badge.
    pub badge: Named,
    /// The list or segment it follows, where it follows one.
    pub audience: Option<Named>,
    /// Why.
    pub because: BadgeCause,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`Event::BadgeLost`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadgeLost {
    /// Which badge.
    pub badge: Named,
    /// The list or segment it follows, where it follows one.
    pub audience: Option<Named>,
    /// Why.
    pub because: BadgeCause,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`Event::ChallengeJoined`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeJoined {
    /// Which challenge.
    pub challenge: Named,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`Event::ChallengeStepCompleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeStepCompleted {
    /// Which challenge.
    pub challenge: Named,
    /// Which step.
    pub step: Named,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`Event::ChallengeCompleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeCompleted {
    /// Which challenge.
    pub challenge: Named,
    /// The user's address at that moment.
    pub email: Option<String>,
}

macro_rules! kinds {
    ($($kind:ident, $public:literal, $label:literal, $user:literal;)*) => {
        /// A type of fact, and its published names. Names never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind {
            $(#[doc = concat!("See [`Event::", stringify!($kind), "`].")] $kind,)*
        }

        impl EventKind {
            /// Every kind there is.
            pub const ALL: &'static [EventKind] = &[$(EventKind::$kind,)*];

            /// The name in the log: `BadgeGained`.
            pub fn name(self) -> &'static str {
                match self { $(EventKind::$kind => stringify!($kind),)* }
            }

            /// The CloudEvents type: `cohort.badge.gained`.
            pub fn public_name(self) -> &'static str {
                match self { $(EventKind::$kind => $public,)* }
            }

            /// English, for people: `Badge gained`.
            pub fn label(self) -> &'static str {
                match self { $(EventKind::$kind => $label,)* }
            }

            /// Whether it is something that happened to a user, so that the user-events export offers it.
            pub fn is_user_event(self) -> bool {
                match self { $(EventKind::$kind => $user,)* }
            }

            /// The kind with this name in the log.
            pub fn from_name(name: &str) -> Option<EventKind> {
                match name { $(stringify!($kind) => Some(EventKind::$kind),)* _ => None }
            }

            /// The kind with this public name.
            pub fn from_public_name(name: &str) -> Option<EventKind> {
                match name { $($public => Some(EventKind::$kind),)* _ => None }
            }
        }

        impl Event {
            /// Its type.
            pub fn kind(&self) -> EventKind {
                match self { $(Event::$kind(_) => EventKind::$kind,)* }
            }
        }
    };
}

kinds! {
    LogCreated, "cohort.log.created", "Log created", false;
    TokenCreated, "cohort.token.created", "Token created", false;
    TokenRevoked, "cohort.token.revoked", "Token revoked", false;
    ImportStarted, "cohort.import.started", "Import started", false;
    ImportProgressed, "cohort.import.progressed", "Import progressed", false;
    ImportCompleted, "cohort.import.completed", "Import completed", false;
    ImportFailed, "cohort.import.failed", "Import failed", false;
    ImportCancelled, "cohort.import.cancelled", "Import cancelled", false;
    ExportStarted, "cohort.export.started", "Export started", false;
    ExportCompleted, "cohort.export.completed", "Export completed", false;
    ExportFailed, "cohort.export.failed", "Export failed", false;
    UserImported, "cohort.user.imported", "User imported", true;
    BadgeGained, "cohort.badge.gained", "Badge gained", true;
    BadgeLost, "cohort.badge.lost", "Badge lost", true;
    ChallengeJoined, "cohort.challenge.joined", "Challenge joined", true;
    ChallengeStepCompleted, "cohort.challenge.step_completed", "Challenge step completed", true;
    ChallengeCompleted, "cohort.challenge.completed", "Challenge completed", true;
}
