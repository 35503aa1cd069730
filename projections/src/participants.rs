//! Who takes part in a challenge, and how far each is.

use crate::error::ProjectionError;
use crate::store::Store;

/// How far users are in a challenge: what they have done of it and were given for it.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    steps: &'a str,
    rewards: &'a str,
    /// Whether the challenge is completed.
    pub completed: bool,
}

impl<'a> Way<'a> {
    /// Ids of the steps completed.
    pub fn steps(self) -> impl Iterator<Item = &'a str> {
        ids(self.steps)
    }

    /// Rewards received for it, each as `kind:id`.
    pub fn rewards(self) -> impl Iterator<Item = &'a str> {
        ids(self.rewards)
    }
}

/// Ids are kept joined by `;`, which no id contains.
fn ids(joined: &str) -> impl Iterator<Item = &str> {
    joined.split(';').filter(|id| !id.is_empty())
}

impl Store {
    /// Visits how far those are who joined a challenge and are still there, and how many are so far.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn each_way(
        &self,
        challenge: &str,
        visit: &mut dyn FnMut(Way<'_>, u64),
    ) -> Result<(), ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT steps, rewards, completed, users FROM participant_counts WHERE challenge_id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([challenge])?;
            while let Some(row) = rows.next()? {
                let way = Way {
                    steps: row.get_ref(0)?.as_str().unwrap_or_default(),
                    rewards: row.get_ref(1)?.as_str().unwrap_or_default(),
                    completed: row.get(2)?,
                };
                visit(way, row.get::<_, i64>(3)?.cast_unsigned());
            }
            Ok(())
        })
    }

    /// Users who joined a challenge, and those who completed it.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn participants(&self, challenge: &str) -> Result<(u64, u64), ProjectionError> {
        let (mut joined, mut completed) = (0, 0);
        self.each_way(challenge, &mut |way, users| {
            joined += users;
            completed += if way.completed { users } else { 0 };
        })?;
        Ok((joined, completed))
    }
}
