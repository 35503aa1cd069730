//! Facts about who is in a segment.

use super::Named;

/// Why somebody entered or left a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// Something happened to the user: the fact that is the cause.
    Fact,
    /// Time went by.
    Clock,
    /// The segment has another definition, or none any more.
    Definition,
    /// The user was removed.
    UserDeleted,
}

impl Trigger {
    /// All of them.
    pub const ALL: [Trigger; 4] =
        [Trigger::Fact, Trigger::Clock, Trigger::Definition, Trigger::UserDeleted];

    /// Its stored and public name.
    pub fn name(&self) -> &'static str {
        match self {
            Trigger::Fact => "fact",
            Trigger::Clock => "clock",
            Trigger::Definition => "definition",
            Trigger::UserDeleted => "user_deleted",
        }
    }
}

/// A condition whose answer changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionChanged {
    /// Its group, from 1.
    pub group: u32,
    /// Its place in the group, from 1.
    pub condition: u32,
    /// What is asked: an operator, `happened` or `belongs`.
    pub operator: String,
    /// The value before, where one is asked about.
    pub before: Option<String>,
    /// The value now.
    pub after: Option<String>,
}

/// See [`super::Event::SegmentEntered`] and [`super::Event::SegmentLeft`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentMoved {
    /// Which segment.
    pub segment: Named,
    /// By which of its definitions.
    pub version: u64,
    /// Why.
    pub because: Trigger,
    /// The conditions whose answers changed, as far as the cause tells.
    pub changed: Vec<ConditionChanged>,
    /// The user's address at that moment.
    pub email: Option<String>,
}
