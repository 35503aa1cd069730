//! Bulk actions in random histories: of every kind, chosen and filtered, stopped on the way, cancelled, taken back. What
//! each comes to is told beforehand, from the raw facts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use api::access::Credential;
use api::bulk::ask::{Asked, BulkBody};
use api::bulk::{revert, run, start};
use api::import::queue::Work;
use domain::email::Email;
use domain::event::{BulkActionRevertStarted, ListCreated, PropertyCreated};
use domain::value::ValueType;
use domain::{Event, UserId};
use eventlog::{Expected, Origin, Position, Scan, Stream};
use projections::bulk_actions::BulkLine;
use projections::imports::ImportState;
use serde_json::{Value, json};
use tests::service::ADMIN;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{BATCH, CITIES, Living, PEOPLE, entry, id};
use crate::bulk_model::{BADGE, Back, Becomes, Has, LIST, Lives, What, becomes};

/// A bulk action, and what the model says of it.
#[derive(Debug)]
pub(super) struct Many {
    id: Uuid,
    what: What,
    /// Whom it is about, in the order in which they are taken.
    users: Vec<UserId>,
    /// How many of them are done.
    done: usize,
    changed: Vec<UserId>,
    unchanged: u64,
    refused: Vec<(UserId, &'static str)>,
    state: State,
    /// The service has been opened again since.
    resumed: bool,
    /// Somebody wants it stopped.
    cancelled: bool,
    restored: Vec<UserId>,
    unmoved: u64,
    kept: Vec<(UserId, &'static str)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Completed,
    Cancelled,
    Reverting,
    Reverted,
}

impl State {
    fn shown(self) -> ImportState {
        match self {
            State::Running => ImportState::Running,
            State::Completed => ImportState::Completed,
            State::Cancelled => ImportState::Cancelled,
            State::Reverting => ImportState::Reverting,
            State::Reverted => ImportState::Reverted,
        }
    }
}

impl Many {
    fn new(id: Uuid, what: What, users: Vec<UserId>) -> Many {
        Many {
            id,
            what,
            users,
            done: 0,
            changed: Vec::new(),
            unchanged: 0,
            refused: Vec::new(),
            state: State::Running,
            resumed: false,
            cancelled: false,
            restored: Vec::new(),
            unmoved: 0,
            kept: Vec::new(),
        }
    }

    /// Where it is open: what is to be done with it.
    fn work(&self) -> Option<Work> {
        match self.state {
            State::Running => Some(Work::Bulk),
            State::Reverting => Some(Work::BulkRevert),
            State::Completed | State::Cancelled | State::Reverted => None,
        }
    }

    /// Tells what becomes of the next so many users.
    fn tell(&mut self, lives: &Lives, most: usize) {
        let next: Vec<UserId> = self.users.iter().skip(self.done).take(most).copied().collect();
        self.done += next.len();
        for user in next {
            match becomes(lives.has(user).as_ref(), &self.what) {
                Becomes::Changed => self.changed.push(user),
                Becomes::Unchanged => self.unchanged += 1,
                Becomes::Refused(code) => self.refused.push((user, code)),
            }
        }
    }

    /// Tells what becomes of the next so many users that it changed.
    fn tell_back(&mut self, lives: &Lives, most: usize, undone: &BTreeSet<Uuid>) {
        let done = self.done_back();
        for user in self.changed.iter().skip(done).take(most) {
            match lives.back(*user, (self.id, &self.what), undone) {
                Back::Restored => self.restored.push(*user),
                Back::Unchanged => self.unmoved += 1,
                Back::Kept(code) => self.kept.push((*user, code)),
            }
        }
    }

    /// How many of those it changed were looked at to be taken back.
    fn done_back(&self) -> usize {
        self.restored.len() + self.unmoved as usize + self.kept.len()
    }

    /// What the report says is what was told.
    fn is_reported(&self, line: &BulkLine) {
        let outcome = &line.outcome;
        let counts = (outcome.changed, outcome.unchanged, outcome.refused);
        let told = (self.changed.len() as u64, self.unchanged, self.refused.len() as u64);
        assert_eq!(counts, told, "{self:?}");
        let listed = outcome.refused_first.iter().map(|of| (of.user_id, of.code.as_str()));
        assert!(listed.eq(self.refused.iter().copied()), "{outcome:?}, {self:?}");
        let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
        self.refused.iter().for_each(|(_, code)| *codes.entry(code).or_default() += 1);
        assert!(outcome.codes.iter().map(|(code, of)| (code.as_str(), *of)).eq(codes));
        assert!(self.work().is_some() || line.state == self.state.shown(), "{self:?}");
        let undone = line.undone.as_ref().map(|of| (of.counts, &of.kept));
        let Some((counts, kept)) =
            line.reverted.as_ref().map(|of| (of.counts, &of.kept)).or(undone)
        else {
            return assert!(self.restored.is_empty() && self.kept.is_empty(), "{self:?}");
        };
        let counts = (counts.restored, counts.unchanged, counts.kept);
        let told = (self.restored.len() as u64, self.unmoved, self.kept.len() as u64);
        assert_eq!(counts, told, "{self:?}");
        let listed = kept.iter().map(|of| (of.user_id, of.code.as_str()));
        assert!(listed.eq(self.kept.iter().copied()), "{kept:?}, {self:?}");
    }
}

impl Living {
    /// What bulk actions are about: a list, and a value that users have.
    pub(super) fn found(&self) {
        let (list_id, property_id) = (id(LIST), "city".to_owned());
        let list = ListCreated { list_id: list_id.clone(), name: "L".to_owned() };
        self.define(Stream::named("list", &list_id), &Event::ListCreated(list));
        let (reference_id, name, kind) = (property_id.clone(), "City".to_owned(), ValueType::Text);
        let stream = Stream::named("property", &property_id);
        let property = PropertyCreated { property_id, reference_id, name, kind };
        self.define(stream, &Event::PropertyCreated(property));
    }

    fn lives(&self) -> Lives {
        let mut lives = Lives::default();
        let scan = Scan { after: Position::START, through: self.app.log.head(), kinds: None };
        let mut take = |row: &eventlog::Row<'_>| {
            lives.take(row);
            ControlFlow::Continue(())
        };
        self.app.log.scan(scan, &mut take).unwrap();
        lives
    }

    fn credential(&self) -> Credential {
        self.app.tokens.load(self.app.follower.store().tokens().unwrap());
        let credential = self.app.tokens.recognise(ADMIN, self.app.now()).unwrap();
        Credential::clone(&credential)
    }

    /// Something is asked of a bulk action: that there be one, that it go on, that it stop, that it be taken back.
    pub(super) fn many(&mut self, act: u64) {
        match act {
            26 | 27 => self.begin(),
            28 => self.go_on(true),
            29 => self.go_on(false),
            30 => self.cancel(),
            _ => self.take_back(),
        }
    }

    /// One is accepted, by name or by a filter, and waits.
    fn begin(&mut self) {
        let (what, mut body) = self.deed();
        self.app.wait_for_tables();
        let users = match self.dice.below(2) {
            0 => self.named(&mut body),
            _ => self.found_by_a_filter(&mut body),
        };
        if body["users"] == json!([]) {
            return;
        }
        let users: Vec<UserId> = users.into_iter().collect();
        let body: BulkBody = serde_json::from_value(body).unwrap();
        let credential = self.credential();
        let asked = Asked::read(&self.app, &credential, body).unwrap();
        let chosen: Vec<UserId> = asked.chosen.after(0).collect();
        assert_eq!(chosen, users, "{:?}", asked.choice);
        let place = self.app.imports.reserve().unwrap();
        let accepted = start::start(&self.app, &credential, asked, place);
        let (id, ..) = Handle::current().block_on(accepted).unwrap();
        self.many.push(Many::new(id, what, users));
    }

    fn deed(&mut self) -> (What, Value) {
        let city = CITIES[self.dice.below(2) as usize];
        let set = |value: Option<&str>| json!({ "action": "set_property", "property": "city", "value": value });
        match self.dice.below(7) {
            0 => (What::Join, json!({ "action": "join_list", "list": LIST })),
            1 => (What::Leave, json!({ "action": "leave_list", "list": LIST })),
            2 => (What::Gain, json!({ "action": "gain_badge", "badge": BADGE })),
            3 => (What::Lose, json!({ "action": "lose_badge", "badge": BADGE })),
            4 => (What::City(Some(city.to_owned())), set(Some(city))),
            5 => (What::City(None), set(None)),
            _ => (What::Remove, json!({ "action": "delete" })),
        }
    }

    /// Some, one more than there are among them, and one of them twice.
    fn named(&mut self, body: &mut Value) -> BTreeSet<UserId> {
        let some: Vec<u64> = (0..=PEOPLE).filter(|_| self.dice.below(3) > 0).collect();
        let mut some: Vec<UserId> = some.into_iter().map(|who| self.person(who)).collect();
        some.extend(some.first().copied());
        body["users"] = some.iter().map(UserId::to_string).collect();
        some.into_iter().collect()
    }

    fn found_by_a_filter(&mut self, body: &mut Value) -> BTreeSet<UserId> {
        let (everybody, badge) = (self.lives().everybody(), json!({ "badge": BADGE }));
        let city = CITIES[self.dice.below(2) as usize];
        let filter = match self.dice.below(5) {
            0 => json!({ "list": LIST }),
            // One that nobody ever had is not known.
            1 if everybody.values().any(|has| has.is_found(&badge)) => badge,
            2 => json!({ "property.city.is": city }),
            3 => json!({ "list": LIST, "property.city.is": city }),
            _ => json!({}),
        };
        let found = everybody.into_iter().filter(|(_, has)| has.is_found(&filter));
        let found = found.map(|(user, _)| user).collect();
        body["filter"] = filter;
        found
    }

    /// The service was opened again: what is open waits for its turn, and nobody remembers what was to be cancelled.
    pub(super) fn resume(&mut self) {
        for many in &mut self.many {
            if let Some(work) = many.work() {
                self.app.imports.resume(many.id, work);
            }
            (many.resumed, many.cancelled) = (true, false);
        }
    }

    /// The first that is open goes on: to its end, or until the service stops after a batch.
    fn go_on(&mut self, stops: bool) {
        let Some(first) = self.many.iter().position(|many| many.work().is_some()) else { return };
        if self.many[first].what == What::Remove {
            self.rest(); // so that the recount knows what was promised and received
        }
        let undone = self.many.iter().filter(|many| many.state == State::Reverted);
        let undone: BTreeSet<Uuid> = undone.map(|many| many.id).collect();
        if stops {
            self.app.imports.stop();
        }
        let (lives, app) = (self.lives(), &self.app);
        let most = if stops { BATCH } else { usize::MAX };
        let many = &mut self.many[first];
        let (done, back) = (many.done, many.restored.len());
        let ended = if many.state == State::Running {
            many.tell(&lives, if many.cancelled { 0 } else { most });
            if many.cancelled {
                many.state = State::Cancelled;
            } else if !stops || done == many.users.len() {
                many.state = State::Completed;
            }
            run::run(app, many.id, many.resumed).unwrap()
        } else {
            let nobody = many.done_back() == many.changed.len();
            many.tell_back(&lives, most, &undone);
            if !stops || nobody {
                many.state = State::Reverted;
            }
            revert::run(app, many.id).unwrap()
        };
        assert_eq!(ended.is_some(), many.work().is_none(), "{many:?}");
        self.app.wait_for_tables();
        let lives = self.lives();
        self.is_told(first, &lives);
        self.is_done(first, &lives, (done, back));
        if stops {
            self.reopen();
        }
    }

    /// What became of one so far is what was told, in the report and in the facts.
    fn is_told(&self, which: usize, lives: &Lives) {
        let many = &self.many[which];
        let line = self.app.follower.store().bulk_action(many.id).unwrap().unwrap();
        many.is_reported(&line);
        assert_eq!(lives.told(many.id, Origin::Bulk), many.changed, "{many:?}");
        assert_eq!(lives.told(many.id, Origin::Revert), many.restored, "{many:?}");
    }

    /// Whoever was just done is as was wanted, and whoever is just taken back is not any more.
    fn is_done(&self, which: usize, lives: &Lives, (done, back): (usize, usize)) {
        let many = &self.many[which];
        for user in &many.users[done..many.done] {
            let has = lives.has(*user);
            let refused = many.refused.iter().any(|(of, _)| of == user);
            let is = has.as_ref().is_some_and(|has| has.is_as(&many.what));
            assert!(refused || is || (has.is_none() && many.what == What::Remove), "{many:?}");
        }
        for user in &many.restored[back..] {
            assert!(!lives.has(*user).unwrap().is_as(&many.what), "{user}: {many:?}");
        }
    }

    /// Somebody wants one stopped that waits.
    fn cancel(&mut self) {
        let open: Vec<usize> = (0..self.many.len())
            .filter(|which| self.many[*which].state == State::Running)
            .collect();
        let Some(which) = open.get(self.dice.below(PEOPLE) as usize % open.len().max(1)) else {
            return;
        };
        let many = &mut self.many[*which];
        assert!(self.app.imports.cancel(many.id).is_some(), "it waits");
        many.cancelled = true;
    }

    /// One that has ended is to be taken back, after all that waits.
    fn take_back(&mut self) {
        let ended = self.many.iter().enumerate().filter(|(_, many)| {
            let ended = matches!(many.state, State::Completed | State::Cancelled);
            ended && many.what != What::Remove && !many.changed.is_empty()
        });
        let ended: Vec<usize> = ended.map(|(which, _)| which).collect();
        let Some(which) = ended.get(self.dice.below(PEOPLE) as usize % ended.len().max(1)) else {
            return;
        };
        let mut many = self.many.remove(*which);
        many.state = State::Reverting;
        self.app.wait_for_tables();
        let line = self.app.follower.store().bulk_action(many.id).unwrap().unwrap();
        let event =
            Event::BulkActionRevertStarted(BulkActionRevertStarted { bulk_action_id: many.id });
        let (stream, expected) =
            (Stream::named("bulk", many.id), Expected::Revision(line.revision));
        let entry =
            entry(stream, expected, &event, None, &start::context(&self.credential(), many.id));
        self.app.log.append_blocking(vec![entry]).unwrap().remove(0).unwrap();
        self.many.push(many);
    }

    /// All that is open comes to its end, and everybody has what the raw facts say.
    pub(super) fn all_end(&mut self) {
        // Some of what has ended is taken back then, in any order.
        for _ in 0..3 {
            while self.many.iter().any(|many| many.work().is_some()) {
                self.go_on(false);
            }
            (0..self.dice.below(3)).for_each(|_| self.take_back());
        }
        while self.many.iter().any(|many| many.work().is_some()) {
            self.go_on(false);
        }
        self.rest();
        let (lives, store) = (self.lives(), self.app.follower.store());
        (0..self.many.len()).for_each(|which| self.is_told(which, &lives));
        for (user, has) in lives.everybody() {
            let found = store.user(user).unwrap().unwrap();
            let city = found.line.fields.get("city").cloned();
            let list = found.lists.iter().any(|list| list.0 == LIST);
            let badge = found.badges.iter().any(|badge| badge.0 == BADGE);
            assert_eq!(has, Has { list, badge, city }, "{user}");
        }
    }

    fn person(&self, who: u64) -> UserId {
        self.app.key.user_id(&Email::parse(&format!("p{who}@example.org")).unwrap(), 0)
    }
}
