//! Spreadsheets (`.xlsx`): rows of NDJSON become rows of sheets, in one pass. What was written is packed and gone; nothing
//! waits in memory or in a file of its own, and the same rows make the same bytes.

mod cells;
mod parts;

use std::io::{self, Write};

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use self::cells::{cell, head_cell, letters};
use self::parts::Sheet;
use super::members::members;
use crate::problem::{Problem, ProblemKind};

/// Rows of a sheet after its header: a sheet has 1,048,576.
pub const SHEET_ROWS_MAX: u64 = 1_048_575;
/// Most characters of a cell, as UTF-16 counts them.
pub const CELL_CHARS_MAX: usize = 32_767;
/// Most bytes of a sheet before it is packed: more need counters that not every program reads.
const SHEET_BYTES_MAX: u64 = 4_000_000_000;
/// Bytes collected before they are packed.
const CHUNK_BYTES: usize = 64 * 1024;
/// The compression of zlib's middle is three times as slow and saves a tenth.
const LEVEL: i64 = 2;

/// What the values of a column are, where they do not say it themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Text, numbers, booleans, lists: as they come.
    Plain,
    /// Days or instants.
    Time,
}

/// How many sheets that many rows take.
pub fn sheets(rows: u64) -> u64 {
    rows.div_ceil(SHEET_ROWS_MAX).max(1)
}

/// Writes the line that rows for sheets begin with: the columns, in order, and what their values are.
pub fn header_line<'c>(columns: impl Iterator<Item = (&'c str, CellKind)>, out: &mut Vec<u8>) {
    for (index, (name, kind)) in columns.enumerate() {
        out.push(if index == 0 { b'{' } else { b',' });
        serde_json::to_writer(&mut *out, name).expect("texts always serialise");
        out.extend_from_slice(if kind == CellKind::Time { b":true" } else { b":false" });
    }
    out.extend_from_slice(b"}\n");
}

/// What a spreadsheet cannot hold.
#[derive(Debug, thiserror::Error)]
pub(super) enum CannotHold {
    /// A cell is too long.
    #[error(
        "{column:?} of row {row} has {chars} characters, a cell has at most {CELL_CHARS_MAX}; leave that column out (columns=), or take csv or ndjson"
    )]
    Cell { column: String, row: u64, chars: usize },
    /// A sheet is too long.
    #[error("a sheet would have more than four gigabytes; take fewer columns, or csv or ndjson")]
    Sheet,
}

impl From<CannotHold> for Problem {
    fn from(error: CannotHold) -> Problem {
        let problem = Problem::new(ProblemKind::XlsxCannotHold, error.to_string());
        match error {
            CannotHold::Cell { column, row, .. } => problem.with("column", column).with("row", row),
            CannotHold::Sheet => problem,
        }
    }
}

impl From<CannotHold> for io::Error {
    fn from(error: CannotHold) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}

/// A column of every sheet.
struct Column {
    name: String,
    kind: CellKind,
    letters: String,
}

/// A workbook while it is written. It takes lines: one of [`header_line`], then rows whose members are in its order.
pub(super) struct Sheets<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    options: SimpleFileOptions,
    name: &'static str,
    rows_max: u64,
    columns: Vec<Column>,
    /// All of them; the last is being written.
    sheets: Vec<Sheet>,
    /// Of the sheet being written, before they are packed.
    sheet_bytes: u64,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    xml: Vec<u8>,
}

impl<W: Write> Sheets<W> {
    /// An empty one, whose sheets are called so.
    pub(super) fn begin(file: W, name: &'static str) -> Sheets<W> {
        Sheets::with_rows_max(file, name, SHEET_ROWS_MAX)
    }

    fn with_rows_max(file: W, name: &'static str, rows_max: u64) -> Sheets<W> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(DateTime::default());
        Sheets {
            zip: ZipWriter::new_stream(file),
            options,
            name,
            rows_max,
            columns: Vec::new(),
            sheets: Vec::new(),
            sheet_bytes: 0,
            line: Vec::new(),
            xml: Vec::with_capacity(2 * CHUNK_BYTES),
        }
    }

    /// Ends it: what names the sheets comes last.
    pub(super) fn end(mut self) -> io::Result<W> {
        self.end_sheet()?;
        for (name, text) in parts::others(self.name, &self.sheets, self.columns.len()) {
            self.zip.start_file(name, self.options)?;
            self.zip.write_all(text.as_bytes())?;
        }
        Ok(self.zip.finish()?.into_inner())
    }

    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        if self.columns.is_empty() {
            self.columns = members(line).enumerate().map(column).collect();
            return self.begin_sheet();
        }
        if self.sheets.last().is_some_and(|sheet| sheet.rows >= self.rows_max) {
            self.end_sheet()?;
            self.begin_sheet()?;
        }
        self.row(line)
    }

    fn row(&mut self, line: &[u8]) -> io::Result<()> {
        let full = self.sheets.len().saturating_sub(1) as u64 * self.rows_max;
        let sheet = self.sheets.last_mut().ok_or_else(|| io::Error::other("no header came"))?;
        sheet.rows += 1;
        let number = sheet.rows + 1;
        write!(self.xml, "<row r=\"{number}\">")?;
        for (column, (_, value)) in self.columns.iter().zip(members(line)) {
            let place = (column.letters.as_str(), number);
            if let Err(chars) = cell(place, column.kind, value, &mut self.xml) {
                let (column, row) = (column.name.clone(), full + sheet.rows);
                return Err(CannotHold::Cell { column, row, chars }.into());
            }
        }
        self.xml.extend_from_slice(b"</row>");
        if self.xml.len() >= CHUNK_BYTES { self.pack() } else { Ok(()) }
    }

    fn begin_sheet(&mut self) -> io::Result<()> {
        self.sheets.push(Sheet { rows: 0 });
        self.sheet_bytes = 0;
        self.zip.start_file(parts::sheet_path(self.sheets.len()), self.options)?;
        let columns = self.columns.iter().map(|column| (column.name.as_str(), column.kind));
        parts::sheet_head(self.sheets.len() == 1, columns, &mut self.xml);
        self.xml.extend_from_slice(b"<row r=\"1\">");
        for column in &self.columns {
            head_cell(&column.letters, &column.name, &mut self.xml);
        }
        self.xml.extend_from_slice(b"</row>");
        Ok(())
    }

    fn end_sheet(&mut self) -> io::Result<()> {
        let sheet = self.sheets.last().ok_or_else(|| io::Error::other("no header came"))?;
        parts::sheet_tail(sheet, self.columns.len(), &mut self.xml);
        self.pack()
    }

    fn pack(&mut self) -> io::Result<()> {
        self.sheet_bytes += self.xml.len() as u64;
        if self.sheet_bytes > SHEET_BYTES_MAX {
            return Err(CannotHold::Sheet.into());
        }
        self.zip.write_all(&self.xml)?;
        self.xml.clear();
        Ok(())
    }
}

fn column((index, (name, is_time)): (usize, (&[u8], &[u8]))) -> Column {
    let name = cells::text(&[b"\"", name, b"\""].concat());
    let kind = if is_time == b"true" { CellKind::Time } else { CellKind::Plain };
    Column { name, kind, letters: letters(index) }
}

impl<W: Write> Write for Sheets<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            if self.line.is_empty() {
                self.take(&rest[..end])?;
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(&rest[..end]);
                self.take(&line)?;
            }
            rest = &rest[end + 1..];
        }
        self.line.extend_from_slice(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use zip::ZipArchive;

    use super::*;

    fn written(rows_max: u64, lines: &[&str]) -> io::Result<Vec<u8>> {
        let mut sheets = Sheets::with_rows_max(Vec::new(), "users", rows_max);
        let mut head = Vec::new();
        let columns = [("email", CellKind::Plain), ("since", CellKind::Time)];
        header_line(columns.into_iter(), &mut head);
        sheets.write_all(&head)?;
        let all = lines.join("\n") + "\n";
        // However the lines come in.
        for part in all.as_bytes().chunks(7) {
            sheets.write_all(part)?;
        }
        sheets.end()
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    const LINES: [&str; 5] = [
        r#"{"email":"a","since":"2026-01-02T12:00:00.000000Z"}"#,
        r#"{"email":"b","since":null}"#,
        r#"{"email":"=1+1","since":"2026-01-02"}"#,
        r#"{"email":"d","since":"1850-01-02"}"#,
        r#"{"email":"e","since":null}"#,
    ];

    #[test]
    fn rows_that_do_not_fit_go_on_in_a_further_sheet_with_the_header_again() {
        let bytes = written(2, &LINES).unwrap();
        let workbook = part(&bytes, "xl/workbook.xml");
        for name in ["\"users\"", "\"users 2\"", "\"users 3\""] {
            assert!(workbook.contains(&format!("<sheet name={name}")), "{workbook}");
        }
        let head = "<row r=\"1\"><c r=\"A1\" s=\"1\" t=\"inlineStr\"><is><t>email</t></is></c>";
        let (first, last) =
            (part(&bytes, "xl/worksheets/sheet1.xml"), part(&bytes, "xl/worksheets/sheet3.xml"));
        assert!(first.contains(head) && last.contains(head));
        assert!(first.contains("<c r=\"B2\" s=\"2\"><v>46024.5</v></c>"), "{first}");
        assert!(first.contains("<autoFilter ref=\"A1:B3\"/>") && !first.contains("<row r=\"4\">"));
        assert!(last.contains("<is><t>e</t></is>") && last.contains("<autoFilter ref=\"A1:B2\"/>"));
        let middle = part(&bytes, "xl/worksheets/sheet2.xml");
        assert!(middle.contains("<is><t>=1+1</t></is></c><c r=\"B2\" s=\"3\"><v>46024</v></c>"));
        assert!(middle.contains("<c r=\"B3\" t=\"inlineStr\"><is><t>1850-01-02</t></is></c>"));
        assert_eq!(bytes, written(2, &LINES).unwrap(), "the same rows make the same bytes");
        // Exactly full is full, not one more; and one of nobody has a header.
        let full = written(5, &LINES).unwrap();
        assert!(!part(&full, "xl/workbook.xml").contains("users 2"));
        assert!(part(&written(5, &[]).unwrap(), "xl/worksheets/sheet1.xml").contains(head));
        assert_eq!([0, 1, 1_048_575, 1_048_576].map(super::sheets), [1, 1, 1, 2]);
    }

    #[test]
    fn a_cell_that_is_too_long_is_refused_by_its_place() {
        let line = |chars| format!("{{\"email\":\"{}\",\"since\":null}}", "é".repeat(chars));
        written(2, &[&line(CELL_CHARS_MAX)]).unwrap();
        let lines = [LINES[0], LINES[1], &line(CELL_CHARS_MAX + 1)];
        let error = written(2, &lines).unwrap_err().downcast::<CannotHold>().unwrap();
        let CannotHold::Cell { column, row, chars } = error else { panic!("{error}") };
        assert_eq!((column.as_str(), row, chars), ("email", 3, CELL_CHARS_MAX + 1));
    }
}
