//! Random histories with rules at work: whatever happens, whatever is forgotten, once at rest everybody is where the
//! definitions say, and nothing followed twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use api::app::{App, entry, system};
use api::command::read_user;
use api::config::Config;
use api::policies::Following;
use domain::challenge::{self, Challenge};
use domain::email::Email;
use domain::event::{
    BadgeDefined, BadgeState, BadgeVisibility, ChallengeDefined, ChallengeState, Named, Reward,
    RewardId, RewardKind, SegmentDefined, Step, UserImported,
};
use domain::segment::{Membership, form};
use domain::value::ValueType;
use domain::{DefinitionId, Event, User, UserId, activity, badge, list, user};
use eventlog::{Context, Entry, Expected, NewFact, Stream};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::people::SplitMix64;
use tests::service::ADMIN;
use uuid::Uuid;

use self::many::Many;
use crate::bulk_model::{BADGE, LIST};

mod counted;
mod many;

const PEOPLE: u64 = 5;
const CITIES: [&str; 2] = ["Lyon", "Nice"];
const STEPS: [&str; 3] = ["x", "y", "z"];
const LIMIT: u64 = 3;
/// Users of bulk actions that are changed at once: fewer than there are.
const BATCH: usize = 2;
const DAY: i64 = 24 * 3600 * 1_000_000;
/// Steps to rest at most: each is one round of what follows from what followed.
const ROUNDS_MAX: usize = 10_000;

fn id(text: &str) -> DefinitionId {
    text.parse().unwrap()
}

pub(crate) struct Living {
    dice: SplitMix64,
    folder: TempDir,
    clock: Arc<AtomicI64>,
    app: Arc<App>,
    following: Following,
    context: Arc<Context>,
    /// The definitions there are: conditions of segments, audiences of badges, how many steps the challenge asks.
    segments: BTreeMap<u64, (u64, Value)>,
    badges: BTreeMap<u64, (u64, Membership)>,
    steps: usize,
    /// Bulk actions, in the order in which they go on.
    many: Vec<Many>,
}

fn open(folder: &TempDir, clock: &Arc<AtomicI64>) -> Arc<App> {
    let data = folder.path().join("data").display().to_string();
    let flags = BTreeMap::from([("data", data), ("import_batch_rows", BATCH.to_string())]);
    let mut config = Config::resolve(&flags, None).unwrap();
    config.admin_token = Some(ADMIN.to_owned());
    let now = clock.clone();
    App::open_quiet(config, Arc::new(move || now.load(Ordering::SeqCst))).unwrap().0
}

impl Living {
    pub(crate) fn new(seed: u64) -> Living {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_780_000_000_000_000));
        let app = open(&folder, &clock);
        let living = Living {
            dice: SplitMix64::new(seed),
            folder,
            clock,
            app,
            following: Following::default(),
            context: system(Uuid::nil()),
            segments: BTreeMap::new(),
            badges: BTreeMap::new(),
            steps: 0,
            many: Vec::new(),
        };
        living.found();
        living
    }

    pub(crate) fn live(mut self) {
        let acts = 10 + self.dice.below(50);
        for _ in 0..acts {
            self.clock.fetch_add(1_000, Ordering::SeqCst);
            match self.dice.below(32) {
                0 => self.define_segment(),
                1 => self.define_badge(),
                2 => self.define_challenge(),
                3 => drop(self.clock.fetch_add(DAY * 2, Ordering::SeqCst)),
                4 => self.crash(),
                5 | 6 => self.rest(),
                7..=9 => drop(self.following.step(&self.app).unwrap()),
                act @ 26.. => self.many(act),
                act => self.act(act),
            }
        }
        self.all_end();
        self.recount();
        self.app.close();
    }

    /// What was not durable is forgotten; sometimes also how far the rules were, and sometimes the tables.
    fn crash(&mut self) {
        self.following = Following::default();
        match self.dice.below(4) {
            0 => self.app.work.keep_policy_position(0, u64::MAX >> 1).unwrap(),
            1 => drop(self.app.follower.rebuild(&mut |_| {}).unwrap()),
            2 => self.reopen(),
            _ => {}
        }
    }

    fn reopen(&mut self) {
        self.following = Following::default();
        self.app.close();
        self.app = open(&self.folder, &self.clock);
        self.resume();
    }

    fn rest(&mut self) {
        for _ in 0..ROUNDS_MAX {
            self.app.wait_for_tables();
            let at = self.following.step(&self.app).unwrap();
            if at >= self.app.log.head() {
                return;
            }
        }
        panic!("it does not come to rest");
    }

    fn append(&self, stream: Stream, events: Vec<Event>) {
        let expected = Expected::after(self.app.log.stream_revision(&stream).unwrap());
        let fact = |event: &Event| NewFact {
            event_id: Uuid::now_v7(),
            stored: domain::codec::encode(event),
            occurred_at: None,
            context: self.context.clone(),
        };
        let facts: Vec<NewFact> = events.iter().map(fact).collect();
        if !facts.is_empty() {
            let entry = Entry { stream, expected, facts };
            self.app.log.append_blocking(vec![entry]).unwrap().remove(0).unwrap();
        }
    }

    /// A definition, once the tables hold all before it, as over HTTP.
    fn define(&self, stream: Stream, event: &Event) {
        let expected = Expected::after(self.app.log.stream_revision(&stream).unwrap());
        let entry = entry(stream, expected, event, None, &self.context);
        self.app.log.append_blocking(vec![entry]).unwrap().remove(0).unwrap();
    }

    fn condition(&mut self, before: u64) -> Value {
        let mut condition = match self.dice.below(9) {
            0 => {
                json!({ "property": "city", "operator": "is", "value": CITIES[self.dice.below(2) as usize] })
            }
            1 => json!({ "list": "l" }),
            2 => json!({ "app": "shop" }),
            3 => json!({ "event": "ChallengeJoined", "of": "open", "at_least": 1,
                "within_days": 1 + self.dice.below(3) }),
            4 => json!({ "event": "ChallengeCompleted", "of": "d" }),
            5 => json!({ "property": "last_active_at", "operator": "in_the_last_days",
                "days": 1 + self.dice.below(5) }),
            6 => json!({ "property": "member_since", "operator": "more_than_days_ago",
                "days": 1 + self.dice.below(5) }),
            // Only on those before it: there is no circle.
            _ if before > 0 => match self.dice.below(2) {
                0 => json!({ "segment": format!("s{}", self.dice.below(before)) }),
                _ => json!({ "badge": format!("b{}", self.dice.below(before)) }),
            },
            _ => json!({ "list": "l" }),
        };
        if self.dice.below(4) == 0 {
            condition["not"] = json!(true);
        }
        condition
    }

    fn define_segment(&mut self) {
        let which = self.dice.below(3);
        let group = |living: &mut Living| {
            let count = 1 + living.dice.below(2);
            let conditions: Vec<Value> = (0..count).map(|_| living.condition(which)).collect();
            json!({ "conditions": conditions })
        };
        let groups = [group(self), group(self)];
        let said = json!({ "groups": groups });
        let version = self.segments.get(&which).map_or(1, |(version, _)| version + 1);
        let defined = SegmentDefined {
            segment_id: id(&format!("s{which}")),
            name: "S".to_owned(),
            version,
            conditions: form::from_json(&said, &|name| Some((name.to_owned(), ValueType::Text)))
                .unwrap(),
        };
        self.segments.insert(which, (version, said));
        let stream = Stream::named("segment", &defined.segment_id);
        let event = match version {
            1 => Event::SegmentCreated(defined),
            _ => Event::SegmentChanged(defined),
        };
        self.define(stream, &event);
    }

    fn define_badge(&mut self) {
        let which = self.dice.below(3);
        let audience = match self.dice.below(2) {
            0 => Membership::List(id(LIST)),
            _ => Membership::Segment(id(&format!("s{which}"))),
        };
        let version = self.badges.get(&which).map_or(1, |(version, _)| version + 1);
        let defined = BadgeDefined {
            badge_id: id(&format!("b{which}")),
            name: "B".to_owned(),
            version,
            state: BadgeState::Published,
            audience: Some(audience.clone()),
            visibility: BadgeVisibility::Everyone,
            texts: BTreeMap::new(),
            visual: None,
        };
        self.badges.insert(which, (version, audience));
        let stream = Stream::named("badge", &defined.badge_id);
        self.define(stream, &Event::BadgePublished(defined));
    }

    fn challenge(&self) -> Option<ChallengeDefined> {
        self.app.wait_for_tables();
        self.app.follower.store().challenge("d").unwrap().map(|line| line.defined)
    }

    fn define_challenge(&mut self) {
        let before = self.challenge();
        let ended = before.as_ref().is_some_and(|before| before.ended.is_some());
        if ended {
            return; // everything is given
        }
        self.steps = 1 + self.dice.below(3) as usize;
        let step =
            |name: &&str| Step { id: id(name), title: (*name).to_owned(), action: "do".to_owned() };
        let reward = RewardId { kind: RewardKind::Perk, id: id("coffee") };
        let defined = ChallengeDefined {
            challenge_id: id("d"),
            name: "D".to_owned(),
            version: before.map_or(1, |before| before.version + 1),
            state: ChallengeState::Published,
            ended: None,
            audience: None,
            opt_in: false,
            in_order: false,
            steps: STEPS[..self.steps].iter().map(step).collect(),
            rewards: vec![Reward { reward, name: "Coffee".to_owned(), limit: Some(LIMIT) }],
            texts: BTreeMap::new(),
            visual: None,
        };
        let stream = Stream::named("challenge", &defined.challenge_id);
        self.define(stream, &Event::ChallengePublished(defined));
    }

    /// Somebody does something, or is imported.
    fn act(&mut self, act: u64) {
        let person = self.dice.below(PEOPLE);
        let email = format!("p{person}@example.org");
        let user = self.app.key.user_id(&Email::parse(&email).unwrap(), 0);
        let stream = Stream::User(user);
        let known = read_user(&self.app.log, &stream).unwrap().and_then(|(user, _)| user);
        let city = CITIES[self.dice.below(2) as usize].to_owned();
        let facts = match (&known, act) {
            (None, _) => {
                let imported = UserImported {
                    import_id: Uuid::now_v7(),
                    row: 1,
                    created: true,
                    email: Some(email),
                    member_since: None,
                    changes: vec![domain::event::Change {
                        field: "city".to_owned(),
                        old: None,
                        new: Some(city),
                    }],
                };
                vec![Event::UserImported(imported)]
            }
            (Some(known), act) => self.does(known, act, city),
        };
        self.append(stream, facts);
    }

    fn does(&mut self, known: &User, act: u64, city: String) -> Vec<Event> {
        let (known, list) = (Some(known), Named::by_id(id(LIST)));
        let (open, shop) = (id("open"), id("shop"));
        let one = |decided: Result<Option<Event>, domain::Refusal>| {
            decided.ok().flatten().into_iter().collect()
        };
        match act {
            10 | 11 => one(user::set(known, &[("city".to_owned(), Some(city))])),
            12 | 13 => one(list::join(known, &list)),
            14 => one(list::leave(known, &list)),
            24 => one(badge::award(known, &Named::by_id(id(BADGE)))),
            25 => one(badge::withdraw(known, &Named::by_id(id(BADGE)))),
            15 => one(activity::connect(known, &shop)),
            16 => one(activity::disconnect(known, &shop)),
            17 => one(challenge::join(known, Challenge::Open(&open))),
            18 if self.dice.below(2) == 0 => {
                // So that the recount knows what was promised and received.
                self.rest();
                let user = known.cloned();
                let fresh = user.and_then(|user| self.fresh(&user));
                user::remove(fresh.as_ref()).unwrap_or_default()
            }
            _ => {
                let step = id(STEPS[self.dice.below(3) as usize]);
                let Some(defined) = self.challenge() else { return Vec::new() };
                challenge::complete_step(known, Challenge::Defined(&defined), &step)
                    .unwrap_or_default()
            }
        }
    }

    /// The same user after what followed meanwhile.
    fn fresh(&self, user: &User) -> Option<User> {
        let email = Email::parse(user.email.as_deref()?).ok()?;
        let id: UserId = self.app.key.user_id(&email, 0);
        read_user(&self.app.log, &Stream::User(id)).unwrap()?.0
    }
}
