//! Facts of imports.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Named;
use crate::value::CellRule;

/// Where a column of a file goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The address: it says who the row is about, unless the import matches by an id.
    Email,
    /// The user's id, which says who the row is about.
    UserId,
    /// A built-in field or a property, by its id.
    Field(String),
    /// When the user became a member, for users the import makes.
    MemberSince,
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
    /// How they are read.
    pub rule: CellRule,
    /// What the property is to be called that the import makes; none: as its id is.
    pub reference_id: Option<String>,
}

impl Column {
    /// A column of text.
    pub fn text(header: impl Into<String>, target: Target) -> Column {
        Column { header: header.into(), target, rule: CellRule::default(), reference_id: None }
    }
}

/// By what a row finds its user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MatchBy {
    /// The address.
    #[default]
    Email,
    /// The user's id. Makes nobody; an address that differs becomes the user's.
    UserId,
    /// The id another system knows the user by. An address that differs becomes the user's.
    ExternalId,
}

impl MatchBy {
    /// All of them.
    pub const ALL: [MatchBy; 3] = [MatchBy::Email, MatchBy::UserId, MatchBy::ExternalId];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            MatchBy::Email => "email",
            MatchBy::UserId => "user_id",
            MatchBy::ExternalId => "external_id",
        }
    }

    /// What a column must be to say it.
    pub fn target(self) -> Target {
        match self {
            MatchBy::Email => Target::Email,
            MatchBy::UserId => Target::UserId,
            MatchBy::ExternalId => Target::Field(EXTERNAL_ID.to_owned()),
        }
    }
}

/// The field that holds the id another system knows a user by. No two users have the same.
pub const EXTERNAL_ID: &str = "external_id";

/// Which users an import may touch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImportMode {
    /// Makes those that are not there, changes those that are.
    #[default]
    CreateAndUpdate,
    /// Rows of users that are there are refused.
    CreateOnly,
    /// Rows of users that are not there are refused.
    UpdateOnly,
}

impl ImportMode {
    /// All of them.
    pub const ALL: [ImportMode; 3] =
        [ImportMode::CreateAndUpdate, ImportMode::CreateOnly, ImportMode::UpdateOnly];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            ImportMode::CreateAndUpdate => "both",
            ImportMode::CreateOnly => "create_only",
            ImportMode::UpdateOnly => "update_only",
        }
    }
}

/// What becomes of a row with a cell that cannot be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BadCells {
    /// The row is refused.
    #[default]
    RejectRow,
    /// The cell is left out with a warning, the rest of the row is taken.
    DropCell,
}

impl BadCells {
    /// All of them.
    pub const ALL: [BadCells; 2] = [BadCells::RejectRow, BadCells::DropCell];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            BadCells::RejectRow => "reject_row",
            BadCells::DropCell => "drop_cell",
        }
    }
}

/// A file, how it is read and where its columns go: all that an import does follows from it and from the users there
/// are. Each fact that changes it holds it whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPlan {
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
    /// By what its rows find their users.
    pub match_by: MatchBy,
    /// Which users it may touch.
    pub mode: ImportMode,
    /// What becomes of cells that cannot be read.
    pub bad_cells: BadCells,
    /// The list every user of an accepted row joins.
    pub list: Option<Named>,
    /// The import whose file and mapping this one took over.
    pub again: Option<Uuid>,
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
    /// Warnings; one row may have several, and is counted above as well.
    pub warnings: u64,
    /// Rows that made their user join the list.
    pub joined: u64,
}

impl RowCounts {
    /// Rows read.
    pub fn rows(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.rejected
    }
}

/// Numbers of the rows refused because of the users there were, by code. What is refused because of how the row reads
/// is found again by reading it.
pub type RefusedRows = BTreeMap<String, Vec<u64>>;

/// See [`super::Event::ImportChecked`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportChecked {
    /// Which import.
    pub import_id: Uuid,
    /// Cursor of the last fact the users were looked at.
    pub position: String,
    /// What would become of the rows.
    pub counts: RowCounts,
    /// Users that would be made or changed.
    pub users: u64,
    /// Refusals and warnings by code.
    pub codes: BTreeMap<String, u64>,
}

/// See [`super::Event::ImportProgressed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportProgressed {
    /// Which import.
    pub import_id: Uuid,
    /// The last row whose outcome is counted here.
    pub row: u64,
    /// Counts of rows 1 to `row`.
    pub counts: RowCounts,
    /// Rows after those of the progress before.
    pub refused: RefusedRows,
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

/// See [`super::Event::ImportCompleted`].
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
    /// Rows after those of the last progress.
    pub refused: RefusedRows,
    /// Refusals and warnings by code.
    pub codes: BTreeMap<String, u64>,
}

/// See [`super::Event::ImportCancelled`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportCancelled {
    /// Which import.
    pub import_id: Uuid,
    /// The last row whose outcome is recorded; those after it were not read.
    pub row: u64,
    /// Counts of the rows up to there.
    pub counts: RowCounts,
}

/// See [`super::Event::ImportFailed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFailed {
    /// Which import.
    pub import_id: Uuid,
    /// Stable name of the reason.
    pub code: String,
    /// Counts of the rows that are recorded.
    pub counts: RowCounts,
}

/// See [`super::Event::ImportFileRemoved`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportFileRemoved {
    /// Which import.
    pub import_id: Uuid,
}
