//! Any bytes at all, read as the service reads a file, and what must hold whatever they are.
//!
//! The fuzzer calls this without end; `tests/fuzz_corpus.rs` calls it for the corpus and for damaged copies of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use api::import::inspect::{Header, Reading, Structure, inspect};
use api::import::records::Records;
use api::import::text::to_utf8;
use api::problem::Problem;
use domain::csv_record::Cells;
use domain::csv_row::{CELL_BYTES_MAX, RowKey, RowRules, TakenRow, read_row};
use domain::email::Email;
use domain::event::{BadCells, Column, EXTERNAL_ID, MatchBy, Target};
use domain::property::Properties;
use tempfile::TempDir;

/// Limits low enough for small files to meet them.
const BYTES_MAX: u64 = 2 * 1024 * 1024;
const ROWS_MAX: u64 = 250;

const DELIMITERS: &[u8] = b",;\t|";
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Every code that a file which needs nothing but to be read can be refused with.
pub(crate) const REFUSALS: [&str; 13] = [
    "empty_file",
    "not_text",
    "gzip_damaged",
    "invalid_bytes_at",
    "file_too_large",
    "unterminated_quote",
    "record_too_long",
    "too_many_rows",
    "too_many_columns",
    "header_too_long",
    "email_column_missing",
    "email_mapped_twice",
    "field_mapped_twice",
];

/// Every code that a row without typed columns can be refused with.
const ROW_FAULTS: [&str; 5] = [
    "column_count_mismatch",
    "email_missing",
    "email_invalid",
    "value_too_long",
    "control_character",
];

/// Reads a file and asserts what must hold. Answers the code of its refusal; none where it is taken.
pub(crate) fn read_file(bytes: &[u8]) -> Option<&'static str> {
    let folder = scratch();
    let (sent, path) = (folder.path().join("upload"), folder.path().join("text"));
    std::fs::write(&sent, bytes).unwrap();
    let made = to_utf8(&sent, &path, None, BYTES_MAX);
    assert_eq!(std::fs::read(&sent).unwrap(), bytes, "what was sent is not what it was");
    let left = 1 + usize::from(made.is_ok());
    let read = made.and_then(|_| {
        let text = std::fs::read(&path).unwrap();
        assert!(std::str::from_utf8(&text).is_ok(), "what was made UTF-8 is not");
        inspect(&path, &reading(None, Header::Unsure), ROWS_MAX).map(|found| (text, found))
    });
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, left, "something was left beside the files");
    match read {
        Ok((text, found)) => {
            taken(&path, &text, &found);
            None
        }
        Err(problem) => Some(refused(&problem)),
    }
}

/// In memory where there is such a folder: a file that is unpacked or decoded is forced to the disk.
fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn reading(delimiter: Option<u8>, header: Header) -> Reading {
    Reading {
        only: None,
        delimiter,
        header,
        match_by: None,
        known: Properties::default(),
        draft: false,
    }
}

fn refused(problem: &Problem) -> &'static str {
    let code = problem.kind().code();
    assert!(REFUSALS.contains(&code), "refused with {code}: {}", problem.detail());
    assert!(!problem.detail().is_empty(), "{code} says nothing");
    code
}

fn taken(path: &Path, text: &[u8], found: &Structure) {
    assert!(DELIMITERS.contains(&found.delimiter), "{} is no delimiter", found.delimiter);
    columns_are_told_apart(&found.columns);
    said_aloud_it_reads_the_same(path, found);
    let records = rest(Records::open(path, found.delimiter).unwrap());
    let rows = records.len() as u64 - u64::from(found.header);
    assert_eq!(rows, found.rows, "rows, read again");
    every_byte_has_its_place(text, &records);
    each_is_found_by_its_offset(path, found.delimiter, &records);
    cells_are_what_another_reader_sees(text, found, &records);
}

fn columns_are_told_apart(columns: &[Column]) {
    let addresses = columns.iter().filter(|column| column.target == Target::Email).count();
    assert_eq!(addresses, 1, "columns that are the e-mail");
    let mut known = BTreeSet::new();
    for column in columns {
        if let Target::Field(field) = &column.target {
            assert!(!field.is_empty(), "a field has no name: {column:?}");
            assert!(known.insert(field), "two columns go into {field}");
        }
    }
}

/// What the detector chose is what a caller who names it gets.
fn said_aloud_it_reads_the_same(path: &Path, found: &Structure) {
    let header = if found.header { Header::Present } else { Header::Absent };
    let again = inspect(path, &reading(Some(found.delimiter), header), ROWS_MAX).unwrap();
    assert_eq!(&again, found, "found, and said aloud");
}

/// A record, kept.
struct Kept {
    offset: u64,
    line: u64,
    content: Vec<u8>,
}

fn rest(mut records: Records) -> Vec<Kept> {
    let mut kept = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        let content = record.content.to_vec();
        kept.push(Kept { offset: record.offset, line: record.line, content });
    }
    kept
}

/// Every byte is in one record or in a line end between two; a record's line is what an editor shows.
fn every_byte_has_its_place(text: &[u8], records: &[Kept]) {
    let begin = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let (mut counted, mut end, mut line) = (begin, begin, 1);
    for record in records {
        let offset = usize::try_from(record.offset).unwrap();
        assert!(offset >= end && !record.content.is_empty(), "offset {offset} lies before {end}");
        assert!(only_line_ends(&text[end..offset]), "bytes between {end} and {offset} are lost");
        line += line_ends(&text[counted..offset]);
        assert_eq!(record.line, line, "line of the record at {offset}");
        (counted, end) = (offset, offset + record.content.len());
        assert!(text[offset..end] == record.content, "the record at {offset} is another");
    }
    assert!(only_line_ends(&text[end..]), "bytes after {end} are lost");
}

fn only_line_ends(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| b"\r\n".contains(byte))
}

/// CR, LF and CRLF each end one line.
fn line_ends(bytes: &[u8]) -> u64 {
    let halves = bytes.iter().filter(|byte| b"\r\n".contains(byte)).count();
    let pairs = bytes.windows(2).filter(|pair| **pair == *b"\r\n").count();
    (halves - pairs) as u64
}

/// One by one, and all of them through the small buffer of look-ups, whose edges cut them elsewhere.
fn each_is_found_by_its_offset(path: &Path, delimiter: u8, records: &[Kept]) {
    let at = |offset| Records::at(File::open(path).unwrap(), delimiter, offset).unwrap();
    for record in records {
        let mut again = at(record.offset);
        let found = again.next_record().unwrap().expect("a record begins there");
        assert_eq!((found.offset, found.line), (record.offset, 1));
        assert!(found.content == record.content, "the record at {} is another", record.offset);
    }
    let Some(first) = records.first() else { return };
    let again = rest(at(first.offset));
    assert_eq!(again.len(), records.len(), "records through a small buffer");
    for (small, record) in again.iter().zip(records) {
        assert_eq!((small.offset, small.line + first.line - 1), (record.offset, record.line));
        assert!(small.content == record.content, "the record at {} is another", record.offset);
    }
}

/// The `csv` crate reads the file whole and knows nothing of our records.
fn cells_are_what_another_reader_sees(text: &[u8], found: &Structure, records: &[Kept]) {
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(found.delimiter).has_headers(false).flexible(true);
    let mut reader = builder.from_reader(text);
    let mut others = reader.records();
    let mut cells = Cells::new(found.delimiter);
    for (index, record) in records.iter().enumerate() {
        cells.decode(&record.content).unwrap();
        let ours: Vec<&str> = cells.iter().collect();
        let theirs = others.next().expect("it sees as many").unwrap();
        let theirs: Vec<&str> = theirs.iter().collect();
        assert_eq!(ours, theirs, "cells of the record in line {}", record.line);
        assert_eq!(ours.len(), cells.len());
        if index > 0 || !found.header {
            row_is_taken_or_refused_by_name(&found.columns, &cells);
        }
    }
    assert!(others.next().is_none(), "it sees more");
}

/// Filled cells are taken exactly as they stand, and no others; a refusal has a name and says which column.
fn row_is_taken_or_refused_by_name(columns: &[Column], cells: &Cells) {
    let mut taken = TakenRow::default();
    let (match_by, bad_cells) = (MatchBy::Email, BadCells::RejectRow);
    let rules = RowRules { columns, match_by, bad_cells, now: 0 };
    match read_row(rules, cells, &mut taken) {
        Ok(key) => {
            let RowKey::Email(email) = key else { panic!("rows are matched by address") };
            let filled = columns.iter().zip(cells.iter()).filter(|(_, cell)| !cell.is_empty());
            let expected: Vec<(&str, Option<Cow<'_, str>>)> = filled
                .filter_map(|(column, cell)| match &column.target {
                    Target::Field(field) if field == EXTERNAL_ID => {
                        let cell = cell.trim();
                        let value = Some(Cow::Borrowed(cell));
                        (!cell.is_empty()).then_some((field.as_str(), value))
                    }
                    Target::Field(field) => Some((field.as_str(), Some(Cow::Borrowed(cell)))),
                    Target::Email | Target::UserId | Target::MemberSince | Target::Ignored => None,
                })
                .collect();
            assert_eq!(taken.cells, expected);
            for cell in taken.cells.iter().filter_map(|(_, cell)| cell.as_deref()) {
                assert!(cell.len() <= CELL_BYTES_MAX, "a cell of {} bytes is taken", cell.len());
                assert!(!cell.contains('\0'), "a cell with NUL is taken");
            }
            assert_eq!(Email::parse(email.spelling()), Ok(email), "an address, read again");
        }
        Err(fault) => {
            let code = fault.code();
            assert!(ROW_FAULTS.contains(&code), "a row is refused with {code}");
            assert!(!fault.to_string().is_empty(), "{code} says nothing");
            let about_a_column = code != "column_count_mismatch";
            assert_eq!(fault.column(columns).is_some(), about_a_column, "column of {code}");
        }
    }
}
