//! In which order rules are asked: what one asks about comes before it.

use std::collections::{BTreeMap, BTreeSet};

use super::Rule;
use crate::event::{BadgeDefined, BadgeState, EventKind, Named, SegmentDefined};
use crate::id::DefinitionId;
use crate::segment::{Condition, Happened, Membership, Test, earliest};

/// Segments and badges, each after all that it hangs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    order: Vec<Rule>,
    /// Lists that are no more, and what they were called: whoever is still on one leaves it.
    gone_lists: BTreeMap<DefinitionId, String>,
    /// What the lists are called that badges follow.
    lists: BTreeMap<DefinitionId, String>,
}

/// Rules hang on each other in a circle: nobody could say who is in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(.path))]
pub struct Cycle {
    /// The circle; its first hangs on its second, and so on, the last on the first.
    pub path: Vec<Membership>,
}

fn told(path: &[Membership]) -> String {
    let name = |of: &Membership| match of {
        Membership::List(id) => format!("list {id}"),
        Membership::Segment(id) => format!("segment {id}"),
        Membership::Badge(id) => format!("badge {id}"),
        Membership::App(id) => format!("app {id}"),
    };
    let names: Vec<String> = path.iter().chain(path.first()).map(name).collect();
    format!("this hangs on itself: {}", names.join(" asks about "))
}

impl Rules {
    /// Puts rules in order.
    ///
    /// # Errors
    /// [`Cycle`].
    pub fn new(segments: Vec<SegmentDefined>, badges: Vec<BadgeDefined>) -> Result<Rules, Cycle> {
        let segments = segments.into_iter().map(Rule::Segment);
        let rules: BTreeMap<Membership, Rule> = segments
            .chain(badges.into_iter().map(Rule::Badge))
            .map(|rule| (rule.membership(), rule))
            .collect();
        let mut sorting =
            Sorting { rules: &rules, path: Vec::new(), done: BTreeSet::new(), order: Vec::new() };
        for of in rules.keys() {
            sorting.visit(of)?;
        }
        let order = sorting.order;
        let order = order.iter().filter_map(|of| rules.get(of).cloned()).collect();
        Ok(Rules { order, gone_lists: BTreeMap::new(), lists: BTreeMap::new() })
    }

    /// The same, with lists that are no more and what they were called.
    #[must_use]
    pub fn without_lists(self, gone_lists: BTreeMap<DefinitionId, String>) -> Rules {
        Rules { gone_lists, ..self }
    }

    /// Lists that are no more, and what they were called.
    pub fn gone_lists(&self) -> &BTreeMap<DefinitionId, String> {
        &self.gone_lists
    }

    /// The same, with what the lists are called that badges follow.
    #[must_use]
    pub fn with_lists(self, lists: BTreeMap<DefinitionId, String>) -> Rules {
        Rules { lists, ..self }
    }

    /// Lists that badges follow.
    pub fn followed_lists(&self) -> BTreeSet<DefinitionId> {
        let followed = |rule: &Rule| match rule {
            Rule::Badge(BadgeDefined { audience: Some(Membership::List(id)), .. }) => {
                Some(id.clone())
            }
            Rule::Badge(_) | Rule::Segment(_) => None,
        };
        self.order.iter().filter_map(followed).collect()
    }

    /// Whom a badge follows, as that is called; by its id alone where nobody knows what it is called.
    pub fn audience(&self, of: &Membership) -> Named {
        let segment = |rule: &Rule| match rule {
            Rule::Segment(segment) if segment.segment_id == *of.id() => Some(segment.name.clone()),
            Rule::Segment(_) | Rule::Badge(_) => None,
        };
        let name = match of {
            Membership::Segment(_) => self.order.iter().find_map(segment),
            Membership::List(id) => self.lists.get(id).cloned(),
            Membership::Badge(_) | Membership::App(_) => None,
        };
        Named { id: of.id().clone(), name }
    }

    /// What has to be heard of users, so that nothing that follows is missed.
    pub fn hear(&self) -> Vec<EventKind> {
        match (self.order.is_empty(), self.gone_lists.is_empty()) {
            (true, true) => Vec::new(),
            (true, false) => vec![EventKind::ListJoined], // by who did not know yet
            (false, _) => {
                EventKind::ALL.iter().copied().filter(|kind| kind.is_user_event()).collect()
            }
        }
    }

    /// Each after all that it hangs on.
    pub fn in_order(&self) -> impl Iterator<Item = &Rule> {
        self.order.iter()
    }

    /// The rule by which users belong to something.
    pub fn get(&self, of: &Membership) -> Option<&Rule> {
        self.order.iter().find(|rule| rule.membership() == *of)
    }

    /// Whether the same follows from others: names and texts may differ.
    pub fn come_to_the_same(&self, others: &Rules) -> bool {
        let effect = |rule: &Rule| match rule {
            Rule::Segment(segment) => (rule.membership(), Some(segment.conditions.clone()), None),
            Rule::Badge(badge) => {
                (rule.membership(), None, Some((badge.state, badge.audience.clone())))
            }
        };
        let lists = self.gone_lists.keys().eq(others.gone_lists.keys());
        lists && self.order.iter().map(effect).eq(others.order.iter().map(effect))
    }

    /// Whether nothing can follow.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty() && self.gone_lists.is_empty()
    }

    /// Whether time alone can change who is in.
    pub fn are_timed(&self) -> bool {
        self.order.iter().any(|rule| match rule {
            Rule::Segment(segment) => segment.conditions.is_timed(),
            Rule::Badge(_) => false,
        })
    }

    /// Whether they ask about moments in the lives of users.
    pub fn ask_moments(&self) -> bool {
        self.order.iter().any(|rule| match rule {
            Rule::Segment(segment) => segment.conditions.asks_moments(),
            Rule::Badge(_) => false,
        })
    }

    /// Which things that happen they ask about; with which badge, challenge or list, where they name one.
    pub fn happened(&self) -> BTreeSet<(EventKind, Option<DefinitionId>)> {
        let of = |rule: &Rule| match rule {
            Rule::Segment(segment) => segment.conditions.happened(),
            Rule::Badge(_) => BTreeSet::new(),
        };
        self.order.iter().flat_map(of).collect()
    }

    /// The same, each with the moment after which it counts now.
    pub fn happened_after(&self, now: i64) -> BTreeMap<(EventKind, Option<DefinitionId>), i64> {
        let of = |rule: &Rule| match rule {
            Rule::Segment(segment) => segment.conditions.happened_after(now),
            Rule::Badge(_) => BTreeMap::new(),
        };
        earliest(self.order.iter().flat_map(of))
    }

    /// What hangs on something, directly. A badge does so while it is published: a draft is looked at anew when it is.
    pub fn users_of(&self, of: &Membership) -> Vec<Membership> {
        let live = |rule: &&Rule| match rule {
            Rule::Segment(_) => true,
            Rule::Badge(badge) => badge.state == BadgeState::Published,
        };
        let users = self.order.iter().filter(live);
        users.filter(|rule| asks_about(rule, &[]).contains(of)).map(Rule::membership).collect()
    }
}

struct Sorting<'a> {
    rules: &'a BTreeMap<Membership, Rule>,
    path: Vec<Membership>,
    done: BTreeSet<Membership>,
    order: Vec<Membership>,
}

impl Sorting<'_> {
    fn visit(&mut self, of: &Membership) -> Result<(), Cycle> {
        let Some(rule) = self.rules.get(of).filter(|_| !self.done.contains(of)) else {
            return Ok(());
        };
        if let Some(begin) = self.path.iter().position(|on| on == of) {
            return Err(Cycle { path: self.path[begin..].to_vec() });
        }
        self.path.push(of.clone());
        let all: Vec<&Membership> = self.rules.keys().collect();
        for asked in asks_about(rule, &all) {
            self.visit(&asked)?;
        }
        self.path.pop();
        self.done.insert(of.clone());
        self.order.push(of.clone());
        Ok(())
    }
}

/// What a rule hangs on. A condition on what rules themselves record hangs on those rules: on `all` there are, where it
/// names none.
pub(super) fn asks_about(rule: &Rule, all: &[&Membership]) -> BTreeSet<Membership> {
    let conditions = match rule {
        Rule::Badge(badge) => return badge.audience.iter().cloned().collect(),
        Rule::Segment(segment) => segment.conditions.conditions(),
    };
    let mut asked = BTreeSet::new();
    for Condition { test, .. } in conditions {
        match test {
            // Nothing that rules record is an activity, or makes a user.
            Test::Property { .. } | Test::Moment { .. } => {}
            Test::Member(of) => {
                asked.insert(of.clone());
            }
            Test::Happened(happened) => asked.extend(recorded_by(happened, all)),
        }
    }
    asked
}

fn recorded_by(happened: &Happened, all: &[&Membership]) -> Vec<Membership> {
    let of = |make: fn(DefinitionId) -> Membership, is: fn(&Membership) -> bool| match &happened.of
    {
        Some(id) => vec![make(id.clone())],
        None => all.iter().filter(|of| is(of)).map(|of| (*of).clone()).collect(),
    };
    if matches!(happened.kind, EventKind::SegmentEntered | EventKind::SegmentLeft) {
        return of(Membership::Segment, |of| matches!(of, Membership::Segment(_)));
    }
    if matches!(happened.kind, EventKind::ListJoined | EventKind::ListLeft) {
        return of(Membership::List, |of| matches!(of, Membership::List(_)));
    }
    if matches!(happened.kind, EventKind::BadgeGained | EventKind::BadgeLost) {
        return of(Membership::Badge, |of| matches!(of, Membership::Badge(_)));
    }
    Vec::new()
}
