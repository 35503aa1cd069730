//! How far users are in challenges.

use rusqlite::{Connection, OptionalExtension, params};

use super::Id;
use crate::error::ProjectionError;

/// What a batch changes of a user's part in a challenge.
#[derive(Debug)]
pub(super) struct Challenge {
    joined_at: i64,
    pub(super) steps: Vec<String>,
    pub(super) completed_at: Option<i64>,
    /// Rewards received for it, each as `kind:id`.
    pub(super) rewards: Vec<String>,
}

impl Challenge {
    /// Joined at this moment, unless it was before.
    pub(super) fn begun(joined_at: i64) -> Challenge {
        Challenge { joined_at, steps: Vec::new(), completed_at: None, rewards: Vec::new() }
    }
}

/// Ids are kept joined by `;`, which no id contains.
fn joined(stored: &str, more: Vec<String>) -> String {
    let mut all: Vec<String> =
        stored.split(';').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    for id in more {
        if !all.contains(&id) {
            all.push(id);
        }
    }
    all.join(";")
}

/// Merges with the stored row; answers whether the challenge is completed now and was not before.
pub(super) fn write_challenge(
    connection: &Connection,
    (id, name): &(Id, String),
    pending: Challenge,
) -> Result<bool, ProjectionError> {
    type Stored = (i64, Option<i64>, String, String);
    let stored: Option<Stored> = connection
        .prepare_cached(
            "SELECT joined_at, completed_at, steps, rewards FROM user_challenges
             WHERE user_id = ?1 AND challenge_id = ?2",
        )?
        .query_row(params![id, name], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let is_new = stored.is_none();
    let (joined_at, completed_before, steps, rewards) =
        stored.unwrap_or((pending.joined_at, None, String::new(), String::new()));
    let (steps, rewards) = (joined(&steps, pending.steps), joined(&rewards, pending.rewards));
    let completed_at = completed_before.or(pending.completed_at);
    // The index by challenge is only touched by who is new.
    let sql = match is_new {
        true => "INSERT INTO user_challenges VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        false => {
            "UPDATE user_challenges SET joined_at = ?3, completed_at = ?4, steps = ?5, rewards = ?6
             WHERE user_id = ?1 AND challenge_id = ?2"
        }
    };
    connection.prepare_cached(sql)?.execute(params![
        id,
        name,
        joined_at,
        completed_at,
        steps,
        rewards
    ])?;
    Ok(completed_before.is_none() && completed_at.is_some())
}
