//! Segments: who fulfils conditions now. Users enter and leave by themselves, so a segment is asked and never told.
//!
//! Groups stand beside each other as alternatives; all conditions of a group have to be fulfilled; each may be negated.

pub mod form;
mod moment;
mod operator;
mod sense;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate};
use chrono_tz::Tz;

pub use self::moment::{Moment, Moments};
pub use self::operator::{Operator, Unsuitable};
use crate::event::EventKind;
use crate::id::DefinitionId;
use crate::time_range::start_of_day;

/// Groups of one segment.
pub const GROUPS_MAX: usize = 20;
/// Conditions of one group.
pub const CONDITIONS_MAX: usize = 50;
/// Longest window of a condition on events or days, in days: about a century.
pub const WINDOW_DAYS_MAX: u32 = 36_500;

/// Who is in: whoever fulfils every condition of one group at least.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The alternatives. Without any, nobody is in.
    pub groups: Vec<Group>,
}

/// Conditions that have to be fulfilled together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// All of them. Without any, everybody fulfils them.
    pub conditions: Vec<Condition>,
}

/// A question about a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Whether the opposite is wanted.
    pub negated: bool,
    /// What is asked.
    pub test: Test,
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Something of the value of a field or property. A value that is missing fulfils nothing but
    /// [`Operator::IsNotSet`] and the operators that deny.
    Property {
        /// Its id.
        id: String,
        /// What of it.
        operator: Operator,
    },
    /// Something of a moment in the user's life, as of a date.
    Moment {
        /// Which.
        moment: Moment,
        /// What of it.
        operator: Operator,
    },
    /// How often something happened to the user.
    Happened(Happened),
    /// Whether the user belongs to something.
    Member(Membership),
}

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// What.
    pub kind: EventKind,
    /// With which badge, challenge or list; none: with any.
    pub of: Option<DefinitionId>,
    /// At least this often.
    pub at_least: u64,
    /// At most this often; none: however often.
    pub at_most: Option<u64>,
    /// Within this many times 24 hours before now; none: ever.
    pub within_days: Option<u32>,
}

/// Something to belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Membership {
    /// On a list.
    List(DefinitionId),
    /// In a segment.
    Segment(DefinitionId),
    /// Holding a badge.
    Badge(DefinitionId),
    /// Having connected an app.
    App(DefinitionId),
}

impl Membership {
    /// Its id.
    pub fn id(&self) -> &DefinitionId {
        match self {
            Membership::List(id)
            | Membership::Segment(id)
            | Membership::Badge(id)
            | Membership::App(id) => id,
        }
    }
}

/// The user that is asked about.
pub trait Subject {
    /// The value of a field or property, in the form it is kept in; `email`: the address as displayed.
    fn value(&self, id: &str) -> Option<&str>;

    /// When this was, in microseconds since 1970; none: never yet.
    fn moment(&self, moment: Moment) -> Option<i64>;

    /// Whether it belongs to this.
    fn belongs(&self, to: &Membership) -> bool;

    /// When this happened to it, in microseconds since 1970; in any order.
    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64>;
}

/// Now, as conditions see it.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Microseconds since 1970.
    pub micros: i64,
    /// Where days begin.
    pub zone: Tz,
}

impl Now {
    /// Today.
    pub fn day(self) -> NaiveDate {
        self.day_of(self.micros)
    }

    fn day_of(self, micros: i64) -> NaiveDate {
        let instant = DateTime::from_timestamp_micros(micros).unwrap_or_default();
        instant.with_timezone(&self.zone).date_naive()
    }

    /// The day of a value: itself, or the one an instant lies in.
    fn day_of_value(self, value: &str) -> Option<NaiveDate> {
        match value.parse::<NaiveDate>() {
            Ok(day) => Some(day),
            Err(_) => {
                let instant = DateTime::parse_from_rfc3339(value).ok()?;
                Some(self.day_of(instant.timestamp_micros()))
            }
        }
    }

    /// When a day begins, in microseconds since 1970.
    fn begin(self, day: NaiveDate) -> i64 {
        start_of_day(day, self.zone).timestamp_micros()
    }
}

/// What a condition answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is fulfilled.
    pub yes: bool,
    /// The first moment at which that can be otherwise although nothing happens; none: never.
    pub until: Option<i64>,
}

impl Conditions {
    /// Whether a user is in.
    pub fn hold(&self, subject: &impl Subject, now: Now) -> bool {
        self.groups.iter().any(|group| group.hold(subject, now))
    }

    /// The first moment at which somebody may enter or leave although nothing happens; none: never.
    pub fn until(&self, subject: &impl Subject, now: Now) -> Option<i64> {
        self.conditions().filter_map(|condition| condition.test.ask(subject, now).until).min()
    }

    /// Every condition, in order.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.groups.iter().flat_map(|group| &group.conditions)
    }

    /// What it asks whether users belong to.
    pub fn memberships(&self) -> BTreeSet<&Membership> {
        self.conditions().filter_map(Condition::membership).collect()
    }

    /// Which things that happen it asks about; with which badge, challenge or list, where it names one.
    pub fn happened(&self) -> BTreeSet<(EventKind, Option<DefinitionId>)> {
        let asked = self.conditions().filter_map(Condition::happened);
        asked.map(|happened| (happened.kind, happened.of.clone())).collect()
    }

    /// The same, each with the moment after which it counts now.
    pub fn happened_after(&self, now: i64) -> BTreeMap<(EventKind, Option<DefinitionId>), i64> {
        let asked = self.conditions().filter_map(Condition::happened);
        earliest(asked.map(|asked| ((asked.kind, asked.of.clone()), asked.counts_after(now))))
    }

    /// Whether it asks about moments in the lives of users.
    pub fn asks_moments(&self) -> bool {
        self.conditions().any(|condition| matches!(condition.test, Test::Moment { .. }))
    }

    /// Whether what it says can change with time alone.
    pub fn is_timed(&self) -> bool {
        self.conditions().any(|condition| match &condition.test {
            Test::Property { operator, .. } | Test::Moment { operator, .. } => operator.is_timed(),
            Test::Happened(happened) => happened.within_days.is_some(),
            Test::Member(_) => false,
        })
    }
}

impl Group {
    fn hold(&self, subject: &impl Subject, now: Now) -> bool {
        self.conditions.iter().all(|condition| condition.holds(subject, now))
    }
}

impl Condition {
    /// Whether a user fulfils it.
    pub fn holds(&self, subject: &impl Subject, now: Now) -> bool {
        self.test.ask(subject, now).yes != self.negated
    }

    fn membership(&self) -> Option<&Membership> {
        if let Test::Member(membership) = &self.test { Some(membership) } else { None }
    }

    fn happened(&self) -> Option<&Happened> {
        if let Test::Happened(happened) = &self.test { Some(happened) } else { None }
    }
}

impl Test {
    /// Whether it is so, and how long that is certain.
    pub fn ask(&self, subject: &impl Subject, now: Now) -> Answer {
        match self {
            Test::Property { id, operator } => operator.ask(subject.value(id), now),
            Test::Moment { moment, operator } => operator.ask_at(subject.moment(*moment), now),
            Test::Happened(happened) => happened.ask(subject, now),
            Test::Member(membership) => Answer { yes: subject.belongs(membership), until: None },
        }
    }
}

/// Of each thing, the earliest moment it is asked from.
pub(crate) fn earliest<T: Ord>(asked: impl IntoIterator<Item = (T, i64)>) -> BTreeMap<T, i64> {
    asked.into_iter().fold(BTreeMap::new(), |mut all, (thing, after)| {
        all.entry(thing).and_modify(|known: &mut i64| *known = after.min(*known)).or_insert(after);
        all
    })
}

/// Microseconds of 24 hours.
const DAY: i64 = 24 * 3600 * 1_000_000;

impl Happened {
    /// Only what happened after this moment counts now.
    pub fn counts_after(&self, now: i64) -> i64 {
        self.within_days.map_or(i64::MIN, |days| now.saturating_sub(i64::from(days) * DAY))
    }

    fn ask(&self, subject: &impl Subject, now: Now) -> Answer {
        let mut times = subject.times(self.kind, self.of.as_ref());
        let mut until = None;
        if let Some(days) = self.within_days {
            let window = i64::from(days) * DAY;
            times.retain(|at| at.saturating_add(window) > now.micros);
            until = times.iter().min().map(|first| first.saturating_add(window));
        }
        let count = times.len() as u64;
        let yes = count >= self.at_least && self.at_most.is_none_or(|most| count <= most);
        Answer { yes, until }
    }
}

/// The day so many days after another; the last there is, beyond that.
fn days_after(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests;
