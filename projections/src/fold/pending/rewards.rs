//! Perks and digital assets of users.

use rusqlite::{Connection, params};

use super::{Moved, Names, Of};
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
    (people, names): (&[Moved], &Names),
    perks: Vec<(Of, Perk)>,
) -> Result<(), ProjectionError> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO user_perks(user_id, perk_id, received, used, received_at, used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT(user_id, perk_id) DO UPDATE SET received = received + ?3, used = used + ?4,
           received_at = coalesce(received_at, ?5), used_at = max(coalesce(used_at, ?6), coalesce(?6, used_at))",
    )?;
    for ((person, name), Perk { received, used, received_at, used_at }) in perks {
        let (id, name) = (people[person as usize].id, names.get(name));
        upsert.execute(params![id, name, received, used, received_at, used_at])?;
    }
    Ok(())
}

/// Remembers each when it is first received, and counts those that are new.
pub(super) fn write_assets(
    connection: &Connection,
    (people, names): (&mut [Moved], &Names),
    assets: Vec<(Of, i64)>,
) -> Result<(), ProjectionError> {
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO user_digital_assets VALUES (?1, ?2, ?3)")?;
    for ((person, name), at) in assets {
        let moved = &mut people[person as usize];
        if insert.execute(params![moved.id, names.get(name), at])? > 0 {
            moved.digital_assets += 1;
        }
    }
    Ok(())
}
