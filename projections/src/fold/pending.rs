//! What a batch changes in the tables keyed by random ids, held back to its end: then each row is written once, in key
//! order, so that the trees are walked and not jumped about in. Replay gained three quarters by it (tests/BENCH.md).

mod challenges;
mod rewards;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::event::RewardId;
use rusqlite::{Connection, params};

use self::challenges::{Challenge, write_challenge};
use self::rewards::{Perk, write_assets, write_perks};
use crate::error::ProjectionError;

type Id = [u8; 16];

/// Changes of a batch.
#[derive(Debug, Default)]
pub(super) struct Pending {
    stats: HashMap<Id, Stats>,
    badges: HashMap<(Id, String), Held>,
    lists: HashMap<(Id, String), Held>,
    segments: HashMap<(Id, String), Held>,
    challenges: HashMap<(Id, String), Challenge>,
    perks: HashMap<(Id, String), Perk>,
    digital_assets: HashMap<(Id, String), i64>,
    apps: HashMap<(Id, String), Held>,
}

#[derive(Debug, Default)]
struct Stats {
    no: Option<i64>,
    revision: i64,
    last_active_at: Option<i64>,
    completed: i64,
    digital_assets: i64,
    perks_used: i64,
    active_hour: Option<i64>,
}

/// A badge, or a place on a list or in a segment.
#[derive(Debug)]
enum Held {
    /// `anew`: it was lost within the batch, so the time it is held since begins again.
    Yes {
        since: i64,
        anew: bool,
    },
    No,
}

impl Pending {
    /// Something happened to the user; with `active`, the user did it then.
    pub(super) fn moved(&mut self, id: Id, revision: u64, active: Option<i64>) {
        let stats = self.stats.entry(id).or_default();
        stats.revision = revision.cast_signed();
        stats.last_active_at = stats.last_active_at.max(active);
    }

    /// The user's wide row has this number.
    pub(super) fn made(&mut self, id: Id, no: i64) {
        self.stats.entry(id).or_default().no = Some(no);
    }

    /// The number of the user's wide row, where the batch made it.
    pub(super) fn number(&self, id: &Id) -> Option<i64> {
        self.stats.get(id)?.no
    }

    pub(super) fn badge_gained(&mut self, id: Id, badge: &str, since: i64) {
        taken_up(&mut self.badges, (id, badge.to_owned()), since);
    }

    pub(super) fn badge_lost(&mut self, id: Id, badge: &str) {
        self.badges.insert((id, badge.to_owned()), Held::No);
    }

    pub(super) fn list_joined(&mut self, id: Id, list: &str, since: i64) {
        taken_up(&mut self.lists, (id, list.to_owned()), since);
    }

    pub(super) fn list_left(&mut self, id: Id, list: &str) {
        self.lists.insert((id, list.to_owned()), Held::No);
    }

    pub(super) fn segment_entered(&mut self, id: Id, segment: &str, since: i64) {
        taken_up(&mut self.segments, (id, segment.to_owned()), since);
    }

    pub(super) fn segment_left(&mut self, id: Id, segment: &str) {
        self.segments.insert((id, segment.to_owned()), Held::No);
    }

    pub(super) fn joined(&mut self, id: Id, challenge: &str, at: i64) {
        self.challenge(id, challenge, at);
    }

    pub(super) fn step_completed(&mut self, id: Id, challenge: &str, step: &str, at: i64) {
        let challenge = self.challenge(id, challenge, at);
        if !challenge.steps.iter().any(|known| known == step) {
            challenge.steps.push(step.to_owned());
        }
    }

    pub(super) fn challenge_completed(&mut self, id: Id, challenge: &str, at: i64) {
        self.challenge(id, challenge, at).completed_at.get_or_insert(at);
    }

    /// A perk was received, perhaps for a challenge.
    pub(super) fn perk_received(&mut self, id: Id, perk: &str, at: i64) {
        let perk = self.perks.entry((id, perk.to_owned())).or_default();
        perk.received += 1;
        perk.received_at.get_or_insert(at);
    }

    pub(super) fn perk_used(&mut self, id: Id, perk: &str, at: i64) {
        let perk = self.perks.entry((id, perk.to_owned())).or_default();
        perk.used += 1;
        perk.used_at = perk.used_at.max(Some(at));
        self.stats.entry(id).or_default().perks_used += 1;
    }

    pub(super) fn digital_asset_received(&mut self, id: Id, asset: &str, at: i64) {
        self.digital_assets.entry((id, asset.to_owned())).or_insert(at);
    }

    /// A challenge gave a reward.
    pub(super) fn rewarded(&mut self, id: Id, challenge: &str, reward: &RewardId, at: i64) {
        let reward = format!("{}:{}", reward.kind.name(), reward.id);
        let challenge = self.challenge(id, challenge, at);
        if !challenge.rewards.contains(&reward) {
            challenge.rewards.push(reward);
        }
    }

    pub(super) fn app_connected(&mut self, id: Id, app: &str, since: i64) {
        taken_up(&mut self.apps, (id, app.to_owned()), since);
    }

    pub(super) fn app_disconnected(&mut self, id: Id, app: &str) {
        self.apps.insert((id, app.to_owned()), Held::No);
    }

    pub(super) fn was_there(&mut self, id: Id, hour: i64) {
        let stats = self.stats.entry(id).or_default();
        stats.active_hour = stats.active_hour.max(Some(hour));
    }

    fn challenge(&mut self, id: Id, challenge: &str, at: i64) -> &mut Challenge {
        self.challenges.entry((id, challenge.to_owned())).or_insert_with(|| Challenge::begun(at))
    }

    /// Writes everything. Challenges first: only they know which completion is a user's first, which the stats count.
    pub(super) fn write(mut self, connection: &Connection) -> Result<(), ProjectionError> {
        for (key, challenge) in sorted(std::mem::take(&mut self.challenges)) {
            if write_challenge(connection, &key, challenge)? {
                self.stats.entry(key.0).or_default().completed += 1;
            }
        }
        for id in write_assets(connection, sorted(self.digital_assets))? {
            self.stats.entry(id).or_default().digital_assets += 1;
        }
        write_perks(connection, sorted(self.perks))?;
        write_held(connection, "user_apps", "app_id", self.apps)?;
        write_held(connection, "user_badges", "badge_id", self.badges)?;
        write_held(connection, "user_lists", "list_id", self.lists)?;
        write_held(connection, "user_segments", "segment_id", self.segments)?;
        write_stats(connection, sorted(self.stats))
    }
}

fn sorted<K: Ord, V>(map: HashMap<K, V>) -> Vec<(K, V)> {
    let mut entries: Vec<(K, V)> = map.into_iter().collect();
    entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    entries
}

/// What was held before the batch keeps its time, unless it was given up within the batch.
fn taken_up(held: &mut HashMap<(Id, String), Held>, key: (Id, String), since: i64) {
    match held.entry(key) {
        Entry::Vacant(vacant) => {
            vacant.insert(Held::Yes { since, anew: false });
        }
        Entry::Occupied(mut occupied) => {
            if matches!(occupied.get(), Held::No) {
                occupied.insert(Held::Yes { since, anew: true });
            }
        }
    }
}

fn write_held(
    connection: &Connection,
    table: &str,
    column: &str,
    held: HashMap<(Id, String), Held>,
) -> Result<(), ProjectionError> {
    if held.is_empty() {
        return Ok(());
    }
    let insert = |or: &str| {
        connection.prepare_cached(&format!("INSERT OR {or} INTO {table} VALUES (?1, ?2, ?3)"))
    };
    let (mut keep, mut renew) = (insert("IGNORE")?, insert("REPLACE")?);
    let lose = format!("DELETE FROM {table} WHERE user_id = ?1 AND {column} = ?2");
    let mut lose = connection.prepare_cached(&lose)?;
    for ((id, name), change) in sorted(held) {
        match change {
            Held::Yes { since, anew: false } => keep.execute(params![id, name, since])?,
            Held::Yes { since, anew: true } => renew.execute(params![id, name, since])?,
            Held::No => lose.execute(params![id, name])?,
        };
    }
    Ok(())
}

fn write_stats(connection: &Connection, stats: Vec<(Id, Stats)>) -> Result<(), ProjectionError> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO user_stats(id, no, revision, last_active_at, challenges_completed, digital_assets, perks_used,
           active_hour)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT(id) DO UPDATE SET no = coalesce(?2, no), revision = ?3,
           last_active_at = CASE WHEN ?4 IS NULL THEN last_active_at ELSE max(coalesce(last_active_at, ?4), ?4) END,
           challenges_completed = challenges_completed + ?5, digital_assets = digital_assets + ?6,
           perks_used = perks_used + ?7,
           active_hour = CASE WHEN ?8 IS NULL THEN active_hour ELSE max(coalesce(active_hour, ?8), ?8) END",
    )?;
    for (id, stats) in stats {
        let Stats {
            no,
            revision,
            last_active_at,
            completed,
            digital_assets,
            perks_used,
            active_hour,
        } = stats;
        upsert.execute(params![
            id,
            no,
            revision,
            last_active_at,
            completed,
            digital_assets,
            perks_used,
            active_hour
        ])?;
    }
    Ok(())
}
