//! Queries over access tokens.

use domain::scope::Scope;
use rusqlite::Row;

use crate::error::ProjectionError;
use crate::store::Store;

/// A token as the tables know it; the secret itself is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenLine {
    /// Its public id.
    pub id: String,
    /// What it is for.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// SHA-256 of the secret, in hex.
    pub hash: String,
    /// When it was made: microseconds since 1970, UTC.
    pub created_at: i64,
    /// When it ended.
    pub revoked_at: Option<i64>,
    /// Revision of the last fact of its stream.
    pub revision: u64,
}

fn line(row: &Row<'_>) -> rusqlite::Result<TokenLine> {
    let scopes: String = row.get(2)?;
    Ok(TokenLine {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes: scopes.split(' ').filter_map(|scope| scope.parse().ok()).collect(),
        hash: row.get(3)?,
        created_at: row.get(4)?,
        revoked_at: row.get(5)?,
        revision: row.get::<_, i64>(6)?.cast_unsigned(),
    })
}

impl Store {
    /// Every token ever made, oldest first.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn tokens(&self) -> Result<Vec<TokenLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT id, name, scopes, hash, created_at, revoked_at, revision FROM tokens ORDER BY ordinal";
            let mut statement = connection.prepare_cached(sql)?;
            let lines = statement.query_map([], line)?;
            Ok(lines.collect::<rusqlite::Result<_>>()?)
        })
    }
}
