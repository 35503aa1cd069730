//! Facts of imports taken back.

use uuid::Uuid;

use crate::id::UserId;

/// See [`super::Event::ImportRevertStarted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportRevertStarted {
    /// Which import.
    pub import_id: Uuid,
}

/// What became of the users of an import that is taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RevertCounts {
    /// Users it had made that are gone.
    pub removed: u64,
    /// Users that have the values from before, all or some.
    pub restored: u64,
    /// Users that left the list they had joined by it.
    pub left: u64,
    /// Users and values that stay as they are, each with a reason.
    pub kept: u64,
}

/// See [`super::Event::ImportRevertProgressed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRevertProgressed {
    /// Which import.
    pub import_id: Uuid,
    /// Cursor of the last fact of the import that was taken back.
    pub position: String,
    /// The row it came with.
    pub row: u64,
    /// Counts up to there.
    pub counts: RevertCounts,
}

/// Something an import did that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Whose.
    pub user_id: UserId,
    /// The field that keeps its value; none: the user stays.
    pub field: Option<String>,
    /// Stable name of the reason.
    pub code: String,
}

/// See [`super::Event::ImportReverted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReverted {
    /// Which import.
    pub import_id: Uuid,
    /// Final counts.
    pub counts: RevertCounts,
    /// The first of what stays.
    pub kept: Vec<Kept>,
}
