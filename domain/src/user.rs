//! What the facts about one user add up to: the state that decisions need.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::email::Email;
use crate::event::{
    BadgeLost, Because, Change, Event, Named, RewardId, RewardKind, SegmentMoved, Trigger,
    UserCreated, UserDeleted, UserEmailChanged, UserPropertiesChanged,
};
use crate::id::DefinitionId;
use crate::list::{joined, left};
use crate::matching::Move;
use crate::refusal::Refusal;

/// A user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The address as displayed. None once erased.
    pub email: Option<String>,
    /// Names, language and properties by reference id. No empty value is kept.
    pub fields: BTreeMap<String, String>,
    /// Lists the user is on.
    pub lists: BTreeSet<DefinitionId>,
    /// Segments the user is in.
    pub segments: BTreeSet<DefinitionId>,
    /// Badges held.
    pub badges: BTreeSet<DefinitionId>,
    /// Challenges joined.
    pub challenges: BTreeMap<DefinitionId, Participation>,
    /// Perks received.
    pub perks: BTreeMap<DefinitionId, PerkHeld>,
    /// Digital assets received.
    pub digital_assets: BTreeSet<DefinitionId>,
    /// Apps connected.
    pub apps: BTreeSet<DefinitionId>,
    /// The last hour in which it is recorded that the user was there, in hours since 1970, UTC.
    pub active_hour: Option<i64>,
}

/// How often a perk was received and used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerkHeld {
    /// Received.
    pub received: u64,
    /// Used.
    pub used: u64,
}

/// How far a user is in a challenge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Participation {
    /// Steps completed.
    pub steps: BTreeSet<DefinitionId>,
    /// Whether the challenge is completed.
    pub completed: bool,
    /// Rewards received for it.
    pub rewards: BTreeSet<RewardId>,
}

/// Applies one fact. Facts are not argued with: this cannot fail and does not panic, whatever the order.
///
/// `None` is a user nobody has heard of. A fact that is about no user changes nothing.
pub fn evolve(user: Option<User>, event: &Event) -> Option<User> {
    match event {
        Event::UserImported(fact) => {
            let mut user = user.unwrap_or_default();
            if user.email.is_none() {
                user.email.clone_from(&fact.email);
            }
            change(&mut user, &fact.changes);
            Some(user)
        }
        Event::UserCreated(fact) => with(user, |user| {
            if user.email.is_none() {
                user.email.clone_from(&fact.email);
            }
            change(user, &fact.changes);
        }),
        Event::UserPropertiesChanged(fact) => with(user, |user| change(user, &fact.changes)),
        Event::UserEmailChanged(fact) => with(user, |user| user.email.clone_from(&fact.email)),
        Event::UserDeleted(_) => None,
        Event::ListJoined(fact) => with(user, |user| {
            user.lists.insert(fact.list.id.clone());
        }),
        Event::ListLeft(fact) => with(user, |user| {
            user.lists.remove(&fact.list.id);
        }),
        Event::SegmentEntered(fact) => with(user, |user| {
            user.segments.insert(fact.segment.id.clone());
        }),
        Event::SegmentLeft(fact) => with(user, |user| {
            user.segments.remove(&fact.segment.id);
        }),
        Event::BadgeGained(fact) => with(user, |user| {
            user.badges.insert(fact.badge.id.clone());
        }),
        Event::BadgeLost(fact) => with(user, |user| {
            user.badges.remove(&fact.badge.id);
        }),
        Event::ChallengeJoined(fact) => with(user, |user| {
            user.challenges.entry(fact.challenge.id.clone()).or_default();
        }),
        Event::ChallengeStepCompleted(fact) => with(user, |user| {
            let participation = user.challenges.entry(fact.challenge.id.clone()).or_default();
            participation.steps.insert(fact.step.id.clone());
        }),
        Event::ChallengeCompleted(fact) => with(user, |user| {
            user.challenges.entry(fact.challenge.id.clone()).or_default().completed = true;
        }),
        Event::PerkReceived(fact) => with(user, |user| {
            user.perks.entry(fact.perk.id.clone()).or_default().received += 1;
            rewarded(user, RewardKind::Perk, &fact.perk, fact.challenge.as_ref());
        }),
        Event::PerkUsed(fact) => with(user, |user| {
            user.perks.entry(fact.perk.id.clone()).or_default().used += 1;
        }),
        Event::DigitalAssetReceived(fact) => with(user, |user| {
            user.digital_assets.insert(fact.digital_asset.id.clone());
            rewarded(user, RewardKind::DigitalAsset, &fact.digital_asset, fact.challenge.as_ref());
        }),
        Event::AppConnected(fact) => with(user, |user| {
            user.apps.insert(fact.app.id.clone());
        }),
        Event::AppDisconnected(fact) => with(user, |user| {
            user.apps.remove(&fact.app.id);
        }),
        Event::UserActive(fact) => with(user, |user| {
            user.active_hour = user.active_hour.max(Some(fact.hour));
        }),
        Event::LogCreated(_)
        | Event::TokenCreated(_)
        | Event::TokenRevoked(_)
        | Event::TeamMemberInvited(_)
        | Event::TeamMemberJoined(_)
        | Event::TeamMemberChanged(_)
        | Event::TeamMemberLinkMade(_)
        | Event::TeamMemberRemoved(_)
        | Event::PropertyCreated(_)
        | Event::PropertyChanged(_)
        | Event::PropertyDeleted(_)
        | Event::ListCreated(_)
        | Event::ListChanged(_)
        | Event::ListDeleted(_)
        | Event::TableChanged(_)
        | Event::ViewSaved(_)
        | Event::ViewRemoved(_)
        | Event::SegmentCreated(_)
        | Event::SegmentChanged(_)
        | Event::SegmentDeleted(_)
        | Event::BadgeCreated(_)
        | Event::BadgeChanged(_)
        | Event::BadgePublished(_)
        | Event::BadgeArchived(_)
        | Event::ChallengeCreated(_)
        | Event::ChallengeChanged(_)
        | Event::ChallengePublished(_)
        | Event::ChallengeEnded(_)
        | Event::ChallengeArchived(_)
        | Event::RewardClaimed(_)
        | Event::TimePassed(_)
        | Event::EmailClaimed(_)
        | Event::EmailReleased(_)
        | Event::ImportUploaded(_)
        | Event::ImportMapped(_)
        | Event::ImportChecked(_)
        | Event::ImportStarted(_)
        | Event::ImportProgressed(_)
        | Event::ImportCompleted(_)
        | Event::ImportFailed(_)
        | Event::ImportCancelled(_)
        | Event::ImportRevertStarted(_)
        | Event::ImportRevertProgressed(_)
        | Event::ImportReverted(_)
        | Event::ImportFileRemoved(_)
        | Event::BulkActionStarted(_)
        | Event::BulkActionProgressed(_)
        | Event::BulkActionCompleted(_)
        | Event::BulkActionCancelled(_)
        | Event::BulkActionFailed(_)
        | Event::BulkActionRevertStarted(_)
        | Event::BulkActionRevertProgressed(_)
        | Event::BulkActionReverted(_)
        | Event::ExportStarted(_)
        | Event::ExportCompleted(_)
        | Event::ExportFailed(_)
        | Event::ExportDownloaded(_)
        | Event::ExportFileRemoved(_) => user,
    }
}

fn rewarded(user: &mut User, kind: RewardKind, reward: &Named, challenge: Option<&Named>) {
    if let Some(challenge) = challenge {
        let participation = user.challenges.entry(challenge.id.clone()).or_default();
        participation.rewards.insert(RewardId { kind, id: reward.id.clone() });
    }
}

fn change(user: &mut User, changes: &[Change]) {
    for change in changes {
        match &change.new {
            Some(value) => user.fields.insert(change.field.clone(), value.clone()),
            None => user.fields.remove(&change.field),
        };
    }
}

fn with(user: Option<User>, change: impl FnOnce(&mut User)) -> Option<User> {
    let mut user = user.unwrap_or_default();
    change(&mut user);
    Some(user)
}

/// Makes a user with an address that is nobody's, on these lists.
pub fn create(email: &Email, values: &[(String, Option<String>)], lists: &[Named]) -> Vec<Event> {
    let change = |(field, new): &(String, Option<String>)| {
        let new = Some(new.clone()?);
        Some(Change { field: field.clone(), old: None, new })
    };
    let email = Some(email.spelling().to_owned());
    let changes = values.iter().filter_map(change).collect();
    let mut events = vec![Event::UserCreated(UserCreated { email, changes })];
    let mut user = evolve(None, &events[0]);
    for list in lists {
        let joined = user.as_ref().and_then(|user| joined(user, list, None));
        if let Some(joined) = joined.map(Event::ListJoined) {
            user = evolve(user, &joined);
            events.push(joined);
        }
    }
    events
}

/// Gives a user another address, where `to` says one, and values. What changes nothing yields no fact.
///
/// # Errors
/// [`Refusal::UserUnknown`].
pub fn change_by_hand(
    user: Option<&User>,
    to: Option<&Move>,
    values: &[(String, Option<String>)],
) -> Result<Vec<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    let moved = to.map(|to| {
        Event::UserEmailChanged(UserEmailChanged {
            address: to.address,
            imported: None,
            reverted_import: None,
            old: user.email.clone(),
            email: Some(to.email.spelling().to_owned()),
        })
    });
    let after = moved.iter().fold(Some(user.clone()), evolve);
    let values = set(after.as_ref(), values)?;
    Ok(moved.into_iter().chain(values).collect())
}

/// Gives a user values, or takes them away; in the form values are kept in. What changes nothing yields no fact.
///
/// # Errors
/// [`Refusal::UserUnknown`].
pub fn set(
    user: Option<&User>,
    values: &[(String, Option<String>)],
) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    let change = |(field, new): &(String, Option<String>)| {
        let old = user.fields.get(field).cloned();
        (old != *new).then(|| Change { field: field.clone(), old, new: new.clone() })
    };
    let changes: Vec<Change> = values.iter().filter_map(change).collect();
    let email = user.email.clone();
    if changes.is_empty() {
        return Ok(None);
    }
    let changed = UserPropertiesChanged { reverted_import: None, email, changes };
    Ok(Some(Event::UserPropertiesChanged(changed)))
}

/// Removes a user, for good.
///
/// # Errors
/// [`Refusal::UserUnknown`].
pub fn remove(user: Option<&User>) -> Result<Vec<Event>, Refusal> {
    Ok(removed(user.ok_or(Refusal::UserUnknown)?, None))
}

/// What removes a user, in order: what it holds and is in goes before it; `reverted` names the import that was taken back,
/// where that is why.
pub fn removed(user: &User, reverted: Option<Uuid>) -> Vec<Event> {
    let email = || user.email.clone();
    let badges = user.badges.iter().map(|badge| {
        let (badge, because) = (Named::by_id(badge.clone()), Because::UserDeleted);
        Event::BadgeLost(BadgeLost { badge, audience: None, because, email: email() })
    });
    let segments = user.segments.iter().map(|segment| {
        Event::SegmentLeft(SegmentMoved {
            segment: Named::by_id(segment.clone()),
            version: 0,
            because: Trigger::UserDeleted,
            changed: Vec::new(),
            email: email(),
        })
    });
    let lists = user.lists.iter().map(|list| left(user, list, None, Because::UserDeleted));
    let deleted = UserDeleted { reverted_import: reverted, email: email() };
    badges.chain(segments).chain(lists).chain([Event::UserDeleted(deleted)]).collect()
}

/// The user these facts add up to.
pub fn replay<'a>(history: impl IntoIterator<Item = &'a Event>) -> Option<User> {
    history.into_iter().fold(None, evolve)
}
