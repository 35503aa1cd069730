//! Queries over users: one to decide on, one to look at, a page, all of them.

use std::collections::{BTreeMap, BTreeSet};

use domain::user::Participation;
use domain::{DefinitionId, User, UserId};
use eventlog::Position;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

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
}

/// Everything about one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDetails {
    /// The table's line.
    pub line: UserLine,
    /// Lists the user is on and since when, by id.
    pub lists: Vec<(String, i64)>,
    /// Segments the user is in and since when, by id.
    pub segments: Vec<(String, i64)>,
    /// Badges held and since when, by id.
    pub badges: Vec<(String, i64)>,
    /// Challenges, by id.
    pub challenges: Vec<ChallengeLine>,
}

/// What a walk over all users shows.
#[derive(Debug)]
pub enum Visit<'a> {
    /// Reference ids of every field there is: once, before the first user.
    Fields(Vec<String>),
    /// A user.
    User(&'a UserLine),
}

pub(crate) const LINE: &str =
    "u.id, u.email, u.member_since, s.last_active_at, s.challenges_completed, s.digital_assets,
    s.perks_used, s.revision, u.fields FROM users u CROSS JOIN user_stats s ON s.id = u.id";

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
        self.with_reader(|connection| {
            snapshot(connection, |connection| {
                let sql =
                    format!("SELECT {LINE} WHERE u.no = (SELECT no FROM user_stats WHERE id = ?1)");
                let found = connection
                    .prepare_cached(&sql)?
                    .query_row([id.0.as_bytes()], line)
                    .optional()?;
                let Some(line) = found else { return Ok(None) };
                let (badges, challenges) = (badges(connection, id)?, challenges(connection, id)?);
                let (lists, segments) = (lists(connection, id)?, segments(connection, id)?);
                Ok(Some(UserDetails { line, lists, segments, badges, challenges }))
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
                Ok(Some((Some(user), revision)))
            })
        })
    }

    /// Visits the fields there are, then every user who belongs to all of `of` in order of (member since, id), all from
    /// one moment, and answers that moment's position.
    ///
    /// # Errors
    /// [`ProjectionError::Store`], or what the visitor answers.
    pub fn each_user<E: From<ProjectionError>>(
        &self,
        of: &[Belonging],
        mut visit: impl FnMut(Visit<'_>) -> Result<(), E>,
    ) -> Result<Position, E> {
        let store = |error: rusqlite::Error| E::from(ProjectionError::from(error));
        let connection = self.open_reader()?;
        connection.execute_batch("BEGIN").map_err(store)?;
        visit(Visit::Fields(field_order(&connection)?))?;
        let conditions = of.iter().enumerate().map(|(index, of)| of.condition(index + 1));
        let all: Vec<String> = std::iter::once("1".to_owned()).chain(conditions).collect();
        let sql =
            format!("SELECT {LINE} WHERE {} ORDER BY u.member_since, u.id", all.join(" AND "));
        let mut statement = connection.prepare(&sql).map_err(store)?;
        let ids = rusqlite::params_from_iter(of.iter().map(|of| of.id().as_str()));
        let mut rows = statement.query(ids).map_err(store)?;
        while let Some(row) = rows.next().map_err(store)? {
            visit(Visit::User(&line(row).map_err(store)?))?;
        }
        Ok(store::checkpoint(&connection)?)
    }

    /// How many users there are.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn user_count(&self) -> Result<u64, ProjectionError> {
        self.with_reader(|connection| {
            let count: i64 =
                connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?;
            Ok(count.cast_unsigned())
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

    /// Whether a user is on a list.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn is_on_list(&self, id: UserId, list: &DefinitionId) -> Result<bool, ProjectionError> {
        let sql = "SELECT 1 FROM user_lists WHERE user_id = ?1 AND list_id = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.exists(params![id.0.as_bytes(), list.as_str()])?)
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
    Ok(Some((Some(user), revision)))
}

fn segments(connection: &Connection, id: UserId) -> Result<Vec<(String, i64)>, ProjectionError> {
    let sql = "SELECT segment_id, since FROM user_segments WHERE user_id = ?1 ORDER BY segment_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn lists(connection: &Connection, id: UserId) -> Result<Vec<(String, i64)>, ProjectionError> {
    let sql = "SELECT list_id, since FROM user_lists WHERE user_id = ?1 ORDER BY list_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn badges(connection: &Connection, id: UserId) -> Result<Vec<(String, i64)>, ProjectionError> {
    let sql = "SELECT badge_id, since FROM user_badges WHERE user_id = ?1 ORDER BY badge_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn challenges(connection: &Connection, id: UserId) -> Result<Vec<ChallengeLine>, ProjectionError> {
    let sql = "SELECT challenge_id, joined_at, completed_at, steps FROM user_challenges WHERE user_id = ?1
               ORDER BY challenge_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.0.as_bytes()], |row| {
        let steps: String = row.get(3)?;
        let steps = steps.split(';').filter(|step| !step.is_empty()).map(str::to_owned).collect();
        Ok(ChallengeLine {
            challenge_id: row.get(0)?,
            joined_at: row.get(1)?,
            completed_at: row.get(2)?,
            steps,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn participation(line: ChallengeLine) -> Option<(DefinitionId, Participation)> {
    let steps: BTreeSet<DefinitionId> =
        line.steps.iter().filter_map(|step| step.parse().ok()).collect();
    Some((
        line.challenge_id.parse().ok()?,
        Participation { steps, completed: line.completed_at.is_some() },
    ))
}

/// Built-in fields in their fixed order, then properties as they were first seen.
fn field_order(connection: &Connection) -> Result<Vec<String>, ProjectionError> {
    let mut statement = connection
        .prepare_cached("SELECT reference_id FROM fields ORDER BY ordinal, reference_id")?;
    let seen: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let built_in = domain::csv_header::BUILT_IN_FIELDS;
    let (mut order, properties): (Vec<String>, Vec<String>) =
        seen.into_iter().partition(|field| built_in.contains(&field.as_str()));
    order.sort_by_key(|field| built_in.iter().position(|known| known == field));
    order.extend(properties);
    Ok(order)
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
