//! Reading: in order, by kind and range, by stream, while others write, and after reopening.

use domain::EventKind;
use eventlog::sqlite::{SqliteLog, SqliteOptions};
use eventlog::{Cause, Context, Expected, Log, Position, Scan};
use std::sync::Arc;
use uuid::Uuid;

use crate::given::{a_log, all, badge, context, entry, everything, joined, open, user};

#[tokio::test]
async fn a_fact_comes_back_as_it_went_in() {
    let given = a_log();
    let cause = Cause { event_id: Uuid::now_v7(), stream: "import-7".into(), revision: 3 };
    let shared =
        Context { correlation: Uuid::now_v7(), cause: Some(cause.clone()), ..(*context()).clone() };
    let mut fact = badge("vip");
    fact.occurred_at = Some(-5);
    fact.context = Arc::new(shared.clone());
    given.log.append(vec![entry(user(1), Expected::New, vec![fact.clone()])]).await.unwrap();
    let found = everything(&given.log).remove(0);
    assert_eq!(
        (found.event_id, found.occurred_at, found.cause),
        (fact.event_id, Some(-5), Some(cause))
    );
    assert_eq!(
        (found.actor, found.correlation, found.stream),
        (shared.actor, shared.correlation, user(1))
    );
    assert_eq!(
        (found.data, found.personal, found.version),
        (fact.stored.data, fact.stored.personal, 1)
    );
}

#[tokio::test]
async fn a_scan_holds_exactly_its_kinds_and_range_in_order() {
    let given = a_log();
    for number in 0..30 {
        let fact = if number % 3 == 0 { joined("c") } else { badge("b") };
        given.log.append(vec![entry(user(number), Expected::New, vec![fact])]).await.unwrap();
    }
    let positions = |after, through, kinds: Option<&[EventKind]>| -> Vec<u64> {
        all(&given.log, after, through, kinds)
            .into_iter()
            .map(|fact| fact.position.number())
            .collect()
    };
    assert_eq!(positions(0, 30, None), (1..=30).collect::<Vec<_>>());
    assert_eq!(positions(10, 20, None), (11..=20).collect::<Vec<_>>());
    let join = [EventKind::ChallengeJoined];
    assert_eq!(positions(0, 30, Some(&join)), (1..=30).step_by(3).collect::<Vec<_>>());
    assert_eq!(positions(4, 10, Some(&join)), [7, 10]);
    let both = [EventKind::BadgeGained, EventKind::ChallengeJoined];
    assert_eq!(positions(0, 30, Some(&both)), (1..=30).collect::<Vec<_>>());
    assert_eq!(positions(0, 30, Some(&[])), [0; 0]);
    assert_eq!(
        positions(0, 30, Some(&[EventKind::BadgeLost])),
        [0; 0],
        "a kind that never happened"
    );
    assert_eq!(positions(30, 30, None), [0; 0]);
}

#[tokio::test]
async fn a_stretch_is_counted_by_kind_as_it_is_scanned() {
    let given = a_log();
    for number in 0..30 {
        let fact = if number % 3 == 0 { joined("c") } else { badge("b") };
        given.log.append(vec![entry(user(number), Expected::New, vec![fact])]).await.unwrap();
    }
    let kinds = [EventKind::BadgeGained, EventKind::BadgeLost, EventKind::ChallengeJoined];
    for (after, through) in [(0, 30), (4, 10), (7, 8), (30, 30)] {
        let (from, to) = (Position::single(after), Position::single(through));
        let scan = Scan { after: from, through: to, kinds: Some(&kinds) };
        let tally = given.log.tally(scan).unwrap();
        for kind in kinds {
            let facts = all(&given.log, after, through, Some(&[kind]));
            let edges = facts.first().zip(facts.last());
            let edges = edges.map(|(first, last)| {
                let edge = |fact: &eventlog::Recorded| (fact.position, fact.recorded_at);
                (facts.len() as u64, edge(first), edge(last))
            });
            let counted = tally.iter().find(|tally| tally.kind == kind);
            let counted = counted.map(|tally| (tally.facts, tally.first, tally.last));
            assert_eq!(counted, edges, "{kind:?} after {after} through {through}");
        }
    }
}

#[tokio::test]
async fn the_newest_of_some_kinds_are_those_that_a_scan_ends_with() {
    let given = a_log();
    for number in 0..40 {
        let fact = if number % 7 == 0 { joined("c") } else { badge("b") };
        given.log.append(vec![entry(user(number), Expected::New, vec![fact])]).await.unwrap();
    }
    let (badges, joins) = (EventKind::BadgeGained, EventKind::ChallengeJoined);
    let never = EventKind::BadgeLost;
    for (after, through) in [(0, 40), (4, 30), (7, 8), (40, 40)] {
        for kinds in [None, Some(vec![joins]), Some(vec![joins, never, badges]), Some(vec![])] {
            let mut expected = all(&given.log, after, through, kinds.as_deref());
            expected.reverse();
            let (from, to) = (Position::single(after), Position::single(through));
            let scan = Scan { after: from, through: to, kinds: kinds.as_deref() };
            for limit in [0, 1, 3, 100] {
                let newest = given.log.newest(scan, limit).unwrap();
                let most = limit.min(expected.len());
                assert_eq!(newest, expected[..most], "{limit} of {kinds:?} after {after}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_is_read_newest_first_in_pages() {
    let given = a_log();
    for revision in 0..10u64 {
        let expected = Expected::after(revision.checked_sub(1));
        given.log.append(vec![entry(user(1), expected, vec![badge("a")])]).await.unwrap();
        given.log.append(vec![entry(user(2), expected, vec![badge("b")])]).await.unwrap();
    }
    let revisions = |before, limit| -> Vec<u64> {
        given
            .log
            .read_stream(&user(1), before, limit)
            .unwrap()
            .into_iter()
            .map(|fact| fact.revision)
            .collect()
    };
    assert_eq!(revisions(None, 100), (0..10).rev().collect::<Vec<_>>());
    assert_eq!(revisions(None, 3), [9, 8, 7]);
    let third = given.log.read_stream(&user(1), None, 3).unwrap()[2].position;
    assert_eq!(revisions(Some(third), 2), [6, 5]);
    let foreign = given.log.read_stream(&user(1), Some(Position::single(2)), 5);
    assert_eq!(foreign, Err(eventlog::LogError::NotInStream), "a position of another stream");
    assert_eq!(given.log.read_stream(&user(9), None, 5).unwrap(), []);
    assert_eq!(given.log.stream_revision(&user(1)).unwrap(), Some(9));
    assert_eq!(given.log.stream_revision(&user(9)).unwrap(), None);
}

#[tokio::test]
async fn a_reader_during_a_bulk_write_sees_whole_commits_only() {
    let given = a_log();
    let writing = given.log.clone();
    let writer = tokio::task::spawn_blocking(move || {
        for batch in 0..20u64 {
            let entries = (0..500)
                .map(|n| entry(user(batch * 500 + n), Expected::New, vec![badge("b")]))
                .collect();
            writing.append_blocking(entries).unwrap();
        }
    });
    let mut seen = 0;
    while seen < 10_000 {
        // Beyond the head nothing is asked for, so whatever is there is whole: a multiple of a batch.
        let count = all(&given.log, 0, u64::MAX >> 1, None).len();
        assert_eq!(count % 500, 0, "a torn commit was visible");
        assert!(count >= seen, "facts went away");
        seen = count;
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn a_reopened_log_goes_on_where_it_was() {
    let given = a_log();
    given.log.append(vec![entry(user(1), Expected::New, vec![badge("a")])]).await.unwrap();
    let (path, closing) = (given.folder.path().join("log.db"), given.log.clone());
    tokio::task::spawn_blocking(move || closing.close()).await.unwrap();
    let before = everything(&given.log);
    let log = open(&path, SqliteOptions::default());
    assert_eq!(everything(&log), before);
    let next = log
        .append(vec![entry(user(1), Expected::Revision(0), vec![joined("c")])])
        .await
        .unwrap()
        .remove(0);
    assert_eq!(next.unwrap().position, Position::single(2));
}

#[tokio::test]
async fn a_backup_of_a_busy_log_is_a_log() {
    let given = a_log();
    let writing = given.log.clone();
    let writer = tokio::task::spawn_blocking(move || {
        for number in 0..2_000 {
            writing
                .append_blocking(vec![entry(user(number), Expected::New, vec![badge("b")])])
                .unwrap();
        }
    });
    let copy = given.folder.path().join("copy.db");
    while given.log.head().number() < 100 {
        tokio::task::yield_now().await;
    }
    let head = given.log.backup(&copy).unwrap();
    writer.await.unwrap();
    let log = SqliteLog::open(&copy, SqliteOptions::default()).unwrap();
    let checked = log.clone();
    let check = tokio::task::spawn_blocking(move || checked.check(&mut |_, _| {}).unwrap());
    let check = check.await.unwrap();
    assert!(
        check.faults.is_empty() && check.facts == head.number() && check.facts >= 100,
        "{check:?}"
    );
    let (copied, original) = (everything(&Log::Sqlite(log)), everything(&given.log));
    assert_eq!(copied, original[..copied.len()]);
}
