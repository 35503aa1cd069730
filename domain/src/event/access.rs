//! Facts of the log itself and of who may use it.

use uuid::Uuid;

use crate::scope::Scope;

/// See [`super::Event::LogCreated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCreated {
    /// Names the log for ever; cursors carry it.
    pub log_id: Uuid,
    /// `InstanceKey::check_value` of the key the log was made with.
    pub key_check: String,
}

/// See [`super::Event::TokenCreated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCreated {
    /// Public id, shown in lists and as the actor of what the token does.
    pub token_id: String,
    /// What it is for, as a person wrote it.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// SHA-256 of the secret, in hex. The secret is 256 random bits, so a plain hash suffices.
    pub hash: String,
}

/// See [`super::Event::TokenRevoked`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRevoked {
    /// Which one.
    pub token_id: String,
}
