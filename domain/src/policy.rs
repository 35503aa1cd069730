//! Membership that moves by itself: what should be, minus what is recorded.
//!
//! Segments and badges hang on each other without a cycle, so one walk in order comes to rest: what a segment asks about is
//! settled before the segment is.

mod happening;
mod order;

use std::collections::{BTreeMap, BTreeSet};

pub use self::happening::{Happening, changes};
use self::order::asks_about;
pub use self::order::{Cycle, Rules};
use crate::csv_header::EMAIL_COLUMN;
use crate::event::{
    BadgeDefined, BadgeGained, BadgeLost, BadgeState, Because, ConditionChanged, Event, EventKind,
    Named, SegmentDefined, SegmentMoved, Trigger,
};
use crate::id::DefinitionId;
use crate::list::left;
use crate::segment::{Condition, Happened, Membership, Moment, Now, Subject, Test};
use crate::user::{User, evolve};

/// Something that users enter and leave by a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// By conditions.
    Segment(SegmentDefined),
    /// By the audience of the badge.
    Badge(BadgeDefined),
}

impl Rule {
    /// What belonging to it is.
    pub fn membership(&self) -> Membership {
        match self {
            Rule::Segment(segment) => Membership::Segment(segment.segment_id.clone()),
            Rule::Badge(badge) => Membership::Badge(badge.badge_id.clone()),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Rule::Segment(segment) => &segment.name,
            Rule::Badge(badge) => &badge.name,
        }
    }
}

/// When things happened to a user, in microseconds since 1970.
pub trait Times {
    /// When this was; none: never yet.
    fn moment(&self, moment: Moment) -> Option<i64>;

    /// Every time this did.
    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64>;
}

/// Nothing ever happened.
impl Times for () {
    fn moment(&self, _: Moment) -> Option<i64> {
        None
    }

    fn times(&self, _: EventKind, _: Option<&DefinitionId>) -> Vec<i64> {
        Vec::new()
    }
}

/// Why rules are asked about a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Why {
    /// Something that happened to the user, time, or a definition.
    pub trigger: Option<Trigger>,
    /// Values before what happened, by field.
    pub before: BTreeMap<String, Option<String>>,
    /// What the user came to belong to, or does no more, by what happened.
    pub moved: BTreeSet<Membership>,
    /// What happened.
    pub happened: BTreeSet<EventKind>,
}

impl Why {
    /// These things happened, the oldest first.
    pub fn happened<'a>(happenings: impl Iterator<Item = &'a Happening>) -> Why {
        let mut why = Why { trigger: Some(Trigger::Fact), ..Why::default() };
        for happening in happenings {
            for (field, before) in &happening.before {
                why.before.entry(field.clone()).or_insert_with(|| before.clone());
            }
            why.moved.extend(happening.moved.clone());
            why.happened.insert(happening.kind);
        }
        why
    }

    /// Only this.
    pub fn only(trigger: Trigger) -> Why {
        Why { trigger: Some(trigger), ..Why::default() }
    }
}

/// What follows for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// The fact.
    pub event: Event,
    /// The consequence before it that it follows from, where one is why.
    pub cause: Option<usize>,
}

/// What follows, and until when that is certain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// The facts to record, in order, each after its cause.
    pub consequences: Vec<Consequence>,
    /// The first moment at which more can follow although nothing happens.
    pub until: Option<i64>,
}

/// A user while rules are asked, as it will be.
struct Becoming<'a> {
    user: User,
    times: &'a dyn Times,
    /// What followed already: it happens now.
    followed: Vec<(EventKind, DefinitionId)>,
    now: Now,
}

impl Subject for Becoming<'_> {
    fn value(&self, id: &str) -> Option<&str> {
        match id {
            EMAIL_COLUMN => self.user.email.as_deref(),
            id => self.user.fields.get(id).map(String::as_str),
        }
    }

    fn moment(&self, moment: Moment) -> Option<i64> {
        self.times.moment(moment)
    }

    fn belongs(&self, to: &Membership) -> bool {
        belongs(&self.user, to)
    }

    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64> {
        let mut times = self.times.times(kind, of);
        let now = self
            .followed
            .iter()
            .filter(|(followed, id)| *followed == kind && of.is_none_or(|of| of == id));
        times.extend(now.map(|_| self.now.micros));
        times
    }
}

/// Whether a user belongs to something.
pub fn belongs(user: &User, to: &Membership) -> bool {
    match to {
        Membership::List(id) => user.lists.contains(id),
        Membership::Segment(id) => user.segments.contains(id),
        Membership::Badge(id) => user.badges.contains(id),
        Membership::App(id) => user.apps.contains(id),
    }
}

/// Says what follows for a user from rules that are in order.
pub fn reconcile(rules: &Rules, user: User, times: &dyn Times, now: Now, why: &Why) -> Reconciled {
    let (gone, gone_lists) = (gone_segments(rules, &user), gone_lists(rules, &user));
    let mut walk = Walk {
        becoming: Becoming { user, times, followed: Vec::new(), now },
        why,
        reconciled: Reconciled::default(),
        caused: BTreeMap::new(),
    };
    for id in gone {
        let segment = Named::by_id(id);
        let left = walk.moved(&segment, 0, Trigger::Definition, Vec::new());
        walk.record(Event::SegmentLeft(left), Membership::Segment(segment.id), &BTreeSet::new());
    }
    for (id, name) in gone_lists {
        let event = left(&walk.becoming.user, &id, Some(name), Because::ListDeleted);
        walk.record(event, Membership::List(id), &BTreeSet::new());
    }
    let all: Vec<Membership> = rules.in_order().map(Rule::membership).collect();
    let all: Vec<&Membership> = all.iter().collect();
    for rule in rules.in_order() {
        match rule {
            Rule::Segment(segment) => walk.segment(segment, &|| asks_about(rule, &all)),
            Rule::Badge(badge) => walk.badge(badge, rules),
        }
    }
    walk.reconciled
}

/// Segments the user is in although they are no more.
fn gone_segments(rules: &Rules, user: &User) -> Vec<DefinitionId> {
    let known: BTreeSet<&DefinitionId> = rules
        .in_order()
        .filter_map(|rule| match rule {
            Rule::Segment(segment) => Some(&segment.segment_id),
            Rule::Badge(_) => None,
        })
        .collect();
    user.segments.iter().filter(|id| !known.contains(id)).cloned().collect()
}

/// Lists the user is on although they are no more.
fn gone_lists(rules: &Rules, user: &User) -> Vec<(DefinitionId, String)> {
    let gone = rules.gone_lists().iter().filter(|(id, _)| user.lists.contains(id));
    gone.map(|(id, name)| (id.clone(), name.clone())).collect()
}

struct Walk<'a> {
    becoming: Becoming<'a>,
    why: &'a Why,
    reconciled: Reconciled,
    /// The consequence that moved the user into something or out of it.
    caused: BTreeMap<Membership, usize>,
}

impl Walk<'_> {
    /// `asked` says what the segment hangs on.
    fn segment(&mut self, segment: &SegmentDefined, asked: &dyn Fn() -> BTreeSet<Membership>) {
        let now = self.becoming.now;
        let wanted = segment.conditions.hold(&self.becoming, now);
        let until = segment.conditions.until(&self.becoming, now);
        self.reconciled.until = self.reconciled.until.into_iter().chain(until).min();
        if wanted == self.becoming.user.segments.contains(&segment.segment_id) {
            return;
        }
        let named = Named { id: segment.segment_id.clone(), name: Some(segment.name.clone()) };
        let because = self.why.trigger.clone().unwrap_or(Trigger::Fact);
        let changed = self.changed(segment);
        let moved = self.moved(&named, segment.version, because, changed);
        let event = match wanted {
            true => Event::SegmentEntered(moved),
            false => Event::SegmentLeft(moved),
        };
        self.record(event, Membership::Segment(named.id), &asked());
    }

    fn moved(
        &self,
        segment: &Named,
        version: u64,
        because: Trigger,
        changed: Vec<ConditionChanged>,
    ) -> SegmentMoved {
        let email = self.becoming.user.email.clone();
        SegmentMoved { segment: segment.clone(), version, because, changed, email }
    }

    fn badge(&mut self, badge: &BadgeDefined, rules: &Rules) {
        let held = self.becoming.user.badges.contains(&badge.badge_id);
        let wanted = match (badge.state, &badge.audience) {
            (BadgeState::Draft, _) | (BadgeState::Published, None) => held,
            (BadgeState::Archived, _) => false,
            (BadgeState::Published, Some(audience)) => self.becoming.belongs(audience),
        };
        if wanted == held {
            return;
        }
        let asked: BTreeSet<Membership> = badge.audience.iter().cloned().collect();
        let by_user =
            asked.iter().any(|of| self.caused.contains_key(of) || self.why.moved.contains(of));
        let defined = self.why.trigger == Some(Trigger::Definition) && !by_user;
        let because = match (badge.state, wanted) {
            (BadgeState::Archived, _) => Because::BadgeArchived,
            _ if defined => Because::OwnersChanged,
            (_, true) => Because::EnteredAudience,
            (_, false) => Because::LeftAudience,
        };
        let audience = badge.audience.as_ref().map(|of| rules.audience(of));
        let named = Named { id: badge.badge_id.clone(), name: Some(badge.name.clone()) };
        let email = self.becoming.user.email.clone();
        let event = match wanted {
            true => Event::BadgeGained(BadgeGained { badge: named, audience, because, email }),
            false => Event::BadgeLost(BadgeLost { badge: named, audience, because, email }),
        };
        self.record(event, Membership::Badge(badge.badge_id.clone()), &asked);
    }

    /// Records a consequence; it follows from the first of those `asked` about that moved before it.
    fn record(&mut self, event: Event, of: Membership, asked: &BTreeSet<Membership>) {
        let cause = asked.iter().filter_map(|asked| self.caused.get(asked)).min().copied();
        self.caused.insert(of.clone(), self.reconciled.consequences.len());
        self.becoming.followed.push((event.kind(), of.id().clone()));
        let user = std::mem::take(&mut self.becoming.user);
        self.becoming.user = evolve(Some(user), &event).unwrap_or_default();
        self.reconciled.consequences.push(Consequence { event, cause });
    }

    /// The conditions of a segment whose answers changed by what happened, as far as that tells.
    fn changed(&self, segment: &SegmentDefined) -> Vec<ConditionChanged> {
        let mut changed = Vec::new();
        for (group, conditions) in (1..).zip(&segment.conditions.groups) {
            for (place, condition) in (1..).zip(&conditions.conditions) {
                if let Some((operator, before, after)) = self.change(condition) {
                    let operator = operator.to_owned();
                    changed.push(ConditionChanged {
                        group,
                        condition: place,
                        operator,
                        before,
                        after,
                    });
                }
            }
        }
        changed
    }

    fn change(
        &self,
        condition: &Condition,
    ) -> Option<(&'static str, Option<String>, Option<String>)> {
        match &condition.test {
            Test::Property { id, operator } => {
                let before = self.why.before.get(id)?;
                let after = self.becoming.value(id);
                let now = self.becoming.now;
                let answers = [before.as_deref(), after].map(|value| operator.answer(value, now));
                (answers[0] != answers[1])
                    .then(|| (operator.name(), before.clone(), after.map(str::to_owned)))
            }
            Test::Moment { moment, operator } => {
                let moved = self.why.happened.iter().any(|kind| moment.is_moved_by(*kind));
                moved.then_some((operator.name(), None, None))
            }
            Test::Happened(Happened { kind, .. }) => {
                self.why.happened.contains(kind).then_some(("happened", None, None))
            }
            Test::Member(of) => {
                let moved = self.why.moved.contains(of) || self.caused.contains_key(of);
                moved.then_some(("belongs", None, None))
            }
        }
    }
}

#[cfg(test)]
mod tests;
