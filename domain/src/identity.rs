//! Who is who: a user's id is a keyed hash of the address, so uniqueness needs no table and no lookup.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::email::Email;
use crate::event::RewardId;
use crate::id::UserId;

/// Bytes of an instance key.
pub const INSTANCE_KEY_BYTES: usize = 32;

/// The secret of one instance. It never enters the log; whoever holds log and key can recognise an address.
#[derive(Clone)]
pub struct InstanceKey {
    mac: Hmac<Sha256>,
}

impl InstanceKey {
    /// A key from its bytes.
    pub fn new(bytes: &[u8; INSTANCE_KEY_BYTES]) -> Self {
        InstanceKey { mac: Hmac::new_from_slice(bytes).expect("HMAC takes a key of any length") }
    }

    /// The id of the `generation`-th user of an address: UUIDv8 from HMAC-SHA-256(key, address, 0x00, n).
    ///
    /// The generation is 0 until a person releases a former or suppressed address, then one more.
    pub fn user_id(&self, email: &Email, generation: u32) -> UserId {
        let mut mac = self.mac.clone();
        mac.update(email.key().as_bytes());
        mac.update(&[0]);
        mac.update(&generation.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let mut id = [0u8; 16];
        id.copy_from_slice(&digest[..16]);
        UserId(uuid::Builder::from_custom_bytes(id).into_uuid())
    }

    /// What `LogCreated` stores so that a log opened with another key is refused: 16 bytes of HMAC, in hex.
    pub fn check_value(&self, log_id: Uuid) -> String {
        let mut mac = self.mac.clone();
        mac.update(b"cohort instance key check\0");
        mac.update(log_id.as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..16])
    }
}

impl std::fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstanceKey(secret)")
    }
}

/// The id of the fact a row of an import writes: the same row can never be written twice.
pub fn import_event_id(import_id: Uuid, row: u64) -> Uuid {
    Uuid::new_v5(&import_id, &row.to_be_bytes())
}

/// The id of the fact by which a row of an import puts its user on a list.
pub fn import_join_event_id(import_id: Uuid, row: u64) -> Uuid {
    Uuid::new_v5(&import_event_id(import_id, row), b"list")
}

/// The id of the fact by which a row of an import claims an address.
pub fn import_claim_event_id(import_id: Uuid, row: u64) -> Uuid {
    Uuid::new_v5(&import_event_id(import_id, row), b"claim")
}

/// The id of the fact by which a row of an import gives its user another address.
pub fn import_email_event_id(import_id: Uuid, row: u64) -> Uuid {
    Uuid::new_v5(&import_event_id(import_id, row), b"email")
}

/// The id of the fact that follows for a user from another fact, by a rule, at a revision of the user's stream. What was
/// looked at twice for one cause may come to something else the second time: the revision tells the two apart.
pub fn consequence_event_id(cause: Uuid, user: UserId, revision: u64) -> Uuid {
    let mut name = *b"policy\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    name[6..22].copy_from_slice(user.0.as_bytes());
    name[22..30].copy_from_slice(&revision.to_be_bytes());
    Uuid::new_v5(&cause, &name)
}

/// The id of the fact that claims a reward for a completed challenge.
pub fn claim_event_id(completion: Uuid, reward: &RewardId) -> Uuid {
    reward_id(completion, "claimed", reward)
}

/// The id of the fact that a user received a reward for a completed challenge.
pub fn reward_event_id(completion: Uuid, reward: &RewardId) -> Uuid {
    reward_id(completion, "received", reward)
}

fn reward_id(completion: Uuid, what: &str, reward: &RewardId) -> Uuid {
    let name = format!("reward\0{what}\0{}\0{}", reward.kind.name(), reward.id);
    Uuid::new_v5(&completion, name.as_bytes())
}

/// The id of the fact that the claim behind a completion ended the challenge.
pub fn ending_event_id(completion: Uuid) -> Uuid {
    Uuid::new_v5(&completion, b"challenge ended")
}

/// The id of the `ordinal`-th fact by which a bulk action changes a user: never written twice.
pub fn bulk_event_id(bulk_action_id: Uuid, user: UserId, ordinal: u32) -> Uuid {
    Uuid::new_v5(&bulk_action_id, &of_user(*b"bulk\0\0", user, ordinal))
}

/// The id of the `ordinal`-th fact by which taking back an import or a bulk action changes a user: never written twice either.
pub fn revert_event_id(import_id: Uuid, user: UserId, ordinal: u32) -> Uuid {
    Uuid::new_v5(&import_id, &of_user(*b"revert", user, ordinal))
}

fn of_user(what: [u8; 6], user: UserId, ordinal: u32) -> [u8; 26] {
    let mut name = [0; 26];
    name[..6].copy_from_slice(&what);
    name[6..22].copy_from_slice(user.0.as_bytes());
    name[22..].copy_from_slice(&ordinal.to_be_bytes());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn the_same_address_is_the_same_user_under_one_key_only() {
        let (one, other) = (InstanceKey::new(&[1; 32]), InstanceKey::new(&[2; 32]));
        assert_eq!(one.user_id(&email("A@b.org"), 0), one.user_id(&email("a@B.org"), 0));
        assert_ne!(one.user_id(&email("a@b.org"), 0), one.user_id(&email("a@b.org"), 1));
        assert_ne!(one.user_id(&email("a@b.org"), 0), other.user_id(&email("a@b.org"), 0));
        assert_eq!(one.user_id(&email("a@b.org"), 0).0.get_version_num(), 8);
        assert_ne!(one.check_value(Uuid::nil()), other.check_value(Uuid::nil()));
    }

    /// Every log ever written depends on this derivation: the value is pinned, not recomputed.
    #[test]
    fn the_derivation_never_changes() {
        let id = InstanceKey::new(&[7; 32]).user_id(&email("anna@example.org"), 0);
        assert_eq!(id.to_string(), "ae37b117-d372-8c28-8e78-513ec029873e");
    }
}
