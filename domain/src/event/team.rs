//! Facts of who works in the admin interface.

use crate::team::Role;

/// See [`super::Event::TeamMemberInvited`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMemberInvited {
    /// Public id, the actor of what the member does.
    pub member_id: String,
    /// What they may do.
    pub role: Role,
    /// Whether they see what names a user.
    pub personal_data: bool,
    /// The address they sign in with.
    pub email: Option<String>,
    /// What they are called.
    pub name: Option<String>,
}

/// See [`super::Event::TeamMemberJoined`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMemberJoined {
    /// Who.
    pub member_id: String,
}

/// See [`super::Event::TeamMemberChanged`]. All of it as it is from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMemberChanged {
    /// Who.
    pub member_id: String,
    /// What they may do.
    pub role: Role,
    /// Whether they see what names a user.
    pub personal_data: bool,
    /// The IANA zone they are shown times in; none: that of the service.
    pub zone: Option<String>,
    /// What they are called.
    pub name: Option<String>,
}

/// See [`super::Event::TeamMemberLinkMade`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMemberLinkMade {
    /// Whose password it sets; of a link for a new admin, the id of the member that it will make.
    pub member_id: String,
}

/// See [`super::Event::TeamMemberRemoved`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMemberRemoved {
    /// Who.
    pub member_id: String,
}
