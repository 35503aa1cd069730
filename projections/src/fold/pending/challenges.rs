//! How far users are in challenges.

use rusqlite::{CachedStatement, Connection, params};

use super::{Moved, Names, Of};
use crate::error::ProjectionError;
use crate::fold::counts::{Counts, Reached};
use crate::rules::CHALLENGE;

/// What a batch changes of a user's part in a challenge.
#[derive(Debug)]
pub(super) struct Challenge {
    joined_at: i64,
    pub(super) steps: Vec<u32>,
    pub(super) completed_at: Option<i64>,
    /// Rewards received for it, each as `kind:id`.
    pub(super) rewards: Vec<u32>,
}

impl Challenge {
    /// Joined at this moment, unless it was before.
    pub(super) fn begun(joined_at: i64) -> Challenge {
        Challenge { joined_at, steps: Vec::new(), completed_at: None, rewards: Vec::new() }
    }
}

/// Ids are kept joined by `;`, which no id contains.
fn joined(mut stored: String, more: &[u32], names: &Names) -> String {
    for name in more.iter().map(|name| names.get(*name)) {
        if !stored.split(';').any(|known| known == name) {
            if !stored.is_empty() {
                stored.push(';');
            }
            stored.push_str(name);
        }
    }
    stored
}

/// The statements that a batch of them takes.
struct Statements<'a> {
    insert: CachedStatement<'a>,
    find: CachedStatement<'a>,
    update: CachedStatement<'a>,
}

impl Statements<'_> {
    /// Merges with the stored row; answers whether the challenge is completed now and was not before.
    fn write(
        &mut self,
        id: [u8; 16],
        name: &str,
        pending: &Challenge,
        (names, counts): (&Names, &mut Counts),
    ) -> Result<bool, ProjectionError> {
        let new = |more| joined(String::new(), more, names);
        let (steps, rewards) = (new(&pending.steps), new(&pending.rewards));
        let (joined_at, completed_at) = (pending.joined_at, pending.completed_at);
        let values = params![id, name, joined_at, completed_at, steps, rewards];
        if self.insert.execute(values)? > 0 {
            counts.members(CHALLENGE, name, 1);
            counts.reached(Reached::new(name, [&steps, &rewards], completed_at.is_some()), 1);
            return Ok(completed_at.is_some());
        }
        let stored = self.find.query_row(params![id, name], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get(1)?, row.get(2)?))
        })?;
        let (completed_before, steps, rewards): (Option<i64>, String, String) = stored;
        counts.reached(Reached::new(name, [&steps, &rewards], completed_before.is_some()), -1);
        let completed_at = completed_before.or(completed_at);
        let (steps, rewards) =
            (joined(steps, &pending.steps, names), joined(rewards, &pending.rewards, names));
        self.update.execute(params![id, name, completed_at, steps, rewards])?;
        counts.reached(Reached::new(name, [&steps, &rewards], completed_at.is_some()), 1);
        Ok(completed_before.is_none() && completed_at.is_some())
    }
}

/// Writes all, in order, and counts who completed one for the first time. The index by challenge is only touched by who
/// is new.
pub(super) fn write_challenges(
    connection: &Connection,
    (people, names): (&mut [Moved], &Names),
    challenges: Vec<(Of, Challenge)>,
    counts: &mut Counts,
) -> Result<(), ProjectionError> {
    let mut statements = Statements {
        insert: connection.prepare_cached(
            "INSERT OR IGNORE INTO user_challenges VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?,
        find: connection.prepare_cached(
            "SELECT completed_at, steps, rewards FROM user_challenges WHERE user_id = ?1 AND challenge_id = ?2",
        )?,
        update: connection.prepare_cached(
            "UPDATE user_challenges SET completed_at = ?3, steps = ?4, rewards = ?5
             WHERE user_id = ?1 AND challenge_id = ?2",
        )?,
    };
    for ((person, name), challenge) in challenges {
        let moved = &mut people[person as usize];
        if statements.write(moved.id, names.get(name), &challenge, (names, counts))? {
            moved.completed += 1;
        }
    }
    Ok(())
}
