//! Team members.

use domain::Event;
use domain::event::{TeamMemberChanged, TeamMemberInvited};
use eventlog::Row;
use rusqlite::{Connection, params};

use crate::error::ProjectionError;

/// Folds a fact of a team member's stream; any other changes nothing.
pub(super) fn apply(
    connection: &Connection,
    row: &Row<'_>,
    event: &Event,
) -> Result<(), ProjectionError> {
    if let Event::TeamMemberInvited(fact) = event {
        invited(connection, row, fact)
    } else if let Event::TeamMemberChanged(fact) = event {
        changed(connection, row, fact)
    } else if let Event::TeamMemberJoined(fact) = event {
        came_to(connection, row, &fact.member_id, (Some(row.recorded_at), None))
    } else if let Event::TeamMemberRemoved(fact) = event {
        came_to(connection, row, &fact.member_id, (None, Some(row.recorded_at)))
    } else if let Event::TeamMemberLinkMade(fact) = event {
        came_to(connection, row, &fact.member_id, (None, None))
    } else {
        Ok(())
    }
}

fn invited(
    connection: &Connection,
    row: &Row<'_>,
    fact: &TeamMemberInvited,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO team_members(id, ordinal, email, name, role, personal_data, invited_at, revision)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            fact.member_id,
            row.position.number().cast_signed(),
            fact.email,
            fact.name,
            fact.role.name(),
            fact.personal_data,
            row.recorded_at,
            row.revision.cast_signed()
        ])?;
    Ok(())
}

fn changed(
    connection: &Connection,
    row: &Row<'_>,
    fact: &TeamMemberChanged,
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "UPDATE team_members SET name = ?2, role = ?3, personal_data = ?4, zone = ?5, revision = ?6 WHERE id = ?1",
        )?
        .execute(params![
            fact.member_id,
            fact.name,
            fact.role.name(),
            fact.personal_data,
            fact.zone,
            row.revision.cast_signed()
        ])?;
    Ok(())
}

/// Joined and removed are each once; the first time counts.
fn came_to(
    connection: &Connection,
    row: &Row<'_>,
    member_id: &str,
    (joined_at, removed_at): (Option<i64>, Option<i64>),
) -> Result<(), ProjectionError> {
    connection
        .prepare_cached(
            "UPDATE team_members SET joined_at = coalesce(joined_at, ?2), removed_at = coalesce(removed_at, ?3),
             revision = ?4 WHERE id = ?1",
        )?
        .execute(params![member_id, joined_at, removed_at, row.revision.cast_signed()])?;
    Ok(())
}
