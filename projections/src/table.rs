//! The table of users as somebody looks at it: one glance at each user, who belongs to what, whole lines of a few.

use domain::segment::Membership;
use domain::{DefinitionId, UserId};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::store::Store;
use crate::users::{LINE, UserLine, line, snapshot};

/// Parts the text that users are found by: no value holds it.
const BETWEEN: char = '\u{0}';

/// What a user is found by, in the order it is kept: the address, then these fields.
const FOUND_BY: [&str; 3] = ["first_name", "last_name", domain::event::EXTERNAL_ID];

/// The text that users are found by, folded. Without names and ids it is the address alone.
pub fn found_by<'a>(email: &str, field: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut found = domain::fold::fold(email);
    let mut missing = 0;
    for name in FOUND_BY {
        missing += 1;
        if let Some(value) = field(name) {
            found.extend(std::iter::repeat_n(BETWEEN, missing));
            found += &domain::fold::fold(value);
            missing = 0;
        }
    }
    found
}

/// Whether users are found by a field.
pub(crate) fn is_found_by(field: &str) -> bool {
    FOUND_BY.contains(&field)
}

/// The folded address in a text that users are found by.
pub fn folded_address(found: &str) -> &str {
    found.split_once(BETWEEN).map_or(found, |(address, _)| address)
}

/// Something a user can belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belonging {
    /// A list, a segment, a badge or an app.
    To(Membership),
    /// A challenge, joined or completed.
    Challenge(DefinitionId),
}

impl Belonging {
    /// Its id.
    pub fn id(&self) -> &DefinitionId {
        match self {
            Belonging::To(of) => of.id(),
            Belonging::Challenge(id) => id,
        }
    }

    pub(crate) fn place(&self) -> (&'static str, &'static str) {
        match self {
            Belonging::To(Membership::List(_)) => ("user_lists", "list_id"),
            Belonging::To(Membership::Segment(_)) => ("user_segments", "segment_id"),
            Belonging::To(Membership::Badge(_)) => ("user_badges", "badge_id"),
            Belonging::To(Membership::App(_)) => ("user_apps", "app_id"),
            Belonging::Challenge(_) => ("user_challenges", "challenge_id"),
        }
    }

    /// A condition on the user `u`, whose parameter has this number.
    pub(crate) fn condition(&self, parameter: usize) -> String {
        let (table, column) = self.place();
        format!(
            "EXISTS (SELECT 1 FROM {table} m WHERE m.user_id = u.id AND m.{column} = ?{parameter})"
        )
    }
}

/// What of each user is read; less takes less time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// The text users are found by.
    pub found: bool,
    /// The stored fields.
    pub fields: bool,
    /// When it was made.
    pub since: bool,
    /// What counts and moves.
    pub counts: bool,
}

/// What counts and moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// When the user last did something.
    pub last_active_at: Option<i64>,
    /// Challenges completed.
    pub challenges_completed: i64,
    /// Digital assets received.
    pub digital_assets: i64,
    /// Perks used.
    pub perks_used: i64,
}

/// A user, as far as was asked.
#[derive(Debug, Clone, Copy)]
pub struct Glance<'a> {
    /// Its id.
    pub id: UserId,
    /// When it was made; 0 where what counts was asked and this was not.
    pub member_since: i64,
    /// What it is found by; empty where it was not asked.
    pub found: &'a str,
    /// Its stored fields; empty where they were not asked.
    pub fields: &'a str,
    /// What counts and moves; nothing where it was not asked.
    pub counts: Counts,
}

/// Half of the users; see [`Store::halves`].
#[derive(Debug, Clone, Copy)]
pub struct Half {
    numbers: (i64, i64),
    ids: [&'static [u8]; 2],
}

/// Where one page ends and the next begins: the time and id of a user.
pub type Since = (i64, UserId);

impl Store {
    /// All users in two parts of about the same size, so that two can look at once.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn halves(&self) -> Result<[Half; 2], ProjectionError> {
        let middle = self.last_user()? / 2;
        Ok([
            Half { numbers: (0, middle), ids: [&[], &[0x80]] },
            Half { numbers: (middle, i64::MAX), ids: [&[0x80], &[0xFF; 17]] },
        ])
    }

    /// Glances at each user of a half, all at one moment.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn each_glance(
        &self,
        half: Half,
        needs: Needs,
        visit: &mut dyn FnMut(Glance<'_>),
    ) -> Result<(), ProjectionError> {
        let column = |needed, column| if needed { column } else { "''" };
        let (found, fields) = (column(needs.found, "u.found"), column(needs.fields, "u.fields"));
        let since = if needs.since { "u.member_since" } else { "0" };
        let sql = match (needs.counts, needs.found || needs.fields || needs.since) {
            (false, _) => {
                format!(
                    "SELECT u.id, u.member_since, {found}, {fields} FROM users u WHERE u.no > ?1 AND u.no <= ?2"
                )
            }
            (true, wide) => {
                let users = if wide { "CROSS JOIN users u ON u.no = s.no" } else { "" };
                format!(
                    "SELECT s.id, {since}, {found}, {fields}, s.last_active_at, s.challenges_completed, s.digital_assets, s.perks_used
                     FROM user_stats s {users} WHERE s.id >= ?1 AND s.id < ?2 AND s.no IS NOT NULL"
                )
            }
        };
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = match needs.counts {
                false => statement.query([half.numbers.0, half.numbers.1])?,
                true => statement.query(half.ids)?,
            };
            while let Some(row) = rows.next()? {
                visit(glance(row, needs)?);
            }
            Ok(())
        })
    }

    /// The ids of everybody who belongs to something, in order.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn belonging_to(&self, of: &Belonging) -> Result<Vec<UserId>, ProjectionError> {
        let (table, column) = of.place();
        let sql = format!("SELECT user_id FROM {table} WHERE {column} = ?1 ORDER BY user_id");
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let users = statement.query_map([of.id().as_str()], |row| row.get(0))?;
            let users = users.map(|id| id.map(|id| UserId(Uuid::from_bytes(id))));
            Ok(users.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The lines of these users, in this order, all at one moment. Who is gone is left out.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn lines(&self, users: &[UserId]) -> Result<Vec<UserLine>, ProjectionError> {
        self.with_reader(|connection| {
            snapshot(connection, |connection| {
                let sql =
                    format!("SELECT {LINE} WHERE u.no = (SELECT no FROM user_stats WHERE id = ?1)");
                let mut statement = connection.prepare_cached(&sql)?;
                let mut lines = Vec::with_capacity(users.len());
                for user in users {
                    lines.extend(statement.query_row([user.0.as_bytes()], line).optional()?);
                }
                Ok(lines)
            })
        })
    }

    /// At most `limit` users in order of (member since, id), or in the opposite one: those after `after`, without a look
    /// at any other.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn users_page(
        &self,
        after: Option<Since>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<UserLine>, ProjectionError> {
        let (beyond, order) = if descending { ("<", "DESC") } else { (">", "ASC") };
        let from = after.map_or_else(
            || if descending { (i64::MAX, [0xFF; 16]) } else { (i64::MIN, [0; 16]) },
            |(since, id)| (since, *id.0.as_bytes()),
        );
        let sql = format!(
            "SELECT {LINE} WHERE (u.member_since, u.id) {beyond} (?1, ?2)
             ORDER BY u.member_since {order}, u.id {order} LIMIT ?3"
        );
        self.with_reader(|connection: &Connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let lines = statement.query_map((from.0, from.1, limit), line)?;
            Ok(lines.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn glance<'a>(row: &'a Row<'_>, needs: Needs) -> rusqlite::Result<Glance<'a>> {
    let counts = match needs.counts {
        false => Counts::default(),
        true => Counts {
            last_active_at: row.get(4)?,
            challenges_completed: row.get(5)?,
            digital_assets: row.get(6)?,
            perks_used: row.get(7)?,
        },
    };
    Ok(Glance {
        id: UserId(Uuid::from_bytes(row.get(0)?)),
        member_since: row.get(1)?,
        found: text(row.get_ref(2)?),
        fields: text(row.get_ref(3)?),
        counts,
    })
}

fn text(value: ValueRef<'_>) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{folded_address, found_by};

    #[test]
    fn the_address_can_be_told_from_what_else_a_user_is_found_by() {
        let none = found_by("Léa@example.org", |_| None);
        assert_eq!((none.as_str(), folded_address(&none)), ("lea@example.org", "lea@example.org"));
        let some = found_by("a@example.org", |name| (name == "last_name").then_some("Größe"));
        assert_eq!(some, "a@example.org\0\0große");
        assert_eq!(folded_address(&some), "a@example.org");
    }
}
