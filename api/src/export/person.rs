//! One person's file: all that is there about one user, as of one position, in one archive.

mod archive;
mod gathered;
mod overview;
mod values;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use domain::{Refusal, UserId};
use eventlog::Position;
use serde::Serialize;

use self::archive::{Archive, Member};
use self::gathered::Gathered;
use self::overview::Overview;
use self::values::Values;
use super::cells::Dialect;
use super::format::{Basis, COLUMNS, FORMAT, Writer};
use super::user_events::Form;
use super::users::SpoolError;
use crate::app::App;
use crate::history::History;
use crate::problem::Problem;

/// Name of what the archive holds and how.
pub const PERSON_FORMAT: &str = "person/1";
/// What each file is, for whoever opens the archive.
const README: &str = include_str!("person/README.txt");

/// A person's file, written.
#[derive(Debug)]
pub struct Spooled {
    /// The archive, rewound.
    pub file: File,
    /// The moment it stands at.
    pub position: Position,
    /// Facts about the person in it.
    pub events: u64,
}

/// What the archive is made of, for programs.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    format: &'static str,
    events_format: &'static str,
    user_id: String,
    log_id: String,
    position: String,
    zone: &'static str,
    safe: bool,
    files: &'a [Member],
}

/// Why it cannot be written.
#[derive(Debug)]
pub enum PersonError {
    /// Nothing was ever recorded about such a user.
    Unknown,
    /// The tables, the log or the file.
    Spool(SpoolError),
}

impl<E: Into<SpoolError>> From<E> for PersonError {
    fn from(error: E) -> Self {
        PersonError::Spool(error.into())
    }
}

impl From<PersonError> for Problem {
    fn from(error: PersonError) -> Problem {
        match error {
            PersonError::Unknown => Refusal::UserUnknown.into(),
            PersonError::Spool(error) => error.into(),
        }
    }
}

/// Writes everything about a user to a nameless file in the scratch folder. The history is read once for each file that
/// tells it, so that no more of it is held than a page.
///
/// # Errors
/// See [`PersonError`].
pub fn spool(
    app: &App,
    user: UserId,
    (dialect, bom): (Dialect, bool),
) -> Result<Spooled, PersonError> {
    let (position, details, known) = app.follower.store().person(user)?;
    let history = History::of(&app.log, user, position)?;
    let mut gathered = Gathered::default();
    history.each(|fact| gathered.add(fact))?;
    if gathered.events == 0 {
        return Err(PersonError::Unknown);
    }
    let mut archive = Archive::begin(tempfile::tempfile_in(app.folder.scratch())?, &gathered)?;
    archive.add("README.txt", |out| Ok(out.write_all(README.as_bytes()).map(|()| 0)?))?;
    let overview = Overview::new(app, user, details, &known, &gathered)?;
    archive.add("user.json", |out| json(out, &overview))?;
    let values = Values::new(app.log_id, &known, dialect, bom);
    archive.add("properties.csv", |out| values.write(&history, out))?;
    let csv = Form::Csv(dialect, bom);
    archive.add("user-events.csv", |out| events(app, &history, csv, out))?;
    archive.add("user-events.ndjson", |out| events(app, &history, Form::Ndjson, out))?;
    let members = archive.members();
    let manifest = Manifest {
        format: PERSON_FORMAT,
        events_format: FORMAT,
        user_id: user.to_string(),
        log_id: app.log_id.to_string(),
        position: app.cursor(position),
        zone: app.config.zone.name(),
        safe: dialect.safe,
        files: &members,
    };
    archive.add("manifest.json", |out| json(out, &manifest))?;
    let mut file = archive.finish()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Spooled { file, position, events: gathered.events })
}

fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<u64, SpoolError> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(0)
}

/// The whole history as the export of user events writes it: every type, every column.
fn events(
    app: &App,
    history: &History<'_>,
    form: Form,
    out: &mut dyn Write,
) -> Result<u64, SpoolError> {
    let mut writer = Writer::new(COLUMNS.to_vec(), Basis::Recorded, true, app.log_id);
    let (mut rows, mut line) = (0, Vec::with_capacity(1024));
    if let Form::Csv(dialect, bom) = form {
        line.extend_from_slice(if bom { b"\xEF\xBB\xBF" } else { b"" });
        writer.csv_header(dialect, &mut line);
        out.write_all(&line)?;
    }
    history.each(|fact| {
        line.clear();
        let row = fact.as_row();
        match form {
            Form::Csv(dialect, _) => writer.csv_row(dialect, (&row).into(), &mut line),
            Form::Ndjson | Form::Xlsx => writer.ndjson_row((&row).into(), &mut line),
        }
        rows += 1;
        Ok::<_, SpoolError>(out.write_all(&line)?)
    })?;
    Ok(rows)
}
