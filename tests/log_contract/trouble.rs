//! Trouble: a queue that is full, a disk that is full, a file that is none of ours.

use std::time::Duration;

use eventlog::sqlite::{SqliteLog, SqliteOptions};
use eventlog::{Expected, LogError};

use crate::given::{a_log, badge, entry, everything, open, user};

#[tokio::test]
async fn a_full_queue_makes_callers_wait_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = open(&path, SqliteOptions { queue: 4, ..SqliteOptions::default() });
    // Somebody holds the file, so the writer stands still.
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let appends: Vec<_> = (0..20)
        .map(|number| {
            let log = log.clone();
            tokio::spawn(async move {
                log.append(vec![entry(user(number), Expected::New, vec![badge("b")])]).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        appends.iter().all(|append| !append.is_finished()),
        "an append was answered before it was durable"
    );
    // The writer holds what it took; at most four wait in the queue, and the rest wait outside of it.
    assert!(log.queued() >= 10, "{} wait", log.queued());
    holder.execute_batch("COMMIT").unwrap();
    for append in appends {
        append.await.unwrap().unwrap().remove(0).unwrap();
    }
    assert_eq!(everything(&log).len(), 20);
    assert_eq!(log.queued(), 0);
}

#[tokio::test]
async fn a_full_disk_refuses_by_name_keeps_what_was_there_and_recovers() {
    // Heads of streams written with every commit, now and then, and never before the end.
    for recent_heads in [0, 75, 100_000] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let few = SqliteOptions { pages_max: Some(40), recent_heads, ..SqliteOptions::default() };
        let log = open(&path, few);
        let mut acknowledged = 0;
        let refused = loop {
            let entries = (0..50)
                .map(|n| entry(user(acknowledged + n), Expected::New, vec![badge("b")]))
                .collect();
            match log.append(entries).await {
                Ok(outcomes) => {
                    acknowledged += outcomes.into_iter().filter(Result::is_ok).count() as u64
                }
                Err(error) => break error,
            }
            assert!(acknowledged < 100_000, "the disk never fills");
        };
        assert_eq!(refused, LogError::Full);
        assert_eq!(log.failure(), None, "a full disk is not the end");
        assert_eq!(everything(&log).len() as u64, acknowledged);
        for number in 0..acknowledged + 50 {
            let there = (number < acknowledged).then_some(0);
            assert_eq!(log.stream_revision(&user(number)).unwrap(), there, "{number}");
        }
        let closing = log.clone();
        tokio::task::spawn_blocking(move || closing.close()).await.unwrap();
        let log = open(&path, SqliteOptions::default());
        assert_eq!(everything(&log).len() as u64, acknowledged, "acknowledged = present");
        log.append(vec![entry(user(1_000_000), Expected::New, vec![badge("b")])])
            .await
            .unwrap()
            .remove(0)
            .unwrap();
    }
}

#[tokio::test]
async fn a_file_that_is_none_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t(x); PRAGMA user_version = 9;")
        .unwrap();
    assert!(matches!(SqliteLog::open(&path, SqliteOptions::default()), Err(LogError::Unusable(_))));
    std::fs::write(&path, "this is no database at all, whatever its name may say").unwrap();
    assert!(SqliteLog::open(&path, SqliteOptions::default()).is_err());
}

#[tokio::test]
async fn a_closed_log_finishes_what_it_took_and_takes_no_more() {
    let given = a_log();
    let appends: Vec<_> = (0..10)
        .map(|number| {
            let log = given.log.clone();
            tokio::spawn(async move {
                log.append(vec![entry(user(number), Expected::New, vec![badge("b")])]).await
            })
        })
        .collect();
    for append in appends {
        append.await.unwrap().unwrap();
    }
    let closing = given.log.clone();
    tokio::task::spawn_blocking(move || closing.close()).await.unwrap();
    let refused = given.log.append(vec![entry(user(99), Expected::New, vec![badge("b")])]).await;
    assert_eq!(refused.unwrap_err(), LogError::Closed);
    assert_eq!(everything(&given.log).len(), 10);
}
