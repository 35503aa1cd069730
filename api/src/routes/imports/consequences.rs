//! What would follow from an import by rules, as it is shown.

use domain::segment::Membership;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::import::forecast::Consequences;

/// Consequences that an answer holds at most; `GET .../check?of=consequences` has all of them.
pub(super) const CONSEQUENCES_MAX: usize = 100;

/// What would follow for some users.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsequenceView {
    /// `cohort.segment.entered`, `cohort.segment.left`, `cohort.badge.gained` or `cohort.badge.lost`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Which segment, where it is one.
    pub segment_id: Option<String>,
    /// Which badge, where it is one.
    pub badge_id: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// How many users.
    pub users: u64,
    /// The first five of them.
    pub first: Vec<ConsequenceUserView>,
}

/// A user for whom something would follow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsequenceUserView {
    /// Who; a user that would be made would have this id.
    pub user_id: Uuid,
    /// The address. Withheld without `personal:read`.
    pub email: Option<String>,
}

impl ConsequenceView {
    pub(super) fn new(found: Consequences, personal: bool) -> ConsequenceView {
        let id = Some(found.of.id().as_str().to_owned());
        let (segment_id, badge_id) = match found.of {
            Membership::Segment(_) => (id, None),
            Membership::Badge(_) => (None, id),
            Membership::List(_) | Membership::App(_) => (None, None),
        };
        let user = |(id, email): (domain::UserId, Option<String>)| ConsequenceUserView {
            user_id: id.0,
            email: email.filter(|_| personal),
        };
        ConsequenceView {
            kind: found.kind.public_name(),
            segment_id,
            badge_id,
            name: found.name,
            users: found.users,
            first: found.first.into_iter().map(user).collect(),
        }
    }

    /// The first of them.
    pub(super) fn first(found: Vec<Consequences>, personal: bool) -> Vec<ConsequenceView> {
        let found = found.into_iter().take(CONSEQUENCES_MAX);
        found.map(|found| ConsequenceView::new(found, personal)).collect()
    }
}
