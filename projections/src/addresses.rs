//! Queries over addresses that moved and over the ids other systems know users by.

use domain::UserId;
use eventlog::Position;
use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::store::Store;
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
        let mut statement = self.connection().prepare_cached(sql)?;
        let owner = statement.query_row([address.0.as_bytes()], |row| row.get(0).map(user));
        Ok(owner.optional()?)
    }

    /// Whether the user whose stream this is released the address it began with.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn released(&self, id: UserId) -> Result<bool, ProjectionError> {
        let sql = "SELECT 1 FROM released_emails WHERE id = ?1";
        Ok(self.connection().prepare_cached(sql)?.exists([id.0.as_bytes()])?)
    }

    /// Users with this external id, at most two of them.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn with_external_id(&self, external_id: &str) -> Result<Vec<UserId>, ProjectionError> {
        let sql = "SELECT user_id FROM external_ids WHERE external_id = ?1 AND until IS NULL
                   ORDER BY user_id LIMIT 2";
        let mut statement = self.connection().prepare_cached(sql)?;
        let ids = statement.query_map([external_id], |row| row.get(0).map(user))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Another user who has this external id, or had it after `began`.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn another_with_external_id(
        &self,
        external_id: &str,
        but: UserId,
        began: Position,
    ) -> Result<Option<UserId>, ProjectionError> {
        let sql = "SELECT user_id FROM external_ids WHERE external_id = ?1 AND user_id <> ?2
                   AND (until IS NULL OR until > ?3) ORDER BY user_id LIMIT 1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let began = began.number().cast_signed();
        let parameters = params![external_id, but.0.as_bytes(), began];
        Ok(statement.query_row(parameters, |row| row.get(0).map(user)).optional()?)
    }

    /// Another user who had this external id at a position.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn another_had_external_id(
        &self,
        external_id: &str,
        but: UserId,
        at: Position,
    ) -> Result<Option<UserId>, ProjectionError> {
        let sql = "SELECT user_id FROM external_ids WHERE external_id = ?1 AND user_id <> ?2
                   AND since <= ?3 AND (until IS NULL OR until > ?3) ORDER BY user_id LIMIT 1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let parameters = params![external_id, but.0.as_bytes(), at.number().cast_signed()];
        Ok(statement.query_row(parameters, |row| row.get(0).map(user)).optional()?)
    }
}

fn user(id: [u8; 16]) -> UserId {
    UserId(Uuid::from_bytes(id))
}

impl Store {
    /// Claims that nothing followed and that no import which waits or runs will follow, at most `limit`.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn open_claims(&self, limit: u32) -> Result<Vec<OpenClaim>, ProjectionError> {
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT c.id, c.owner, s.revision FROM email_claims c JOIN user_stats s ON s.id = c.id
                 WHERE c.followed = 0 AND NOT EXISTS (
                   SELECT 1 FROM imports i WHERE i.correlation = c.correlation AND i.state IN ('queued', 'running'))
                 ORDER BY c.id LIMIT ?1",
            )?;
            let claims = statement.query_map(params![limit], |row| {
                Ok(OpenClaim {
                    address: user(row.get(0)?),
                    owner: user(row.get(1)?),
                    revision: row.get::<_, i64>(2)?.cast_unsigned(),
                })
            })?;
            Ok(claims.collect::<rusqlite::Result<_>>()?)
        })
    }
}
