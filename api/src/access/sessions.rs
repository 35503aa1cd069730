//! Who is signed in: kept in memory for every request, and in `work.db` for the next start.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use crate::work::sign_in::SessionLine;

const DAY_US: i64 = 24 * 3600 * 1_000_000;
/// How long a session lasts at most.
pub const LASTS_US: i64 = 14 * DAY_US;
/// How long it lasts unused.
pub const UNUSED_US: i64 = 3 * DAY_US;
/// Sessions of one member; the oldest ends when there is one more.
pub const SESSIONS_MAX: usize = 20;

/// A browser in which a member is signed in.
#[derive(Debug)]
pub struct Session {
    /// Public id.
    pub id: String,
    /// Whose it is.
    pub member_id: String,
    /// What the browser says it is.
    pub browser: String,
    /// When the member signed in: microseconds since 1970, UTC.
    pub begun_at: i64,
    seen_at: AtomicI64,
}

impl Session {
    /// When it was last used.
    pub fn seen_at(&self) -> i64 {
        self.seen_at.load(Ordering::Relaxed)
    }

    fn is_over(&self, now: i64) -> bool {
        self.begun_at <= now - LASTS_US || self.seen_at() <= now - UNUSED_US
    }
}

/// All of them, by the hash of their secret.
#[derive(Debug, Default)]
pub struct Sessions {
    live: RwLock<HashMap<String, Arc<Session>>>,
    seen: Mutex<HashMap<String, i64>>,
}

impl Sessions {
    /// Takes one that has begun. Of the member's others the newest stay.
    pub fn take(&self, line: SessionLine) {
        let SessionLine { hash, id, member_id, browser, begun_at, seen_at } = line;
        let seen_at = AtomicI64::new(seen_at);
        let session = Session { id, member_id: member_id.clone(), browser, begun_at, seen_at };
        let mut live = self.live.write().expect("no holder panics");
        let own = live.iter().filter(|(_, session)| session.member_id == member_id);
        let oldest = own.min_by_key(|(_, session)| session.begun_at).map(|(hash, _)| hash.clone());
        let count = live.values().filter(|session| session.member_id == member_id).count();
        if let Some(oldest) = oldest.filter(|_| count >= SESSIONS_MAX) {
            live.remove(&oldest);
        }
        live.insert(hash, Arc::new(session));
    }

    /// The session of a secret's hash, which is used now.
    pub fn recognise(&self, hash: &str, now: i64) -> Option<Arc<Session>> {
        let found = self.live.read().expect("no holder panics").get(hash).cloned()?;
        if found.is_over(now) {
            self.live.write().expect("no holder panics").remove(hash);
            return None;
        }
        found.seen_at.store(now, Ordering::Relaxed);
        self.seen.lock().expect("no holder panics").insert(found.id.clone(), now);
        Some(found)
    }

    /// A member's, the one that was used last first.
    pub fn of(&self, member_id: &str, now: i64) -> Vec<Arc<Session>> {
        let live = self.live.read().expect("no holder panics");
        let own = live.values().filter(|it| it.member_id == member_id && !it.is_over(now));
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_unstable_by_key(|session| (-session.seen_at(), session.id.clone()));
        own
    }

    /// Ends those of a member that `which` says.
    pub fn end(&self, member_id: &str, which: impl Fn(&Session) -> bool) {
        let mut live = self.live.write().expect("no holder panics");
        live.retain(|_, session| session.member_id != member_id || !which(session));
    }

    /// What was used since the last call.
    pub fn take_seen(&self) -> Vec<(String, i64)> {
        self.seen.lock().expect("no holder panics").drain().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(n: i64) -> SessionLine {
        SessionLine {
            hash: format!("h{n}"),
            id: format!("s{n}"),
            member_id: "m".to_owned(),
            browser: String::new(),
            begun_at: n,
            seen_at: n,
        }
    }

    #[test]
    fn a_session_ends_unused_or_old_or_when_there_are_too_many() {
        let sessions = Sessions::default();
        sessions.take(session(0));
        assert!(sessions.recognise("h0", UNUSED_US - 1).is_some());
        assert!(sessions.recognise("h0", 2 * UNUSED_US - 2).is_some(), "it was used in between");
        assert!(sessions.recognise("h0", 3 * UNUSED_US).is_none());
        sessions.take(session(1));
        for days in 1..14 {
            assert!(sessions.recognise("h1", days * DAY_US).is_some());
        }
        assert!(sessions.recognise("h1", LASTS_US + 1).is_none());
        for n in 1..=SESSIONS_MAX as i64 + 1 {
            sessions.take(session(n));
        }
        assert!(sessions.recognise("h1", 30).is_none());
        assert_eq!(sessions.of("m", 30).len(), SESSIONS_MAX);
        sessions.end("m", |session| session.id != "s5");
        assert_eq!(sessions.of("m", 30).len(), 1);
    }
}
