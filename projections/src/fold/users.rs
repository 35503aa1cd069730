//! Users: what they are called, what they hold, how far they are.

use domain::event::{Change, UserCreated, UserImported};
use eventlog::{Row, Stream};
use rusqlite::{Connection, OptionalExtension, params};

use super::addresses;
use super::pending::Pending;
use crate::error::ProjectionError;
use crate::table::{found_by, is_found_by};
use crate::users::Fields;

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

pub(super) fn imported(
    connection: &Connection,
    pending: &mut Pending,
    row: &Row<'_>,
    fact: &UserImported,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    let no = if fact.created { None } else { number(connection, pending, &id)? };
    let no = match no {
        Some(no) => {
            update(connection, no, &fact.changes)?;
            no
        }
        None => {
            insert(connection, row, &id, (fact.email.as_deref(), fact.member_since, &fact.changes))?
        }
    };
    addresses::external_id(connection, row, &id, &fact.changes)?;
    pending.made(id, no);
    pending.moved(id, row.revision, None);
    Ok(())
}

pub(super) fn created(
    connection: &Connection,
    pending: &mut Pending,
    row: &Row<'_>,
    fact: &UserCreated,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    let no = match number(connection, pending, &id)? {
        Some(no) => {
            update(connection, no, &fact.changes)?;
            no
        }
        None => insert(connection, row, &id, (fact.email.as_deref(), None, &fact.changes))?,
    };
    addresses::external_id(connection, row, &id, &fact.changes)?;
    pending.made(id, no);
    pending.moved(id, row.revision, None);
    Ok(())
}

pub(super) fn changed(
    connection: &Connection,
    pending: &mut Pending,
    row: &Row<'_>,
    changes: &[Change],
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    if let Some(no) = number(connection, pending, &id)? {
        update(connection, no, changes)?;
        addresses::external_id(connection, row, &id, changes)?;
    }
    pending.moved(id, row.revision, None);
    Ok(())
}

/// A user that is gone leaves nothing but the revision its stream is at: the same address begins anew after it.
pub(super) fn deleted(
    connection: &Connection,
    pending: &mut Pending,
    row: &Row<'_>,
) -> Result<(), ProjectionError> {
    let Some(id) = user_id(row) else { return Ok(()) };
    std::mem::take(pending).write(connection)?; // what it held back may be this user's
    if let Some(no) = number(connection, pending, &id)? {
        addresses::forget(connection, row, &id, no)?;
        connection.prepare_cached("DELETE FROM users WHERE no = ?1")?.execute([no])?;
    }
    for sql in [
        "DELETE FROM user_badges WHERE user_id = ?1",
        "DELETE FROM user_challenges WHERE user_id = ?1",
        "DELETE FROM user_lists WHERE user_id = ?1",
        "DELETE FROM user_perks WHERE user_id = ?1",
        "DELETE FROM user_digital_assets WHERE user_id = ?1",
        "DELETE FROM user_apps WHERE user_id = ?1",
        "DELETE FROM user_segments WHERE user_id = ?1",
        "UPDATE user_stats SET no = NULL, last_active_at = NULL, challenges_completed = 0, digital_assets = 0,
           perks_used = 0, active_hour = NULL WHERE id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([id])?;
    }
    pending.moved(id, row.revision, None);
    Ok(())
}

/// The number of the user's wide row.
pub(super) fn number(
    connection: &Connection,
    pending: &Pending,
    id: &[u8; 16],
) -> Result<Option<i64>, ProjectionError> {
    if let Some(no) = pending.number(id) {
        return Ok(Some(no));
    }
    let mut statement = connection.prepare_cached("SELECT no FROM user_stats WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?.flatten())
}

fn update(connection: &Connection, no: i64, changes: &[Change]) -> Result<(), ProjectionError> {
    let (stored, email): (String, String) = connection
        .prepare_cached("SELECT fields, email FROM users WHERE no = ?1")?
        .query_row([no], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut fields: Fields = crate::users::read_fields(&stored);
    for change in changes {
        match &change.new {
            Some(value) => fields.insert(change.field.clone(), value.clone()),
            None => fields.remove(&change.field),
        };
    }
    if changes.iter().any(|change| is_found_by(&change.field)) {
        let found = found_by(&email, |name| fields.get(name).map(String::as_str));
        connection
            .prepare_cached("UPDATE users SET found = ?2 WHERE no = ?1")?
            .execute(params![no, found])?;
    }
    let fields = serde_json::to_string(&fields).expect("texts always serialise");
    connection
        .prepare_cached("UPDATE users SET fields = ?2 WHERE no = ?1")?
        .execute(params![no, fields])?;
    Ok(())
}

fn insert(
    connection: &Connection,
    row: &Row<'_>,
    id: &[u8; 16],
    (email, member_since, changes): (Option<&str>, Option<i64>, &[Change]),
) -> Result<i64, ProjectionError> {
    if row.revision > 0 {
        addresses::forget_claim(connection, id)?;
    }
    let email = email.unwrap_or_default();
    let set =
        changes.iter().filter_map(|change| Some((change.field.as_str(), change.new.as_deref()?)));
    let given =
        |name: &str| changes.iter().rev().find(|change| change.field == name)?.new.as_deref();
    connection
        .prepare_cached(
            "INSERT INTO users(id, member_since, email, found, fields) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            id,
            member_since.unwrap_or(row.recorded_at),
            email,
            found_by(email, given),
            object(set)
        ])?;
    Ok(connection.last_insert_rowid())
}

/// A JSON object of texts, in the order given. A later value of the same name wins when it is read.
fn object<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut json = Vec::with_capacity(256);
    let mut serializer = serde_json::Serializer::new(&mut json);
    serde::Serializer::collect_map(&mut serializer, members).expect("texts always serialise");
    String::from_utf8(json).expect("JSON is UTF-8")
}
