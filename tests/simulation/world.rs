//! One random history through the real decisions, log and tables, and what must hold after it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use domain::challenge::Challenge;
use domain::email::Email;
use domain::event::{Event, Named, RewardId, RewardKind};
use domain::identity::{InstanceKey, import_event_id};
use domain::import::{ImportRow, decide};
use domain::user::replay;
use domain::{DefinitionId, Refusal, User, UserId, activity, badge, challenge, reward};
use eventlog::sqlite::{SqliteLog, SqliteOptions};
use eventlog::{
    Actor, ActorKind, Context, Entry, Expected, Log, NewFact, Origin, Position, Scan, Stream,
};
use projections::Store;
use projections::follower::catch_up;
use tempfile::TempDir;
use uuid::Uuid;

use crate::model::Person;

const PEOPLE: u64 = 4;
const NAMES: [&str; 3] = ["a", "b", "c"];
const FIELDS: [&str; 3] = ["city", "points", "lang"];

/// splitmix64: the same numbers for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn name(&mut self) -> &'static str {
        NAMES[self.roll(NAMES.len() as u64) as usize]
    }
}

pub(crate) struct World {
    dice: Dice,
    _folder: TempDir,
    log: Log,
    log_id: Uuid,
    store: Store,
    scratch: TempDir,
    key: InstanceKey,
    context: Arc<Context>,
    people: BTreeMap<u64, Person>,
    imports: u64,
}

fn id(text: &str) -> DefinitionId {
    text.parse().unwrap()
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        let folder = tempfile::tempdir().unwrap();
        // From writing every stream's head with its fact to never writing one.
        let options = SqliteOptions {
            recent_heads: [0, 1, 2, 100][(seed % 4) as usize],
            ..SqliteOptions::default()
        };
        let log = Log::Sqlite(SqliteLog::open(&folder.path().join("log.db"), options).unwrap());
        let log_id = Uuid::from_u128(u128::from(seed));
        let actor = Actor { kind: ActorKind::System, id: "simulation".to_owned() };
        World {
            dice: Dice(seed),
            store: Store::create_next(folder.path(), log_id).unwrap(),
            log,
            log_id,
            scratch: tempfile::tempdir().unwrap(),
            key: InstanceKey::new(&[7; 32]),
            context: Arc::new(Context {
                actor,
                origin: Origin::Api,
                correlation: Uuid::nil(),
                cause: None,
            }),
            people: BTreeMap::new(),
            imports: 0,
            _folder: folder,
        }
    }

    pub(crate) fn live(mut self) {
        let steps = 5 + self.dice.roll(35);
        for _ in 0..steps {
            let person = self.dice.roll(PEOPLE);
            match self.dice.roll(14) {
                0..=2 => self.import(person),
                3 => self.fold_some(),
                act => self.act(person, act),
            }
        }
        self.what_must_hold();
        self.log.close();
    }

    fn email(person: u64) -> Email {
        Email::parse(&format!("Person{person}@example.org")).unwrap()
    }

    fn user_id(&self, person: u64) -> UserId {
        self.key.user_id(&World::email(person), 0)
    }

    /// The user from the tables as far as they are, or from the log: both must lead to the same.
    fn state(&mut self, user: UserId) -> (Option<User>, Option<u64>) {
        let stream = Stream::User(user);
        let facts = self.log.read_stream(&stream, None, 10_000).unwrap();
        let events: Vec<Event> =
            facts.iter().rev().map(|fact| fact.as_row().event().unwrap()).collect();
        (replay(&events), facts.first().map(|fact| fact.revision))
    }

    fn append(&mut self, user: UserId, revision: Option<u64>, event: &Event, event_id: Uuid) {
        let stored = domain::codec::encode(event);
        let fact = NewFact { event_id, stored, occurred_at: None, context: self.context.clone() };
        let entry = Entry {
            stream: Stream::User(user),
            expected: Expected::after(revision),
            facts: vec![fact],
        };
        let first = self.log.append_blocking(vec![entry.clone()]).unwrap().remove(0).unwrap();
        if self.dice.roll(4) == 0 {
            // The answer was lost and the same is sent again.
            let again = self.log.append_blocking(vec![entry]).unwrap().remove(0).unwrap();
            assert!(again.repeated && again.position == first.position);
        }
    }

    fn import(&mut self, person: u64) {
        self.imports += 1;
        let values = ["", "x", "y", "007"];
        let cells: Vec<(&str, &str)> = FIELDS
            .iter()
            .map(|field| (*field, values[self.dice.roll(values.len() as u64) as usize]))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let (user, email) = (self.user_id(person), World::email(person));
        let (state, revision) = self.state(user);
        let new = !self.people.contains_key(&person);
        let changed = self.people.entry(person).or_default().import(new, &cells);
        let import_id = Uuid::from_u128(u128::from(self.imports));
        let taken: Vec<(&str, Option<Cow<'_, str>>)> =
            cells.iter().map(|(field, value)| (*field, Some(Cow::Borrowed(*value)))).collect();
        let row =
            ImportRow { import_id, row: 1, email: Some(&email), cells: &taken, member_since: None };
        let decided = decide(state.as_ref(), &row);
        assert_eq!(decided.is_some(), changed);
        if let Some(fact) = decided {
            assert_eq!(fact.created, new);
            self.append(user, revision, &Event::UserImported(fact), import_event_id(import_id, 1));
        }
    }

    fn act(&mut self, person: u64, act: u64) {
        let (user, name, step) = (self.user_id(person), self.dice.name(), self.dice.name());
        let (state, revision) = self.state(user);
        let (state, named) = (state.as_ref(), Named::by_id(id(name)));
        let open = Challenge::Open(&named.id);
        let reward = |kind| RewardId { kind, id: id(name) };
        let one = |facts: Vec<Event>| facts.into_iter().next();
        let decided = match act {
            4 => badge::award(state, &named),
            5 => badge::withdraw(state, &named),
            6 => challenge::join(state, open),
            7 => challenge::complete_step(state, open, &id(step)).map(one),
            8 => reward::receive(state, &reward(RewardKind::Perk)),
            9 => activity::use_perk(state, &named),
            10 => reward::receive(state, &reward(RewardKind::DigitalAsset)),
            11 => activity::connect(state, &named.id),
            12 => activity::disconnect(state, &named.id),
            _ => challenge::complete(state, open),
        };
        let expected = self.people.get_mut(&person).map(|person| match act {
            4 => person.award(name),
            5 => person.withdraw(name),
            6 => person.join(name),
            7 => person.step(name, step),
            8 => person.receive_perk(name),
            9 => person.use_perk(name),
            10 => person.receive_asset(name),
            11 => person.connect(name),
            12 => person.disconnect(name),
            _ => person.complete(name),
        });
        match (expected, decided) {
            (None, decided) => assert_eq!(decided, Err(Refusal::UserUnknown)),
            (Some(None), decided) => assert!(decided.is_err()),
            (Some(Some(recorded)), decided) => {
                let event = decided.unwrap();
                assert_eq!(event.is_some(), recorded);
                if let Some(event) = event {
                    self.append(user, revision, &event, Uuid::now_v7());
                }
            }
        }
    }

    /// Brings the tables some of the way, so that batches end anywhere.
    fn fold_some(&mut self) {
        let head = self.log.head().number();
        let through = Position::single(self.dice.roll(head + 1));
        if through > self.store.checkpoint().unwrap() {
            catch_up(&self.log, &self.store, through, &mut |_| {}).unwrap();
        }
    }

    fn what_must_hold(&mut self) {
        let head = self.log.head();
        catch_up(&self.log, &self.store, head, &mut |_| {}).unwrap();
        // Folding what is folded already changes nothing.
        catch_up(&self.log, &self.store, head, &mut |_| {}).unwrap();
        self.the_log_is_sound();
        for (person, expected) in self.people.clone() {
            self.the_tables_agree(self.user_id(person), &expected);
        }
        assert_eq!(self.store.user_count().unwrap(), self.people.len() as u64);
        self.counts_agree();
        let replayed = projections::digest::compare_with_replay(
            &self.log,
            self.log_id,
            &self.store,
            self.scratch.path(),
            &mut |_, _| {},
        );
        for (serving, replay) in replayed.unwrap().1 {
            assert_eq!(serving, replay, "batches in another order gave another table");
        }
    }

    fn the_log_is_sound(&self) {
        let Log::Sqlite(sqlite) = &self.log;
        let check = sqlite.check(&mut |_, _| {}).unwrap();
        assert!(check.faults.is_empty(), "{:?}", check.faults);
        let facts: u64 = self.people.values().map(|person| person.facts).sum();
        assert_eq!(self.log.head().number(), facts, "a fact too many or too few");
    }

    fn the_tables_agree(&self, user: UserId, expected: &Person) {
        let found = self.store.user(user).unwrap().expect("the user is in the table");
        assert_eq!(found.line.fields, expected.fields);
        assert_eq!(found.line.revision + 1, expected.facts);
        assert_eq!(found.line.challenges_completed, expected.completed.len() as u64);
        assert!(found.badges.iter().map(|(badge, _)| badge).eq(&expected.badges));
        assert!(found.challenges.iter().map(|line| &line.challenge_id).eq(&expected.joined));
        for line in &found.challenges {
            let steps = expected
                .steps
                .iter()
                .filter(|(challenge, _)| *challenge == line.challenge_id)
                .count();
            assert_eq!(line.steps.len(), steps);
            assert_eq!(
                line.completed_at.is_some(),
                expected.completed.contains(&line.challenge_id)
            );
        }
        let perks = found.perks.iter().map(|perk| (&perk.perk_id, perk.used > 0));
        assert!(perks.eq(expected.perks.iter().map(|(perk, used)| (perk, *used))));
        assert!(found.digital_assets.iter().map(|(asset, _)| asset).eq(&expected.assets));
        assert!(found.apps.iter().map(|(app, _)| app).eq(&expected.apps));
        assert_eq!(found.line.digital_assets, expected.assets.len() as u64);
        let used = expected.perks.values().filter(|used| **used).count();
        assert_eq!(found.line.perks_used, used as u64);
        let (state, revision) =
            self.store.user_state(user).unwrap().expect("there is a state to decide on");
        assert_eq!(revision + 1, expected.facts);
        let state = state.expect("the user is there");
        assert_eq!(
            (state.fields, state.badges.len(), state.perks.len(), state.apps.len()),
            (
                expected.fields.clone(),
                expected.badges.len(),
                expected.perks.len(),
                expected.apps.len()
            )
        );
    }

    /// Gained and lost strictly alternate, so their difference is what is held; counted over the whole log.
    fn counts_agree(&self) {
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        let scan = Scan { after: Position::START, through: self.log.head(), kinds: None };
        self.log
            .scan(scan, &mut |row| {
                *counted.entry(row.kind.to_owned()).or_default() += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
        let kinds: BTreeMap<String, u64> = self
            .store
            .kind_counts()
            .unwrap()
            .into_iter()
            .map(|count| (count.kind, count.facts))
            .collect();
        assert_eq!(kinds, counted);
        let sum = |count: fn(&Person) -> u64| self.people.values().map(count).sum::<u64>();
        assert_eq!(counted.get("BadgeGained").copied().unwrap_or(0), sum(|person| person.gained));
        assert_eq!(counted.get("BadgeLost").copied().unwrap_or(0), sum(|person| person.lost));
        assert_eq!(
            sum(|person| person.gained - person.lost),
            sum(|person| person.badges.len() as u64)
        );
    }
}
