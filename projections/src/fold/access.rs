//! Tokens.

use domain::event::{TokenCreated, TokenRevoked};
use eventlog::Row;
use rusqlite::{Connection, params};

use crate::error::ProjectionError;

pub(super) fn created(
    connection: &Connection,
    row: &Row<'_>,
    fact: &TokenCreated,
) -> Result<(), ProjectionError> {
    let scopes: Vec<&str> = fact.scopes.iter().map(|scope| scope.name()).collect();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO tokens(id, ordinal, name, scopes, hash, created_at, revision)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            fact.token_id,
            row.position.number().cast_signed(),
            fact.name,
            scopes.join(" "),
            fact.hash,
            row.recorded_at,
            row.revision.cast_signed()
        ])?;
    Ok(())
}

pub(super) fn revoked(
    connection: &Connection,
    row: &Row<'_>,
    fact: &TokenRevoked,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?2), revision = ?3 WHERE id = ?1",
        )?
        .execute(params![fact.token_id, row.recorded_at, row.revision.cast_signed()])?;
    Ok(())
}
