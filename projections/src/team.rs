//! Queries over team members.

use domain::team::{Member, Role};
use rusqlite::Row;

use crate::error::ProjectionError;
use crate::store::Store;

/// A team member as the tables know one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberLine {
    /// As the rules know them.
    pub member: Member,
    /// When they were invited: microseconds since 1970, UTC.
    pub invited_at: i64,
    /// When they set a password for the first time.
    pub joined_at: Option<i64>,
    /// When they were removed.
    pub removed_at: Option<i64>,
    /// Revision of the last fact of their stream.
    pub revision: u64,
}

fn line(row: &Row<'_>) -> rusqlite::Result<MemberLine> {
    let (role, joined_at, removed_at): (String, Option<i64>, Option<i64>) =
        (row.get(3)?, row.get(7)?, row.get(8)?);
    let member = Member {
        id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        role: role.parse().unwrap_or(Role::Viewer), // the fold wrote a name it knew; the fewest rights are safe
        personal_data: row.get(4)?,
        zone: row.get(5)?,
        joined: joined_at.is_some(),
        removed: removed_at.is_some(),
    };
    let (invited_at, revision) = (row.get(6)?, row.get::<_, i64>(9)?.cast_unsigned());
    Ok(MemberLine { member, invited_at, joined_at, removed_at, revision })
}

impl Store {
    /// Every team member there ever was, in the order they were invited.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn team(&self) -> Result<Vec<MemberLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT id, email, name, role, personal_data, zone, invited_at, joined_at, removed_at, revision
                       FROM team_members ORDER BY ordinal";
            let mut statement = connection.prepare_cached(sql)?;
            let lines = statement.query_map([], line)?;
            Ok(lines.collect::<rusqlite::Result<_>>()?)
        })
    }
}
