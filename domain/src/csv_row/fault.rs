//! Why a row is refused, and what each reason is called.

use super::CELL_BYTES_MAX;
use crate::email::EmailFault;
use crate::event::{Column, MatchBy, Target};
use crate::value::ValueFault;

/// Why a row is refused. Nothing of it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// More or fewer cells than the header names.
    #[error(
        "the row has {found} cells, the header names {expected}; a cell that holds the delimiter needs quotes"
    )]
    ColumnCountMismatch {
        /// Cells of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// The address is missing or none.
    #[error(transparent)]
    Email(EmailFault),
    /// The id that says who the row is about is missing.
    #[error("the cell is empty; it has to say which user the row is about")]
    KeyMissing {
        /// Which id.
        key: MatchBy,
    },
    /// The cell is no id of a user.
    #[error("this is no id of a user; take it from the column user_id of a users export")]
    UserIdInvalid {
        /// Index of the column.
        column: usize,
    },
    /// A cell is longer than [`CELL_BYTES_MAX`].
    #[error("the cell has {bytes} bytes; at most {CELL_BYTES_MAX} are kept")]
    ValueTooLong {
        /// Index of the column.
        column: usize,
        /// Its length.
        bytes: usize,
    },
    /// A cell holds NUL, which no text has.
    #[error("the cell holds a NUL character; remove it")]
    ControlCharacter {
        /// Index of the column.
        column: usize,
    },
    /// A cell is no value of its column's type.
    #[error("{fault}")]
    Value {
        /// Index of the column.
        column: usize,
        /// Why not.
        fault: ValueFault,
    },
    /// Nobody has been a member since tomorrow.
    #[error("this day is in the future; a user can be a member since today or a day before")]
    DateInFuture {
        /// Index of the column.
        column: usize,
    },
}

impl RowFault {
    /// Every name there is.
    pub const CODES: [&'static str; 14] = [
        "column_count_mismatch",
        "email_missing",
        "email_invalid",
        "user_id_missing",
        "user_id_invalid",
        "external_id_missing",
        "value_too_long",
        "control_character",
        "number_invalid",
        "number_out_of_range",
        "boolean_invalid",
        "date_invalid",
        "date_ambiguous",
        "date_in_future",
    ];

    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            RowFault::ColumnCountMismatch { .. } => "column_count_mismatch",
            RowFault::Email(EmailFault::Missing) => "email_missing",
            RowFault::Email(EmailFault::Invalid | EmailFault::TooLong) => "email_invalid",
            RowFault::KeyMissing { key: MatchBy::Email } => "email_missing",
            RowFault::KeyMissing { key: MatchBy::UserId } => "user_id_missing",
            RowFault::KeyMissing { key: MatchBy::ExternalId } => "external_id_missing",
            RowFault::UserIdInvalid { .. } => "user_id_invalid",
            RowFault::ValueTooLong { .. } => "value_too_long",
            RowFault::ControlCharacter { .. } => "control_character",
            RowFault::Value { fault, .. } => fault.code(),
            RowFault::DateInFuture { .. } => "date_in_future",
        }
    }

    /// The header of the column at fault, where one cell is.
    pub fn column<'a>(&self, columns: &'a [Column]) -> Option<&'a str> {
        let column = match self {
            RowFault::ColumnCountMismatch { .. } => None,
            RowFault::Email(_) => columns.iter().find(|column| column.target == Target::Email),
            RowFault::KeyMissing { key } => {
                columns.iter().find(|column| column.target == key.target())
            }
            RowFault::UserIdInvalid { column }
            | RowFault::ValueTooLong { column, .. }
            | RowFault::ControlCharacter { column }
            | RowFault::Value { column, .. }
            | RowFault::DateInFuture { column } => columns.get(*column),
        };
        column.map(|column| column.header.as_str())
    }
}
