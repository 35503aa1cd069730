//! Team members.

use super::*;
use crate::team::Role;

/// One of each.
pub(super) fn team() -> [Event; 5] {
    let member_id = || "m_1a2b".to_owned();
    [
        Event::TeamMemberInvited(TeamMemberInvited {
            member_id: member_id(),
            role: Role::Editor,
            personal_data: true,
            email: email(),
            name: Some("Anna".to_owned()),
        }),
        Event::TeamMemberJoined(TeamMemberJoined { member_id: member_id() }),
        Event::TeamMemberChanged(TeamMemberChanged {
            member_id: member_id(),
            role: Role::Viewer,
            personal_data: false,
            zone: Some("Europe/Paris".to_owned()),
            name: Some("Anna".to_owned()),
        }),
        Event::TeamMemberLinkMade(TeamMemberLinkMade { member_id: member_id() }),
        Event::TeamMemberRemoved(TeamMemberRemoved { member_id: member_id() }),
    ]
}
