//! Definitions.

use domain::event::{ListCreated, PropertyCreated};
use eventlog::Row;
use rusqlite::{Connection, params};

use crate::error::ProjectionError;

pub(super) fn property_created(
    connection: &Connection,
    row: &Row<'_>,
    fact: &PropertyCreated,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO properties(id, ordinal, reference_id, name, type, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            fact.property_id,
            row.position.number().cast_signed(),
            fact.reference_id,
            fact.name,
            fact.kind.name(),
            row.recorded_at
        ])?;
    Ok(())
}

pub(super) fn list_created(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ListCreated,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO lists(id, ordinal, name, created_at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            fact.list_id.as_str(),
            row.position.number().cast_signed(),
            fact.name,
            row.recorded_at
        ])?;
    Ok(())
}

/// A segment or a badge, whole, as its newest fact has it.
pub(super) fn rule(
    connection: &Connection,
    row: &Row<'_>,
    sort: &str,
    id: &str,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "INSERT INTO rules(sort, id, ordinal, kind, version, data, revision, event_id, created_at, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
             ON CONFLICT(sort, id) DO UPDATE SET kind = ?4, version = ?5, data = ?6, revision = ?7, event_id = ?8,
               changed_at = ?9",
        )?
        .execute(params![
            sort,
            id,
            row.position.number().cast_signed(),
            row.kind,
            row.version,
            row.data,
            row.revision.cast_signed(),
            row.event_id.as_bytes(),
            row.recorded_at
        ])?;
    Ok(())
}

pub(super) fn rule_gone(
    connection: &Connection,
    sort: &str,
    id: &str,
) -> Result<(), ProjectionError> {
    let mut statement =
        connection.prepare_cached("DELETE FROM rules WHERE sort = ?1 AND id = ?2")?;
    statement.execute(params![sort, id])?;
    Ok(())
}
