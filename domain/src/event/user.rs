//! Facts about users.

use uuid::Uuid;

use super::Promised;
use crate::id::{DefinitionId, UserId};

/// One field of a user before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Reference id: `first_name`, `last_name`, `lang`, or a property's.
    pub field: String,
    /// The value replaced; none where there was none.
    pub old: Option<String>,
    /// The value now; none where it was cleared.
    pub new: Option<String>,
}

/// See [`super::Event::UserImported`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserImported {
    /// The import the row came with.
    pub import_id: Uuid,
    /// Ordinal of the record, from 1.
    pub row: u64,
    /// Whether the row made the user.
    pub created: bool,
    /// The user's address at that moment, as displayed. None once erased.
    pub email: Option<String>,
    /// When the user became a member, in microseconds since 1970; none: when this was recorded.
    pub member_since: Option<i64>,
    /// What changed, in column order.
    pub changes: Vec<Change>,
}

/// See [`super::Event::UserCreated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCreated {
    /// The user's address, as displayed. None once erased.
    pub email: Option<String>,
    /// The values it began with.
    pub changes: Vec<Change>,
}

/// See [`super::Event::UserPropertiesChanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPropertiesChanged {
    /// The import that was taken back, where that is why.
    pub reverted_import: Option<Uuid>,
    /// The user's address at that moment.
    pub email: Option<String>,
    /// What changed.
    pub changes: Vec<Change>,
}

/// See [`super::Event::EmailClaimed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailClaimed {
    /// Whose address it becomes.
    pub owner: UserId,
    /// The address.
    pub email: Option<String>,
}

/// See [`super::Event::EmailReleased`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmailReleased {
    /// Whose it was.
    pub owner: UserId,
}

/// See [`super::Event::UserEmailChanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEmailChanged {
    /// The stream that holds the claim on the new address; none: the user's own, whose first address it was.
    pub address: Option<UserId>,
    /// The import and its row, where one is why.
    pub imported: Option<(Uuid, u64)>,
    /// The import that was taken back, where that is why.
    pub reverted_import: Option<Uuid>,
    /// The address before, as it was displayed.
    pub old: Option<String>,
    /// The address now.
    pub email: Option<String>,
}

/// See [`super::Event::UserDeleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDeleted {
    /// The import that was taken back, where that is why.
    pub reverted_import: Option<Uuid>,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::ListJoined`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListJoined {
    /// Which list.
    pub list: Named,
    /// The import and its row, where one is why.
    pub imported: Option<(Uuid, u64)>,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::ListLeft`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLeft {
    /// Which list.
    pub list: Named,
    /// Why.
    pub because: Because,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// A badge, challenge, step or audience as it was called at that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: DefinitionId,
    /// Its name; none while only the id is known.
    pub name: Option<String>,
}

impl Named {
    /// Known by its id alone.
    pub fn by_id(id: DefinitionId) -> Self {
        Named { id, name: None }
    }
}

/// Why a badge moved, or somebody left a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// A person or a program asked for it.
    ByHand,
    /// The import behind it was taken back.
    ImportReverted,
    /// The user was removed.
    UserDeleted,
    /// The user came to be in the badge's audience.
    EnteredAudience,
    /// The user is in the badge's audience no more.
    LeftAudience,
    /// The badge has another audience, or is published by now.
    OwnersChanged,
    /// The badge is archived.
    BadgeArchived,
    /// The list is no more.
    ListDeleted,
    /// The bulk action behind it was taken back.
    BulkActionReverted,
}

impl Because {
    /// All of them.
    pub const ALL: [Because; 9] = [
        Because::ByHand,
        Because::ImportReverted,
        Because::UserDeleted,
        Because::EnteredAudience,
        Because::LeftAudience,
        Because::OwnersChanged,
        Because::BadgeArchived,
        Because::ListDeleted,
        Because::BulkActionReverted,
    ];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            Because::ByHand => "by_hand",
            Because::ImportReverted => "import_reverted",
            Because::UserDeleted => "user_deleted",
            Because::EnteredAudience => "entered_audience",
            Because::LeftAudience => "left_audience",
            Because::OwnersChanged => "owners_changed",
            Because::BadgeArchived => "badge_archived",
            Because::ListDeleted => "list_deleted",
            Because::BulkActionReverted => "bulk_action_reverted",
        }
    }
}

/// See [`super::Event::BadgeGained`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadgeGained {
    /// Which badge.
    pub badge: Named,
    /// The list or segment it follows, where it follows one.
    pub audience: Option<Named>,
    /// Why.
    pub because: Because,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::BadgeLost`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadgeLost {
    /// Which badge.
    pub badge: Named,
    /// The list or segment it follows, where it follows one.
    pub audience: Option<Named>,
    /// Why.
    pub because: Because,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::ChallengeJoined`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeJoined {
    /// Which challenge.
    pub challenge: Named,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::ChallengeStepCompleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeStepCompleted {
    /// Which challenge.
    pub challenge: Named,
    /// Which step.
    pub step: Named,
    /// The user's address at that moment.
    pub email: Option<String>,
}

/// See [`super::Event::ChallengeCompleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeCompleted {
    /// Which challenge.
    pub challenge: Named,
    /// What it promised to whoever completes it, as it was then.
    pub rewards: Vec<Promised>,
    /// The user's address at that moment.
    pub email: Option<String>,
}
