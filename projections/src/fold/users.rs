//! Users: what they are called, what they hold, how far they are.

use domain::DefinitionId;
use domain::event::{Change, UserImported};
use domain::fold::fold;
use eventlog::{Row, Stream};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::ProjectionError;
use crate::users::Fields;

/// The id in the row's stream; a user's fact on any other stream is about nobody.
fn user_id(row: &Row<'_>) -> Option<[u8; 16]> {
    match &row.stream {
        Stream::User(id) => Some(*id.0.as_bytes()),
        Stream::Named(_) => None,
    }
}

/// When it happened, by the caller's word or the log's.
fn happened_at(row: &Row<'_>) -> i64 {
    row.occurred_at.unwrap_or(row.recorded_at)
}

pub(super) fn imported(
    connection: &Connection,
    row: &Row<'_>,
    fact: &UserImported,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    let stored: Option<(i64, String)> = if fact.created {
        None
    } else {
        let sql = "SELECT u.no, u.fields FROM user_stats s CROSS JOIN users u ON u.no = s.no WHERE s.id = ?1";
        connection
            .prepare_cached(sql)?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
    };
    match stored {
        Some((no, fields)) => {
            let fields = changed(crate::users::read_fields(&fields), &fact.changes);
            let mut update =
                connection.prepare_cached("UPDATE users SET fields = ?2 WHERE no = ?1")?;
            update.execute(params![no, fields])?;
            moved(connection, row, &id, Touch::Passive)
        }
        None => created(connection, row, &id, fact),
    }
}

fn changed(mut fields: Fields, changes: &[Change]) -> String {
    for change in changes {
        match &change.new {
            Some(value) => fields.insert(change.field.clone(), value.clone()),
            None => fields.remove(&change.field),
        };
    }
    serde_json::to_string(&fields).expect("texts always serialise")
}

fn created(
    connection: &Connection,
    row: &Row<'_>,
    id: &[u8; 16],
    fact: &UserImported,
) -> Result<(), ProjectionError> {
    let email = fact.email.as_deref().unwrap_or_default();
    let fields = changed(Fields::new(), &fact.changes);
    connection
        .prepare_cached(
            "INSERT INTO users(id, member_since, email, email_folded, fields) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id, row.recorded_at, email, fold(email), fields])?;
    // A fact about a user nobody made has left a narrow row without a wide one: it gets its own now.
    connection
        .prepare_cached(
            "INSERT INTO user_stats(id, no, revision, last_active_at, challenges_completed, digital_assets, perks_used)
             VALUES (?1, ?2, ?3, NULL, 0, 0, 0) ON CONFLICT(id) DO UPDATE SET revision = ?3, no = ?2",
        )?
        .execute(params![id, connection.last_insert_rowid(), row.revision.cast_signed()])?;
    Ok(())
}

/// What a fact says about its user beside its own table.
enum Touch {
    /// Something happened to the user.
    Passive,
    /// The user did something.
    Active,
    /// The user did something that completed a challenge.
    Completed,
}

/// Moves the user's narrow row: the revision always, the rest as `touch` says.
fn moved(
    connection: &Connection,
    row: &Row<'_>,
    id: &[u8; 16],
    touch: Touch,
) -> Result<(), ProjectionError> {
    let sql = match touch {
        Touch::Passive => TOUCH_PASSIVE,
        Touch::Active => TOUCH_ACTIVE,
        Touch::Completed => TOUCH_COMPLETED,
    };
    let at = match touch {
        Touch::Passive => None,
        Touch::Active | Touch::Completed => Some(happened_at(row)),
    };
    connection.prepare_cached(sql)?.execute(params![id, row.revision.cast_signed(), at])?;
    Ok(())
}

const TOUCH_PASSIVE: &str = "INSERT INTO user_stats VALUES (?1, NULL, ?2, ?3, 0, 0, 0)
    ON CONFLICT(id) DO UPDATE SET revision = ?2";
const TOUCH_ACTIVE: &str = "INSERT INTO user_stats VALUES (?1, NULL, ?2, ?3, 0, 0, 0)
    ON CONFLICT(id) DO UPDATE SET revision = ?2, last_active_at = max(coalesce(last_active_at, ?3), ?3)";
const TOUCH_COMPLETED: &str = "INSERT INTO user_stats VALUES (?1, NULL, ?2, ?3, 1, 0, 0)
    ON CONFLICT(id) DO UPDATE SET revision = ?2, last_active_at = max(coalesce(last_active_at, ?3), ?3),
    challenges_completed = challenges_completed + 1";

pub(super) fn badge_gained(
    connection: &Connection,
    row: &Row<'_>,
    badge: &DefinitionId,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO user_badges(user_id, badge_id, since) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![id, badge.as_str(), happened_at(row)])?;
    moved(connection, row, &id, Touch::Passive)
}

pub(super) fn badge_lost(
    connection: &Connection,
    row: &Row<'_>,
    badge: &DefinitionId,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    connection
        .prepare_cached("DELETE FROM user_badges WHERE user_id = ?1 AND badge_id = ?2")?
        .execute(params![id, badge.as_str()])?;
    moved(connection, row, &id, Touch::Passive)
}

pub(super) fn challenge_joined(
    connection: &Connection,
    row: &Row<'_>,
    challenge: &DefinitionId,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    participate(connection, row, &id, challenge)?;
    moved(connection, row, &id, Touch::Active)
}

fn participate(
    connection: &Connection,
    row: &Row<'_>,
    id: &[u8; 16],
    challenge: &DefinitionId,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO user_challenges(user_id, challenge_id, joined_at, steps) VALUES (?1, ?2, ?3, '')",
        )?
        .execute(params![id, challenge.as_str(), happened_at(row)])?;
    Ok(())
}

/// Steps are kept as ids joined by `;`, which no id contains.
pub(super) fn step_completed(
    connection: &Connection,
    row: &Row<'_>,
    challenge: &DefinitionId,
    step: &DefinitionId,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    participate(connection, row, &id, challenge)?;
    connection
        .prepare_cached(
            "UPDATE user_challenges SET steps = CASE steps WHEN '' THEN ?3 ELSE steps || ';' || ?3 END
             WHERE user_id = ?1 AND challenge_id = ?2 AND instr(';' || steps || ';', ';' || ?3 || ';') = 0",
        )?
        .execute(params![id, challenge.as_str(), step.as_str()])?;
    moved(connection, row, &id, Touch::Active)
}

pub(super) fn challenge_completed(
    connection: &Connection,
    row: &Row<'_>,
    challenge: &DefinitionId,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    participate(connection, row, &id, challenge)?;
    let first = connection
        .prepare_cached(
            "UPDATE user_challenges SET completed_at = ?3
             WHERE user_id = ?1 AND challenge_id = ?2 AND completed_at IS NULL",
        )?
        .execute(params![id, challenge.as_str(), happened_at(row)])?;
    moved(connection, row, &id, if first == 1 { Touch::Completed } else { Touch::Active })
}
