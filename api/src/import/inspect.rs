//! The structural pass: before any row is applied, the whole file is read once and refused if it cannot be trusted.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use domain::csv_header::{HeaderFault, map_columns};
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

/// The delimiter under which the first line names an e-mail column and the most columns, and that mapping.
fn read_header(path: &Path, only: Option<&[String]>) -> Result<(u8, Vec<Column>), Problem> {
    let mut best: Option<(usize, u8, Vec<Column>)> = None;
    let mut refusal: Option<(usize, HeaderFault)> = None;
    for delimiter in DELIMITERS {
        let mut records = Records::open(path, delimiter).map_err(refused)?;
        let Some(header) = records.next_record().map_err(refused)? else { return Err(empty()) };
        utf8(header)?;
        let mut cells = Cells::new(delimiter);
        cells.decode(header.content).map_err(Problem::internal)?;
        let names: Vec<&str> = cells.iter().collect();
        match map_columns(&names, only) {
            Ok(columns) if best.as_ref().is_none_or(|(count, ..)| names.len() > *count) => {
                best = Some((names.len(), delimiter, columns));
            }
            Err(fault) if refusal.as_ref().is_none_or(|(count, _)| names.len() > *count) => {
                refusal = Some((names.len(), fault));
            }
            Ok(_) | Err(_) => {}
        }
    }
    match (best, refusal) {
        // A refusal under a delimiter that splits better tells more than a lone column that happens to fit.
        (Some((count, delimiter, columns)), refusal)
            if refusal.as_ref().is_none_or(|(other, _)| *other <= count) =>
        {
            Ok((delimiter, columns))
        }
        (_, Some((_, fault))) => Err(fault.into()),
        (_, None) => Err(empty()),
    }
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
