//! What a credential may do.

use std::fmt;
use std::str::FromStr;

/// One right. A route names the one it needs; `Admin` stands for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Look at users.
    UsersRead,
    /// Act for users: badges, challenges.
    UsersWrite,
    /// Import users.
    ImportsWrite,
    /// Export users and user events.
    ExportsCreate,
    /// Read events.
    EventsRead,
    /// Define badges, challenges, lists, properties.
    DefinitionsWrite,
    /// Manage subscriptions.
    SubscriptionsWrite,
    /// See what names a person: e-mails, names, values, file names.
    PersonalRead,
    /// Everything, and access itself.
    Admin,
}

impl Scope {
    /// Every scope, in the order they are documented.
    pub const ALL: [Scope; 9] = [
        Scope::UsersRead,
        Scope::UsersWrite,
        Scope::ImportsWrite,
        Scope::ExportsCreate,
        Scope::EventsRead,
        Scope::DefinitionsWrite,
        Scope::SubscriptionsWrite,
        Scope::PersonalRead,
        Scope::Admin,
    ];

    /// Its public name.
    pub fn name(self) -> &'static str {
        match self {
            Scope::UsersRead => "users:read",
            Scope::UsersWrite => "users:write",
            Scope::ImportsWrite => "imports:write",
            Scope::ExportsCreate => "exports:create",
            Scope::EventsRead => "events:read",
            Scope::DefinitionsWrite => "definitions:write",
            Scope::SubscriptionsWrite => "subscriptions:write",
            Scope::PersonalRead => "personal:read",
            Scope::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Scope::ALL
            .into_iter()
            .find(|scope| scope.name() == text)
            .ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// Text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no scope; the scopes are users:read users:write imports:write exports:create events:read definitions:write subscriptions:write personal:read admin"
)]
pub struct UnknownScope(pub String);
