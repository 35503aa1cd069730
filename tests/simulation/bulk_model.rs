//! What a bulk action does and what taking it back does, told from the raw facts. No code of the product decides here.

use std::collections::{BTreeMap, BTreeSet};

use domain::UserId;
use eventlog::{Origin, Row, Stream};
use serde_json::Value;
use uuid::Uuid;

/// The list, and the badge that nobody defined.
pub(crate) const LIST: &str = "l";
pub(crate) const BADGE: &str = "hand";

/// What is done to each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Join,
    Leave,
    Gain,
    Lose,
    City(Option<String>),
    Remove,
}

/// What becomes of one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Becomes {
    Changed,
    Unchanged,
    Refused(&'static str),
}

/// What becomes of one user when it is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Back {
    Restored,
    Unchanged,
    Kept(&'static str),
}

/// A fact about a user as it lies in the log.
#[derive(Debug)]
pub(crate) struct Raw {
    kind: String,
    data: Value,
    personal: Value,
    origin: Origin,
    job: Uuid,
}

/// What a user has, as far as it matters here.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Has {
    pub(crate) list: bool,
    pub(crate) badge: bool,
    pub(crate) city: Option<String>,
}

/// The facts of each user, in order.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    of: BTreeMap<UserId, Vec<Raw>>,
    /// Users by the facts of jobs, in the order of the log.
    by_jobs: Vec<(Uuid, Origin, UserId)>,
}

impl Lives {
    pub(crate) fn take(&mut self, row: &Row<'_>) {
        let Stream::User(user) = row.stream else { return };
        let json = |bytes: &[u8]| -> Value { serde_json::from_slice(bytes).unwrap() };
        let raw = Raw {
            kind: row.kind.to_owned(),
            data: json(row.data),
            personal: row.personal.map_or(Value::Null, json),
            origin: row.origin,
            job: row.correlation,
        };
        let told = (raw.job, raw.origin, user);
        // One that is removed leaves all it is on with one decision.
        if [Origin::Bulk, Origin::Revert].contains(&raw.origin)
            && self.by_jobs.last() != Some(&told)
        {
            self.by_jobs.push(told);
        }
        self.of.entry(user).or_default().push(raw);
    }

    /// Whom a job has changed so far, in order.
    pub(crate) fn told(&self, job: Uuid, origin: Origin) -> Vec<UserId> {
        let ours = self.by_jobs.iter().filter(|(of, by, _)| (*of, *by) == (job, origin));
        ours.map(|(_, _, user)| *user).collect()
    }

    fn facts(&self, user: UserId) -> &[Raw] {
        self.of.get(&user).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn has(&self, user: UserId) -> Option<Has> {
        has(self.facts(user).iter())
    }

    /// Everybody who is there, with what each has.
    pub(crate) fn everybody(&self) -> BTreeMap<UserId, Has> {
        self.of.keys().filter_map(|user| Some((*user, self.has(*user)?))).collect()
    }

    /// What taking a job back does to a user it changed; `undone` are those taken back before.
    pub(crate) fn back(
        &self,
        user: UserId,
        (job, what): (Uuid, &What),
        undone: &BTreeSet<Uuid>,
    ) -> Back {
        let facts = self.facts(user);
        let ours = |raw: &Raw| raw.origin == Origin::Bulk && raw.job == job;
        let of_job = |raw: &Raw| [Origin::Bulk, Origin::Revert].contains(&raw.origin);
        let counts = |raw: &&Raw| !(of_job(raw) && undone.contains(&raw.job));
        let at = facts.iter().rposition(ours).expect("it changed the user");
        let Some(now) = has(facts.iter()).filter(|_| !facts[at..].iter().any(Raw::removes)) else {
            return Back::Kept("user_gone");
        };
        let before = has(facts.iter().filter(counts).filter(|raw| !ours(raw))).unwrap_or_default();
        let (kinds, member, id, changed) = match what {
            What::Join | What::Leave => {
                (["ListJoined", "ListLeft"], "audience_id", LIST, "list_changed")
            }
            What::Gain | What::Lose => {
                (["BadgeGained", "BadgeLost"], "badge_id", BADGE, "badge_changed")
            }
            What::City(value) => {
                return match (now.city == *value, now.city == before.city) {
                    (false, _) => Back::Kept("value_changed"),
                    (true, false) => Back::Restored,
                    (true, true) => Back::Unchanged,
                };
            }
            What::Remove => panic!("nobody comes back"),
        };
        let moves = |raw: &&Raw| kinds.contains(&raw.kind.as_str()) && raw.data[member] == id;
        let last_is_ours = facts.iter().filter(counts).rfind(moves).is_some_and(ours);
        let set = matches!(what, What::Join | What::Gain);
        let is = |has: &Has| if member == "badge_id" { has.badge } else { has.list };
        match (is(&now) == set && last_is_ours, is(&before) == set) {
            (false, _) => Back::Kept(changed),
            (true, false) => Back::Restored,
            (true, true) => Back::Unchanged,
        }
    }
}

impl Raw {
    fn removes(&self) -> bool {
        self.kind == "UserDeleted"
    }
}

/// What a user has after these facts; none: there is no such user.
fn has<'a>(facts: impl Iterator<Item = &'a Raw>) -> Option<Has> {
    let mut has: Option<Has> = None;
    for raw in facts {
        if raw.kind == "UserImported" {
            has.get_or_insert_default();
        }
        if raw.removes() {
            has = None;
        }
        let Some(has) = &mut has else { continue };
        if let Some(city) = raw.personal["new"].get("city") {
            has.city = city.as_str().map(str::to_owned);
        }
        match raw.kind.as_str() {
            "ListJoined" if raw.data["audience_id"] == LIST => has.list = true,
            "ListLeft" if raw.data["audience_id"] == LIST => has.list = false,
            "BadgeGained" if raw.data["badge_id"] == BADGE => has.badge = true,
            "BadgeLost" if raw.data["badge_id"] == BADGE => has.badge = false,
            _ => {}
        }
    }
    has
}

impl Has {
    /// Whether a filter finds it.
    pub(crate) fn is_found(&self, filter: &Value) -> bool {
        filter.as_object().unwrap().iter().all(|(name, value)| match name.as_str() {
            "list" => self.list,
            "badge" => self.badge,
            "property.city.is" => self.city.as_deref() == value.as_str(),
            other => panic!("nobody asks for {other}"),
        })
    }

    /// What one does to it.
    fn becomes(&self, what: &What) -> Becomes {
        match what {
            What::Join if self.list => Becomes::Unchanged,
            What::Gain if self.badge => Becomes::Unchanged,
            What::Leave if !self.list => Becomes::Refused("list_not_joined"),
            What::Lose if !self.badge => Becomes::Refused("badge_not_held"),
            What::City(value) if self.city == *value => Becomes::Unchanged,
            What::Join | What::Leave | What::Gain | What::Lose | What::City(_) | What::Remove => {
                Becomes::Changed
            }
        }
    }

    /// Whether it is as one leaves it.
    pub(crate) fn is_as(&self, what: &What) -> bool {
        match what {
            What::Join | What::Leave => self.list == (*what == What::Join),
            What::Gain | What::Lose => self.badge == (*what == What::Gain),
            What::City(value) => self.city == *value,
            What::Remove => false,
        }
    }
}

/// What one does to a user, who may not be there.
pub(crate) fn becomes(has: Option<&Has>, what: &What) -> Becomes {
    has.map_or(Becomes::Refused("user_unknown"), |has| has.becomes(what))
}
