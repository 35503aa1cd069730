//! Why somebody cannot have an address or an external id, in words for who acts by hand.

use domain::import::UserFault;
use domain::{Refusal, UserId};

use super::Asker;
use crate::problem::{Problem, ProblemKind};

/// The problem of a fault; whose it is, is told to who sees personal data.
pub(super) fn refused(fault: UserFault, asker: &Asker) -> Problem {
    let told = |user: Option<UserId>| user.filter(|_| asker.personal);
    let whose = |user: Option<UserId>| {
        told(user).map_or_else(|| "another user".to_owned(), |user| format!("the user {user}"))
    };
    let (kind, user, detail) = match fault {
        UserFault::UserNotFound => return Refusal::UserUnknown.into(),
        UserFault::EmailTaken(user) => {
            let detail = format!(
                "{} has this address or had it before. Take another one; where it is a former one, release it there first",
                whose(user)
            );
            (ProblemKind::EmailTaken, user, detail)
        }
        UserFault::EmailWasChanged(user) => {
            let detail = format!(
                "{} had this address and has another now. Change that user, or release the address there first: then it makes another user",
                whose(user)
            );
            (ProblemKind::EmailWasChanged, user, detail)
        }
        UserFault::ExternalIdTaken(user) => {
            let detail = format!(
                "{} has this external id, and no two users have the same. Give another one, or take it away there first (null)",
                whose(user)
            );
            (ProblemKind::ExternalIdTaken, user, detail)
        }
        UserFault::UserExists
        | UserFault::EmailMissing
        | UserFault::EmailContested
        | UserFault::ExternalIdAmbiguous
        | UserFault::ExternalIdContested => return Problem::internal(fault),
    };
    let problem = Problem::new(kind, detail);
    match told(user) {
        Some(user) => problem.with("user_id", user.to_string()),
        None => problem,
    }
}
