//! One glance at each user of the table: what filters and orders look at, read from the narrowest place that has it.

use domain::UserId;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::store::Store;

/// Users whose moments of joining are looked at to find the middle one.
const SAMPLES: i64 = 31;
/// What no id is above, and what half of all ids are below: they are random.
const ALL_IDS: [u8; 17] = [0xFF; 17];
const HALF_OF_IDS: [u8; 1] = [0x80];

/// A number kept of each user that facts move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// When the user last did something.
    LastActiveAt,
    /// Challenges completed.
    ChallengesCompleted,
    /// Digital assets received.
    DigitalAssets,
    /// Perks used.
    PerksUsed,
}

impl Count {
    fn column(self) -> &'static str {
        match self {
            Count::LastActiveAt => "last_active_at",
            Count::ChallengesCompleted => "challenges_completed",
            Count::DigitalAssets => "digital_assets",
            Count::PerksUsed => "perks_used",
        }
    }
}

/// What of each user is read; less takes less time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// When the user was made.
    pub since: bool,
    /// The text users are found by.
    pub found: bool,
    /// The stored fields.
    pub fields: bool,
    /// When the user was last active, beside the number.
    pub last_active: bool,
    /// One of the numbers.
    pub count: Option<Count>,
}

impl Needs {
    /// What one or the other needs.
    pub fn and(self, other: Needs) -> Needs {
        Needs {
            since: self.since || other.since,
            found: self.found || other.found,
            fields: self.fields || other.fields,
            last_active: self.last_active || other.last_active,
            count: self.count.or(other.count),
        }
    }

    fn columns(self) -> String {
        let column = |needed, column| if needed { column } else { "''" };
        let (found, fields) = (column(self.found, "u.found"), column(self.fields, "u.fields"));
        format!("u.no, u.id, u.member_since, {found}, {fields}")
    }
}

/// A user, as far as was asked.
#[derive(Debug, Clone, Copy)]
pub struct Glance<'a> {
    /// Its id.
    pub id: UserId,
    /// When it was made; 0 where it was not asked.
    pub member_since: i64,
    /// What it is found by; empty where it was not asked.
    pub found: &'a str,
    /// Its stored fields; empty where they were not asked.
    pub fields: &'a str,
    /// When it was last active; none where it never was, or where it was not asked.
    pub last_active_at: Option<i64>,
    /// The number asked for; none where there is none.
    pub count: Option<i64>,
}

/// Half of the users; see [`Store::glances`].
#[derive(Debug, Clone, Copy)]
pub enum Half {
    /// The first.
    One,
    /// The others.
    Other,
}

/// Where the users are read, for two that look at once.
#[derive(Debug)]
pub struct Glances {
    needs: Needs,
    /// The number asked for, by the number of the wide row.
    counts: Vec<Option<i64>>,
    /// When each was last active, by the same, where that is asked.
    last_active: Vec<Option<i64>>,
    /// The number, and the moment, that parts the users.
    middle: (i64, i64),
}

impl Store {
    /// Prepares for looking at each user.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn glances(&self, needs: Needs) -> Result<Glances, ProjectionError> {
        let last = self.last_user()?;
        let joined = needs.since || needs.found || needs.fields || needs.last_active;
        let counts = match needs.count {
            Some(count) if joined => self.counts(count, last)?,
            Some(_) | None => Vec::new(),
        };
        let last_active = match needs.last_active {
            true => self.counts(Count::LastActiveAt, last)?,
            false => Vec::new(),
        };
        let middle = self.with_reader(|connection| middle_moment(connection, last))?;
        Ok(Glances { needs, counts, last_active, middle: (last / 2, middle) })
    }

    /// A number of all users by their numbers, read by two at once.
    fn counts(&self, count: Count, last: i64) -> Result<Vec<Option<i64>>, ProjectionError> {
        let column = count.column();
        let sql = format!(
            "SELECT no, {column} FROM user_stats WHERE id >= ?1 AND id < ?2 AND no IS NOT NULL"
        );
        let read = |from: &[u8], to: &[u8]| -> Result<Vec<(i64, Option<i64>)>, ProjectionError> {
            self.with_reader(|connection| {
                let mut statement = connection.prepare_cached(&sql)?;
                let rows = statement.query_map([from, to], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
        };
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(|| read(&HALF_OF_IDS, &ALL_IDS));
            (read(&[], &HALF_OF_IDS), other.join().expect("reading does not panic"))
        });
        let mut counts = vec![None; usize::try_from(last).unwrap_or(0) + 1];
        for (no, value) in one?.into_iter().chain(other?) {
            if let Some(place) = usize::try_from(no).ok().and_then(|no| counts.get_mut(no)) {
                *place = value;
            }
        }
        Ok(counts)
    }

    /// Glances at each user of a half, all at one moment.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn each_glance(
        &self,
        glances: &Glances,
        half: Half,
        visit: &mut dyn FnMut(Glance<'_>),
    ) -> Result<(), ProjectionError> {
        let needs = glances.needs;
        self.with_reader(|connection| match needs.count {
            _ if needs.fields => by_number(connection, glances, half, visit),
            Some(count) if !needs.since && !needs.found && !needs.last_active => {
                by_id(connection, count, half, visit)
            }
            Some(_) | None => by_moment(connection, glances, half, visit),
        })
    }

    /// Glances at these users, all at one moment; who is gone is left out.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn glances_at(
        &self,
        users: &[UserId],
        needs: Needs,
        visit: &mut dyn FnMut(Glance<'_>),
    ) -> Result<(), ProjectionError> {
        let count = needs.count.map_or("NULL", Count::column);
        let sql = format!(
            "SELECT {}, s.{count}, s.last_active_at FROM user_stats s CROSS JOIN users u ON u.no = s.no WHERE s.id = ?1",
            needs.columns()
        );
        let sql = sql.replace("s.NULL", "NULL");
        self.with_reader(|connection| {
            crate::users::snapshot(connection, |connection| {
                let mut statement = connection.prepare_cached(&sql)?;
                for user in users {
                    let mut rows = statement.query([user.0.as_bytes()])?;
                    if let Some(row) = rows.next()? {
                        let last_active_at = if needs.last_active { row.get(6)? } else { None };
                        visit(glance(row, needs, [row.get(5)?, last_active_at])?);
                    }
                }
                Ok(())
            })
        })
    }
}

/// The moment that about half of the users were made before: of the wide rows, some are looked at.
fn middle_moment(connection: &Connection, last: i64) -> Result<i64, ProjectionError> {
    let sql = "SELECT member_since FROM users WHERE no >= ?1 ORDER BY no LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut moments: Vec<i64> = Vec::new();
    for sample in 0..SAMPLES {
        let at = last / SAMPLES * sample;
        moments.extend(statement.query_row([at], |row| row.get::<_, i64>(0)).optional()?);
    }
    moments.sort_unstable();
    Ok(moments.get(moments.len() / 2).copied().unwrap_or(0))
}

/// From the wide rows themselves.
fn by_number(
    connection: &Connection,
    glances: &Glances,
    half: Half,
    visit: &mut dyn FnMut(Glance<'_>),
) -> Result<(), ProjectionError> {
    let sql =
        format!("SELECT {} FROM users u WHERE u.no > ?1 AND u.no <= ?2", glances.needs.columns());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(match half {
        Half::One => [0, glances.middle.0],
        Half::Other => [glances.middle.0, i64::MAX],
    })?;
    while let Some(row) = rows.next()? {
        visit(glance(row, glances.needs, glances.numbers(row)?)?);
    }
    Ok(())
}

/// From the index that covers what users are found by.
fn by_moment(
    connection: &Connection,
    glances: &Glances,
    half: Half,
    visit: &mut dyn FnMut(Glance<'_>),
) -> Result<(), ProjectionError> {
    let bound = match half {
        Half::One => "<",
        Half::Other => ">=",
    };
    // Many may have been made in one moment: of those, half have ids below the bound.
    let sql = format!(
        "SELECT {} FROM users u INDEXED BY users_by_since WHERE (u.member_since, u.id) {bound} (?1, ?2)",
        glances.needs.columns()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query((glances.middle.1, HALF_OF_IDS))?;
    while let Some(row) = rows.next()? {
        visit(glance(row, glances.needs, glances.numbers(row)?)?);
    }
    Ok(())
}

/// From the narrow rows alone.
fn by_id(
    connection: &Connection,
    count: Count,
    half: Half,
    visit: &mut dyn FnMut(Glance<'_>),
) -> Result<(), ProjectionError> {
    let column = count.column();
    let sql = format!(
        "SELECT id, {column} FROM user_stats WHERE id >= ?1 AND id < ?2 AND no IS NOT NULL"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let (from, to): (&[u8], &[u8]) = match half {
        Half::One => (&[], &HALF_OF_IDS),
        Half::Other => (&HALF_OF_IDS, &ALL_IDS),
    };
    let mut rows = statement.query([from, to])?;
    while let Some(row) = rows.next()? {
        let id = UserId(Uuid::from_bytes(row.get(0)?));
        let count = row.get(1)?;
        let last_active_at = None; // asked for, it would be read elsewhere
        visit(Glance { id, member_since: 0, found: "", fields: "", last_active_at, count });
    }
    Ok(())
}

impl Glances {
    /// The number, and when the user was last active, as far as asked.
    fn numbers(&self, row: &Row<'_>) -> rusqlite::Result<[Option<i64>; 2]> {
        if self.counts.is_empty() && self.last_active.is_empty() {
            return Ok([None; 2]);
        }
        let no = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX);
        Ok([&self.counts, &self.last_active].map(|all| all.get(no).copied().flatten()))
    }
}

/// Takes out of a row what is needed: each column that is read costs a look at 200,000 users some milliseconds.
fn glance<'a>(
    row: &'a Row<'_>,
    needs: Needs,
    [count, last_active_at]: [Option<i64>; 2],
) -> rusqlite::Result<Glance<'a>> {
    let text = |needed, column| -> rusqlite::Result<&'a str> {
        if needed { Ok(row.get_ref(column)?.as_str().unwrap_or_default()) } else { Ok("") }
    };
    Ok(Glance {
        id: UserId(Uuid::from_bytes(row.get(1)?)),
        member_since: if needs.since { row.get(2)? } else { 0 },
        found: text(needs.found, 3)?,
        fields: text(needs.fields, 4)?,
        last_active_at,
        count,
    })
}
