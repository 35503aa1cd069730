//! Whose address is whose, and who is known by which id elsewhere.

use domain::UserId;
use domain::event::{Change, EXTERNAL_ID, UserEmailChanged};
use eventlog::Row;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::users::user_id;
use crate::error::ProjectionError;

/// What becomes of claims of addresses, and where in the log that is said.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) position: i64,
    pub(super) change: ClaimChange,
}

/// What becomes of a claim.
#[derive(Debug)]
pub(super) enum ClaimChange {
    /// The address whose stream this is will be somebody's.
    Made { address: [u8; 16], owner: UserId, correlation: Uuid },
    /// The owner has the address now.
    Followed { address: UserId, owner: [u8; 16] },
    /// The address is nobody's, or has a user of its own.
    Forgotten { address: [u8; 16] },
}

/// Writes them in the order they were said.
pub(super) fn write_claims(
    connection: &Connection,
    mut claims: Vec<Claim>,
) -> Result<(), ProjectionError> {
    claims.sort_by_key(|claim| claim.position);
    for claim in claims {
        match claim.change {
            ClaimChange::Made { address, owner, correlation } => connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO email_claims(id, owner, correlation, followed) VALUES (?1, ?2, ?3, 0)",
                )?
                .execute(params![address, owner.0.as_bytes(), correlation.as_bytes()])?,
            ClaimChange::Followed { address, owner } => connection
                .prepare_cached(
                    "UPDATE email_claims SET followed = 1 WHERE id = ?1 AND owner = ?2",
                )?
                .execute(params![address.0.as_bytes(), owner])?,
            ClaimChange::Forgotten { address } => connection
                .prepare_cached("DELETE FROM email_claims WHERE id = ?1")?
                .execute([address])?,
        };
    }
    Ok(())
}

/// What is kept of an address that its owner releases: it is no former one any more; on the owner's own stream it is the one
/// that began it, which has another stream from then on, for ever.
pub(super) fn released(
    connection: &Connection,
    row: &Row<'_>,
    owner: UserId,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    let former = "DELETE FROM user_emails WHERE owner = ?1 AND address = ?2 AND until IS NOT NULL";
    connection.prepare_cached(former)?.execute(params![owner.0.as_bytes(), id])?;
    if owner.0.as_bytes() == &id {
        let sql = "INSERT OR IGNORE INTO released_emails(id) VALUES (?1)";
        connection.prepare_cached(sql)?.execute([id])?;
    }
    Ok(())
}

/// Which addresses the user has and had. Rows begin with the first change: most users never have another address.
pub(super) fn had(
    connection: &Connection,
    row: &Row<'_>,
    fact: &UserEmailChanged,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    let begun = connection
        .prepare_cached("SELECT 1 FROM user_emails WHERE owner = ?1 AND until IS NULL")?
        .exists([id])?;
    let keep = "INSERT OR REPLACE INTO user_emails(owner, address, email, until) VALUES (?1, ?2, ?3, NULL)";
    if !begun {
        let old = fact.old.as_deref().unwrap_or_default();
        connection.prepare_cached(keep)?.execute(params![id, id, old])?;
    }
    connection
        .prepare_cached("UPDATE user_emails SET until = ?2 WHERE owner = ?1 AND until IS NULL")?
        .execute(params![id, row.recorded_at])?;
    let address = fact.address.map_or(id, |address| *address.0.as_bytes());
    let email = fact.email.as_deref().unwrap_or_default();
    connection.prepare_cached(keep)?.execute(params![id, address, email])?;
    Ok(())
}

/// What changed of the id another system knows a user by. Who had one keeps a row of it: an import must not give it to
/// another user while it takes it from this one.
pub(super) fn external_id(
    connection: &Connection,
    at: i64,
    id: &[u8; 16],
    changes: &[Change],
) -> Result<(), ProjectionError> {
    for change in changes.iter().filter(|change| change.field == EXTERNAL_ID) {
        if let Some(old) = &change.old {
            give_up(connection, id, old, at)?;
        }
        if let Some(new) = &change.new {
            connection
                .prepare_cached("INSERT OR REPLACE INTO external_ids VALUES (?1, ?2, ?3, NULL)")?
                .execute(params![new, id, at])?;
        }
    }
    Ok(())
}

fn give_up(
    connection: &Connection,
    id: &[u8; 16],
    external_id: &str,
    at: i64,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "UPDATE external_ids SET until = ?3 WHERE external_id = ?1 AND user_id = ?2 AND until IS NULL",
        )?
        .execute(params![external_id, id, at])?;
    Ok(())
}

/// A user that is gone holds no address and no id: what it had can be others'.
pub(super) fn forget(
    connection: &Connection,
    at: i64,
    id: &[u8; 16],
    no: i64,
) -> Result<(), ProjectionError> {
    connection.prepare_cached("DELETE FROM email_claims WHERE owner = ?1")?.execute([id])?;
    connection.prepare_cached("DELETE FROM user_emails WHERE owner = ?1")?.execute([id])?;
    let fields: String = connection
        .prepare_cached("SELECT fields FROM users WHERE no = ?1")?
        .query_row([no], |row| row.get(0))?;
    if let Some(external_id) = crate::users::read_fields(&fields).get(EXTERNAL_ID) {
        give_up(connection, id, external_id, at)?;
    }
    Ok(())
}
