//! Bulk actions, one user at a time: done as a single command would do it, taken back where nobody built on it.

use crate::event::{BulkDeed, Event};
use crate::refusal::Refusal;
use crate::user::User;
use crate::{badge, list, user as users};

pub mod revert;

/// Says what a bulk action does to a user, by the rules of the command for one: the facts to record, or none where the user
/// is as it should be already.
///
/// # Errors
/// What the command for one user refuses.
pub fn decide(user: Option<&User>, deed: &BulkDeed) -> Result<Vec<Event>, Refusal> {
    let fact = match deed {
        BulkDeed::JoinList(list) => list::join(user, list)?,
        BulkDeed::LeaveList(list) => list::leave(user, list)?,
        BulkDeed::GainBadge(badge) => badge::award(user, badge)?,
        BulkDeed::LoseBadge(badge) => badge::withdraw(user, badge)?,
        BulkDeed::SetProperty { property_id, value } => {
            users::set(user, &[(property_id.clone(), value.clone())])?
        }
        BulkDeed::Delete => return users::remove(user),
    };
    Ok(fact.into_iter().collect())
}
