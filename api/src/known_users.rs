//! Users lately decided on: who acts once mostly acts again, and finding a user in the tables costs more than all the
//! rest of a command.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use domain::{User, UserId};
use lru::LruCache;

/// Users remembered. With the fields that a CSV may give them they take a few kilobytes each.
const USERS_MAX: NonZeroUsize = NonZeroUsize::new(4096).expect("not zero");

/// A user and the revision it is at.
pub type AtRevision = (Arc<User>, u64);

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
    pub fn put(&self, id: UserId, user: Arc<User>, revision: u64) {
        let mut users = self.0.lock().expect("no holder panics");
        if users.peek(&id).is_none_or(|(_, known)| *known < revision) {
            users.put(id, (user, revision));
        }
    }
}
