//! What the tables of imports and of bulk actions have in common.

use eventlog::Row;
use rusqlite::{Connection, ToSql};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::imports::ImportState;

/// Columns and what they become.
pub(super) type Values<'a> = [(&'static str, &'a dyn ToSql)];

/// Sets state, revision and these columns of a job.
pub(super) fn set(
    (connection, row): (&Connection, &Row<'_>),
    table: &str,
    id: Uuid,
    state: ImportState,
    values: &Values<'_>,
) -> Result<(), ProjectionError> {
    let mut sql = format!("UPDATE {table} SET state = ?2, revision = ?3, last = ?4");
    for (number, (column, _)) in values.iter().enumerate() {
        sql.push_str(&format!(", {column} = ?{}", number + 5));
    }
    sql.push_str(" WHERE id = ?1");
    let (id, state, revision) =
        (id.as_bytes().as_slice(), state.name(), row.revision.cast_signed());
    let last = row.position.number().cast_signed();
    let mut all: Vec<&dyn ToSql> = vec![&id, &state, &revision, &last];
    all.extend(values.iter().map(|(_, value)| *value));
    connection.prepare_cached(&sql)?.execute(all.as_slice())?;
    Ok(())
}

/// A stored part of a fact.
pub(super) fn text(json: &[u8]) -> String {
    String::from_utf8_lossy(json).into_owned()
}
