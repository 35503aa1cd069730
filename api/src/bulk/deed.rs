//! What a bulk action does, as things stand now: lists and badges are called what they are called, and may be closed.

use domain::event::BulkDeed;
use domain::segment::Membership;
use domain::{Event, User, UserId, bulk};
use projections::ProjectionError;
use projections::table::Belonging;
use projections::users::{AtRevision, Profiles};

use crate::app::App;
use crate::closed::{Closed, badge_by_hand, list_now};

/// What is done, or why that cannot be at present.
pub type Now = Result<BulkDeed, Closed>;

/// What is to be done, as the definitions are now.
///
/// # Errors
/// [`ProjectionError::Store`].
pub fn now(app: &App, deed: &BulkDeed) -> Result<Now, ProjectionError> {
    Ok(match deed {
        BulkDeed::JoinList(list) => list_now(app, &list.id)?.map(BulkDeed::JoinList),
        BulkDeed::LeaveList(list) => list_now(app, &list.id)?.map(BulkDeed::LeaveList),
        BulkDeed::GainBadge(badge) => badge_by_hand(app, &badge.id)?.map(BulkDeed::GainBadge),
        BulkDeed::LoseBadge(badge) => badge_by_hand(app, &badge.id)?.map(BulkDeed::LoseBadge),
        BulkDeed::SetProperty { property_id, .. } => {
            match app.follower.store().properties()?.is_gone(property_id) {
                true => Err(Closed::PropertyGone(property_id.clone())),
                false => Ok(deed.clone()),
            }
        }
        BulkDeed::Delete => Ok(BulkDeed::Delete),
    })
}

/// A user as the tables know it, as far as it matters for what is done, and the revision it is at.
///
/// # Errors
/// [`ProjectionError::Store`].
pub fn known(
    profiles: &Profiles,
    id: UserId,
    deed: &BulkDeed,
) -> Result<Option<AtRevision>, ProjectionError> {
    let held = match deed {
        BulkDeed::JoinList(list) | BulkDeed::LeaveList(list) => Membership::List(list.id.clone()),
        BulkDeed::GainBadge(badge) | BulkDeed::LoseBadge(badge) => {
            Membership::Badge(badge.id.clone())
        }
        BulkDeed::SetProperty { .. } => return profiles.get(id),
        BulkDeed::Delete => return profiles.belonging(id),
    };
    let (mut user, revision) = match profiles.get(id)? {
        Some((Some(user), revision)) => (user, revision),
        gone => return Ok(gone),
    };
    if profiles.belongs(id, &Belonging::To(held.clone()))? {
        match held {
            Membership::List(list) => user.lists.insert(list),
            Membership::Badge(badge) => user.badges.insert(badge),
            Membership::Segment(segment) => user.segments.insert(segment),
            Membership::App(app) => user.apps.insert(app),
        };
    }
    Ok(Some((Some(user), revision)))
}

/// Decides on one user; the error is the code of what refuses it.
///
/// # Errors
/// The code of the refusal.
pub fn decide(user: Option<&User>, now: &Now) -> Result<Vec<Event>, &'static str> {
    let deed = now.as_ref().map_err(Closed::code)?;
    bulk::decide(user, deed).map_err(|refusal| refusal.code())
}
