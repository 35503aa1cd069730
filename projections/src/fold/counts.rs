//! How many users belong to what, counted along: a page that shows a number reads one row, not one for each user.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;
use rusqlite::{CachedStatement, Connection, ToSql};

use crate::error::ProjectionError;
use crate::members::USERS;

/// How far users are in a challenge: all who are so far count as one row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Reached {
    challenge: String,
    steps: String,
    rewards: String,
    completed: bool,
}

impl Reached {
    /// Ids are joined by `;`. In which order steps were completed makes no difference here.
    pub(super) fn new(challenge: &str, [steps, rewards]: [&str; 2], completed: bool) -> Reached {
        let in_order = |joined: &str| {
            let mut ids: Vec<&str> = joined.split(';').collect();
            ids.sort_unstable();
            ids.join(";")
        };
        Reached {
            challenge: challenge.to_owned(),
            steps: in_order(steps),
            rewards: in_order(rewards),
            completed,
        }
    }
}

/// By how much a batch changes numbers of users.
#[derive(Debug, Default)]
pub(super) struct Counts {
    users: i64,
    /// By sort and id of what they belong to.
    members: HashMap<(&'static str, String), i64, RandomState>,
    reached: HashMap<Reached, i64, RandomState>,
}

fn add<K: Eq + Hash>(counts: &mut HashMap<K, i64, RandomState>, of: K, by: i64) {
    *counts.entry(of).or_default() += by;
}

impl Counts {
    pub(super) fn users(&mut self, by: i64) {
        self.users += by;
    }

    pub(super) fn members(&mut self, sort: &'static str, id: &str, by: i64) {
        add(&mut self.members, (sort, id.to_owned()), by);
    }

    pub(super) fn reached(&mut self, reached: Reached, by: i64) {
        add(&mut self.reached, reached, by);
    }

    /// Adds all of it to what is kept. A number that comes to nothing leaves no row: a replay would make none.
    pub(super) fn write(mut self, connection: &Connection) -> Result<(), ProjectionError> {
        if self.users != 0 {
            self.members(USERS, "", self.users);
        }
        let mut members = Kept::new(
            connection,
            [
                "INSERT INTO member_counts(sort, id, users) VALUES (?1, ?2, ?3)
             ON CONFLICT(sort, id) DO UPDATE SET users = users + ?3",
                "DELETE FROM member_counts WHERE sort = ?1 AND id = ?2 AND users = 0",
            ],
        )?;
        for ((sort, id), by) in self.members.into_iter().filter(|(_, by)| *by != 0) {
            members.change(&[&sort, &id], by)?;
        }
        let mut participants = Kept::new(connection, [
            "INSERT INTO participant_counts(challenge_id, steps, rewards, completed, users) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT(challenge_id, steps, rewards, completed) DO UPDATE SET users = users + ?5",
            "DELETE FROM participant_counts
             WHERE challenge_id = ?1 AND steps = ?2 AND rewards = ?3 AND completed = ?4 AND users = 0",
        ])?;
        for (Reached { challenge, steps, rewards, completed }, by) in
            self.reached.into_iter().filter(|(_, by)| *by != 0)
        {
            participants.change(&[&challenge, &steps, &rewards, &completed], by)?;
        }
        Ok(())
    }
}

/// Numbers in one table.
struct Kept<'a> {
    add: CachedStatement<'a>,
    tidy: CachedStatement<'a>,
}

impl Kept<'_> {
    /// What adds to one number, and what takes its row away when nothing is left.
    fn new<'a>(
        connection: &'a Connection,
        [add, tidy]: [&str; 2],
    ) -> Result<Kept<'a>, ProjectionError> {
        Ok(Kept { add: connection.prepare_cached(add)?, tidy: connection.prepare_cached(tidy)? })
    }

    fn change(&mut self, of: &[&dyn ToSql], by: i64) -> Result<(), ProjectionError> {
        let all: Vec<&dyn ToSql> = of.iter().copied().chain([&by as &dyn ToSql]).collect();
        self.add.execute(all.as_slice())?;
        if by < 0 {
            self.tidy.execute(of)?;
        }
        Ok(())
    }
}
