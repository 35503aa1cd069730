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
