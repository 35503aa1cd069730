//! What happened to users, kept for those who ask how often.

use domain::EventKind;
use foldhash::fast::RandomState;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

use super::pending::{Moved, Names, Person};
use crate::error::ProjectionError;
use crate::happened::{ENTRIES_MAX, ENTRY, Entry, place};

/// Something that happened to a user of the batch.
#[derive(Debug)]
pub(super) struct Happening {
    pub(super) person: Person,
    pub(super) kind: EventKind,
    /// The place of the name it happened with.
    pub(super) about: Option<u32>,
    pub(super) at: i64,
    pub(super) position: i64,
}

/// Whether it can be asked for how often something of this kind happened: a user that is gone is asked for nothing.
pub(super) fn is_kept(kind: EventKind) -> bool {
    kind.is_user_event() && kind != EventKind::UserDeleted
}

/// Adds everything to what is kept of its kind. What happened on the stream of nobody is left out.
pub(super) fn write(
    connection: &Connection,
    people: &[Moved],
    names: &Names,
    happened: Vec<Happening>,
) -> Result<(), ProjectionError> {
    let mut numbers: HashMap<u32, u32, RandomState> = HashMap::default();
    let mut kinds: Vec<(EventKind, u32, Vec<u8>)> = Vec::new();
    for happening in happened {
        let moved = &people[happening.person as usize];
        let Some(no) = moved.no else { continue };
        if moved.made_at.is_some_and(|made_at| happening.position < made_at) {
            continue;
        }
        let kind = match kinds.iter().position(|(kind, ..)| *kind == happening.kind) {
            Some(known) => known,
            None => {
                let number = number(connection, happening.kind.name())?;
                kinds.push((happening.kind, number, Vec::new()));
                kinds.len() - 1
            }
        };
        let about = match happening.about {
            None => 0,
            Some(name) => match numbers.get(&name) {
                Some(number) => *number,
                None => {
                    let number = number(connection, names.get(name))?;
                    numbers.insert(name, number);
                    number
                }
            },
        };
        let no = u32::try_from(no).unwrap_or_default();
        Entry { no, about, at: happening.at }.write(&mut kinds[kind].2);
    }
    kinds.into_iter().try_for_each(|(_, kind, entries)| append(connection, kind, &entries))
}

/// The number of a name, from 1: as they come up.
fn number(connection: &Connection, name: &str) -> Result<u32, ProjectionError> {
    let mut find = connection.prepare_cached("SELECT no FROM names WHERE name = ?1")?;
    if let Some(number) = find.query_row([name], |row| row.get(0)).optional()? {
        return Ok(number);
    }
    let sql = "INSERT INTO names(name, no) VALUES (?1, (SELECT coalesce(max(no), 0) + 1 FROM names)) RETURNING no";
    Ok(connection.prepare_cached(sql)?.query_row([name], |row| row.get(0))?)
}

/// Fills the last row of a kind, then new ones: so rows are the same however facts came in batches.
fn append(connection: &Connection, kind: u32, mut entries: &[u8]) -> Result<(), ProjectionError> {
    let last: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT place, entries FROM happened WHERE place >= ?1 AND place < ?2 ORDER BY place DESC LIMIT 1",
        )?
        .query_row([place(kind, 0), place(kind + 1, 0)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (mut at, mut row) = last.unwrap_or((place(kind, 0), Vec::new()));
    let mut put = connection
        .prepare_cached("INSERT OR REPLACE INTO happened(place, entries) VALUES (?1, ?2)")?;
    while !entries.is_empty() {
        if row.len() >= ENTRIES_MAX * ENTRY {
            at += 1;
            row.clear();
        }
        let room = ENTRIES_MAX * ENTRY - row.len();
        let (now, later) = entries.split_at(room.min(entries.len()));
        row.extend_from_slice(now);
        put.execute(params![at, row])?;
        entries = later;
    }
    Ok(())
}
