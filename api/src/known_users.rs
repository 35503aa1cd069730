//! Users lately decided on: who acts once mostly acts again, and finding a user in the tables costs more than all the
//! rest of a command.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use domain::{User, UserId};
use lru::LruCache;

/// Users remembered.
const USERS_MAX: NonZeroUsize = NonZeroUsize::new(4096).expect("not zero");
/// A user whose texts have more bytes than this is not remembered: so all of them together take at most 64 MiB, and
/// users as they mostly are take one.
const USER_BYTES_MAX: usize = 16 * 1024;

/// A user, unless it is gone, and the revision it is at.
pub type AtRevision = (Option<Arc<User>>, u64);

/// A bounded memory of users. It may be behind the log and is never trusted: what is decided on it is appended
/// expecting its revision.
#[derive(Debug)]
pub struct KnownUsers(Mutex<LruCache<UserId, AtRevision>>);

impl Default for KnownUsers {
    fn default() -> KnownUsers {
        KnownUsers(Mutex::new(LruCache::new(USERS_MAX)))
    }
}

impl KnownUsers {
    /// As last decided on.
    pub fn get(&self, id: UserId) -> Option<AtRevision> {
        self.0.lock().expect("no holder panics").get(&id).cloned()
    }

    /// Remembers, unless somebody has seen a later revision.
    pub fn put(&self, id: UserId, user: Option<Arc<User>>, revision: u64) {
        if user.as_deref().map_or(0, text_bytes) > USER_BYTES_MAX {
            self.0.lock().expect("no holder panics").pop(&id);
            return;
        }
        let mut users = self.0.lock().expect("no holder panics");
        if users.peek(&id).is_none_or(|(_, known)| *known < revision) {
            users.put(id, (user, revision));
        }
    }
}

/// Bytes of what has no bound of its own: fields, lists, badges, challenges and their steps.
fn text_bytes(user: &User) -> usize {
    let fields: usize = user.fields.iter().map(|(field, value)| field.len() + value.len()).sum();
    let held = user.badges.iter().chain(&user.lists).chain(&user.apps);
    let held = held.chain(user.perks.keys()).chain(&user.digital_assets);
    let badges: usize = held.map(|id| id.as_str().len()).sum();
    let steps = user.challenges.iter().flat_map(|(challenge, at)| {
        std::iter::once(challenge).chain(&at.steps).map(|id| id.as_str().len())
    });
    fields + badges + steps.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(bytes: usize) -> Option<Arc<User>> {
        let mut user = User::default();
        user.fields.insert("notes".to_owned(), "x".repeat(bytes));
        Some(Arc::new(user))
    }

    #[test]
    fn a_later_revision_is_kept_and_a_huge_user_is_not() {
        let (known, id) = (KnownUsers::default(), UserId(Uuid::nil()));
        known.put(id, user(3), 5);
        known.put(id, user(2), 4);
        assert_eq!(known.get(id), Some((user(3), 5)));
        known.put(id, user(USER_BYTES_MAX), 6);
        assert_eq!(known.get(id), None, "neither the huge one nor what it replaces");
    }

    #[test]
    fn the_oldest_make_room() {
        let known = KnownUsers::default();
        for number in 0..=USERS_MAX.get() as u128 {
            known.put(UserId(Uuid::from_u128(number)), user(1), 0);
        }
        assert_eq!(known.get(UserId(Uuid::from_u128(0))), None);
        assert!(known.get(UserId(Uuid::from_u128(1))).is_some());
    }
}
