//! Why a header cannot be used.

use super::{COLUMNS_MAX, HEADER_CHARS_MAX};

/// Why a header cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// No column is the address.
    #[error("{}", email_missing(.headers))]
    EmailMissing {
        /// What the first line holds.
        headers: Vec<String>,
    },
    /// No column says who the rows are about.
    #[error(
        "no column is the {key} that rows are matched by; name one of them {key}. {}",
        holds(.headers)
    )]
    KeyMissing {
        /// `user_id` or `external_id`.
        key: &'static str,
        /// What the first line holds.
        headers: Vec<String>,
    },
    /// More than one column is the address.
    #[error("{} columns are the e-mail ({}); keep one, or name the columns to take with columns=", .headers.len(), .headers.join(", "))]
    EmailTwice {
        /// Which.
        headers: Vec<String>,
    },
    /// Two columns are the same built-in field.
    #[error("the columns {} all are {field}; keep one, or name the columns to take with columns=", .headers.join(", "))]
    FieldTwice {
        /// The field's reference id.
        field: String,
        /// Which.
        headers: Vec<String>,
    },
    /// A column asked for is not in the file.
    #[error("the file has no column {name:?}; it has: {}", .headers.join(", "))]
    ColumnUnknown {
        /// As asked.
        name: String,
        /// What the file has.
        headers: Vec<String>,
    },
    /// A header longer than [`HEADER_CHARS_MAX`].
    #[error("the header of column {column} has more than {HEADER_CHARS_MAX} characters")]
    TooLong {
        /// Ordinal of the column, from 1.
        column: usize,
    },
    /// More than [`COLUMNS_MAX`].
    #[error("the file has {count} columns; at most {COLUMNS_MAX} are read")]
    TooMany {
        /// How many.
        count: usize,
    },
}

/// What the first line holds. One that holds an address is a row and is not repeated.
fn holds(headers: &[String]) -> String {
    match headers {
        [] => "The first line holds an address; it must name the columns".to_owned(),
        headers => format!("The first line holds: {}", headers.join(", ")),
    }
}

fn email_missing(headers: &[String]) -> String {
    if headers.is_empty() {
        return "the first line holds an address; it must name the columns, and one of them Email"
            .to_owned();
    }
    format!(
        "no column is the e-mail; name one of them Email. The first line holds: {}",
        headers.join(", ")
    )
}
