//! Users: what they are called, and what becomes of their wide rows.

use std::collections::BTreeMap;

use domain::event::{Change, UserCreated, UserEmailChanged, UserImported};
use eventlog::{Row, Stream};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::addresses::{self, Claim, ClaimChange};
use super::counts::{Counts, Reached};
use super::pending::{Moved, Pending, Person};
use crate::error::ProjectionError;
use crate::members::{APP, LIST};
use crate::rules::{BADGE, CHALLENGE, SEGMENT};
use crate::store;
use crate::table::{found_by, is_found_by};
use crate::users::Fields;

/// The key of the number given last. A number is never given twice: what happened is kept by them.
const LAST_NO: &str = "last_no";

/// What a fact changes of a user's wide row.
#[derive(Debug)]
pub(super) enum Op {
    /// The user is, from here on if it was not yet.
    Made(Box<Made>),
    /// Values change.
    Changed { at: i64, changes: Vec<Change> },
    /// The user has another address.
    Email(String),
}

/// How a user comes to be.
#[derive(Debug)]
pub(super) struct Made {
    at: i64,
    /// Whether its stream begins with it: then there is no row yet.
    is_first: bool,
    member_since: i64,
    email: String,
    /// The import whose row makes it, where one does.
    import: Option<[u8; 16]>,
    changes: Vec<Change>,
}

/// What a batch changes of a user's wide row, in order.
#[derive(Debug)]
pub(super) struct UserChanges {
    pub(super) person: Person,
    pub(super) ops: Vec<Op>,
}

/// The id in the row's stream; a user's fact on any other stream is about nobody.
pub(super) fn user_id(row: &Row<'_>) -> Option<[u8; 16]> {
    match &row.stream {
        Stream::User(id) => Some(*id.0.as_bytes()),
        Stream::Named(_) => None,
    }
}

/// When it happened, by the caller's word or the log's.
pub(super) fn happened_at(row: &Row<'_>) -> i64 {
    row.occurred_at.unwrap_or(row.recorded_at)
}

fn place(row: &Row<'_>) -> i64 {
    row.position.number().cast_signed()
}

fn note_fields(pending: &mut Pending, row: &Row<'_>, changes: &[Change]) {
    for (index, change) in changes.iter().enumerate() {
        pending.field(row, index, &change.field);
    }
}

pub(super) fn imported(pending: &mut Pending, row: &Row<'_>, fact: UserImported) {
    note_fields(pending, row, &fact.changes);
    let begins = Made {
        member_since: fact.member_since.unwrap_or(row.recorded_at),
        import: Some(*fact.import_id.as_bytes()),
        ..Made::by(row, fact.email, fact.changes)
    };
    made(pending, row, begins);
}

pub(super) fn created(pending: &mut Pending, row: &Row<'_>, fact: UserCreated) {
    note_fields(pending, row, &fact.changes);
    made(pending, row, Made::by(row, fact.email, fact.changes));
}

impl Made {
    /// By hand, with that fact.
    fn by(row: &Row<'_>, email: Option<String>, changes: Vec<Change>) -> Made {
        Made {
            at: place(row),
            is_first: row.revision == 0,
            member_since: row.recorded_at,
            email: email.unwrap_or_default(),
            import: None,
            changes,
        }
    }
}

fn made(pending: &mut Pending, row: &Row<'_>, made: Made) {
    let Some(id) = user_id(row) else { return };
    let person = pending.moved(id, row.revision, None);
    pending.user(person, Op::Made(Box::new(made)));
}

pub(super) fn changed(pending: &mut Pending, row: &Row<'_>, changes: Vec<Change>) {
    note_fields(pending, row, &changes);
    let Some(id) = user_id(row) else { return };
    let person = pending.moved(id, row.revision, None);
    pending.user(person, Op::Changed { at: place(row), changes });
}

pub(super) fn email_changed(pending: &mut Pending, row: &Row<'_>, fact: &UserEmailChanged) {
    let Some(id) = user_id(row) else { return };
    let person = pending.moved(id, row.revision, None);
    pending.user(person, Op::Email(fact.email.clone().unwrap_or_default()));
    if let Some(address) = fact.address {
        let change = ClaimChange::Followed { address, owner: id };
        pending.claim(Claim { position: place(row), change });
    }
}

/// A user that is gone leaves nothing but the revision its stream is at: the same address begins anew after it.
pub(super) fn delete(
    connection: &Connection,
    (at, id): (i64, [u8; 16]),
    counts: &mut Counts,
) -> Result<(), ProjectionError> {
    if let Some(no) = number(connection, &id)? {
        addresses::forget(connection, at, &id, no)?;
        connection.prepare_cached("DELETE FROM users WHERE no = ?1")?.execute([no])?;
        counts.users(-1);
    }
    for sort in [APP, BADGE, LIST, SEGMENT] {
        let (table, column) = crate::table::place(sort);
        let sql = format!("DELETE FROM {table} WHERE user_id = ?1 RETURNING {column}");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            counts.members(sort, row.get_ref(0)?.as_str().unwrap_or_default(), -1);
        }
    }
    leave_challenges(connection, id, counts)?;
    for sql in [
        "DELETE FROM user_perks WHERE user_id = ?1",
        "DELETE FROM user_digital_assets WHERE user_id = ?1",
        "UPDATE user_stats SET no = NULL, last_active_at = NULL, challenges_completed = 0, digital_assets = 0,
           perks_used = 0, active_hour = NULL WHERE id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([id])?;
    }
    Ok(())
}

fn leave_challenges(
    connection: &Connection,
    id: [u8; 16],
    counts: &mut Counts,
) -> Result<(), ProjectionError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM user_challenges WHERE user_id = ?1
         RETURNING challenge_id, steps, rewards, completed_at IS NOT NULL",
    )?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column).map(|text| text.as_str().unwrap_or_default());
        let (challenge, steps, rewards) = (text(0)?, text(1)?, text(2)?);
        counts.members(CHALLENGE, challenge, -1);
        counts.reached(Reached::new(challenge, [steps, rewards], row.get(3)?), -1);
    }
    Ok(())
}

/// The number of the user's wide row.
fn number(connection: &Connection, id: &[u8; 16]) -> Result<Option<i64>, ProjectionError> {
    let mut statement = connection.prepare_cached("SELECT no FROM user_stats WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?.flatten())
}

/// A wide row as it becomes.
#[derive(Default)]
struct Becoming {
    /// When the user was made, where it is new.
    member_since: Option<i64>,
    email: String,
    import: Option<[u8; 16]>,
    fields: Fields,
    has_other_fields: bool,
    is_found_otherwise: bool,
}

impl Becoming {
    fn change(&mut self, changes: Vec<Change>) {
        self.has_other_fields = true;
        for Change { field, new, .. } in changes {
            self.is_found_otherwise |= is_found_by(&field);
            match new {
                Some(value) => self.fields.insert(field, value),
                None => self.fields.remove(&field),
            };
        }
    }

    fn found(&self) -> String {
        found_by(&self.email, |name| self.fields.get(name).map(String::as_str))
    }

    fn fields(&self) -> String {
        serde_json::to_string(&self.fields).expect("texts always serialise")
    }
}

/// Makes and changes wide rows: new ones in the order of the log, which numbers them; stored ones in that of the table.
pub(super) fn write(
    connection: &Connection,
    people: &mut [Moved],
    changed: Vec<UserChanges>,
    (claims, counts): (&mut Vec<Claim>, &mut Counts),
) -> Result<(), ProjectionError> {
    let (mut new, mut stored) = (BTreeMap::new(), BTreeMap::new());
    for UserChanges { person, ops } in changed {
        let begin = ops.iter().enumerate().find_map(|(index, op)| match op {
            Op::Made(made) => Some((index, made.at)),
            Op::Changed { .. } | Op::Email(_) => None,
        });
        match (people[person as usize].no, begin) {
            (Some(no), _) => {
                stored.insert(no, (person, ops));
            }
            // What is said of nobody before changes nothing.
            (None, Some((index, at))) => {
                new.insert(at, (person, ops.into_iter().skip(index)));
            }
            (None, None) => {}
        }
    }
    if !new.is_empty() {
        let mut last: i64 = store::meta(connection, LAST_NO)?.unwrap_or(0);
        let mut insert = connection.prepare_cached(
            "INSERT INTO users(no, id, member_since, email, found, fields, import) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for (at, (person, ops)) in new {
            last += 1;
            counts.users(1);
            let moved = &mut people[person as usize];
            (moved.no, moved.made_at) = (Some(last), Some(at));
            insert_one(connection, &mut insert, moved, ops, claims)?;
        }
        store::set_meta(connection, LAST_NO, last)?;
    }
    for (no, (person, ops)) in stored {
        update_one(connection, no, &people[person as usize].id, ops)?;
    }
    Ok(())
}

fn insert_one(
    connection: &Connection,
    insert: &mut CachedStatement<'_>,
    moved: &Moved,
    ops: impl Iterator<Item = Op>,
    claims: &mut Vec<Claim>,
) -> Result<(), ProjectionError> {
    let mut becoming = Becoming::default();
    for op in ops {
        if let Op::Made(made) = &op
            && becoming.member_since.is_none()
        {
            becoming.member_since = Some(made.member_since);
            becoming.email.clone_from(&made.email);
            becoming.import = made.import;
            if !made.is_first {
                // A user made with this address: nobody's claim holds any more.
                let change = ClaimChange::Forgotten { address: moved.id };
                claims.push(Claim { position: made.at, change });
            }
        }
        take_up(connection, &mut becoming, &moved.id, op)?;
    }
    let (email, found, fields) = (&becoming.email, becoming.found(), becoming.fields());
    let (since, import) = (becoming.member_since, becoming.import);
    insert.execute(params![moved.no, moved.id, since, email, found, fields, import])?;
    Ok(())
}

fn take_up(
    connection: &Connection,
    becoming: &mut Becoming,
    id: &[u8; 16],
    op: Op,
) -> Result<(), ProjectionError> {
    let (at, changes) = match op {
        Op::Made(made) => (made.at, made.changes),
        Op::Changed { at, changes } => (at, changes),
        Op::Email(email) => {
            (becoming.email, becoming.is_found_otherwise) = (email, true);
            return Ok(());
        }
    };
    addresses::external_id(connection, at, id, &changes)?;
    becoming.change(changes);
    Ok(())
}

fn update_one(
    connection: &Connection,
    no: i64,
    id: &[u8; 16],
    ops: Vec<Op>,
) -> Result<(), ProjectionError> {
    let mut becoming = connection
        .prepare_cached("SELECT email, fields FROM users WHERE no = ?1")?
        .query_row([no], |row| {
            let fields = crate::users::read_fields(row.get_ref(1)?.as_str()?);
            Ok(Becoming { email: row.get(0)?, fields, ..Becoming::default() })
        })?;
    for op in ops {
        take_up(connection, &mut becoming, id, op)?;
    }
    if becoming.is_found_otherwise {
        connection
            .prepare_cached("UPDATE users SET email = ?2, found = ?3 WHERE no = ?1")?
            .execute(params![no, becoming.email, becoming.found()])?;
    }
    if becoming.has_other_fields {
        connection
            .prepare_cached("UPDATE users SET fields = ?2 WHERE no = ?1")?
            .execute(params![no, becoming.fields()])?;
    }
    Ok(())
}
