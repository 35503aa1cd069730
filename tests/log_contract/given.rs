//! A log on a real file, and facts to put into it.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use domain::event::{BadgeGained, Because, ChallengeJoined, Event, Named};
use domain::{EventKind, UserId};
use eventlog::sqlite::{SqliteLog, SqliteOptions};
use eventlog::{
    Actor, ActorKind, Context, Entry, Expected, Log, NewFact, Origin, Position, Recorded, Scan,
    Stream,
};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) struct Given {
    pub(crate) log: Log,
    pub(crate) folder: TempDir,
}

pub(crate) fn a_log() -> Given {
    let folder = tempfile::tempdir().unwrap();
    Given { log: open(&folder.path().join("log.db"), SqliteOptions::default()), folder }
}

pub(crate) fn open(path: &Path, options: SqliteOptions) -> Log {
    Log::Sqlite(SqliteLog::open(path, options).unwrap())
}

pub(crate) fn user(number: u64) -> Stream {
    Stream::User(UserId(Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes())))
}

pub(crate) fn context() -> Arc<Context> {
    let actor = Actor { kind: ActorKind::Token, id: "t_test".to_owned() };
    Arc::new(Context { actor, origin: Origin::Api, correlation: Uuid::nil(), cause: None })
}

pub(crate) fn badge(name: &str) -> NewFact {
    let badge = Named::by_id(name.parse().unwrap());
    let email = Some("a@example.org".to_owned());
    fact(&Event::BadgeGained(BadgeGained {
        badge,
        audience: None,
        because: Because::ByHand,
        email,
    }))
}

pub(crate) fn joined(name: &str) -> NewFact {
    let challenge = Named::by_id(name.parse().unwrap());
    fact(&Event::ChallengeJoined(ChallengeJoined { challenge, email: None }))
}

fn fact(event: &Event) -> NewFact {
    let stored = domain::codec::encode(event);
    NewFact { event_id: Uuid::now_v7(), stored, occurred_at: None, context: context() }
}

pub(crate) fn entry(stream: Stream, expected: Expected, facts: Vec<NewFact>) -> Entry {
    Entry { stream, expected, facts }
}

/// Everything in a stretch.
pub(crate) fn all(
    log: &Log,
    after: u64,
    through: u64,
    kinds: Option<&[EventKind]>,
) -> Vec<Recorded> {
    let mut found = Vec::new();
    let scan = Scan { after: Position::single(after), through: Position::single(through), kinds };
    log.scan(scan, &mut |row| {
        found.push(row.to_recorded());
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

/// Everything there is.
pub(crate) fn everything(log: &Log) -> Vec<Recorded> {
    all(log, 0, log.head().number(), None)
}
