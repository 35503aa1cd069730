//! What the tables hold and count, beside a count of everybody by the raw facts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use domain::event::ChallengeState;
use domain::segment::Membership;
use eventlog::{Position, Scan};
use projections::Store;
use projections::table::Belonging;

use super::{DAY, LIMIT, Living, STEPS, id};
use crate::recount::{Recount, Someone};

impl Living {
    /// Whether everybody is where the raw facts and the definitions say.
    pub(super) fn recount(&mut self) {
        let mut recount = Recount::default();
        let scan = Scan { after: Position::START, through: self.app.log.head(), kinds: None };
        self.app
            .log
            .scan(scan, &mut |row| {
                recount.take(row);
                ControlFlow::Continue(())
            })
            .unwrap();
        let (now, store) = (self.app.now(), self.app.follower.store());
        for (which, (_, conditions)) in &self.segments {
            let name = format!("s{which}");
            for (user, one) in &recount.people {
                let wanted = one.fulfils(conditions, now);
                assert_eq!(one.segments.contains(&name), wanted, "{user} and {name} {conditions}");
            }
            let line = store.segments().unwrap();
            let line = line.iter().find(|line| line.defined.segment_id.as_str() == name).unwrap();
            let inside = recount.people.values().filter(|one| one.segments.contains(&name));
            assert_eq!(line.users, inside.count() as u64, "{name}");
        }
        for (which, (_, audience)) in &self.badges {
            let name = format!("b{which}");
            for (user, one) in &recount.people {
                let wanted = match audience {
                    Membership::List(of) => one.lists.contains(of.as_str()),
                    Membership::Segment(of) | Membership::Badge(of) | Membership::App(of) => {
                        one.segments.contains(of.as_str())
                    }
                };
                assert_eq!(one.badges.contains(&name), wanted, "{user} and {name}");
            }
        }
        if let Some(defined) = self.challenge() {
            let asked = || STEPS[..self.steps].iter();
            for (user, one) in &recount.people {
                let done = asked().all(|step| one.steps.contains(*step));
                let running = defined.state == ChallengeState::Published;
                assert!(one.completed || !running || !done, "{user} has done everything");
            }
            let given = recount.completions.min(LIMIT as usize);
            assert_eq!((recount.claims, recount.served), (given, given), "rewards");
            assert_eq!(defined.ended.is_some(), recount.completions >= LIMIT as usize);
        }
        agree(&store, &recount, now);
        let scratch = tempfile::tempdir().unwrap();
        let (log, log_id) = (&self.app.log, self.app.log_id);
        let compared = projections::digest::compare_with_replay(
            log,
            log_id,
            &store,
            scratch.path(),
            &mut |_, _| {},
        );
        for (serving, replay) in compared.unwrap().1 {
            assert_eq!(serving, replay, "batches in another order gave another table");
        }
    }
}

fn agree(store: &Store, recount: &Recount, now: i64) {
    assert_eq!(store.user_count().unwrap(), recount.people.len() as u64, "users");
    members(store, recount, "list", |one| &one.lists, Membership::List);
    members(store, recount, "segment", |one| &one.segments, Membership::Segment);
    members(store, recount, "badge", |one| &one.badges, Membership::Badge);
    members(store, recount, "app", |one| &one.apps, Membership::App);
    for challenge in ["open", "d"] {
        challenges(store, recount, challenge);
    }
    activity(store, recount, now);
}

/// Whatever a fact ever named, and what none did.
fn members(
    store: &Store,
    recount: &Recount,
    sort: &str,
    of: impl Fn(&Someone) -> &BTreeSet<String>,
    membership: impl Fn(domain::DefinitionId) -> Membership,
) {
    for name in recount.named.iter().chain([&"never".to_owned()]) {
        let counted = store.member_count(&Belonging::To(membership(id(name)))).unwrap();
        let naive = recount.people.values().filter(|one| of(one).contains(name)).count();
        assert_eq!(counted, naive as u64, "{sort} {name}");
    }
}

fn challenges(store: &Store, recount: &Recount, challenge: &str) {
    let is_open = challenge == "open";
    let mut naive: BTreeMap<(BTreeSet<String>, bool), u64> = BTreeMap::new();
    for one in recount.people.values().filter(|one| one.challenges.contains(challenge)) {
        let steps = if is_open { BTreeSet::new() } else { one.steps.clone() };
        *naive.entry((steps, one.completed && !is_open)).or_default() += 1;
    }
    let mut counted = BTreeMap::new();
    let mut visit = |way: projections::participants::Way<'_>, users| {
        let steps: BTreeSet<String> = way.steps().map(str::to_owned).collect();
        *counted.entry((steps, way.completed)).or_default() += users;
    };
    store.each_way(challenge, &mut visit).unwrap();
    assert_eq!(counted, naive, "how far everybody is in {challenge}");
    let joined = store.member_count(&Belonging::Challenge(id(challenge))).unwrap();
    assert_eq!(joined, naive.values().sum::<u64>(), "who joined {challenge}");
}

fn activity(store: &Store, recount: &Recount, now: i64) {
    let moments = [now, now - 2 * DAY, now - 7 * DAY];
    let active = moments.map(|since| {
        let active = recount.people.values().filter(|one| one.active_at >= Some(since));
        active.count() as u64
    });
    let (_, counted) = store.active_since(moments).unwrap();
    assert_eq!(counted, active, "who did something since {moments:?}");
}
