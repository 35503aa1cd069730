//! Time: given by the writer, never decreasing, found by search; a clock that jumps does no harm.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use eventlog::sqlite::{SqliteLog, SqliteOptions};
use eventlog::{Expected, Log, LogError, Position};

use crate::given::{badge, entry, everything, open, user};

struct Timed {
    log: Log,
    now: Arc<AtomicI64>,
    folder: tempfile::TempDir,
}

fn options(now: &Arc<AtomicI64>) -> SqliteOptions {
    let clock = now.clone();
    SqliteOptions {
        clock: Arc::new(move || clock.load(Ordering::SeqCst)),
        ..SqliteOptions::default()
    }
}

fn timed() -> Timed {
    let folder = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicI64::new(0));
    Timed { log: open(&folder.path().join("log.db"), options(&now)), now, folder }
}

impl Timed {
    async fn record_at(&self, time: i64) {
        self.now.store(time, Ordering::SeqCst);
        let stream = user(self.log.head().number());
        self.log
            .append(vec![entry(stream, Expected::New, vec![badge("b")])])
            .await
            .unwrap()
            .remove(0)
            .unwrap();
    }
}

#[tokio::test]
async fn recorded_at_never_goes_back_though_the_clock_does() {
    let given = timed();
    for time in [100, 200, 150, 50, 201] {
        given.record_at(time).await;
    }
    let times: Vec<_> = everything(&given.log).iter().map(|fact| fact.recorded_at).collect();
    assert_eq!(times, [100, 200, 200, 200, 201]);
}

#[tokio::test]
async fn the_position_before_a_time_is_found_at_and_between_facts() {
    let given = timed();
    for time in [100, 200, 200, 300] {
        given.record_at(time).await;
    }
    for (time, expected) in [(0, 0), (100, 0), (101, 1), (200, 1), (201, 3), (300, 3)] {
        assert_eq!(
            given.log.position_before(time).await.unwrap(),
            Position::single(expected),
            "{time}"
        );
    }
}

#[tokio::test]
async fn past_the_last_fact_the_writer_answers_and_keeps_its_word() {
    let given = timed();
    given.record_at(100).await;
    given.now.store(500, Ordering::SeqCst);
    assert_eq!(given.log.position_before(400).await.unwrap(), Position::single(1));
    // The clock falls back behind what was answered: nothing may be recorded before 400 any more.
    given.record_at(300).await;
    assert_eq!(everything(&given.log)[1].recorded_at, 400);
    assert_eq!(
        given.log.position_before(400).await.unwrap(),
        Position::single(1),
        "the answer stays"
    );
    // A time still to come cannot be promised; it does not push the log's time ahead of the clock.
    given.now.store(600, Ordering::SeqCst);
    assert_eq!(given.log.position_before(10_000).await.unwrap(), Position::single(2));
    given.record_at(700).await;
    assert_eq!(everything(&given.log)[2].recorded_at, 700);
}

#[tokio::test]
async fn an_empty_log_has_nothing_before_any_time() {
    let given = timed();
    assert_eq!(given.log.position_before(0).await.unwrap(), Position::START);
    assert_eq!(given.log.position_before(i64::MAX).await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_log_far_ahead_of_the_clock_is_refused_unless_accepted() {
    let given = timed();
    given.record_at(1_000_000_000).await;
    let (path, closing) = (given.folder.path().join("log.db"), given.log.clone());
    tokio::task::spawn_blocking(move || closing.close()).await.unwrap();
    given.now.store(1_000_000_000 - 60_000_000, Ordering::SeqCst);
    drop(SqliteLog::open(&path, options(&given.now)).unwrap());
    given.now.store(1_000_000_000 - 61_000_000, Ordering::SeqCst);
    let refused = SqliteLog::open(&path, options(&given.now)).unwrap_err();
    assert_eq!(refused, LogError::ClockBehind { ahead_s: 61 });
    let accepted = SqliteOptions { accept_clock: true, ..options(&given.now) };
    let log = open(&path, accepted);
    log.append(vec![entry(user(77), Expected::New, vec![badge("b")])]).await.unwrap();
    assert_eq!(everything(&log)[1].recorded_at, 1_000_000_000, "and its time does not go back");
}
