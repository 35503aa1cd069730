//! How facts about imports are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Read, read, write};
use crate::event::{
    ImportCancelled, ImportChecked, ImportCompleted, ImportFailed, ImportFileRemoved,
    ImportProgressed, RefusedRows, RowCounts, RowNote,
};

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct RowCountsV1 {
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
    warnings: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    joined: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl From<RowCounts> for RowCountsV1 {
    fn from(counts: RowCounts) -> Self {
        let RowCounts { created, updated, unchanged, rejected, warnings, joined } = counts;
        RowCountsV1 { created, updated, unchanged, rejected, warnings, joined }
    }
}

impl From<RowCountsV1> for RowCounts {
    fn from(counts: RowCountsV1) -> Self {
        let RowCountsV1 { created, updated, unchanged, rejected, warnings, joined } = counts;
        RowCounts { created, updated, unchanged, rejected, warnings, joined }
    }
}

#[derive(Serialize, Deserialize)]
struct ImportCheckedV1 {
    import_id: Uuid,
    position: String,
    counts: RowCountsV1,
    users: u64,
    codes: BTreeMap<String, u64>,
}

pub(super) fn write_import_checked(fact: &ImportChecked) -> Parts {
    let ImportChecked { import_id, position, counts, users, codes } = fact.clone();
    (write(&ImportCheckedV1 { import_id, position, counts: counts.into(), users, codes }), None)
}

pub(super) fn read_import_checked(data: &[u8]) -> Read<ImportChecked> {
    let ImportCheckedV1 { import_id, position, counts, users, codes } = read(data)?;
    Ok(ImportChecked { import_id, position, counts: counts.into(), users, codes })
}

#[derive(Serialize, Deserialize)]
struct ImportProgressedV1 {
    import_id: Uuid,
    row: u64,
    counts: RowCountsV1,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    refused: RefusedRows,
}

pub(super) fn write_import_progressed(fact: &ImportProgressed) -> Parts {
    let ImportProgressed { import_id, row, counts, refused } = fact.clone();
    (write(&ImportProgressedV1 { import_id, row, counts: counts.into(), refused }), None)
}

pub(super) fn read_import_progressed(data: &[u8]) -> Read<ImportProgressed> {
    let ImportProgressedV1 { import_id, row, counts, refused } = read(data)?;
    Ok(ImportProgressed { import_id, row, counts: counts.into(), refused })
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
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    refused: RefusedRows,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    codes: BTreeMap<String, u64>,
}

pub(super) fn write_import_completed(fact: &ImportCompleted) -> Parts {
    let data = ImportCompletedV1 {
        import_id: fact.import_id,
        counts: fact.counts.into(),
        rejects: fact.rejects.iter().map(RowNoteV1::from).collect(),
        warnings: fact.warnings.iter().map(RowNoteV1::from).collect(),
        refused: fact.refused.clone(),
        codes: fact.codes.clone(),
    };
    (write(&data), None)
}

pub(super) fn read_import_completed(data: &[u8]) -> Read<ImportCompleted> {
    let ImportCompletedV1 { import_id, counts, rejects, warnings, refused, codes } = read(data)?;
    Ok(ImportCompleted {
        import_id,
        counts: counts.into(),
        rejects: rejects.into_iter().map(RowNote::from).collect(),
        warnings: warnings.into_iter().map(RowNote::from).collect(),
        refused,
        codes,
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
struct ImportFileRemovedV1 {
    import_id: Uuid,
}

pub(super) fn write_import_file_removed(fact: &ImportFileRemoved) -> Parts {
    (write(&ImportFileRemovedV1 { import_id: fact.import_id }), None)
}

pub(super) fn read_import_file_removed(data: &[u8]) -> Read<ImportFileRemoved> {
    let ImportFileRemovedV1 { import_id } = read(data)?;
    Ok(ImportFileRemoved { import_id })
}
