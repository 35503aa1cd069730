//! An import as it is shown.

use domain::event::{Column, ImportStarted, RowCounts, RowNote, Target};
use projections::imports::ImportLine;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::import::text::Confidence;
use crate::routes::shown;

/// Where a column went.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnView {
    /// As the first line has it.
    pub header: String,
    /// `email`, `field` or `ignored`.
    pub target: &'static str,
    /// The field's reference id.
    pub reference_id: Option<String>,
}

/// A refused row, or one with a warning.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowView {
    /// Physical line where the record starts; the header is line 1.
    pub line: u64,
    /// Ordinal of the record, from 1.
    pub row: u64,
    /// Header of the cell at fault.
    pub column: Option<String>,
    /// Stable name of the reason.
    pub code: String,
    /// What is wrong.
    pub reason: String,
}

impl From<Column> for ColumnView {
    fn from(column: Column) -> ColumnView {
        let (target, reference_id) = match column.target {
            Target::Email => ("email", None),
            Target::Field(reference_id) => ("field", Some(reference_id)),
            Target::Ignored => ("ignored", None),
        };
        ColumnView { header: column.header, target, reference_id }
    }
}

impl From<RowNote> for RowView {
    fn from(RowNote { line, row, column, code, reason }: RowNote) -> RowView {
        RowView { line, row, column, code, reason }
    }
}

/// What became of rows, or would.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CountsView {
    /// Rows that made a user.
    pub created: u64,
    /// Rows that changed a user.
    pub updated: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows refused with a reason.
    pub rejected: u64,
    /// Rows with something worth telling, counted above as well.
    pub warnings: u64,
}

impl From<RowCounts> for CountsView {
    fn from(RowCounts { created, updated, unchanged, rejected, warnings }: RowCounts) -> Self {
        CountsView { created, updated, unchanged, rejected, warnings }
    }
}

/// A file and how it was read.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileView {
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// `,` `;` `|` or a tab.
    pub delimiter: String,
    /// The encoding it was read in, by its name in the WHATWG Encoding Standard.
    pub encoding: String,
    /// `certain`: said by the caller or a byte order mark, or every byte agrees. `likely`: what such bytes mostly are.
    pub encoding_confidence: &'static str,
    /// Whether its first row named the columns.
    pub header: bool,
}

impl FileView {
    pub(super) fn new(started: &ImportStarted) -> FileView {
        let confidence =
            if started.encoding_guessed { Confidence::Likely } else { Confidence::Certain };
        FileView {
            bytes: started.bytes,
            sha256: started.sha256.clone(),
            delimiter: char::from(started.delimiter).to_string(),
            encoding: started.encoding.clone(),
            encoding_confidence: confidence.name(),
            header: started.header,
        }
    }
}

/// An import. `created + updated + unchanged + rejected` = rows read so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Its id.
    pub id: Uuid,
    /// `queued`, `running`, `completed`, `cancelled` or `failed`.
    pub state: &'static str,
    /// Rows of the file.
    pub rows: u64,
    /// What became of those read.
    #[serde(flatten)]
    pub counts: CountsView,
    /// The first 100 refused rows.
    pub rejects: Vec<RowView>,
    /// The first 100 rows with a warning.
    pub warned: Vec<RowView>,
    /// Where each column went.
    pub columns: Vec<ColumnView>,
    /// Name of the file, where one was given. Withheld without `personal:read`.
    pub filename: Option<String>,
    /// What was read.
    #[serde(flatten)]
    pub file: FileView,
    /// When it was accepted.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Why it failed.
    pub code: Option<String>,
}

impl ImportView {
    pub(super) fn new(line: ImportLine, personal: bool) -> ImportView {
        let (rejects, warned) =
            line.completed.map(|done| (done.rejects, done.warnings)).unwrap_or_default();
        ImportView {
            id: line.started.import_id,
            state: line.state.name(),
            rows: line.started.rows,
            counts: line.counts.into(),
            rejects: rejects.into_iter().map(RowView::from).collect(),
            warned: warned.into_iter().map(RowView::from).collect(),
            file: FileView::new(&line.started),
            columns: line.started.columns.into_iter().map(ColumnView::from).collect(),
            filename: line.started.filename.filter(|_| personal),
            started_at: shown(line.started_at),
            finished_at: line.finished_at.map(shown),
            code: line.code,
        }
    }
}
