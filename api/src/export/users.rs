//! The users export: the table as it stood at one position, written at full speed to a file, then handed out.

mod columns;
mod sorter;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use domain::segment::Now;
use domain::value::ValueType;
use eventlog::{LogError, Position};
use projections::users::{Found, UserLine};
use projections::{ProjectionError, Store};
use serde_json::Value;

pub use self::columns::LEADING_NAMES;
use self::columns::{Cell, Column};
use super::cells::{Dialect, ROW_END};
use super::sheets::{CannotHold, CellKind, header_line};
use super::spool::{Spool, Spooled};
use super::tally::Tally;
use super::user_events::{Form, Packed, in_proportion};
use crate::problem::{Problem, ProblemKind};
use crate::table::filter::UserFilter;
use crate::table::sort::Sort;

/// Why writing ended early.
#[derive(Debug)]
pub enum SpoolError {
    /// The tables cannot be read.
    Tables(ProjectionError),
    /// The log cannot be read.
    Log(LogError),
    /// The file cannot be written.
    File(io::Error),
    /// A column asked for does not exist, or does not fit into the form asked for.
    Column(Box<Problem>),
    /// Nobody wants it any more.
    Stopped,
}

impl From<ProjectionError> for SpoolError {
    fn from(error: ProjectionError) -> Self {
        SpoolError::Tables(error)
    }
}

impl From<LogError> for SpoolError {
    fn from(error: LogError) -> Self {
        SpoolError::Log(error)
    }
}

impl From<io::Error> for SpoolError {
    fn from(error: io::Error) -> Self {
        match error.downcast::<CannotHold>() {
            Ok(error) => SpoolError::Column(Box::new(error.into())),
            Err(error) => SpoolError::File(error),
        }
    }
}

impl From<SpoolError> for Problem {
    fn from(error: SpoolError) -> Problem {
        match error {
            SpoolError::Tables(error) => error.into(),
            SpoolError::Log(error) => error.into(),
            SpoolError::File(error) if error.kind() == io::ErrorKind::StorageFull => {
                Problem::new(ProblemKind::DiskFull, "there is no room for the export")
            }
            SpoolError::File(error) => Problem::internal(error),
            SpoolError::Column(problem) => *problem,
            SpoolError::Stopped => Problem::new(ProblemKind::ShuttingDown, "it was not written"),
        }
    }
}

/// What a users export holds.
#[derive(Debug)]
pub struct UsersExport {
    /// Who is in it.
    pub filter: UserFilter,
    /// The moment that filters on days speak of.
    pub now: Now,
    /// In which order.
    pub sort: Sort,
    /// Where they are put in order.
    pub scratch: PathBuf,
    /// The columns asked for; none: as the table shows.
    pub columns: Option<Vec<String>>,
    /// The fields that the table shows, by their ids; none: all there are.
    pub table: Option<Vec<String>>,
    /// CSV, NDJSON or a workbook.
    pub form: Form,
    /// Whether the file is packed.
    pub gzip: bool,
    /// Whether personal cells are filled.
    pub personal: bool,
}

/// An export as one file.
#[derive(Debug)]
pub struct WholeFile {
    /// Rewound.
    pub file: File,
    /// Its length.
    pub bytes: u64,
    /// Of all of it.
    pub sha256: [u8; 32],
    /// Rows after the header.
    pub rows: u64,
    /// Those by type, where they are user events.
    pub tally: Tally,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The last fact it can hold.
    pub position: Position,
}

/// What was written of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Rows after the header.
    pub rows: u64,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The position the table stood at.
    pub position: Position,
}

/// What its sheets are called.
pub(super) const SHEET: &str = "users";
/// Rows that tell how long a workbook will be.
const SAMPLE_ROWS: u64 = 10_000;

/// Takes so many lines, each in one write, and drops the others.
struct First<W> {
    out: W,
    lines: u64,
}

impl<W: Write> Write for First<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.lines > 0 && !line.is_empty() {
            self.lines -= 1;
            self.out.write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A users export that was written to nowhere.
#[derive(Debug)]
pub struct Measured {
    /// What would have been written.
    pub written: Written,
    /// Its length.
    pub bytes: u64,
}

impl UsersExport {
    /// Writes the whole table to a nameless file in `folder`; now and then `each` may end it.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn spool(
        &self,
        store: &Store,
        folder: &Path,
        each: &mut dyn FnMut() -> Result<(), SpoolError>,
    ) -> Result<WholeFile, SpoolError> {
        let mut out = Spool::begin(tempfile::tempfile_in(folder)?, self.packed().whole(SHEET));
        let written = self.write(store, &mut out, &mut |_| each())?;
        let Spooled { mut file, bytes, sha256 } = out.end()?;
        file.rewind()?;
        let Written { rows, columns, position } = written;
        let tally = Tally::default();
        Ok(WholeFile { file, bytes, sha256, rows, tally, columns, position })
    }

    /// Counts the rows and the bytes that there would be; of a workbook, as far as its first rows tell.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn measure(&self, store: &Store) -> Result<Measured, SpoolError> {
        let lines = if self.form == Form::Xlsx { SAMPLE_ROWS + 1 } else { u64::MAX };
        let out = Spool::begin(io::sink(), self.packed().whole(SHEET));
        let mut out = First { out, lines };
        // The same rows in another order are as long, but not once they are packed, and the first of them are others.
        let in_order = self.gzip || self.form == Form::Xlsx;
        let written = self.write_rows((store, in_order), &mut out, &mut |_| Ok(()))?;
        let seen = if self.form == Form::Xlsx { SAMPLE_ROWS } else { u64::MAX };
        let bytes = out.out.end()?.bytes;
        let bytes = in_proportion(bytes, written.rows, seen.min(written.rows));
        Ok(Measured { written, bytes })
    }

    fn packed(&self) -> Packed {
        Packed { form: self.form, gzip: self.gzip }
    }

    /// Writes the whole table; before each row `each` hears how many there were, and may end it. Where rows have to be put in
    /// order first, it hears that there is none yet.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn write(
        &self,
        store: &Store,
        out: &mut impl Write,
        each: &mut dyn FnMut(u64) -> Result<(), SpoolError>,
    ) -> Result<Written, SpoolError> {
        self.write_rows((store, true), out, each)
    }

    /// Counts the rows that there would be; before each `each` hears how many there were, and may end it.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn count(
        &self,
        store: &Store,
        each: &mut dyn FnMut(u64) -> Result<(), SpoolError>,
    ) -> Result<u64, SpoolError> {
        Ok(self.write_rows((store, false), &mut io::sink(), each)?.rows)
    }

    fn write_rows(
        &self,
        (store, in_order): (&Store, bool),
        out: &mut impl Write,
        each: &mut dyn FnMut(u64) -> Result<(), SpoolError>,
    ) -> Result<Written, SpoolError> {
        let everybody = store.everybody()?;
        let columns = self.choose(everybody.fields()?);
        let columns = columns.map_err(|unknown| SpoolError::Column(Box::new(unknown)))?;
        let (mut line, mut rows) = (Vec::with_capacity(1024), 0);
        self.header(&columns, &mut line);
        out.write_all(&line)?;
        self.each(&everybody, in_order, &mut |user| {
            each(rows)?;
            let Some(user) = user else { return Ok(()) };
            line.clear();
            self.row(&columns, user, &mut line);
            rows += 1;
            Ok(out.write_all(&line)?)
        })?;
        let columns = columns.into_iter().map(|column| column.name).collect();
        Ok(Written { rows, columns, position: everybody.position() })
    }

    fn header(&self, columns: &[Column], out: &mut Vec<u8>) {
        let (dialect, bom) = match self.form {
            Form::Csv(dialect, bom) => (dialect, bom),
            Form::Xlsx => {
                let kind = |column: &Column| match column.holds_times() {
                    true => CellKind::Time,
                    false => CellKind::Plain,
                };
                return header_line(columns.iter().map(|c| (c.name.as_str(), kind(c))), out);
            }
            Form::Ndjson => return,
        };
        out.extend_from_slice(if bom { b"\xEF\xBB\xBF" } else { b"" });
        for (index, column) in columns.iter().enumerate() {
            delimit(dialect, index, out);
            dialect.text(out, column.name.as_bytes());
        }
        out.extend_from_slice(ROW_END);
    }

    fn row(&self, columns: &[Column], (user, found): (&UserLine, &Found), out: &mut Vec<u8>) {
        match self.form {
            Form::Csv(dialect, _) => {
                for (index, column) in columns.iter().enumerate() {
                    delimit(dialect, index, out);
                    match column.cell(user, found) {
                        Cell::Computed(value) => dialect.plain(out, plain(&value).as_bytes()),
                        Cell::Ids(ids) => dialect.text(out, ids.join(";").as_bytes()),
                        Cell::Personal(Some(text)) if self.personal => match column.kind() {
                            ValueType::Text => dialect.text(out, text.as_bytes()),
                            // -5 is a number, and stays one.
                            ValueType::Number | ValueType::Boolean | ValueType::Date => {
                                dialect.plain(out, text.as_bytes())
                            }
                        },
                        Cell::Personal(_) => {}
                    }
                }
                out.extend_from_slice(ROW_END);
            }
            Form::Ndjson | Form::Xlsx => {
                // By hand, because a JSON map would sort the names: the order is the one asked for.
                for (index, column) in columns.iter().enumerate() {
                    out.push(if index == 0 { b'{' } else { b',' });
                    json(&column.name, out);
                    out.push(b':');
                    match column.cell(user, found) {
                        Cell::Computed(value) => json(&value, out),
                        Cell::Ids(ids) => json(&ids, out),
                        Cell::Personal(text) => {
                            typed(column.kind(), text.filter(|_| self.personal), out)
                        }
                    }
                }
                out.extend_from_slice(b"}\n");
            }
        }
    }
}

/// A value of a property as JSON. Numbers and booleans are kept in a form that is JSON already.
fn typed(kind: ValueType, text: Option<&str>, out: &mut Vec<u8>) {
    match (kind, text) {
        (ValueType::Number | ValueType::Boolean, Some(text)) => {
            out.extend_from_slice(text.as_bytes());
        }
        (_, text) => json(&text, out),
    }
}

fn json(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("texts and numbers always serialise");
}

fn delimit(dialect: Dialect, index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(dialect.delimiter);
    }
}

/// What a cell of CSV says of a value that is no text of a person.
fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => "".into(),
        Value::String(text) => text.into(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string().into()
        }
    }
}
