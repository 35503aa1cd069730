//! Moments in the life of a user that conditions ask about as they ask about dates, though no property holds them.

use crate::event::EventKind;

/// A moment in the life of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// When the user became one.
    MemberSince,
    /// When the user last did something.
    LastActive,
}

/// All moments of one user, in microseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moments {
    /// When the user became one.
    pub member_since: Option<i64>,
    /// When the user last did something; none: never yet.
    pub last_active_at: Option<i64>,
}

impl Moments {
    /// One of them.
    pub fn get(&self, moment: Moment) -> Option<i64> {
        match moment {
            Moment::MemberSince => self.member_since,
            Moment::LastActive => self.last_active_at,
        }
    }
}

impl Moment {
    /// All of them.
    pub const ALL: [Moment; 2] = [Moment::MemberSince, Moment::LastActive];

    /// What it is called: the column of the users table. No property can be called so.
    pub fn name(self) -> &'static str {
        match self {
            Moment::MemberSince => "member_since",
            Moment::LastActive => "last_active_at",
        }
    }

    /// The moment called so.
    pub fn from_name(name: &str) -> Option<Moment> {
        Moment::ALL.into_iter().find(|moment| moment.name() == name)
    }

    /// Whether a fact of this kind may move it.
    pub fn is_moved_by(self, kind: EventKind) -> bool {
        match self {
            Moment::MemberSince => {
                matches!(kind, EventKind::UserImported | EventKind::UserCreated)
            }
            Moment::LastActive => kind.is_activity(),
        }
    }
}
