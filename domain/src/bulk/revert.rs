//! Taking a bulk action back, one user at a time: by the rules of imports that are taken back.

use crate::event::{
    BadgeGained, BadgeLost, Because, BulkDeed, Change, Event, Named, UserPropertiesChanged,
};
use crate::list::{joined, left};
use crate::revert::KeptBecause;
use crate::user::{User, evolve};

/// A fact about a user, and whose doing it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// What happened.
    pub event: Event,
    /// By what.
    pub by: By,
}

/// By what a fact came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The bulk action that is taken back.
    Ours,
    /// An import or a bulk action that was taken back before, or the taking back itself: as if it had never been.
    Undone,
    /// Anything else.
    Others,
}

/// What becomes of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// This fact is recorded.
    Restored(Box<Event>),
    /// The user is as it would be without the bulk action.
    Unchanged,
    /// The user stays as it is.
    Kept(KeptBecause),
}

/// Says what taking back a bulk action does to a user with this history, oldest fact first. `closed` says why what it was
/// about cannot be moved any more, where that is so.
pub fn decide(deed: &BulkDeed, closed: Option<&KeptBecause>, history: &[Past]) -> Undo {
    let Some(ours) = history.iter().rposition(|past| past.by == By::Ours) else {
        return Undo::Unchanged;
    };
    let user = history.iter().fold(None, |user, past| evolve(user, &past.event));
    let gone = history[ours..].iter().any(|past| matches!(past.event, Event::UserDeleted(_)));
    let Some(user) = user.filter(|_| !gone) else { return Undo::Kept(KeptBecause::UserGone) };
    let without = history.iter().filter(|past| past.by == By::Others);
    let without = without.fold(None, |user, past| evolve(user, &past.event)).unwrap_or_default();
    let last_is_ours = |touches: &dyn Fn(&Event) -> bool| {
        let last = history.iter().rev().filter(|past| past.by != By::Undone);
        let last = last.into_iter().find(|past| touches(&past.event));
        last.is_some_and(|past| past.by == By::Ours)
    };
    let restored = match deed {
        BulkDeed::JoinList(list) | BulkDeed::LeaveList(list) => {
            let is_on = |user: &User| user.lists.contains(&list.id);
            if closed.is_some() && !is_on(&user) {
                return Undo::Unchanged; // nobody is on a list that is no more
            }
            let set = matches!(deed, BulkDeed::JoinList(_));
            if is_on(&user) != set || !last_is_ours(&|event| moves_list(event, list)) {
                return Undo::Kept(KeptBecause::ListChanged);
            }
            (is_on(&without) != set).then(|| back_on_list(&user, list, !set))
        }
        BulkDeed::GainBadge(badge) | BulkDeed::LoseBadge(badge) => {
            let holds = |user: &User| user.badges.contains(&badge.id);
            let set = matches!(deed, BulkDeed::GainBadge(_));
            if holds(&user) != set || !last_is_ours(&|event| moves_badge(event, badge)) {
                return Undo::Kept(KeptBecause::BadgeChanged);
            }
            (holds(&without) != set).then(|| back_to_badge(&user, badge, !set))
        }
        BulkDeed::SetProperty { property_id, value } => {
            let (now, before) = (user.fields.get(property_id), without.fields.get(property_id));
            if now != value.as_ref() {
                return Undo::Kept(KeptBecause::ValueChanged);
            }
            let (field, old, new) = (property_id.clone(), now.cloned(), before.cloned());
            let change = Change { field, old, new };
            let email = user.email.clone();
            let changed =
                UserPropertiesChanged { reverted_import: None, email, changes: vec![change] };
            (now != before).then_some(Event::UserPropertiesChanged(changed))
        }
        BulkDeed::Delete => None,
    };
    match (restored, closed) {
        (None, _) => Undo::Unchanged,
        (Some(_), Some(because)) => Undo::Kept(because.clone()),
        (Some(event), None) => Undo::Restored(Box::new(event)),
    }
}

fn moves_list(event: &Event, list: &Named) -> bool {
    if let Event::ListJoined(fact) = event {
        return fact.list.id == list.id;
    }
    matches!(event, Event::ListLeft(fact) if fact.list.id == list.id)
}

fn moves_badge(event: &Event, badge: &Named) -> bool {
    if let Event::BadgeGained(fact) = event {
        return fact.badge.id == badge.id;
    }
    matches!(event, Event::BadgeLost(fact) if fact.badge.id == badge.id)
}

fn back_on_list(user: &User, list: &Named, on: bool) -> Event {
    match joined(user, list, None).filter(|_| on) {
        Some(joined) => Event::ListJoined(joined),
        None => left(user, &list.id, list.name.clone(), Because::BulkActionReverted),
    }
}

fn back_to_badge(user: &User, badge: &Named, holds: bool) -> Event {
    let (badge, because) = (badge.clone(), Because::BulkActionReverted);
    let (audience, email) = (None, user.email.clone());
    match holds {
        true => Event::BadgeGained(BadgeGained { badge, audience, because, email }),
        false => Event::BadgeLost(BadgeLost { badge, audience, because, email }),
    }
}

#[cfg(test)]
mod tests;
