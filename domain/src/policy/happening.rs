//! Facts as rules see them: what happened to a user, and what it changed.

use std::collections::BTreeMap;

use super::Rule;
use crate::csv_header::EMAIL_COLUMN;
use crate::event::{BadgeGained, BadgeLost, Change, Event, EventKind, ListJoined, ListLeft};
use crate::segment::{Membership, Test};

/// Something that happened to a user and may change what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// What.
    pub kind: EventKind,
    /// Values before it, by field.
    pub before: BTreeMap<String, Option<String>>,
    /// What the user came to belong to by it, or does no more.
    pub moved: Option<Membership>,
}

impl Happening {
    /// What a fact is to rules; none where it changes nothing that they can ask about.
    pub fn of(event: &Event) -> Option<Happening> {
        if !event.kind().is_user_event() {
            return None;
        }
        let before = |change: &Change| (change.field.clone(), change.old.clone());
        let address = address_before(event).map(|old| (EMAIL_COLUMN.to_owned(), old));
        let before = changes(event).iter().map(before).chain(address).collect();
        let moved = moved(event);
        Some(Happening { kind: event.kind(), before, moved })
    }

    /// Whether a rule asks about it.
    pub fn touches(&self, rule: &Rule) -> bool {
        match rule {
            Rule::Badge(badge) => badge.audience.is_some() && badge.audience == self.moved,
            Rule::Segment(segment) => {
                segment.conditions.conditions().any(|condition| match &condition.test {
                    Test::Property { id, .. } => self.before.contains_key(id),
                    Test::Moment { moment, .. } => moment.is_moved_by(self.kind),
                    Test::Happened(happened) => happened.kind == self.kind,
                    Test::Member(of) => self.moved.as_ref() == Some(of),
                })
            }
        }
    }
}

fn moved(event: &Event) -> Option<Membership> {
    if let Event::ListJoined(ListJoined { list, .. }) | Event::ListLeft(ListLeft { list, .. }) =
        event
    {
        return Some(Membership::List(list.id.clone()));
    }
    if let Event::SegmentEntered(moved) | Event::SegmentLeft(moved) = event {
        return Some(Membership::Segment(moved.segment.id.clone()));
    }
    if let Event::BadgeGained(BadgeGained { badge, .. })
    | Event::BadgeLost(BadgeLost { badge, .. }) = event
    {
        return Some(Membership::Badge(badge.id.clone()));
    }
    if let Event::AppConnected(moved) | Event::AppDisconnected(moved) = event {
        return Some(Membership::App(moved.app.id.clone()));
    }
    None
}

/// The address before a fact that gave the user one.
fn address_before(event: &Event) -> Option<Option<String>> {
    if let Event::UserEmailChanged(fact) = event {
        return Some(fact.old.clone());
    }
    let made = matches!(event, Event::UserCreated(_))
        || matches!(event, Event::UserImported(fact) if fact.created);
    made.then_some(None)
}

/// The values that a fact changed.
pub fn changes(event: &Event) -> &[Change] {
    if let Event::UserImported(fact) = event {
        return &fact.changes;
    }
    if let Event::UserCreated(fact) = event {
        return &fact.changes;
    }
    if let Event::UserPropertiesChanged(fact) = event { &fact.changes } else { &[] }
}
