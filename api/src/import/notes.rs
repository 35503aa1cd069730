//! What a report lists of single rows: the first of those refused, and the first of those worth a word.

use domain::csv_row::RowFault;
use domain::event::{Column, RowNote};

/// Refused rows and warnings that a report lists, each.
pub const NOTES_MAX: usize = 100;

/// See the module.
#[derive(Debug, Default)]
pub struct Notes {
    /// Refused rows.
    pub rejects: Vec<RowNote>,
    /// Rows with a warning.
    pub warnings: Vec<RowNote>,
}

impl Notes {
    /// A row is refused.
    pub fn reject(&mut self, columns: &[Column], row: u64, line: u64, fault: &RowFault) {
        if self.rejects.len() < NOTES_MAX {
            let column = fault.column(columns).map(str::to_owned);
            let (code, reason) = (fault.code().to_owned(), fault.to_string());
            self.rejects.push(RowNote { line, row, column, code, reason });
        }
    }

    /// A row's address stood in the file before.
    pub fn repeated(&mut self, row: u64, line: u64) {
        if self.warnings.len() < NOTES_MAX {
            let reason = "this address stands in an earlier row too; where both have a value, the later one counts";
            let (code, reason) = ("duplicate_in_file".to_owned(), reason.to_owned());
            self.warnings.push(RowNote { line, row, column: None, code, reason });
        }
    }
}
