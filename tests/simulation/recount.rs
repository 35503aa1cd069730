//! Who is where, counted by hand from the raw facts. No code of the product decides here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Microseconds of a day.
const DAY: i64 = 24 * 3600 * 1_000_000;

/// A user, as the raw facts have one.
#[derive(Debug, Default, Clone)]
pub(crate) struct Someone {
    pub(crate) city: Option<String>,
    /// When it was made, and when it last did something: microseconds since 1970.
    pub(crate) since: i64,
    pub(crate) active_at: Option<i64>,
    pub(crate) lists: BTreeSet<String>,
    pub(crate) segments: BTreeSet<String>,
    pub(crate) badges: BTreeSet<String>,
    pub(crate) apps: BTreeSet<String>,
    pub(crate) challenges: BTreeSet<String>,
    /// When the open challenge was joined.
    pub(crate) joined: Vec<i64>,
    pub(crate) steps: BTreeSet<String>,
    pub(crate) completed: bool,
}

/// Everything the raw facts say.
#[derive(Debug, Default)]
pub(crate) struct Recount {
    pub(crate) people: BTreeMap<String, Someone>,
    /// Completions of the defined challenge, and rewards received for it.
    pub(crate) completions: usize,
    pub(crate) served: usize,
    pub(crate) claims: usize,
    /// Everything that somebody was ever on, in, had or connected.
    pub(crate) named: BTreeSet<String>,
    ids: BTreeSet<uuid::Uuid>,
}

impl Recount {
    /// Takes in one fact: on which stream, when, what.
    pub(crate) fn take(&mut self, row: &eventlog::Row<'_>) {
        assert!(self.ids.insert(row.event_id), "one fact twice: {}", row.kind);
        let data: Value = serde_json::from_slice(row.data).unwrap();
        let personal: Value =
            row.personal.map_or(Value::Null, |bytes| serde_json::from_slice(bytes).unwrap());
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        self.claims += usize::from(row.kind == "RewardClaimed");
        let eventlog::Stream::User(id) = &row.stream else { return };
        if row.kind == "UserDeleted" {
            let gone = self.people.remove(&id.to_string()).unwrap();
            assert!(gone.badges.is_empty() && gone.segments.is_empty() && gone.lists.is_empty());
            return;
        }
        let named = ["audience_id", "badge_id", "app_id"].map(text).into_iter();
        self.named.extend(named.filter(|name| !name.is_empty()));
        let one = self.people.entry(id.to_string()).or_default();
        if matches!(
            row.kind,
            "ChallengeJoined"
                | "ChallengeStepCompleted"
                | "ChallengeCompleted"
                | "AppConnected"
                | "AppDisconnected"
        ) {
            one.active_at = Some(row.recorded_at);
        }
        // In turn: nobody gains what is held, or loses what is not.
        match row.kind {
            "UserImported" | "UserPropertiesChanged" => {
                if row.kind == "UserImported" {
                    one.since = row.recorded_at;
                }
                if let Some(city) = personal["new"].get("city") {
                    one.city = city.as_str().map(str::to_owned);
                }
            }
            "ListJoined" => assert!(one.lists.insert(text("audience_id"))),
            "ListLeft" => assert!(one.lists.remove(&text("audience_id"))),
            "SegmentEntered" => assert!(one.segments.insert(text("audience_id"))),
            "SegmentLeft" => assert!(one.segments.remove(&text("audience_id"))),
            "BadgeGained" => assert!(one.badges.insert(text("badge_id"))),
            "BadgeLost" => assert!(one.badges.remove(&text("badge_id"))),
            "AppConnected" => assert!(one.apps.insert(text("app_id"))),
            "AppDisconnected" => assert!(one.apps.remove(&text("app_id"))),
            "ChallengeJoined" => {
                if text("challenge_id") == "open" {
                    one.joined.push(row.recorded_at);
                }
                one.challenges.insert(text("challenge_id"));
            }
            "ChallengeStepCompleted" => assert!(one.steps.insert(text("step_id"))),
            "ChallengeCompleted" => {
                assert!(!std::mem::replace(&mut one.completed, true), "completed twice");
                self.completions += 1;
            }
            "PerkReceived" => {
                assert!(one.completed, "a reward for nothing");
                self.served += 1;
            }
            other => panic!("a fact nobody asked for: {other}"),
        }
    }
}

impl Someone {
    /// Whether a user is in, by conditions as JSON.
    pub(crate) fn fulfils(&self, conditions: &Value, now: i64) -> bool {
        let all = |group: &Value| {
            group["conditions"].as_array().unwrap().iter().all(|one| self.is(one, now))
        };
        conditions["groups"].as_array().unwrap().iter().any(all)
    }

    fn is(&self, condition: &Value, now: i64) -> bool {
        let text = |name: &str| condition[name].as_str();
        let has = |of: &BTreeSet<String>, name: &str| text(name).is_some_and(|id| of.contains(id));
        let yes = match (text("property"), text("event")) {
            (Some("last_active_at"), _) => {
                let days = condition["days"].as_i64().unwrap();
                self.active_at.is_some_and(|at| days_between(at, now) < days)
            }
            (Some("member_since"), _) => {
                days_between(self.since, now) > condition["days"].as_i64().unwrap()
            }
            (Some(_), _) => self.city.as_deref() == text("value"),
            (None, Some("ChallengeJoined")) => {
                let days = condition["within_days"].as_i64();
                let counts = |at: &&i64| days.is_none_or(|days| **at + days * DAY > now);
                self.joined.iter().filter(counts).count() as u64
                    >= condition["at_least"].as_u64().unwrap()
            }
            (None, Some(_)) => self.completed,
            (None, None) => {
                has(&self.lists, "list")
                    || has(&self.segments, "segment")
                    || has(&self.badges, "badge")
                    || has(&self.apps, "app")
            }
        };
        yes != condition["not"].as_bool().unwrap_or(false)
    }
}

/// Days of the calendar, UTC, from one instant to another.
fn days_between(from: i64, to: i64) -> i64 {
    to.div_euclid(DAY) - from.div_euclid(DAY)
}
