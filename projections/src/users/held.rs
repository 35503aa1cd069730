//! What one user belongs to, holds, and is underway in.

use std::collections::BTreeSet;

use domain::event::{RewardId, RewardKind};
use domain::user::{Participation, PerkHeld};
use domain::{DefinitionId, User, UserId};
use rusqlite::{Connection, OptionalExtension};

use crate::error::ProjectionError;

/// A challenge a user takes part in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeLine {
    /// Which.
    pub challenge_id: String,
    /// When joined.
    pub joined_at: i64,
    /// When completed.
    pub completed_at: Option<i64>,
    /// Steps completed, in order.
    pub steps: Vec<String>,
    /// Rewards received for it, in order, each as `perk:<id>` or `digital_asset:<id>`.
    pub rewards: Vec<String>,
}

/// A perk a user received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerkLine {
    /// Which.
    pub perk_id: String,
    /// How often it was received.
    pub received: u64,
    /// How often it was used.
    pub used: u64,
    /// When it was received first.
    pub received_at: Option<i64>,
    /// When it was used last.
    pub used_at: Option<i64>,
}

type Since = Vec<(String, i64)>;

fn since(connection: &Connection, sql: &str, id: UserId) -> Result<Since, ProjectionError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn former_emails(connection: &Connection, id: UserId) -> Result<Since, ProjectionError> {
    let sql = "SELECT email, until FROM user_emails WHERE owner = ?1 AND until IS NOT NULL
               ORDER BY until, address";
    since(connection, sql, id)
}

pub(super) fn segments(connection: &Connection, id: UserId) -> Result<Since, ProjectionError> {
    let sql = "SELECT segment_id, since FROM user_segments WHERE user_id = ?1 ORDER BY segment_id";
    since(connection, sql, id)
}

pub(super) fn lists(connection: &Connection, id: UserId) -> Result<Since, ProjectionError> {
    let sql = "SELECT list_id, since FROM user_lists WHERE user_id = ?1 ORDER BY list_id";
    since(connection, sql, id)
}

pub(super) fn badges(connection: &Connection, id: UserId) -> Result<Since, ProjectionError> {
    let sql = "SELECT badge_id, since FROM user_badges WHERE user_id = ?1 ORDER BY badge_id";
    since(connection, sql, id)
}

pub(super) fn apps(connection: &Connection, id: UserId) -> Result<Since, ProjectionError> {
    let sql = "SELECT app_id, since FROM user_apps WHERE user_id = ?1 ORDER BY app_id";
    since(connection, sql, id)
}

pub(super) fn assets(connection: &Connection, id: UserId) -> Result<Since, ProjectionError> {
    let sql = "SELECT digital_asset_id, received_at FROM user_digital_assets WHERE user_id = ?1
               ORDER BY digital_asset_id";
    since(connection, sql, id)
}

pub(super) fn perks(connection: &Connection, id: UserId) -> Result<Vec<PerkLine>, ProjectionError> {
    let sql =
        "SELECT perk_id, received, used, received_at, used_at FROM user_perks WHERE user_id = ?1
               ORDER BY perk_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.0.as_bytes()], |row| {
        Ok(PerkLine {
            perk_id: row.get(0)?,
            received: row.get::<_, i64>(1)?.cast_unsigned(),
            used: row.get::<_, i64>(2)?.cast_unsigned(),
            received_at: row.get(3)?,
            used_at: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn challenges(
    connection: &Connection,
    id: UserId,
) -> Result<Vec<ChallengeLine>, ProjectionError> {
    let sql = "SELECT challenge_id, joined_at, completed_at, steps, rewards FROM user_challenges WHERE user_id = ?1
               ORDER BY challenge_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.0.as_bytes()], |row| {
        let ids = |column| -> rusqlite::Result<Vec<String>> {
            let joined: String = row.get(column)?;
            Ok(joined.split(';').filter(|id| !id.is_empty()).map(str::to_owned).collect())
        };
        Ok(ChallengeLine {
            challenge_id: row.get(0)?,
            joined_at: row.get(1)?,
            completed_at: row.get(2)?,
            steps: ids(3)?,
            rewards: ids(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn participation(line: ChallengeLine) -> Option<(DefinitionId, Participation)> {
    let steps: BTreeSet<DefinitionId> =
        line.steps.iter().filter_map(|step| step.parse().ok()).collect();
    let rewards = line.rewards.iter().filter_map(|reward| reward_id(reward)).collect();
    let completed = line.completed_at.is_some();
    Some((line.challenge_id.parse().ok()?, Participation { steps, completed, rewards }))
}

fn reward_id(text: &str) -> Option<RewardId> {
    let (kind, id) = text.split_once(':')?;
    let kind = RewardKind::ALL.into_iter().find(|known| known.name() == kind)?;
    Some(RewardId { kind, id: id.parse().ok()? })
}

/// Adds what the user received, and when it was there.
pub(super) fn rewards(
    connection: &Connection,
    id: UserId,
    user: &mut User,
) -> Result<(), ProjectionError> {
    for PerkLine { perk_id, received, used, .. } in perks(connection, id)? {
        user.perks.extend(perk_id.parse().ok().map(|perk| (perk, PerkHeld { received, used })));
    }
    user.digital_assets =
        assets(connection, id)?.into_iter().filter_map(|(asset, _)| asset.parse().ok()).collect();
    let mut statement =
        connection.prepare_cached("SELECT active_hour FROM user_stats WHERE id = ?1")?;
    user.active_hour =
        statement.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?.flatten();
    Ok(())
}
