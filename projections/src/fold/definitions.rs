//! Definitions.

use domain::event::{
    ListCreated, ListNamed, PropertyChanged, PropertyCreated, PropertyDeleted, TableChanged,
};
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
            "INSERT OR IGNORE INTO properties(id, ordinal, reference_id, name, type, created_at, revision, gone)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
        )?
        .execute(params![
            fact.property_id,
            row.position.number().cast_signed(),
            fact.reference_id,
            fact.name,
            fact.kind.name(),
            row.recorded_at,
            row.revision.cast_signed()
        ])?;
    Ok(())
}

pub(super) fn property_changed(
    connection: &Connection,
    row: &Row<'_>,
    fact: &PropertyChanged,
) -> Result<(), ProjectionError> {
    let sql = "UPDATE properties SET reference_id = ?2, name = ?3, revision = ?4 WHERE id = ?1";
    let PropertyChanged { property_id, reference_id, name } = fact;
    let values = params![property_id, reference_id, name, row.revision.cast_signed()];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Its id stays, so that no other property gets it; the values of users stay where they are and are not shown.
pub(super) fn property_deleted(
    connection: &Connection,
    row: &Row<'_>,
    fact: &PropertyDeleted,
) -> Result<(), ProjectionError> {
    let sql = "UPDATE properties SET gone = 1, revision = ?2 WHERE id = ?1";
    let values = params![fact.property_id, row.revision.cast_signed()];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(super) fn list_created(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ListCreated,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO lists(id, ordinal, name, created_at, revision, gone)
             VALUES (?1, ?2, ?3, ?4, ?5, 0)",
        )?
        .execute(params![
            fact.list_id.as_str(),
            row.position.number().cast_signed(),
            fact.name,
            row.recorded_at,
            row.revision.cast_signed()
        ])?;
    Ok(())
}

/// A list that is gone keeps its id, so that no other gets it.
pub(super) fn list_named(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ListNamed,
    gone: bool,
) -> Result<(), ProjectionError> {
    let sql = "UPDATE lists SET name = ?2, revision = ?3, gone = ?4 WHERE id = ?1";
    let values = params![fact.list_id.as_str(), fact.name, row.revision.cast_signed(), gone];
    connection.prepare_cached(sql)?.execute(values)?;
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

/// The team's table is kept under the empty id, which no token has.
pub(super) fn table_changed(
    connection: &Connection,
    row: &Row<'_>,
    fact: &TableChanged,
) -> Result<(), ProjectionError> {
    let sql = "INSERT OR REPLACE INTO displayed(token_id, columns, revision) VALUES (?1, ?2, ?3)";
    let columns = fact
        .columns
        .as_ref()
        .map(|columns| serde_json::to_string(columns).expect("texts always serialise"));
    let token_id = fact.token_id.as_deref().unwrap_or_default();
    connection.prepare_cached(sql)?.execute(params![
        token_id,
        columns,
        row.revision.cast_signed()
    ])?;
    Ok(())
}
