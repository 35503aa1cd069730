//! What a bulk action does, as things stand now: lists and badges are called what they are called, and may be closed.

use domain::event::BulkDeed;
use domain::{Event, User, bulk};
use projections::ProjectionError;

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

/// Decides on one user; the error is the code of what refuses it.
///
/// # Errors
/// The code of the refusal.
pub fn decide(user: Option<&User>, now: &Now) -> Result<Vec<Event>, &'static str> {
    let deed = now.as_ref().map_err(Closed::code)?;
    bulk::decide(user, deed).map_err(|refusal| refusal.code())
}
