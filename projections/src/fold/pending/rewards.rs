//! Perks and digital assets of users.

use rusqlite::{Connection, params};

use super::Id;
use crate::error::ProjectionError;

/// What a batch changes of a user's perk.
#[derive(Debug, Default)]
pub(super) struct Perk {
    pub(super) received: i64,
    pub(super) used: i64,
    pub(super) received_at: Option<i64>,
    pub(super) used_at: Option<i64>,
}

/// Adds to what is stored; the first time it was received and the last time it was used stay.
pub(super) fn write_perks(
    connection: &Connection,
    perks: Vec<((Id, String), Perk)>,
) -> Result<(), ProjectionError> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO user_perks(user_id, perk_id, received, used, received_at, used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT(user_id, perk_id) DO UPDATE SET received = received + ?3, used = used + ?4,
           received_at = coalesce(received_at, ?5), used_at = max(coalesce(used_at, ?6), coalesce(?6, used_at))",
    )?;
    for ((id, name), Perk { received, used, received_at, used_at }) in perks {
        upsert.execute(params![id, name, received, used, received_at, used_at])?;
    }
    Ok(())
}

/// Remembers each when it is first received; answers whose those are that are new.
pub(super) fn write_assets(
    connection: &Connection,
    assets: Vec<((Id, String), i64)>,
) -> Result<Vec<Id>, ProjectionError> {
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO user_digital_assets VALUES (?1, ?2, ?3)")?;
    let mut new = Vec::new();
    for ((id, name), at) in assets {
        if insert.execute(params![id, name, at])? > 0 {
            new.push(id);
        }
    }
    Ok(new)
}
