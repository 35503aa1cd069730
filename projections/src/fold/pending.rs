//! What a batch changes in the tables keyed by random ids, held back to its end: then each row is written once, in key
//! order, so that the trees are walked and not jumped about in. Replay gained three quarters by it (tests/BENCH.md).

mod challenges;
mod rewards;
mod write;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::event::{Event, RewardId};
use eventlog::{Recorded, Row};
use foldhash::fast::RandomState;
use rusqlite::Connection;

use self::challenges::Challenge;
use self::rewards::Perk;
use super::addresses::Claim;
use super::happened::Happening;
use super::users::{Op, UserChanges};
use crate::error::ProjectionError;

type Id = [u8; 16];
/// A user's place among those of the batch.
pub(super) type Person = u32;
/// A user and the place of a name.
type Of = (Person, u32);
type Map<K, V> = HashMap<K, V, RandomState>;
/// What a fact changes that is rare: done with the row it came with.
type Work = dyn FnOnce(&Connection, &Row<'_>) -> Result<(), ProjectionError> + Send;

/// Changes of a batch, or of a part of it.
#[derive(Default)]
pub(super) struct Pending {
    /// Users that go, before anything else of this changes; each with its place in the log.
    deleted: Vec<(i64, Id)>,
    places: Map<Id, Person>,
    people: Vec<Moved>,
    names: Names,
    users: Vec<UserChanges>,
    claims: Vec<Claim>,
    fields: Vec<(String, i64)>,
    known_fields: Map<String, ()>,
    rare: Vec<(Recorded, Box<Work>)>,
    badges: Map<Of, Held>,
    lists: Map<Of, Held>,
    segments: Map<Of, Held>,
    apps: Map<Of, Held>,
    challenges: Map<Of, Challenge>,
    perks: Map<Of, Perk>,
    digital_assets: Map<Of, i64>,
    happened: Vec<Happening>,
}

/// What moved of a user.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) id: Id,
    /// The number of the wide row, once it is known.
    pub(super) no: Option<i64>,
    /// Where in the log the row was made, where the batch makes it.
    pub(super) made_at: Option<i64>,
    /// Its place among those whose wide rows change.
    user: Option<usize>,
    /// Whether its stream began within the batch: then nothing of it is stored yet.
    is_new: bool,
    revision: i64,
    last_active_at: Option<i64>,
    completed: i64,
    digital_assets: i64,
    perks_used: i64,
    active_hour: Option<i64>,
}

/// Texts by the place each has: ids of badges, challenges, steps come again and again.
#[derive(Debug, Default)]
pub(super) struct Names {
    places: Map<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.places.insert(name.to_owned(), place);
        self.names.push(name.to_owned());
        place
    }

    pub(super) fn get(&self, place: u32) -> &str {
        &self.names[place as usize]
    }
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
    fn person(&mut self, id: Id, is_new: bool) -> Person {
        *self.places.entry(id).or_insert_with(|| {
            let place = Person::try_from(self.people.len()).unwrap_or(Person::MAX);
            self.people.push(Moved {
                id,
                no: None,
                made_at: None,
                user: None,
                is_new,
                revision: 0,
                last_active_at: None,
                completed: 0,
                digital_assets: 0,
                perks_used: 0,
                active_hour: None,
            });
            place
        })
    }

    /// Something happened to the user; with `active`, the user did it then.
    pub(super) fn moved(&mut self, id: Id, revision: u64, active: Option<i64>) -> Person {
        let person = self.person(id, revision == 0);
        let moved = &mut self.people[person as usize];
        moved.revision = revision.cast_signed();
        moved.last_active_at = moved.last_active_at.max(active);
        person
    }

    /// Keeps that it happened, for those who will ask how often.
    pub(super) fn happened(&mut self, person: Person, row: &Row<'_>, event: &Event) {
        let about = event.about().map(|id| self.names.place(id.as_str()));
        self.happened.push(Happening {
            person,
            kind: event.kind(),
            about,
            at: super::users::happened_at(row),
            position: row.position.number().cast_signed(),
        });
    }

    /// The user's wide row changes.
    pub(super) fn user(&mut self, person: Person, op: Op) {
        match self.people[person as usize].user {
            Some(at) => self.users[at].ops.push(op),
            None => {
                self.people[person as usize].user = Some(self.users.len());
                self.users.push(UserChanges { person, ops: vec![op] });
            }
        }
    }

    /// Whether something that is held back may be of a user: its own, or a claim, which names an owner too.
    pub(super) fn may_be_of(&self, id: &Id) -> bool {
        self.places.contains_key(id) || !self.claims.is_empty()
    }

    /// The user goes.
    pub(super) fn deleted(&mut self, at: i64, id: Id) {
        self.deleted.push((at, id));
    }

    pub(super) fn claim(&mut self, claim: Claim) {
        self.claims.push(claim);
    }

    /// Remembers each field when it is first seen: that is the order of columns in the users export.
    pub(super) fn field(&mut self, row: &Row<'_>, index: usize, field: &str) {
        if !self.known_fields.contains_key(field) {
            let index = i64::try_from(index).unwrap_or(999);
            let ordinal = row.position.number().cast_signed() * 1_000 + index;
            self.known_fields.insert(field.to_owned(), ());
            self.fields.push((field.to_owned(), ordinal));
        }
    }

    /// Keeps a fact whole, and what is to be done with it.
    pub(super) fn rare(
        &mut self,
        row: &Row<'_>,
        work: impl FnOnce(&Connection, &Row<'_>) -> Result<(), ProjectionError> + Send + 'static,
    ) {
        self.rare.push((row.to_recorded(), Box::new(work)));
    }

    pub(super) fn badge_gained(&mut self, person: Person, badge: &str, since: i64) {
        taken_up(&mut self.badges, (person, self.names.place(badge)), since);
    }

    pub(super) fn badge_lost(&mut self, person: Person, badge: &str) {
        self.badges.insert((person, self.names.place(badge)), Held::No);
    }

    pub(super) fn list_joined(&mut self, person: Person, list: &str, since: i64) {
        taken_up(&mut self.lists, (person, self.names.place(list)), since);
    }

    pub(super) fn list_left(&mut self, person: Person, list: &str) {
        self.lists.insert((person, self.names.place(list)), Held::No);
    }

    pub(super) fn segment_entered(&mut self, person: Person, segment: &str, since: i64) {
        taken_up(&mut self.segments, (person, self.names.place(segment)), since);
    }

    pub(super) fn segment_left(&mut self, person: Person, segment: &str) {
        self.segments.insert((person, self.names.place(segment)), Held::No);
    }

    pub(super) fn app_connected(&mut self, person: Person, app: &str, since: i64) {
        taken_up(&mut self.apps, (person, self.names.place(app)), since);
    }

    pub(super) fn app_disconnected(&mut self, person: Person, app: &str) {
        self.apps.insert((person, self.names.place(app)), Held::No);
    }

    pub(super) fn joined(&mut self, person: Person, challenge: &str, at: i64) {
        self.challenge(person, challenge, at);
    }

    pub(super) fn step_completed(&mut self, person: Person, challenge: &str, step: &str, at: i64) {
        let step = self.names.place(step);
        let challenge = self.challenge(person, challenge, at);
        if !challenge.steps.contains(&step) {
            challenge.steps.push(step);
        }
    }

    pub(super) fn challenge_completed(&mut self, person: Person, challenge: &str, at: i64) {
        self.challenge(person, challenge, at).completed_at.get_or_insert(at);
    }

    /// A perk was received, perhaps for a challenge.
    pub(super) fn perk_received(&mut self, person: Person, perk: &str, at: i64) {
        let perk = self.perks.entry((person, self.names.place(perk))).or_default();
        perk.received += 1;
        perk.received_at.get_or_insert(at);
    }

    pub(super) fn perk_used(&mut self, person: Person, perk: &str, at: i64) {
        let perk = self.perks.entry((person, self.names.place(perk))).or_default();
        perk.used += 1;
        perk.used_at = perk.used_at.max(Some(at));
        self.people[person as usize].perks_used += 1;
    }

    pub(super) fn digital_asset_received(&mut self, person: Person, asset: &str, at: i64) {
        self.digital_assets.entry((person, self.names.place(asset))).or_insert(at);
    }

    /// A challenge gave a reward.
    pub(super) fn rewarded(&mut self, person: Person, challenge: &str, reward: &RewardId, at: i64) {
        let reward = self.names.place(&format!("{}:{}", reward.kind.name(), reward.id));
        let challenge = self.challenge(person, challenge, at);
        if !challenge.rewards.contains(&reward) {
            challenge.rewards.push(reward);
        }
    }

    pub(super) fn was_there(&mut self, person: Person, hour: i64) {
        let moved = &mut self.people[person as usize];
        moved.active_hour = moved.active_hour.max(Some(hour));
    }

    fn challenge(&mut self, person: Person, challenge: &str, at: i64) -> &mut Challenge {
        let key = (person, self.names.place(challenge));
        self.challenges.entry(key).or_insert_with(|| Challenge::begun(at))
    }
}

/// What was held before the batch keeps its time, unless it was given up within the batch.
fn taken_up(held: &mut Map<Of, Held>, key: Of, since: i64) {
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
