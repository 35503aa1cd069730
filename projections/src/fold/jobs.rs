//! Imports: state, progress and report.

use domain::event::{
    ImportCancelled, ImportCompleted, ImportFailed, ImportProgressed, ImportStarted, RowCounts,
};
use eventlog::Row;
use rusqlite::{Connection, params};

use crate::error::ProjectionError;
use crate::imports::{Counts, ImportState};

pub(super) fn import_started(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ImportStarted,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO imports(id, ordinal, state, started_at, revision, actor_kind, actor_id,
             correlation, event_id, started, started_personal, row, counts)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12)",
        )?
        .execute(params![
            fact.import_id.as_bytes().as_slice(),
            row.position.number().cast_signed(),
            ImportState::Queued.name(),
            row.recorded_at,
            row.revision.cast_signed(),
            row.actor.kind.name(),
            row.actor.id,
            row.correlation.as_bytes().as_slice(),
            row.event_id.as_bytes().as_slice(),
            text(row.data),
            row.personal.map(text),
            counts(RowCounts::default()),
        ])?;
    Ok(())
}

pub(super) fn import_progressed(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ImportProgressed,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "UPDATE imports SET state = ?2, row = ?3, counts = ?4, revision = ?5 WHERE id = ?1",
        )?
        .execute(params![
            fact.import_id.as_bytes().as_slice(),
            ImportState::Running.name(),
            fact.row.cast_signed(),
            counts(fact.counts),
            row.revision.cast_signed()
        ])?;
    Ok(())
}

pub(super) fn import_completed(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ImportCompleted,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "UPDATE imports SET state = ?2, row = ?3, counts = ?4, finished_at = ?5, completed = ?6, revision = ?7
             WHERE id = ?1",
        )?
        .execute(params![
            fact.import_id.as_bytes().as_slice(),
            ImportState::Completed.name(),
            fact.counts.rows().cast_signed(),
            counts(fact.counts),
            row.recorded_at,
            text(row.data),
            row.revision.cast_signed()
        ])?;
    Ok(())
}

pub(super) fn import_cancelled(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ImportCancelled,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "UPDATE imports SET state = ?2, row = ?3, counts = ?4, finished_at = ?5, revision = ?6 WHERE id = ?1",
        )?
        .execute(params![
            fact.import_id.as_bytes().as_slice(),
            ImportState::Cancelled.name(),
            fact.row.cast_signed(),
            counts(fact.counts),
            row.recorded_at,
            row.revision.cast_signed()
        ])?;
    Ok(())
}

pub(super) fn import_failed(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ImportFailed,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "UPDATE imports SET state = ?2, counts = ?3, finished_at = ?4, code = ?5, revision = ?6 WHERE id = ?1",
        )?
        .execute(params![
            fact.import_id.as_bytes().as_slice(),
            ImportState::Failed.name(),
            counts(fact.counts),
            row.recorded_at,
            fact.code,
            row.revision.cast_signed()
        ])?;
    Ok(())
}

fn counts(counts: RowCounts) -> String {
    serde_json::to_string(&Counts::from(counts)).expect("numbers always serialise")
}

fn text(json: &[u8]) -> String {
    String::from_utf8_lossy(json).into_owned()
}
