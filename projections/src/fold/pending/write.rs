//! Writing what a batch held back.

use std::collections::BTreeMap;
use std::hash::Hash;

use rusqlite::{Connection, OptionalExtension, params};

use super::challenges::write_challenges;
use super::rewards::{write_assets, write_perks};
use super::{Held, Map, Moved, Of, Pending};
use crate::error::ProjectionError;
use crate::fold::counts::Counts;
use crate::fold::{addresses, happened, users};
use crate::members::{APP, LIST};
use crate::rules::{BADGE, SEGMENT};
use crate::table::place;

/// Puts users and names in the order of the tables.
pub(super) struct Order {
    people: Vec<u32>,
    names: Vec<u32>,
}

impl Order {
    fn of(pending: &Pending) -> Order {
        Order {
            people: ranks(&pending.people, |moved| moved.id),
            names: ranks(&pending.names.names, String::as_str),
        }
    }

    /// Entries by user, then by name.
    pub(super) fn sorted<V>(&self, map: Map<Of, V>) -> Vec<(Of, V)> {
        let rank = |(person, name): Of| {
            let (person, name) = (self.people[person as usize], self.names[name as usize]);
            u64::from(person) << 32 | u64::from(name)
        };
        let mut entries: Vec<(Of, V)> = map.into_iter().collect();
        entries.sort_unstable_by_key(|(of, _)| rank(*of));
        entries
    }
}

/// The rank of each of some.
fn ranks<'a, T, K: Ord + Hash>(all: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<u32> {
    let mut places: Vec<u32> = (0..u32::try_from(all.len()).unwrap_or(u32::MAX)).collect();
    places.sort_unstable_by_key(|place| key(&all[*place as usize]));
    let mut ranks = vec![0; all.len()];
    for (rank, place) in (0..).zip(places) {
        ranks[place as usize] = rank;
    }
    ranks
}

impl Pending {
    /// Writes everything. Challenges before what counts: only they know which completion is a user's first.
    pub(in crate::fold) fn write(
        mut self,
        connection: &Connection,
        counts: &mut Counts,
    ) -> Result<(), ProjectionError> {
        for (at, id) in std::mem::take(&mut self.deleted) {
            users::delete(connection, (at, id), counts)?;
        }
        for (fact, work) in std::mem::take(&mut self.rare) {
            work(connection, &fact.as_row())?;
        }
        for (field, ordinal) in &self.fields {
            connection
                .prepare_cached("INSERT OR IGNORE INTO fields(id, ordinal) VALUES (?1, ?2)")?
                .execute(params![field, ordinal])?;
        }
        if self.people.is_empty() {
            return Ok(());
        }
        let order = Order::of(&self);
        let stored = find_numbers(connection, &mut self.people, &order)?;
        let changed = std::mem::take(&mut self.users);
        users::write(connection, &mut self.people, changed, (&mut self.claims, counts))?;
        addresses::write_claims(connection, self.claims)?;
        let (names, people) = (&self.names, &mut self.people);
        let challenges = order.sorted(self.challenges);
        write_challenges(connection, (people, names), challenges, counts)?;
        write_assets(connection, (people, names), order.sorted(self.digital_assets))?;
        write_perks(connection, (people, names), order.sorted(self.perks))?;
        for (sort, held) in
            [(APP, self.apps), (BADGE, self.badges), (LIST, self.lists), (SEGMENT, self.segments)]
        {
            if !held.is_empty() {
                let held = order.sorted(held);
                let named = |(person, name): Of| (people[person as usize].id, names.get(name));
                write_held(connection, (sort, counts), held, named)?;
            }
        }
        write_stats(connection, people, &order, &stored)?;
        happened::write(connection, people, names, self.happened)
    }
}

/// Looks up the numbers of the wide rows of those who may have one; answers who has a narrow row.
fn find_numbers(
    connection: &Connection,
    people: &mut [Moved],
    order: &Order,
) -> Result<Vec<bool>, ProjectionError> {
    let mut stored = vec![false; people.len()];
    let mut find = connection.prepare_cached("SELECT no FROM user_stats WHERE id = ?1")?;
    for place in by_rank(&order.people) {
        let moved = &mut people[place];
        if !moved.is_new {
            let found: Option<Option<i64>> =
                find.query_row([moved.id], |row| row.get(0)).optional()?;
            stored[place] = found.is_some();
            moved.no = found.flatten();
        }
    }
    Ok(stored)
}

/// Places in the order of their ranks.
fn by_rank(ranks: &[u32]) -> Vec<usize> {
    let mut places = vec![0; ranks.len()];
    for (place, rank) in ranks.iter().enumerate() {
        places[*rank as usize] = place;
    }
    places
}

fn write_held<'a>(
    connection: &Connection,
    (sort, counts): (&'static str, &mut Counts),
    held: Vec<(Of, Held)>,
    named: impl Fn(Of) -> ([u8; 16], &'a str),
) -> Result<(), ProjectionError> {
    let (table, column) = place(sort);
    let insert = format!("INSERT OR IGNORE INTO {table} VALUES (?1, ?2, ?3)");
    let lose = format!("DELETE FROM {table} WHERE user_id = ?1 AND {column} = ?2");
    let (mut insert, mut lose) =
        (connection.prepare_cached(&insert)?, connection.prepare_cached(&lose)?);
    // By the places of names: they are few, and come again and again.
    let mut changed: BTreeMap<u32, (&str, i64)> = BTreeMap::new();
    for (of, change) in held {
        let (id, name) = named(of);
        let lost = match change {
            Held::Yes { anew: false, .. } => 0,
            Held::Yes { anew: true, .. } | Held::No => lose.execute(params![id, name])?,
        };
        let come = match change {
            Held::Yes { since, .. } => insert.execute(params![id, name, since])?,
            Held::No => 0,
        };
        changed.entry(of.1).or_insert((name, 0)).1 += i64::from(come > 0) - i64::from(lost > 0);
    }
    for (name, by) in changed.into_values() {
        counts.members(sort, name, by);
    }
    Ok(())
}

/// The index by activity is only touched by who did something, or is new.
fn write_stats(
    connection: &Connection,
    people: &[Moved],
    order: &Order,
    stored: &[bool],
) -> Result<(), ProjectionError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO user_stats(id, no, revision, last_active_at, challenges_completed, digital_assets, perks_used,
           active_hour)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut update = connection.prepare_cached(
        "UPDATE user_stats SET no = ?2, revision = ?3,
           last_active_at = CASE WHEN ?4 IS NULL THEN last_active_at ELSE max(coalesce(last_active_at, ?4), ?4) END,
           challenges_completed = challenges_completed + ?5, digital_assets = digital_assets + ?6,
           perks_used = perks_used + ?7,
           active_hour = CASE WHEN ?8 IS NULL THEN active_hour ELSE max(coalesce(active_hour, ?8), ?8) END
         WHERE id = ?1",
    )?;
    let mut update_counts = connection.prepare_cached(
        "UPDATE user_stats SET revision = ?2, challenges_completed = challenges_completed + ?3,
           digital_assets = digital_assets + ?4, perks_used = perks_used + ?5
         WHERE id = ?1",
    )?;
    for place in by_rank(&order.people) {
        let moved = &people[place];
        let Moved { id, no, revision, last_active_at, active_hour, .. } = moved;
        let Moved { completed, digital_assets, perks_used, .. } = moved;
        let is_quiet = moved.made_at.is_none() && last_active_at.is_none() && active_hour.is_none();
        if stored[place] && is_quiet {
            update_counts.execute(params![id, revision, completed, digital_assets, perks_used])?;
            continue;
        }
        let values = params![
            id,
            no,
            revision,
            last_active_at,
            completed,
            digital_assets,
            perks_used,
            active_hour
        ];
        if stored[place] {
            update.execute(values)?
        } else {
            insert.execute(values)?
        };
    }
    Ok(())
}
