//! The users export: the table as it stood at one position, written at full speed to a file, then handed out.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;

use domain::csv_header::{COMPUTED_COLUMNS, EMAIL_COLUMN};
use domain::segment::Now;
use domain::time_range::utc_text;
use domain::value::ValueType;
use eventlog::{LogError, Position};
use projections::fields::Field;
use projections::users::{UserLine, Visit};
use projections::{ProjectionError, Store};
use serde_json::Value;

use super::cells::{Dialect, ROW_END};
use super::spool::{Spool, Spooled};
use super::user_events::Form;
use crate::displayed::columns;
use crate::problem::{Problem, ProblemKind};
use crate::table::filter::UserFilter;

/// Why writing ended early.
#[derive(Debug)]
pub enum SpoolError {
    /// The tables cannot be read.
    Tables(ProjectionError),
    /// The log cannot be read.
    Log(LogError),
    /// The file cannot be written.
    File(io::Error),
    /// A column asked for does not exist.
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
        SpoolError::File(error)
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

/// What the table shows before the fields, in its order.
const LEADING: [&str; 6] = [
    EMAIL_COLUMN,
    "member_since",
    "last_active_at",
    "challenges_completed",
    "digital_assets",
    "perks_used",
];

/// A column: one of ours, or a field as it is called now.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    id: String,
    kind: ValueType,
}

impl Column {
    fn own(name: &str) -> Column {
        Column { name: name.to_owned(), id: name.to_owned(), kind: ValueType::Text }
    }
}

impl From<Field> for Column {
    fn from(Field { id, reference_id, kind }: Field) -> Column {
        Column { name: reference_id, id, kind }
    }
}

/// What a users export holds.
#[derive(Debug)]
pub struct UsersExport {
    /// Who is in it.
    pub filter: UserFilter,
    /// The moment that filters on days speak of.
    pub now: Now,
    /// The columns asked for; none: as the table shows.
    pub columns: Option<Vec<String>>,
    /// The fields that the table shows, by their ids; none: all there are.
    pub table: Option<Vec<String>>,
    /// CSV or NDJSON.
    pub form: Form,
    /// Whether the file is packed.
    pub gzip: bool,
    /// Whether personal cells are filled.
    pub personal: bool,
}

/// A users export, whole.
#[derive(Debug)]
pub struct UsersFile {
    /// Rewound.
    pub file: File,
    /// Its length.
    pub bytes: u64,
    /// Of all of it.
    pub sha256: [u8; 32],
    /// Rows after the header.
    pub rows: u64,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The position the table stood at.
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

/// A users export that was written to nowhere.
#[derive(Debug)]
pub struct Measured {
    /// What would have been written.
    pub written: Written,
    /// Its length.
    pub bytes: u64,
}

impl UsersExport {
    /// Writes the whole table to a nameless file in `folder`.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn spool(&self, store: &Store, folder: &Path) -> Result<UsersFile, SpoolError> {
        let mut out = Spool::begin(tempfile::tempfile_in(folder)?, self.gzip);
        let Written { rows, columns, position } = self.write(store, &mut out, &mut |_| Ok(()))?;
        let Spooled { mut file, bytes, sha256 } = out.end()?;
        file.rewind()?;
        Ok(UsersFile { file, bytes, sha256, rows, columns, position })
    }

    /// Counts the rows and the bytes that there would be.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn measure(&self, store: &Store) -> Result<Measured, SpoolError> {
        let mut out = Spool::begin(io::sink(), self.gzip);
        let written = self.write(store, &mut out, &mut |_| Ok(()))?;
        Ok(Measured { written, bytes: out.end()?.bytes })
    }

    /// Writes the whole table; before each row `each` hears how many there were, and may end it.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn write(
        &self,
        store: &Store,
        out: &mut impl Write,
        each: &mut dyn FnMut(u64) -> Result<(), SpoolError>,
    ) -> Result<Written, SpoolError> {
        let (mut columns, mut line) = (Vec::new(), Vec::with_capacity(1024));
        let mut rows = 0;
        let position = store.each_user::<SpoolError>(self.filter.of(), |visit| {
            line.clear();
            match visit {
                Visit::Fields(fields) => {
                    columns = self.choose(fields)?;
                    self.header(&columns, &mut line);
                }
                Visit::User(user) if !self.filter.takes_line(user, self.now) => {}
                Visit::User(user) => {
                    each(rows)?;
                    self.row(&columns, user, &mut line);
                    rows += 1;
                }
            }
            Ok(out.write_all(&line)?)
        })?;
        let columns = columns.into_iter().map(|column| column.name).collect();
        Ok(Written { rows, columns, position })
    }

    fn choose(&self, fields: Vec<Field>) -> Result<Vec<Column>, SpoolError> {
        let table = match &self.columns {
            None => columns(self.table.as_deref(), fields),
            Some(_) => fields,
        };
        let leading = LEADING.into_iter().map(Column::own);
        let all: Vec<Column> = leading.chain(table.into_iter().map(Column::from)).collect();
        let Some(asked) = &self.columns else { return Ok(all) };
        let find = |name: &String| {
            let computed = COMPUTED_COLUMNS.into_iter().find(|known| known == name);
            all.iter().find(|column| column.name == *name).cloned().or(computed.map(Column::own))
        };
        let chosen = asked.iter().map(|name| find(name).ok_or(name));
        chosen.collect::<Result<_, _>>().map_err(|unknown| {
            let mut list: Vec<String> = all.iter().map(|column| column.name.clone()).collect();
            list.push("user_id".to_owned());
            let detail = format!("there is no column {unknown:?}; there are: {}", list.join(", "));
            let problem = Problem::new(ProblemKind::ColumnUnknown, detail).with("known", list);
            SpoolError::Column(Box::new(problem))
        })
    }

    fn header(&self, columns: &[Column], out: &mut Vec<u8>) {
        let Form::Csv(dialect, bom) = self.form else { return };
        out.extend_from_slice(if bom { b"\xEF\xBB\xBF" } else { b"" });
        for (index, column) in columns.iter().enumerate() {
            delimit(dialect, index, out);
            dialect.text(out, column.name.as_bytes());
        }
        out.extend_from_slice(ROW_END);
    }

    fn row(&self, columns: &[Column], user: &UserLine, out: &mut Vec<u8>) {
        match self.form {
            Form::Csv(dialect, _) => {
                for (index, column) in columns.iter().enumerate() {
                    delimit(dialect, index, out);
                    match cell(user, column) {
                        Cell::Computed(value) => dialect.plain(out, value.to_text().as_bytes()),
                        Cell::Personal(Some(text)) if self.personal => {
                            dialect.text(out, text.as_bytes())
                        }
                        Cell::Personal(_) => {}
                    }
                }
                out.extend_from_slice(ROW_END);
            }
            Form::Ndjson => {
                // By hand, because a JSON map would sort the names: the order is the one asked for.
                for (index, column) in columns.iter().enumerate() {
                    out.push(if index == 0 { b'{' } else { b',' });
                    json(&column.name, out);
                    out.push(b':');
                    match cell(user, column) {
                        Cell::Computed(value) => json(&value.0, out),
                        Cell::Personal(text) => {
                            typed(column.kind, text.filter(|_| self.personal), out)
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

enum Cell<'a> {
    Computed(Computed),
    Personal(Option<&'a str>),
}

struct Computed(Value);

impl Computed {
    fn to_text(&self) -> String {
        match &self.0 {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.0.to_string()
            }
        }
    }
}

fn cell<'a>(user: &'a UserLine, column: &Column) -> Cell<'a> {
    Cell::Computed(Computed(match column.id.as_str() {
        EMAIL_COLUMN => return Cell::Personal(Some(&user.email)),
        "user_id" => user.id.to_string().into(),
        "member_since" => utc_text(user.member_since).into(),
        "last_active_at" => user.last_active_at.map(utc_text).into(),
        "challenges_completed" => user.challenges_completed.into(),
        "digital_assets" => user.digital_assets.into(),
        "perks_used" => user.perks_used.into(),
        field => return Cell::Personal(user.fields.get(field).map(String::as_str)),
    }))
}
