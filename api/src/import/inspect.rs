//! The structural pass: before any row is applied, the whole file is read once and refused if it cannot be trusted.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use domain::csv_header::map_columns;
use domain::csv_record::Cells;
use domain::event::Column;

use super::records::{RawRecord, RecordFault, Records};
use crate::problem::{Problem, ProblemKind};

/// Delimiters tried, in order of preference.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
const HEAD: usize = 4096;

/// What the pass found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// The byte between cells.
    pub delimiter: u8,
    /// Where each column goes.
    pub columns: Vec<Column>,
    /// Records after the header.
    pub rows: u64,
}

/// Reads the whole file. Memory is bounded by the longest record.
///
/// # Errors
/// The reason for which the file is refused whole; nothing of it is imported.
pub fn inspect(path: &Path, only: Option<&[String]>, rows_max: u64) -> Result<Structure, Problem> {
    looks_like_text(path)?;
    let (delimiter, columns) = read_header(path, only)?;
    let mut records = Records::open(path, delimiter).map_err(refused)?;
    let mut rows = 0u64;
    while let Some(record) = records.next_record().map_err(refused)? {
        utf8(record)?;
        rows += 1;
        if rows > rows_max + 1 {
            let detail = format!("at most {rows_max} rows are imported at once");
            return Err(Problem::new(ProblemKind::TooManyRows, detail).with("rows_max", rows_max));
        }
    }
    Ok(Structure { delimiter, columns, rows: rows.saturating_sub(1) })
}

fn utf8(record: RawRecord<'_>) -> Result<(), Problem> {
    let Err(error) = std::str::from_utf8(record.content) else { return Ok(()) };
    let before = &record.content[..error.valid_up_to()];
    let line_ends =
        String::from_utf8_lossy(before).replace("\r\n", "\n").matches(['\n', '\r']).count() as u64;
    let (line, byte) = (record.line + line_ends, record.offset + error.valid_up_to() as u64);
    let detail = format!("line {line}, byte {byte} is not UTF-8");
    Err(Problem::new(ProblemKind::InvalidBytes, detail).with("line", line).with("byte", byte))
}

/// The delimiter under which the first line names an e-mail column and the most columns, and that mapping. Where it
/// names none under any, the refusal of the delimiter that splits best is told.
fn read_header(path: &Path, only: Option<&[String]>) -> Result<(u8, Vec<Column>), Problem> {
    let mut best: Option<(usize, u8, Vec<Column>)> = None;
    let mut refusal: Option<(usize, Problem)> = None;
    for delimiter in DELIMITERS {
        match probe(path, delimiter, only) {
            Ok(columns) if best.as_ref().is_none_or(|(count, ..)| columns.len() > *count) => {
                best = Some((columns.len(), delimiter, columns));
            }
            Err((count, problem)) if refusal.as_ref().is_none_or(|(most, _)| count > *most) => {
                refusal = Some((count, problem));
            }
            Ok(_) | Err(_) => {}
        }
    }
    match (best, refusal) {
        // One column that fits does not outrank a better split that names two e-mails, say; a split without any does.
        (Some((count, ..)), Some((more, problem)))
            if more > count
                && problem.kind() != ProblemKind::EmailColumnMissing
                && more_than_a_probe(&problem) =>
        {
            Err(problem)
        }
        (Some((_, delimiter, columns)), _) => Ok((delimiter, columns)),
        (None, Some((_, problem))) => Err(problem),
        (None, None) => Err(empty()),
    }
}

/// Whether a refusal is about what the header says, and not about how one delimiter happens to split it.
fn more_than_a_probe(problem: &Problem) -> bool {
    !matches!(problem.kind(), ProblemKind::UnterminatedQuote | ProblemKind::RecordTooLong)
}

/// The mapping under one delimiter, or how many columns it saw and why they cannot be used.
fn probe(
    path: &Path,
    delimiter: u8,
    only: Option<&[String]>,
) -> Result<Vec<Column>, (usize, Problem)> {
    let none = |problem: Problem| (0, problem);
    let mut records = Records::open(path, delimiter).map_err(|fault| none(refused(fault)))?;
    let header = records
        .next_record()
        .map_err(|fault| none(refused(fault)))?
        .ok_or_else(|| none(empty()))?;
    utf8(header).map_err(none)?;
    let mut cells = Cells::new(delimiter);
    cells.decode(header.content).map_err(|error| none(Problem::internal(error)))?;
    let names: Vec<&str> = cells.iter().collect();
    map_columns(&names, only).map_err(|fault| (names.len(), fault.into()))
}

fn empty() -> Problem {
    Problem::new(ProblemKind::EmptyFile, "the file holds not even a header line")
}

fn looks_like_text(path: &Path) -> Result<(), Problem> {
    let mut head = Vec::with_capacity(HEAD);
    File::open(path)
        .and_then(|file| file.take(HEAD as u64).read_to_end(&mut head))
        .map_err(Problem::internal)?;
    if head.is_empty() {
        return Err(empty());
    }
    let not_text = |what: &str| Err(Problem::new(ProblemKind::NotText, what));
    match head.as_slice() {
        [b'P', b'K', 3, 4, ..] => {
            not_text("this is a zip archive or a spreadsheet (.xlsx, .ods); save it as CSV UTF-8")
        }
        [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            not_text("this is an old spreadsheet (.xls); save it as CSV UTF-8")
        }
        [0x1F, 0x8B, ..] => not_text("this is compressed with gzip; unpack it first"),
        [b'%', b'P', b'D', b'F', ..] => not_text("this is a PDF"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Err(Problem::new(
            ProblemKind::UnsupportedEncoding,
            "this file is UTF-16; save it as CSV UTF-8",
        )),
        bytes if bytes.iter().filter(|byte| **byte == 0).count() * 10 > bytes.len() => {
            not_text("this holds binary data or UTF-16 text; save it as CSV UTF-8")
        }
        _ => Ok(()),
    }
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
