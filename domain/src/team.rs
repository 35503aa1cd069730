//! Who works in the admin interface: what each may do, and that somebody always manages access.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use crate::Refusal;
use crate::email::Email;
use crate::event::{Event, TeamMemberChanged, TeamMemberInvited, TeamMemberRemoved};
use crate::scope::Scope;

/// Team members at once, at most.
pub const MEMBERS_MAX: usize = 1000;
/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Longest password, in characters.
pub const PASSWORD_CHARS_MAX: usize = 200;

/// What a team member is there for. The right to see what names a user is none of it: each has that or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks at users and events, and exports them.
    Viewer,
    /// Also acts for users, imports them and defines what there is.
    Editor,
    /// Everything, and access itself.
    Admin,
}

impl Role {
    /// Every role, the one with the fewest rights first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Editor, Role::Admin];

    /// Its public name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Editor => "editor",
            Role::Admin => "admin",
        }
    }

    /// What it may do, apart from seeing what names a user.
    fn holds(self, scope: Scope) -> bool {
        match scope {
            Scope::UsersRead | Scope::EventsRead | Scope::ExportsCreate => true,
            Scope::UsersWrite
            | Scope::ImportsWrite
            | Scope::DefinitionsWrite
            | Scope::SubscriptionsWrite => self >= Role::Editor,
            Scope::Admin => self == Role::Admin,
            Scope::PersonalRead => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let found = Role::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// Text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no role; the roles are viewer, editor and admin")]
pub struct UnknownRole(pub String);

/// Someone who was invited, and what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Public id.
    pub id: String,
    /// The address they sign in with.
    pub email: Option<String>,
    /// What they are called.
    pub name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whether they see what names a user.
    pub personal_data: bool,
    /// The zone they are shown times in; none: that of the service.
    pub zone: Option<String>,
    /// Whether they have set a password.
    pub joined: bool,
    /// Whether they are gone.
    pub removed: bool,
}

impl Member {
    /// Everything they may do, each by its name.
    pub fn scopes(&self) -> Vec<Scope> {
        let may = |scope: &Scope| {
            self.role.holds(*scope) || (*scope == Scope::PersonalRead && self.personal_data)
        };
        Scope::ALL.into_iter().filter(may).collect()
    }

    /// Whether this is the address they sign in with.
    pub fn has_email(&self, email: &Email) -> bool {
        let own = self.email.as_deref().and_then(|own| Email::parse(own).ok());
        own.is_some_and(|own| own.key() == email.key())
    }

    /// Whether they can manage access now.
    fn manages(&self) -> bool {
        self.role == Role::Admin && self.joined && !self.removed
    }
}

/// What is to be different of a member; none: it stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they see what names a user.
    pub personal_data: Option<bool>,
    /// What they are called, or nothing.
    pub name: Option<Option<String>>,
    /// The zone they are shown times in, or the service's.
    pub zone: Option<Option<String>>,
}

/// The member of an id who is not gone.
///
/// # Errors
/// [`Refusal::TeamMemberUnknown`].
pub fn present<'a>(team: &'a [Member], id: &str) -> Result<&'a Member, Refusal> {
    let found = team.iter().find(|member| member.id == id && !member.removed);
    found.ok_or(Refusal::TeamMemberUnknown)
}

/// Invites somebody under a new id.
///
/// # Errors
/// [`Refusal::TeamMemberEmailTaken`], [`Refusal::TooManyTeamMembers`].
pub fn invite(
    team: &[Member],
    id: &str,
    email: &Email,
    (name, role, personal_data): (Option<String>, Role, bool),
) -> Result<Event, Refusal> {
    let mut there = team.iter().filter(|member| !member.removed);
    if there.clone().any(|member| member.has_email(email)) {
        return Err(Refusal::TeamMemberEmailTaken);
    }
    if there.nth(MEMBERS_MAX - 1).is_some() {
        return Err(Refusal::TooManyTeamMembers);
    }
    let (member_id, email) = (id.to_owned(), Some(email.spelling().to_owned()));
    Ok(Event::TeamMemberInvited(TeamMemberInvited { member_id, role, personal_data, email, name }))
}

/// Changes a member; none where nothing would be different.
///
/// # Errors
/// [`Refusal::TeamMemberUnknown`], [`Refusal::LastAdmin`].
pub fn change(team: &[Member], id: &str, change: Change) -> Result<Option<Event>, Refusal> {
    let before = present(team, id)?;
    let mut after = before.clone();
    after.role = change.role.unwrap_or(after.role);
    after.personal_data = change.personal_data.unwrap_or(after.personal_data);
    after.name = change.name.unwrap_or(after.name);
    after.zone = change.zone.unwrap_or(after.zone);
    if &after == before {
        return Ok(None);
    }
    if !after.manages() {
        somebody_else_manages(team, before)?;
    }
    let Member { id: member_id, role, personal_data, zone, name, .. } = after;
    let fact = TeamMemberChanged { member_id, role, personal_data, zone, name };
    Ok(Some(Event::TeamMemberChanged(fact)))
}

/// Removes a member; none where they are gone already.
///
/// # Errors
/// [`Refusal::TeamMemberUnknown`], [`Refusal::LastAdmin`].
pub fn remove(team: &[Member], id: &str) -> Result<Option<Event>, Refusal> {
    let found = team.iter().find(|member| member.id == id);
    let member = found.ok_or(Refusal::TeamMemberUnknown)?;
    if member.removed {
        return Ok(None);
    }
    somebody_else_manages(team, member)?;
    Ok(Some(Event::TeamMemberRemoved(TeamMemberRemoved { member_id: id.to_owned() })))
}

fn somebody_else_manages(team: &[Member], member: &Member) -> Result<(), Refusal> {
    let others = team.iter().any(|other| other.id != member.id && other.manages());
    if member.manages() && !others { Err(Refusal::LastAdmin) } else { Ok(()) }
}

/// A password as it is hashed: composed in one way, so that it is the same from every keyboard.
///
/// # Errors
/// [`Refusal::PasswordInvalid`].
pub fn password(text: &str) -> Result<String, Refusal> {
    let composed: String = text.nfc().take(PASSWORD_CHARS_MAX + 1).collect();
    match composed.chars().count() {
        PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX => Ok(composed),
        _ => Err(Refusal::PasswordInvalid),
    }
}

#[cfg(test)]
mod tests;
