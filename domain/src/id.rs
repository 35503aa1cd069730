//! Ids: of users (keyed, see `identity`) and of definitions (chosen by the caller, never changed).

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Longest id of a badge, challenge or step, in bytes (all are ASCII).
pub const DEFINITION_ID_BYTES_MAX: usize = 64;

/// A user's id: derived from the address with the instance's key, so two nodes importing the same file agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub Uuid);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for UserId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Uuid::try_parse(text).map(UserId).map_err(|_| InvalidId::User)
    }
}

/// The id of a badge, a challenge or a step: 1 to 64 of `a-z 0-9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId(String);

impl DefinitionId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DefinitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DefinitionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        let fits = (1..=DEFINITION_ID_BYTES_MAX).contains(&text.len());
        if fits && text.bytes().all(allowed) {
            Ok(DefinitionId(text.to_owned()))
        } else {
            Err(InvalidId::Definition)
        }
    }
}

/// Text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not a UUID.
    #[error("a user id is a UUID such as 0190b3c4-5d6e-8f70-8123-456789abcdef")]
    User,
    /// Not 1 to 64 of the allowed characters.
    #[error("an id is 1 to 64 characters of a-z, 0-9, _ and -")]
    Definition,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_id_is_short_plain_ascii() {
        for good in ["vip", "spring-2026", "a_b", "0", &"x".repeat(64)] {
            assert_eq!(good.parse::<DefinitionId>().unwrap().as_str(), good);
        }
        for bad in ["", "VIP", "été", "a b", "a/b", &"x".repeat(65)] {
            assert_eq!(bad.parse::<DefinitionId>(), Err(InvalidId::Definition), "{bad}");
        }
    }
}
