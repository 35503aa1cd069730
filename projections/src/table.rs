//! The table of users as somebody looks at it: what users are found by, who belongs to what, whole lines of a few.

use domain::csv_header::EMAIL_COLUMN;
use domain::fold::fold;
use domain::segment::Membership;
use domain::{DefinitionId, UserId};
use rusqlite::{Connection, OptionalExtension};

use crate::error::ProjectionError;
use crate::members::{APP, LIST};
use crate::rules::{BADGE, CHALLENGE, SEGMENT};
use crate::store::Store;
use crate::users::{LINE, OF_USERS, UserLine, line, one_line, snapshot};

/// Parts the text that users are found by: no value holds it.
const BETWEEN: char = '\u{0}';

/// What a user is found by, in the order it is kept: the address, then these fields.
const FOUND_BY: [&str; 3] = ["first_name", "last_name", domain::event::EXTERNAL_ID];

/// The text that users are found by, folded. Without names and ids it is the address alone.
pub fn found_by<'a>(email: &str, field: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut found = fold(email).into_owned();
    let mut missing = 0;
    for name in FOUND_BY {
        missing += 1;
        if let Some(value) = field(name) {
            found.extend(std::iter::repeat_n(BETWEEN, missing));
            found += &fold(value);
            missing = 0;
        }
    }
    found
}

/// Whether users are found by a field.
pub(crate) fn is_found_by(field: &str) -> bool {
    FOUND_BY.contains(&field)
}

/// A place in the text that users are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundAt(usize);

impl FoundAt {
    /// That of a column or field; none where users are not found by it.
    pub fn of(name: &str) -> Option<FoundAt> {
        if name == EMAIL_COLUMN {
            return Some(FoundAt(0));
        }
        FOUND_BY.iter().position(|field| *field == name).map(|place| FoundAt(place + 1))
    }

    /// What stands there, folded; none of a user who has no such value.
    pub fn value(self, found: &str) -> Option<&str> {
        found.split(BETWEEN).nth(self.0).filter(|value| !value.is_empty())
    }
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

    /// As numbers of members are kept by.
    pub(crate) fn sort(&self) -> &'static str {
        match self {
            Belonging::To(Membership::List(_)) => LIST,
            Belonging::To(Membership::Segment(_)) => SEGMENT,
            Belonging::To(Membership::Badge(_)) => BADGE,
            Belonging::To(Membership::App(_)) => APP,
            Belonging::Challenge(_) => CHALLENGE,
        }
    }

    /// The table of who belongs, and its column of ids.
    pub(crate) fn place(&self) -> (String, String) {
        place(self.sort())
    }

    /// A condition on the user `u`, whose parameter has this number.
    pub(crate) fn condition(&self, parameter: usize) -> String {
        let (table, column) = self.place();
        format!(
            "EXISTS (SELECT 1 FROM {table} m WHERE m.user_id = u.id AND m.{column} = ?{parameter})"
        )
    }
}

/// Where those are kept who belong to something of a sort: the table, and its column of ids.
pub(crate) fn place(sort: &str) -> (String, String) {
    (format!("user_{sort}s"), format!("{sort}_id"))
}

/// Where one page ends and the next begins: the time and id of a user.
pub type Since = (i64, UserId);

impl Store {
    /// The lines of these users, in this order, all at one moment. Who is gone is left out.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn lines(&self, users: &[UserId]) -> Result<Vec<UserLine>, ProjectionError> {
        self.with_reader(|connection| {
            snapshot(connection, |connection| {
                let mut statement = connection.prepare_cached(&one_line())?;
                let mut lines = Vec::with_capacity(users.len());
                for user in users {
                    lines.extend(statement.query_row([user.0.as_bytes()], line).optional()?);
                }
                Ok(lines)
            })
        })
    }

    /// At most `limit` users in order of (member since, id), or in the opposite one: those after `after` who belong to
    /// `of`, without a look at those behind them.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn users_page(
        &self,
        of: Option<&Belonging>,
        after: Option<Since>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<UserLine>, ProjectionError> {
        let ((beyond, order), from) = (way(descending), from(after, descending));
        let belongs = of.map(|of| format!("AND {}", of.condition(4))).unwrap_or_default();
        let sql = format!(
            "SELECT {LINE} {OF_USERS} WHERE (u.member_since, u.id) {beyond} (?1, ?2) {belongs}
             ORDER BY u.member_since {order}, u.id {order} LIMIT ?3"
        );
        self.with_reader(|connection: &Connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let lines = match of {
                Some(of) => statement.query_map((from.0, from.1, limit, of.id().as_str()), line)?,
                None => statement.query_map((from.0, from.1, limit), line)?,
            };
            Ok(lines.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// At most `limit` users who did something, in order of (last active at, id), or in the opposite one: those after
    /// `after`. Who never did anything is in no such order.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn active_page(
        &self,
        after: Option<Since>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<UserLine>, ProjectionError> {
        let (beyond, order) = way(descending);
        let sql = format!(
            "SELECT {LINE} FROM user_stats s INDEXED BY user_stats_by_activity CROSS JOIN users u ON u.no = s.no
             WHERE (s.last_active_at, s.id) {beyond} (?1, ?2) AND s.last_active_at IS NOT NULL
             ORDER BY s.last_active_at {order}, s.id {order} LIMIT ?3"
        );
        let (at, id) = from(after, descending);
        self.with_reader(|connection: &Connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let lines = statement.query_map((at, id, limit), line)?;
            Ok(lines.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// Which place comes after another, and how an order says so.
fn way(descending: bool) -> (&'static str, &'static str) {
    if descending { ("<", "DESC") } else { (">", "ASC") }
}

/// What a page begins behind: a place, or one before all.
fn from(after: Option<Since>, descending: bool) -> (i64, [u8; 16]) {
    match after {
        Some((since, id)) => (since, *id.0.as_bytes()),
        None if descending => (i64::MAX, [0xFF; 16]),
        None => (i64::MIN, [0; 16]),
    }
}

#[cfg(test)]
mod tests {
    use super::{FoundAt, found_by};

    /// What stands at each place.
    fn values(found: &str) -> [Option<&str>; 4] {
        ["email", "first_name", "last_name", "external_id"]
            .map(|name| FoundAt::of(name).expect("users are found by it").value(found))
    }

    #[test]
    fn what_a_user_is_found_by_can_be_told_apart() {
        let address = found_by("Léa@example.org", |_| None);
        assert_eq!(address, "lea@example.org");
        assert_eq!(values(&address), [Some("lea@example.org"), None, None, None]);
        let name = found_by("a@example.org", |name| (name == "last_name").then_some("Größe"));
        assert_eq!(name, "a@example.org\0\0grosse");
        assert_eq!(values(&name), [Some("a@example.org"), None, Some("grosse"), None]);
        let nobody = found_by("", |name| (name == "external_id").then_some("C-7"));
        assert_eq!(values(&nobody), [None, None, None, Some("c-7")]);
        assert_eq!(FoundAt::of("lang"), None);
    }
}
