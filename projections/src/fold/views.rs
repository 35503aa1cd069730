//! What facts about saved views mean for the tables.

use domain::event::{ViewRemoved, ViewSaved};
use rusqlite::{Connection, params};

use super::Row;
use crate::error::ProjectionError;
use crate::views::filter_text;

pub(super) fn saved(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ViewSaved,
) -> Result<(), ProjectionError> {
    let sql = "INSERT INTO views(id, ordinal, name, columns, sort, filter, created_at, revision, gone)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)
       ON CONFLICT(id) DO UPDATE SET name = excluded.name, columns = excluded.columns, sort = excluded.sort,
         filter = excluded.filter, revision = excluded.revision";
    let columns = fact.columns.as_ref();
    let columns = columns.map(|it| serde_json::to_string(it).expect("texts always serialise"));
    connection.prepare_cached(sql)?.execute(params![
        fact.view_id.as_str(),
        row.position.number().cast_signed(),
        fact.name,
        columns,
        fact.sort,
        filter_text(&fact.filter),
        row.recorded_at,
        row.revision.cast_signed()
    ])?;
    Ok(())
}

/// A view that is gone keeps its id, so that no other gets it, and nothing of what it asked for.
pub(super) fn removed(
    connection: &Connection,
    row: &Row<'_>,
    fact: &ViewRemoved,
) -> Result<(), ProjectionError> {
    let sql = "UPDATE views SET gone = 1, columns = NULL, sort = NULL, filter = '[]', revision = ?2 WHERE id = ?1";
    let revision = row.revision.cast_signed();
    connection.prepare_cached(sql)?.execute(params![fact.view_id.as_str(), revision])?;
    Ok(())
}
