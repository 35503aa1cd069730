//! Queries over addresses that moved and over the ids other systems know users by.

use domain::UserId;
use eventlog::Position;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::store::{self, Store};
use crate::users::Profiles;

/// An address that was claimed for somebody who does not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenClaim {
    /// The address's stream.
    pub address: UserId,
    /// For whom.
    pub owner: UserId,
    /// Revision of that stream.
    pub revision: u64,
}

impl Profiles {
    /// Who claimed the address whose stream has this id.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn claimed_by(&self, address: UserId) -> Result<Option<UserId>, ProjectionError> {
        let sql = "SELECT owner FROM email_claims WHERE id = ?1";
        find(self.connection(), sql, address.0.as_bytes())
    }

    /// The user with this external id; the first of them where a race left several.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn with_external_id(&self, external_id: &str) -> Result<Option<UserId>, ProjectionError> {
        let sql =
            "SELECT user_id FROM external_ids WHERE external_id = ?1 ORDER BY user_id LIMIT 1";
        find(self.connection(), sql, external_id)
    }
}

fn find(
    connection: &Connection,
    sql: &str,
    by: impl rusqlite::ToSql,
) -> Result<Option<UserId>, ProjectionError> {
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([by], |row| row.get(0)).optional()?;
    Ok(found.map(|id| UserId(Uuid::from_bytes(id))))
}

impl Store {
    /// Claims that nothing followed and that no import which waits or runs will follow, at most `limit`, and the position
    /// they are told at.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn open_claims(&self, limit: u32) -> Result<(Position, Vec<OpenClaim>), ProjectionError> {
        self.with_reader(|connection| {
            let at = store::checkpoint(connection)?;
            let mut statement = connection.prepare_cached(
                "SELECT c.id, c.owner, s.revision FROM email_claims c JOIN user_stats s ON s.id = c.id
                 WHERE c.followed = 0 AND NOT EXISTS (
                   SELECT 1 FROM imports i WHERE i.correlation = c.correlation AND i.state IN ('queued', 'running'))
                 ORDER BY c.id LIMIT ?1",
            )?;
            let claims = statement.query_map(params![limit], |row| {
                Ok(OpenClaim {
                    address: UserId(Uuid::from_bytes(row.get(0)?)),
                    owner: UserId(Uuid::from_bytes(row.get(1)?)),
                    revision: row.get::<_, i64>(2)?.cast_unsigned(),
                })
            })?;
            Ok((at, claims.collect::<rusqlite::Result<_>>()?))
        })
    }
}
