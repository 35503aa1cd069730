//! Which row is taken and which is refused, with a name for every reason.

use crate::csv_record::Cells;
use crate::email::{Email, EmailFault};
use crate::event::{Column, Target};

/// Longest cell taken, in bytes of UTF-8.
pub const CELL_BYTES_MAX: usize = 65_536;

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
}

impl RowFault {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            RowFault::ColumnCountMismatch { .. } => "column_count_mismatch",
            RowFault::Email(EmailFault::Missing) => "email_missing",
            RowFault::Email(EmailFault::Invalid | EmailFault::TooLong) => "email_invalid",
            RowFault::ValueTooLong { .. } => "value_too_long",
            RowFault::ControlCharacter { .. } => "control_character",
        }
    }

    /// The header of the column at fault, where one cell is.
    pub fn column<'a>(&self, columns: &'a [Column]) -> Option<&'a str> {
        let column = match self {
            RowFault::ColumnCountMismatch { .. } => None,
            RowFault::Email(_) => columns.iter().find(|column| column.target == Target::Email),
            RowFault::ValueTooLong { column, .. } | RowFault::ControlCharacter { column } => {
                columns.get(*column)
            }
        };
        column.map(|column| column.header.as_str())
    }
}

/// Reads a row: the address, and into `taken` the reference id and text of every taken cell that is not empty.
///
/// Text is kept exactly as it stands; only the address is trimmed.
///
/// # Errors
/// See [`RowFault`]; the first fault in column order is told.
pub fn read_row<'a>(
    columns: &'a [Column],
    cells: &'a Cells,
    taken: &mut Vec<(&'a str, &'a str)>,
) -> Result<Email, RowFault> {
    taken.clear();
    if cells.len() != columns.len() {
        return Err(RowFault::ColumnCountMismatch { expected: columns.len(), found: cells.len() });
    }
    let mut email = Err(EmailFault::Missing);
    for (index, (column, cell)) in columns.iter().zip(cells.iter()).enumerate() {
        match &column.target {
            Target::Ignored => continue,
            Target::Email => email = Email::parse(cell),
            Target::Field(reference_id) if !cell.is_empty() => taken.push((reference_id, cell)),
            Target::Field(_) => continue,
        }
        if cell.len() > CELL_BYTES_MAX {
            return Err(RowFault::ValueTooLong { column: index, bytes: cell.len() });
        }
        if memchr::memchr(0, cell.as_bytes()).is_some() {
            return Err(RowFault::ControlCharacter { column: index });
        }
    }
    email.map_err(RowFault::Email)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_header::map_columns;

    /// Address and cells; or code and column.
    type Told = Result<(String, Vec<(String, String)>), (&'static str, Option<String>)>;

    fn read(record: &str) -> Told {
        let columns = map_columns(&["Email", "City", "Notes"], None).unwrap();
        let mut cells = Cells::new(b',');
        cells.decode(record.as_bytes()).unwrap();
        let mut taken = Vec::new();
        match read_row(&columns, &cells, &mut taken) {
            Ok(email) => {
                let taken = taken
                    .iter()
                    .map(|(field, text)| ((*field).to_owned(), (*text).to_owned()))
                    .collect();
                Ok((email.spelling().to_owned(), taken))
            }
            Err(fault) => Err((fault.code(), fault.column(&columns).map(str::to_owned))),
        }
    }

    #[test]
    fn text_is_kept_exactly_and_empty_cells_are_skipped() {
        let (email, taken) = read(" a@b.org , 007 ,").unwrap();
        assert_eq!(email, "a@b.org");
        assert_eq!(taken, [("city".to_owned(), " 007 ".to_owned())]);
    }

    #[test]
    fn every_refusal_names_its_column() {
        let email = Some("Email".to_owned());
        assert_eq!(read("a@b.org,Lyon"), Err(("column_count_mismatch", None)));
        assert_eq!(read("a@b.org,Lyon,x,y"), Err(("column_count_mismatch", None)));
        assert_eq!(read(",Lyon,x"), Err(("email_missing", email.clone())));
        assert_eq!(read("nobody,Lyon,x"), Err(("email_invalid", email)));
        assert_eq!(read("a@b.org,Ly\0on,x"), Err(("control_character", Some("City".to_owned()))));
        let long = format!("a@b.org,Lyon,{}", "x".repeat(CELL_BYTES_MAX + 1));
        assert_eq!(read(&long), Err(("value_too_long", Some("Notes".to_owned()))));
    }
}
