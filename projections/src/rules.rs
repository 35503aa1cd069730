//! Queries over segments and badges, and over who is in them.

use std::collections::BTreeMap;

use domain::event::{BadgeDefined, ChallengeDefined, SegmentDefined};
use domain::policy::Rules;
use domain::segment::Moments;
use domain::{Event, EventKind, UserId, codec};
use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::store::Store;

/// What segments are kept as.
pub(crate) const SEGMENT: &str = "segment";
/// What challenges are kept as.
pub(crate) const CHALLENGE: &str = "challenge";
/// What badges are kept as.
pub(crate) const BADGE: &str = "badge";

/// A segment or a badge as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleLine<T> {
    /// Its definition.
    pub defined: T,
    /// Revision of its stream.
    pub revision: u64,
    /// The fact that defined it so.
    pub event_id: Uuid,
    /// When it was made: microseconds since 1970, UTC.
    pub created_at: i64,
    /// When it was changed last.
    pub changed_at: i64,
    /// Its place among all.
    pub ordinal: u64,
    /// Users in it.
    pub users: u64,
}

/// A user as conditions look at one.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The number its row is kept by.
    pub no: i64,
    /// Its id.
    pub id: UserId,
    /// The address as displayed; empty where there is none.
    pub email: &'a str,
    /// Its fields as they are stored, as JSON.
    pub fields: &'a str,
    /// When the user became one, and was last active where that was asked.
    pub moments: Moments,
}

fn line<T>(
    row: &Row<'_>,
    read: impl Fn(Event) -> Option<T>,
) -> rusqlite::Result<Option<RuleLine<T>>> {
    let (kind, version): (String, u16) = (row.get("kind")?, row.get("version")?);
    let event = codec::decode(&kind, version, row.get_ref("data")?.as_blob()?, None);
    let Some(defined) = event.ok().and_then(read) else { return Ok(None) };
    let number = |column: &str| row.get::<_, i64>(column).map(i64::cast_unsigned);
    Ok(Some(RuleLine {
        defined,
        revision: number("revision")?,
        event_id: Uuid::from_bytes(row.get("event_id")?),
        created_at: row.get("created_at")?,
        changed_at: row.get("changed_at")?,
        ordinal: number("ordinal")?,
        users: number("users")?,
    }))
}

fn segment(event: Event) -> Option<SegmentDefined> {
    if let Event::SegmentCreated(defined) | Event::SegmentChanged(defined) = event {
        return Some(defined);
    }
    None
}

fn challenge(event: Event) -> Option<ChallengeDefined> {
    if let Event::ChallengeCreated(defined)
    | Event::ChallengeChanged(defined)
    | Event::ChallengePublished(defined)
    | Event::ChallengeEnded(defined)
    | Event::ChallengeArchived(defined) = event
    {
        return Some(defined);
    }
    None
}

fn badge(event: Event) -> Option<BadgeDefined> {
    if let Event::BadgeCreated(defined)
    | Event::BadgeChanged(defined)
    | Event::BadgePublished(defined)
    | Event::BadgeArchived(defined) = event
    {
        return Some(defined);
    }
    None
}

impl Store {
    /// Every segment, in the order they were made.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn segments(&self) -> Result<Vec<RuleLine<SegmentDefined>>, ProjectionError> {
        self.rules_of(SEGMENT, segment)
    }

    /// Every badge that somebody defined, in the order they were made.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn badges(&self) -> Result<Vec<RuleLine<BadgeDefined>>, ProjectionError> {
        self.rules_of(BADGE, badge)
    }

    /// Every challenge that somebody defined, in the order they were made; `users` are those who joined.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn challenges(&self) -> Result<Vec<RuleLine<ChallengeDefined>>, ProjectionError> {
        self.rules_of(CHALLENGE, challenge)
    }

    /// Whether a badge was ever defined or gained.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn is_badge_known(&self, id: &str) -> Result<bool, ProjectionError> {
        self.is_known(BADGE, id, EventKind::BadgeGained)
    }

    /// Whether somebody defined a challenge, or ever joined it.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn is_challenge_known(&self, id: &str) -> Result<bool, ProjectionError> {
        self.is_known(CHALLENGE, id, EventKind::ChallengeJoined)
    }

    /// Whether somebody defined it, or this ever happened to somebody with it.
    fn is_known(&self, sort: &str, id: &str, by: EventKind) -> Result<bool, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT 1 FROM rules WHERE sort = ?1 AND id = ?2 UNION ALL
                       SELECT 1 FROM quarters WHERE measure = ?3 AND id = ?2 LIMIT 1";
            Ok(connection.prepare_cached(sql)?.exists(params![sort, id, by.name()])?)
        })
    }

    /// One challenge, where somebody defined it; without a count of users.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn challenge(
        &self,
        id: &str,
    ) -> Result<Option<RuleLine<ChallengeDefined>>, ProjectionError> {
        self.rule(CHALLENGE, id, challenge)
    }

    /// At most `limit` users after one who joined a challenge and have not completed it, by id.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn underway(
        &self,
        challenge: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, ProjectionError> {
        self.with_reader(|connection| {
            let after = after.map_or_else(Vec::new, |UserId(id)| id.as_bytes().to_vec());
            let sql = "SELECT user_id FROM user_challenges INDEXED BY user_challenges_by_challenge
                       WHERE challenge_id = ?1 AND user_id > ?2 AND completed_at IS NULL ORDER BY user_id LIMIT ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let users = statement.query_map(params![challenge, after, limit], |row| row.get(0))?;
            let users = users.map(|id| id.map(|id| UserId(Uuid::from_bytes(id))));
            Ok(users.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// One badge, where somebody defined it.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn badge(&self, id: &str) -> Result<Option<BadgeDefined>, ProjectionError> {
        Ok(self.rule(BADGE, id, badge)?.map(|line| line.defined))
    }

    fn rule<T>(
        &self,
        sort: &str,
        id: &str,
        read: fn(Event) -> Option<T>,
    ) -> Result<Option<RuleLine<T>>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT *, 0 AS users FROM rules WHERE sort = ?1 AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row(params![sort, id], |row| line(row, read)).optional()?;
            Ok(found.flatten())
        })
    }

    /// All of them, in order. Each was looked at with the others when it was made, so there is no circle.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn rules(&self) -> Result<Rules, ProjectionError> {
        let segments = self.segments()?.into_iter().map(|line| line.defined).collect();
        let badges = self.badges()?.into_iter().map(|line| line.defined).collect();
        let rules = Rules::new(segments, badges);
        let rules = rules.map_err(|cycle| ProjectionError::Store(cycle.to_string()))?;
        self.with_list_names(rules.without_lists(self.gone_lists()?))
    }

    /// Rules with what the lists are called now that badges follow.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn with_list_names(&self, rules: Rules) -> Result<Rules, ProjectionError> {
        let mut names = BTreeMap::new();
        for id in rules.followed_lists() {
            if let Some((name, _gone)) = self.list_called(&id)? {
                names.insert(id, name);
            }
        }
        Ok(rules.with_lists(names))
    }

    fn rules_of<T>(
        &self,
        sort: &str,
        read: fn(Event) -> Option<T>,
    ) -> Result<Vec<RuleLine<T>>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT *, coalesce((SELECT users FROM member_counts c WHERE c.sort = rules.sort AND c.id = rules.id), 0)
                         AS users FROM rules WHERE sort = ?1 ORDER BY ordinal";
            let mut statement = connection.prepare_cached(sql)?;
            let lines = statement.query_map([sort], |row| line(row, read))?;
            let lines = lines.collect::<rusqlite::Result<Vec<_>>>()?;
            // Left out, everybody would leave it.
            let unreadable = || ProjectionError::Store(format!("a {sort} cannot be read"));
            lines.into_iter().map(|line| line.ok_or_else(unreadable)).collect()
        })
    }

    /// The number of the user made last.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn last_user(&self) -> Result<i64, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT coalesce(max(no), 0) FROM users";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
    }

    /// Visits what conditions can ask of the users with numbers above `after` and up to `through`; moments only where
    /// they are asked about, since they lie apart.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn each_person(
        &self,
        (after, through): (i64, i64),
        moments: bool,
        visit: &mut dyn FnMut(Person<'_>),
    ) -> Result<(), ProjectionError> {
        let connection = self.open_reader()?;
        let last_active = match moments {
            true => "(SELECT last_active_at FROM user_stats s WHERE s.id = u.id)",
            false => "NULL",
        };
        let sql = format!(
            "SELECT u.no, u.id, u.email, u.fields, u.member_since, {last_active} FROM users u WHERE u.no > ?1 AND u.no <= ?2"
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([after, through])?;
        while let Some(row) = rows.next()? {
            visit(Person {
                no: row.get(0)?,
                id: UserId(Uuid::from_bytes(row.get(1)?)),
                email: row.get_ref(2)?.as_str().unwrap_or_default(),
                fields: row.get_ref(3)?.as_str().unwrap_or_default(),
                moments: Moments { member_since: row.get(4)?, last_active_at: row.get(5)? },
            });
        }
        Ok(())
    }

    /// Whether anybody is in any segment.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn is_anybody_in_a_segment(&self) -> Result<bool, ProjectionError> {
        self.with_reader(|connection| {
            Ok(connection.prepare_cached("SELECT 1 FROM user_segments LIMIT 1")?.exists([])?)
        })
    }

    /// At most `limit` users after one, by id.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn users_after(
        &self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, ProjectionError> {
        self.with_reader(|connection| {
            let after = after.map_or_else(Vec::new, |UserId(id)| id.as_bytes().to_vec());
            let sql =
                "SELECT id FROM user_stats WHERE id > ?1 AND no IS NOT NULL ORDER BY id LIMIT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let users = statement.query_map(params![after, limit], |row| row.get(0))?;
            let users = users.map(|id| id.map(|id| UserId(Uuid::from_bytes(id))));
            Ok(users.collect::<rusqlite::Result<_>>()?)
        })
    }
}
