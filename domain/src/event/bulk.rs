//! Facts of bulk actions: one thing done to many users.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Kept, Named};
use crate::id::UserId;

/// What is done to each user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkDeed {
    /// The user is put on a list.
    JoinList(Named),
    /// The user is taken off a list.
    LeaveList(Named),
    /// The user is awarded a badge.
    GainBadge(Named),
    /// A badge is withdrawn from the user.
    LoseBadge(Named),
    /// The user is given a value.
    SetProperty {
        /// Of which property or field, by its id.
        property_id: String,
        /// The value; none takes it away.
        value: Option<String>,
    },
    /// The user is removed.
    Delete,
}

impl BulkDeed {
    /// The names of all of them.
    pub const NAMES: [&str; 6] =
        ["join_list", "leave_list", "gain_badge", "lose_badge", "set_property", "delete"];

    /// Its stored and public name.
    pub fn name(&self) -> &'static str {
        match self {
            BulkDeed::JoinList(_) => "join_list",
            BulkDeed::LeaveList(_) => "leave_list",
            BulkDeed::GainBadge(_) => "gain_badge",
            BulkDeed::LoseBadge(_) => "lose_badge",
            BulkDeed::SetProperty { .. } => "set_property",
            BulkDeed::Delete => "delete",
        }
    }
}

/// A filter of the table of users, by its name there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterPart {
    /// Such as `list` or `property.city.is`.
    pub name: String,
    /// What it asks for. None once erased.
    pub value: Option<String>,
}

impl FilterPart {
    /// Whether what it asks for may name a person.
    pub fn is_personal(&self) -> bool {
        self.name == "search" || self.name.starts_with("property.")
    }
}

/// How the users were chosen. Who they are is fixed once and for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkChoice {
    /// One by one.
    Users,
    /// Those whom these filters left at that moment; without any, everybody.
    Filter(Vec<FilterPart>),
}

/// See [`super::Event::BulkActionStarted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkPlan {
    /// Which bulk action.
    pub bulk_action_id: Uuid,
    /// What is done.
    pub deed: BulkDeed,
    /// How the users were chosen.
    pub choice: BulkChoice,
    /// How many there are.
    pub users: u64,
    /// The first of those who were chosen one by one, in the order of their ids.
    pub users_first: Vec<UserId>,
    /// SHA-256 of their ids in order, 16 bytes each, in hex.
    pub sha256: String,
}

impl BulkPlan {
    /// Chosen users that are listed.
    pub const LISTED_MAX: usize = 100;
}

/// A user of whom it was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedUser {
    /// Who.
    pub user_id: UserId,
    /// Stable name of the reason.
    pub code: String,
}

/// What became of the users so far; they are taken in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkOutcome {
    /// Users it changed.
    pub changed: u64,
    /// Users that were as it wants them already.
    pub unchanged: u64,
    /// Users of whom it was refused.
    pub refused: u64,
    /// How often each reason was why.
    pub codes: BTreeMap<String, u64>,
    /// The first of the refused.
    pub refused_first: Vec<RefusedUser>,
}

impl BulkOutcome {
    /// Refused users that are listed.
    pub const LISTED_MAX: usize = 100;

    /// Users whose outcome it holds.
    pub fn users(&self) -> u64 {
        self.changed + self.unchanged + self.refused
    }

    /// Counts a user of whom it was refused.
    pub fn refuse(&mut self, user_id: UserId, code: &str) {
        self.refused += 1;
        *self.codes.entry(code.to_owned()).or_default() += 1;
        if self.refused_first.len() < BulkOutcome::LISTED_MAX {
            self.refused_first.push(RefusedUser { user_id, code: code.to_owned() });
        }
    }
}

/// See [`super::Event::BulkActionProgressed`], [`super::Event::BulkActionCompleted`] and
/// [`super::Event::BulkActionCancelled`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkActionCame {
    /// Which bulk action.
    pub bulk_action_id: Uuid,
    /// How far it came.
    pub outcome: BulkOutcome,
}

/// See [`super::Event::BulkActionFailed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkActionFailed {
    /// Which bulk action.
    pub bulk_action_id: Uuid,
    /// Stable name of the reason.
    pub code: String,
    /// How far it came.
    pub outcome: BulkOutcome,
}

/// See [`super::Event::BulkActionRevertStarted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkActionRevertStarted {
    /// Which bulk action.
    pub bulk_action_id: Uuid,
}

/// What became of the users that a bulk action changed, when it is taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkRevertCounts {
    /// Users that are as they were before.
    pub restored: u64,
    /// Users with whom there was nothing to do: they are as they would be without it.
    pub unchanged: u64,
    /// Users that stay as they are, each with a reason.
    pub kept: u64,
}

impl BulkRevertCounts {
    /// Users that were looked at.
    pub fn users(&self) -> u64 {
        self.restored + self.unchanged + self.kept
    }
}

/// See [`super::Event::BulkActionRevertProgressed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkActionRevertProgressed {
    /// Which bulk action.
    pub bulk_action_id: Uuid,
    /// Cursor of the last fact of it that was taken back.
    pub position: String,
    /// Counts up to there.
    pub counts: BulkRevertCounts,
    /// The first of what stays.
    pub kept: Vec<Kept>,
}

/// See [`super::Event::BulkActionReverted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkActionReverted {
    /// Which bulk action.
    pub bulk_action_id: Uuid,
    /// Final counts.
    pub counts: BulkRevertCounts,
    /// The first of what stays.
    pub kept: Vec<Kept>,
}
