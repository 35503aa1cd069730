//! Queries over users: one to decide on, one to look at, a page, all of them.

mod beside;
mod everybody;
mod held;

use std::collections::BTreeMap;

use domain::csv_header::EMAIL_COLUMN;
use domain::property::Properties;
use domain::segment::{Membership, Moments};
use domain::{DefinitionId, User, UserId};
use eventlog::Position;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

pub use self::beside::{Beside, Found};
pub use self::everybody::{Everybody, OneByOne};
pub use self::held::{ChallengeLine, PerkLine};
use self::held::{
    apps, assets, badges, challenges, former_emails, lists, participation, perks, segments,
};
use crate::definitions::known_properties;
use crate::error::ProjectionError;
use crate::store::{self, Store};
use crate::table::Belonging;

/// A user, unless it is gone, and the revision it is at.
pub type AtRevision = (Option<User>, u64);
/// Names, language and properties by id.
pub type Fields = BTreeMap<String, String>;

/// A user as the table shows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserLine {
    /// Its id.
    pub id: UserId,
    /// As displayed.
    pub email: String,
    /// When the user was made: microseconds since 1970, UTC.
    pub member_since: i64,
    /// When the user last did something.
    pub last_active_at: Option<i64>,
    /// Challenges completed.
    pub challenges_completed: u64,
    /// Digital assets received.
    pub digital_assets: u64,
    /// Perks used.
    pub perks_used: u64,
    /// Revision of the last fact about the user.
    pub revision: u64,
    /// Names, language and properties.
    pub fields: Fields,
}

impl UserLine {
    /// The address or a stored field, by the name of its column; none where there is no value.
    pub fn text(&self, column: &str) -> Option<&str> {
        match column {
            EMAIL_COLUMN => Some(self.email.as_str()).filter(|email| !email.is_empty()),
            field => self.fields.get(field).map(String::as_str),
        }
    }
}

/// Everything about one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDetails {
    /// The table's line.
    pub line: UserLine,
    /// Addresses the user had and released to nobody, and until when it had them.
    pub former_emails: Vec<(String, i64)>,
    /// Lists the user is on and since when, by id.
    pub lists: Vec<(String, i64)>,
    /// Segments the user is in and since when, by id.
    pub segments: Vec<(String, i64)>,
    /// Badges held and since when, by id.
    pub badges: Vec<(String, i64)>,
    /// Challenges, by id.
    pub challenges: Vec<ChallengeLine>,
    /// Perks received, by id.
    pub perks: Vec<PerkLine>,
    /// Digital assets received and when, by id.
    pub digital_assets: Vec<(String, i64)>,
    /// Apps connected and since when, by id.
    pub apps: Vec<(String, i64)>,
}

/// What a line is read from: the wide row `u` and the narrow row `s`.
pub(crate) const LINE: &str =
    "u.id, u.email, u.member_since, s.last_active_at, s.challenges_completed, s.digital_assets,
    s.perks_used, s.revision, u.fields";

/// How many columns that is.
const LINE_COLUMNS: usize = 9;

/// Both rows, looked for from the wide one.
pub(crate) const OF_USERS: &str = "FROM users u CROSS JOIN user_stats s ON s.id = u.id";

pub(crate) fn read_fields(json: &str) -> Fields {
    serde_json::from_str(json).unwrap_or_default()
}

pub(crate) fn line(row: &Row<'_>) -> rusqlite::Result<UserLine> {
    let count = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    Ok(UserLine {
        id: UserId(Uuid::from_bytes(row.get(0)?)),
        email: row.get(1)?,
        member_since: row.get(2)?,
        last_active_at: row.get(3)?,
        challenges_completed: count(4)?,
        digital_assets: count(5)?,
        perks_used: count(6)?,
        revision: count(7)?,
        fields: read_fields(row.get_ref(8)?.as_str()?),
    })
}

impl Store {
    /// One user's line, badges and challenges, from one moment.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn user(&self, id: UserId) -> Result<Option<UserDetails>, ProjectionError> {
        self.with_reader(|connection| snapshot(connection, |connection| details(connection, id)))
    }

    /// The same with the properties there are, and the position of that moment.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn person(
        &self,
        id: UserId,
    ) -> Result<(Position, Option<UserDetails>, Properties), ProjectionError> {
        self.with_reader(|connection| {
            snapshot(connection, |connection| {
                let at = store::checkpoint(connection)?;
                Ok((at, details(connection, id)?, known_properties(connection)?))
            })
        })
    }

    /// The state a decision needs, and the revision it is at. A user that is gone has only the revision.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn user_state(&self, id: UserId) -> Result<Option<AtRevision>, ProjectionError> {
        self.with_reader(|connection| {
            snapshot(connection, |connection| {
                let Some((Some(mut user), revision)) = belonging(connection, id)? else {
                    return profile(connection, id);
                };
                user.challenges =
                    challenges(connection, id)?.into_iter().filter_map(participation).collect();
                held::rewards(connection, id, &mut user)?;
                Ok(Some((Some(user), revision)))
            })
        })
    }

    /// A connection of its own for an import, which looks up one user per row.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn profiles(&self) -> Result<Profiles, ProjectionError> {
        let profiles = Profiles { connection: self.open_reader()? };
        profiles.connection.execute_batch("BEGIN")?;
        Ok(profiles)
    }
}

/// Asks for the line of one user.
pub(crate) fn one_line() -> String {
    format!("SELECT {LINE} {OF_USERS} WHERE u.no = (SELECT no FROM user_stats WHERE id = ?1)")
}

fn details(connection: &Connection, id: UserId) -> Result<Option<UserDetails>, ProjectionError> {
    let sql = one_line();
    let found = connection.prepare_cached(&sql)?.query_row([id.0.as_bytes()], line).optional()?;
    let Some(line) = found else { return Ok(None) };
    Ok(Some(UserDetails {
        line,
        former_emails: former_emails(connection, id)?,
        lists: lists(connection, id)?,
        segments: segments(connection, id)?,
        badges: badges(connection, id)?,
        challenges: challenges(connection, id)?,
        perks: perks(connection, id)?,
        digital_assets: assets(connection, id)?,
        apps: apps(connection, id)?,
    }))
}

/// Looks up what an import decides on. One read transaction serves many rows: beginning one for each costs more than
/// the look-up.
#[derive(Debug)]
pub struct Profiles {
    connection: Connection,
}

impl Profiles {
    /// Goes on from what the tables hold now.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn refresh(&self) -> Result<(), ProjectionError> {
        Ok(self.connection.execute_batch("COMMIT; BEGIN")?)
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The position of what it looks at.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn position(&self) -> Result<Position, ProjectionError> {
        crate::store::checkpoint(&self.connection)
    }

    /// Address and fields of a user and the revision they are at; of one that is gone, only the revision. Lists, badges
    /// and challenges are left empty: no value of a row depends on them.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn get(&self, id: UserId) -> Result<Option<AtRevision>, ProjectionError> {
        profile(&self.connection, id)
    }

    /// The same with lists, segments and badges.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn belonging(&self, id: UserId) -> Result<Option<AtRevision>, ProjectionError> {
        belonging(&self.connection, id)
    }

    /// When the user became one and was last active; nothing of one who is not there.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn moments(&self, id: UserId) -> Result<Moments, ProjectionError> {
        let sql = "SELECT u.member_since, s.last_active_at FROM user_stats s JOIN users u ON u.no = s.no WHERE s.id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let moments = statement.query_row([id.0.as_bytes()], |row| {
            Ok(Moments { member_since: row.get(0)?, last_active_at: row.get(1)? })
        });
        Ok(moments.optional()?.unwrap_or_default())
    }

    /// Whether a user is on a list.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn is_on_list(&self, id: UserId, list: &DefinitionId) -> Result<bool, ProjectionError> {
        self.belongs(id, &Belonging::To(Membership::List(list.clone())))
    }

    /// Whether a user belongs to something.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn belongs(&self, id: UserId, of: &Belonging) -> Result<bool, ProjectionError> {
        let (table, column) = of.place();
        let sql = format!("SELECT 1 FROM {table} WHERE user_id = ?1 AND {column} = ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.exists(params![id.0.as_bytes(), of.id().as_str()])?)
    }
}

/// Revision first: most rows of a first import meet nobody, and the narrow tree says so sooner. One statement, so
/// that revision and fields are of one moment.
fn profile(connection: &Connection, id: UserId) -> Result<Option<AtRevision>, ProjectionError> {
    let sql = "SELECT s.revision, u.email, u.fields FROM user_stats s LEFT JOIN users u ON u.no = s.no WHERE s.id = ?1";
    let found = connection
        .prepare_cached(sql)?
        .query_row([id.0.as_bytes()], |row| {
            let revision = row.get::<_, i64>(0)?.cast_unsigned();
            let Some(email) = row.get::<_, Option<String>>(1)? else { return Ok((None, revision)) };
            let fields = read_fields(row.get_ref(2)?.as_str()?);
            let email = Some(email).filter(|email| !email.is_empty());
            Ok((Some(User { email, fields, ..User::default() }), revision))
        })
        .optional()?;
    Ok(found)
}

/// A user with all it belongs to, but for challenges. One that was only just made belongs to nothing.
fn belonging(connection: &Connection, id: UserId) -> Result<Option<AtRevision>, ProjectionError> {
    let Some((user, revision)) = profile(connection, id)? else { return Ok(None) };
    let Some(mut user) = user else { return Ok(Some((None, revision))) };
    if revision == 0 {
        return Ok(Some((Some(user), revision)));
    }
    let ids =
        |held: Vec<(String, i64)>| held.into_iter().filter_map(|(id, _)| id.parse().ok()).collect();
    user.lists = ids(lists(connection, id)?);
    user.segments = ids(segments(connection, id)?);
    user.badges = ids(badges(connection, id)?);
    user.apps = ids(apps(connection, id)?);
    Ok(Some((Some(user), revision)))
}

/// Runs several reads in one transaction.
pub(crate) fn snapshot<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, ProjectionError>,
) -> Result<T, ProjectionError> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let answer = read(connection);
    connection.prepare_cached("COMMIT")?.execute([])?;
    answer
}
