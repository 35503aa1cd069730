//! Who takes part in a challenge, and how far each is.

use crate::error::ProjectionError;
use crate::store::Store;

/// How far one user is in a challenge.
#[derive(Debug, Clone, Copy)]
pub struct Participant<'a> {
    steps: &'a str,
    rewards: &'a str,
    /// Whether the challenge is completed.
    pub completed: bool,
}

impl<'a> Participant<'a> {
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
    /// Visits everybody who joined a challenge and is still there.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn each_participant(
        &self,
        challenge: &str,
        visit: &mut dyn FnMut(Participant<'_>),
    ) -> Result<(), ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT steps, rewards, completed_at IS NOT NULL FROM user_challenges
                       INDEXED BY user_challenges_by_challenge WHERE challenge_id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([challenge])?;
            while let Some(row) = rows.next()? {
                visit(Participant {
                    steps: row.get_ref(0)?.as_str().unwrap_or_default(),
                    rewards: row.get_ref(1)?.as_str().unwrap_or_default(),
                    completed: row.get(2)?,
                });
            }
            Ok(())
        })
    }
}
