//! What a report tells of single rows: how many for which reason, and the first of them.

use std::collections::BTreeMap;

use domain::csv_row::RowFault;
use domain::event::{Column, RowNote};
use domain::import::UserFault;

/// Refused rows and warnings that a report lists, each.
pub const NOTES_MAX: usize = 100;

/// Takes a note as it is made; the second says whether it is a refusal.
pub type Listen<'a> = dyn FnMut(&RowNote, bool) + 'a;

/// See the module.
#[derive(Debug, Default)]
pub struct Notes {
    /// The first refused rows.
    pub rejects: Vec<RowNote>,
    /// The first warnings.
    pub warnings: Vec<RowNote>,
    /// How many of each, by code.
    pub codes: BTreeMap<String, u64>,
}

/// Where a note belongs.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Ordinal of the record, from 1.
    pub row: u64,
    /// Physical line where it starts.
    pub line: u64,
}

impl Notes {
    /// A row is refused for how it reads.
    pub fn reject(&mut self, columns: &[Column], at: Place, fault: &RowFault) -> RowNote {
        self.refused(of_cell(columns, at, fault))
    }

    /// A row is refused because of the users there are.
    pub fn not_allowed(&mut self, at: Place, fault: UserFault) -> RowNote {
        self.refused(note(at, None, fault.code(), fault.to_string()))
    }

    /// A cell of a taken row is left out.
    pub fn dropped(&mut self, columns: &[Column], at: Place, fault: &RowFault) -> RowNote {
        self.warned(of_cell(columns, at, fault))
    }

    /// A row's key stood in the file before.
    pub fn repeated(&mut self, at: Place) -> RowNote {
        let reason =
            "an earlier row is about this user too; where both have a value, the later one counts";
        self.warned(note(at, None, "duplicate_in_file", reason.to_owned()))
    }

    fn refused(&mut self, note: RowNote) -> RowNote {
        *self.codes.entry(note.code.clone()).or_default() += 1;
        if self.rejects.len() < NOTES_MAX {
            self.rejects.push(note.clone());
        }
        note
    }

    fn warned(&mut self, note: RowNote) -> RowNote {
        *self.codes.entry(note.code.clone()).or_default() += 1;
        if self.warnings.len() < NOTES_MAX {
            self.warnings.push(note.clone());
        }
        note
    }
}

fn of_cell(columns: &[Column], at: Place, fault: &RowFault) -> RowNote {
    let column = fault.column(columns).map(str::to_owned);
    note(at, column, fault.code(), fault.to_string())
}

fn note(Place { row, line }: Place, column: Option<String>, code: &str, reason: String) -> RowNote {
    RowNote { line, row, column, code: code.to_owned(), reason }
}
