//! How facts about imports and exports are written.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Read, read, read_personal, write};
use crate::event::{
    Column, ExportCompleted, ExportContent, ExportFailed, ExportStarted, ImportCancelled,
    ImportCompleted, ImportFailed, ImportProgressed, ImportStarted, RowCounts, RowNote, Target,
};

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct ColumnV1 {
    header: String,
    /// `email`, `field` (then `reference_id` is set) or `ignored`.
    target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ImportStartedV1 {
    import_id: Uuid,
    bytes: u64,
    sha256: String,
    rows: u64,
    delimiter: char,
    #[serde(default = "utf_8", skip_serializing_if = "is_utf_8")]
    encoding: String,
    #[serde(default, skip_serializing_if = "is_false")]
    encoding_guessed: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    without_header: bool,
    columns: Vec<ColumnV1>,
}

fn utf_8() -> String {
    "utf-8".to_owned()
}

fn is_utf_8(encoding: &str) -> bool {
    encoding == "utf-8"
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

#[derive(Default, Serialize, Deserialize)]
struct ImportStartedPersonalV1 {
    filename: Option<String>,
}

pub(super) fn write_import_started(fact: &ImportStarted) -> Parts {
    let column = |column: &Column| {
        let (target, reference_id) = match &column.target {
            Target::Email => ("email", None),
            Target::Field(reference_id) => ("field", Some(reference_id.clone())),
            Target::Ignored => ("ignored", None),
        };
        ColumnV1 { header: column.header.clone(), target: target.to_owned(), reference_id }
    };
    let data = ImportStartedV1 {
        import_id: fact.import_id,
        bytes: fact.bytes,
        sha256: fact.sha256.clone(),
        rows: fact.rows,
        delimiter: char::from(fact.delimiter),
        encoding: fact.encoding.clone(),
        encoding_guessed: fact.encoding_guessed,
        without_header: !fact.header,
        columns: fact.columns.iter().map(column).collect(),
    };
    let personal =
        fact.filename.clone().map(|filename| ImportStartedPersonalV1 { filename: Some(filename) });
    (write(&data), personal.map(|personal| write(&personal)))
}

pub(super) fn read_import_started(data: &[u8], personal: Option<&[u8]>) -> Read<ImportStarted> {
    let data: ImportStartedV1 = read(data)?;
    let ImportStartedPersonalV1 { filename } = read_personal(personal)?;
    let column = |ColumnV1 { header, target, reference_id }| {
        let target = match (target.as_str(), reference_id) {
            ("email", None) => Target::Email,
            ("field", Some(reference_id)) => Target::Field(reference_id),
            ("ignored", None) => Target::Ignored,
            _ => return Err("a column target this version does not know".to_owned()),
        };
        Ok(Column { header, target })
    };
    Ok(ImportStarted {
        import_id: data.import_id,
        bytes: data.bytes,
        sha256: data.sha256,
        rows: data.rows,
        delimiter: u8::try_from(data.delimiter)
            .map_err(|_| "a delimiter is one byte".to_owned())?,
        encoding: data.encoding,
        encoding_guessed: data.encoding_guessed,
        header: !data.without_header,
        columns: data.columns.into_iter().map(column).collect::<Result<_, _>>()?,
        filename,
    })
}

#[derive(Serialize, Deserialize)]
struct RowCountsV1 {
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
    warnings: u64,
}

impl From<RowCounts> for RowCountsV1 {
    fn from(RowCounts { created, updated, unchanged, rejected, warnings }: RowCounts) -> Self {
        RowCountsV1 { created, updated, unchanged, rejected, warnings }
    }
}

impl From<RowCountsV1> for RowCounts {
    fn from(RowCountsV1 { created, updated, unchanged, rejected, warnings }: RowCountsV1) -> Self {
        RowCounts { created, updated, unchanged, rejected, warnings }
    }
}

#[derive(Serialize, Deserialize)]
struct ImportProgressedV1 {
    import_id: Uuid,
    row: u64,
    counts: RowCountsV1,
}

pub(super) fn write_import_progressed(fact: &ImportProgressed) -> Parts {
    let ImportProgressed { import_id, row, counts } = *fact;
    (write(&ImportProgressedV1 { import_id, row, counts: counts.into() }), None)
}

pub(super) fn read_import_progressed(data: &[u8]) -> Read<ImportProgressed> {
    let ImportProgressedV1 { import_id, row, counts } = read(data)?;
    Ok(ImportProgressed { import_id, row, counts: counts.into() })
}

#[derive(Serialize, Deserialize)]
struct RowNoteV1 {
    line: u64,
    row: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    code: String,
    reason: String,
}

impl From<&RowNote> for RowNoteV1 {
    fn from(note: &RowNote) -> Self {
        let RowNote { line, row, column, code, reason } = note.clone();
        RowNoteV1 { line, row, column, code, reason }
    }
}

impl From<RowNoteV1> for RowNote {
    fn from(RowNoteV1 { line, row, column, code, reason }: RowNoteV1) -> Self {
        RowNote { line, row, column, code, reason }
    }
}

#[derive(Serialize, Deserialize)]
struct ImportCompletedV1 {
    import_id: Uuid,
    counts: RowCountsV1,
    rejects: Vec<RowNoteV1>,
    warnings: Vec<RowNoteV1>,
}

pub(super) fn write_import_completed(fact: &ImportCompleted) -> Parts {
    let data = ImportCompletedV1 {
        import_id: fact.import_id,
        counts: fact.counts.into(),
        rejects: fact.rejects.iter().map(RowNoteV1::from).collect(),
        warnings: fact.warnings.iter().map(RowNoteV1::from).collect(),
    };
    (write(&data), None)
}

pub(super) fn read_import_completed(data: &[u8]) -> Read<ImportCompleted> {
    let ImportCompletedV1 { import_id, counts, rejects, warnings } = read(data)?;
    Ok(ImportCompleted {
        import_id,
        counts: counts.into(),
        rejects: rejects.into_iter().map(RowNote::from).collect(),
        warnings: warnings.into_iter().map(RowNote::from).collect(),
    })
}

#[derive(Serialize, Deserialize)]
struct ImportCancelledV1 {
    import_id: Uuid,
    row: u64,
    counts: RowCountsV1,
}

pub(super) fn write_import_cancelled(fact: &ImportCancelled) -> Parts {
    let ImportCancelled { import_id, row, counts } = *fact;
    (write(&ImportCancelledV1 { import_id, row, counts: counts.into() }), None)
}

pub(super) fn read_import_cancelled(data: &[u8]) -> Read<ImportCancelled> {
    let ImportCancelledV1 { import_id, row, counts } = read(data)?;
    Ok(ImportCancelled { import_id, row, counts: counts.into() })
}

#[derive(Serialize, Deserialize)]
struct ImportFailedV1 {
    import_id: Uuid,
    code: String,
    counts: RowCountsV1,
}

pub(super) fn write_import_failed(fact: &ImportFailed) -> Parts {
    let ImportFailed { import_id, code, counts } = fact.clone();
    (write(&ImportFailedV1 { import_id, code, counts: counts.into() }), None)
}

pub(super) fn read_import_failed(data: &[u8]) -> Read<ImportFailed> {
    let ImportFailedV1 { import_id, code, counts } = read(data)?;
    Ok(ImportFailed { import_id, code, counts: counts.into() })
}

#[derive(Serialize, Deserialize)]
struct ExportStartedV1 {
    export_id: Uuid,
    content: String,
    format: String,
    position: String,
    personal: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct ExportStartedPersonalV1 {
    query: Option<String>,
}

pub(super) fn write_export_started(fact: &ExportStarted) -> Parts {
    let ExportStarted { export_id, content, format, position, personal, query } = fact.clone();
    let data = ExportStartedV1 {
        export_id,
        content: content.name().to_owned(),
        format,
        position,
        personal,
    };
    (write(&data), query.map(|query| write(&ExportStartedPersonalV1 { query: Some(query) })))
}

pub(super) fn read_export_started(
    data: &[u8],
    personal_part: Option<&[u8]>,
) -> Read<ExportStarted> {
    let ExportStartedV1 { export_id, content, format, position, personal } = read(data)?;
    let ExportStartedPersonalV1 { query } = read_personal(personal_part)?;
    let content = [ExportContent::Users, ExportContent::UserEvents]
        .into_iter()
        .find(|known| known.name() == content)
        .ok_or_else(|| "an export content this version does not know".to_owned())?;
    Ok(ExportStarted { export_id, content, format, position, personal, query })
}

#[derive(Serialize, Deserialize)]
struct ExportCompletedV1 {
    export_id: Uuid,
    rows: u64,
    bytes: u64,
}

pub(super) fn write_export_completed(fact: &ExportCompleted) -> Parts {
    let ExportCompleted { export_id, rows, bytes } = *fact;
    (write(&ExportCompletedV1 { export_id, rows, bytes }), None)
}

pub(super) fn read_export_completed(data: &[u8]) -> Read<ExportCompleted> {
    let ExportCompletedV1 { export_id, rows, bytes } = read(data)?;
    Ok(ExportCompleted { export_id, rows, bytes })
}

#[derive(Serialize, Deserialize)]
struct ExportFailedV1 {
    export_id: Uuid,
    code: String,
    rows: u64,
}

pub(super) fn write_export_failed(fact: &ExportFailed) -> Parts {
    let ExportFailed { export_id, code, rows } = fact.clone();
    (write(&ExportFailedV1 { export_id, code, rows }), None)
}

pub(super) fn read_export_failed(data: &[u8]) -> Read<ExportFailed> {
    let ExportFailedV1 { export_id, code, rows } = read(data)?;
    Ok(ExportFailed { export_id, code, rows })
}
