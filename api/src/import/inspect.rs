//! The structural pass: before any row is applied, the whole file is read once and refused if it cannot be trusted.

use std::path::Path;

use domain::csv_header::{REJECT_COLUMNS, map_columns, name_columns, suggest_columns};
use domain::csv_record::Cells;
use domain::email::Email;
use domain::event::{Column, MatchBy, Target};
use domain::property::Properties;

use super::records::{RecordFault, Records};
use crate::problem::{Problem, ProblemKind};

/// Delimiters tried, in order of preference.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Whether the first record names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// It does.
    Present,
    /// It is a row like the others.
    Absent,
    /// It is a row where one of its cells is an address.
    Unsure,
}

/// How a file is read, as far as the caller says it.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Headers to take; all where none is named.
    pub only: Option<Vec<String>>,
    /// The byte between cells; else the one that fits best.
    pub delimiter: Option<u8>,
    /// About the first record.
    pub header: Header,
    /// By what rows find their users, as far as that is said.
    pub match_by: Option<MatchBy>,
    /// Properties there are: a column of one's name goes there.
    pub known: Properties,
    /// Whether somebody will say where the columns go: then what is in doubt is left out, not refused.
    pub draft: bool,
}

/// What the pass found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// The byte between cells.
    pub delimiter: u8,
    /// Whether the first record names the columns.
    pub header: bool,
    /// Where each column goes.
    pub columns: Vec<Column>,
    /// Records, without the header.
    pub rows: u64,
}

/// Reads a whole file of UTF-8. Memory is bounded by the longest record.
///
/// # Errors
/// The reason for which the file is refused whole; nothing of it is imported.
pub fn inspect(path: &Path, reading: &Reading, rows_max: u64) -> Result<Structure, Problem> {
    let (delimiter, Layout { header, columns, .. }) = read_layout(path, reading)?;
    let mut records = Records::open(path, delimiter).map_err(refused)?;
    if header {
        records.next_record().map_err(refused)?;
    }
    let mut rows = 0u64;
    while records.next_record().map_err(refused)?.is_some() {
        rows += 1;
        if rows > rows_max {
            let detail = format!("at most {rows_max} rows are imported at once");
            return Err(Problem::new(ProblemKind::TooManyRows, detail).with("rows_max", rows_max));
        }
    }
    Ok(Structure { delimiter, header, columns, rows })
}

/// What the first record says under one delimiter.
struct Layout {
    header: bool,
    /// Whether a cell holds an address, or a header says which one does.
    address: bool,
    columns: Vec<Column>,
}

impl Layout {
    /// Better layouts have more of it.
    fn rank(&self) -> (bool, usize) {
        (self.address, self.columns.len())
    }
}

/// The delimiter under which the first record has an e-mail column and the most columns, and that layout. Where it has
/// none under any, the refusal of the delimiter that splits best is told.
fn read_layout(path: &Path, reading: &Reading) -> Result<(u8, Layout), Problem> {
    let mut best: Option<(u8, Layout)> = None;
    let mut refusal: Option<(usize, Problem)> = None;
    let tried = DELIMITERS
        .into_iter()
        .filter(|tried| reading.delimiter.is_none_or(|asked| asked == *tried));
    for delimiter in tried {
        match probe(path, delimiter, reading) {
            Ok(layout) if best.as_ref().is_none_or(|(_, known)| layout.rank() > known.rank()) => {
                best = Some((delimiter, layout));
            }
            Err((count, problem)) if refusal.as_ref().is_none_or(|(most, _)| count > *most) => {
                refusal = Some((count, problem));
            }
            Ok(_) | Err(_) => {}
        }
    }
    match (best, refusal) {
        // One column that fits does not outrank a better split that names two e-mails, say; a split without any does.
        (Some((_, layout)), Some((more, problem)))
            if more > layout.columns.len()
                && problem.kind() != ProblemKind::EmailColumnMissing
                && problem.kind() != ProblemKind::MatchColumnMissing
                && more_than_a_probe(&problem) =>
        {
            Err(problem)
        }
        (Some(best), _) => Ok(best),
        (None, Some((_, problem))) => Err(problem),
        (None, None) => Err(empty()),
    }
}

/// Whether a refusal is about what the header says, and not about how one delimiter happens to split it.
fn more_than_a_probe(problem: &Problem) -> bool {
    !matches!(problem.kind(), ProblemKind::UnterminatedQuote | ProblemKind::RecordTooLong)
}

/// The layout under one delimiter, or how many columns it saw and why they cannot be used.
fn probe(path: &Path, delimiter: u8, reading: &Reading) -> Result<Layout, (usize, Problem)> {
    let none = |problem: Problem| (0, problem);
    let mut records = Records::open(path, delimiter).map_err(|fault| none(refused(fault)))?;
    let first = records
        .next_record()
        .map_err(|fault| none(refused(fault)))?
        .ok_or_else(|| none(empty()))?;
    let mut cells = Cells::new(delimiter);
    cells.decode(first.content).map_err(|error| none(Problem::internal(error)))?;
    let first: Vec<&str> = cells.iter().collect();
    let holds_address = first.iter().any(|cell| Email::parse(cell).is_ok());
    let header = match reading.header {
        Header::Present => true,
        Header::Absent => false,
        Header::Unsure => !holds_address,
    };
    let match_by = reading.match_by.unwrap_or_default();
    let made = if header { Vec::new() } else { name_columns(&first) };
    let names = if header { first } else { made.iter().map(String::as_str).collect() };
    // Mended rejects go where they went the first time, whatever their header says.
    let mended = header && REJECT_COLUMNS.iter().all(|name| names.contains(name));
    let columns = match reading.draft || (mended && reading.match_by.is_none()) {
        true => suggest_columns(&names, &reading.known),
        false => map_columns(&names, reading.only.as_deref(), match_by, &reading.known),
    };
    let columns = columns.map_err(|fault| (names.len(), fault.into()))?;
    let is_key =
        |column: &Column| column.target == Target::Email || column.target == match_by.target();
    let address = if header { columns.iter().any(is_key) } else { holds_address };
    Ok(Layout { header, address, columns })
}

fn empty() -> Problem {
    Problem::new(ProblemKind::EmptyFile, "the file holds not even a header line")
}

fn refused(fault: RecordFault) -> Problem {
    let detail = fault.to_string();
    match fault {
        RecordFault::Unterminated { line, byte } => {
            Problem::new(ProblemKind::UnterminatedQuote, detail)
                .with("line", line)
                .with("byte", byte)
        }
        RecordFault::TooLong { line } => {
            Problem::new(ProblemKind::RecordTooLong, detail).with("line", line)
        }
        RecordFault::Io(error) => Problem::internal(error),
    }
}
