//! Where streams end: known at once, kept in memory for a while, and right again after any stop.

use eventlog::sqlite::{SqliteLog, SqliteOptions};
use eventlog::{Expected, Log};

use crate::given::{badge, entry, everything, joined, open, user};

const FEW: usize = 3;

fn few() -> SqliteOptions {
    SqliteOptions { recent_heads: FEW, ..SqliteOptions::default() }
}

async fn extend(log: &Log, number: u64, expected: Expected) {
    let appended = log.append(vec![entry(user(number), expected, vec![badge("b")])]).await;
    appended.unwrap().remove(0).unwrap();
}

fn is_sound(log: &Log) {
    let Log::Sqlite(sqlite) = log;
    let check = sqlite.check(&mut |_, _| {}).unwrap();
    assert!(check.faults.is_empty(), "{:?}", check.faults);
    assert_eq!(check.facts, log.head().number());
}

fn written(path: &std::path::Path) -> (i64, i64) {
    let file = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT (SELECT count(*) FROM streams), (SELECT position FROM heads_through)";
    file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[tokio::test]
async fn heads_are_known_at_once_and_written_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = open(&path, few());
    for round in 0..4 {
        for number in 0..FEW as u64 {
            extend(&log, number, round_expects(round)).await;
            assert_eq!(log.stream_revision(&user(number)).unwrap(), Some(round));
        }
        assert_eq!(written(&path), (0, 0), "three streams fit");
    }
    extend(&log, 98, Expected::New).await;
    extend(&log, 99, Expected::New).await;
    assert_eq!(written(&path), (5, 14), "the commit after one too many writes them all");
    for number in [0, 1, 2, 98, 99] {
        let history = log.read_stream(&user(number), None, 10).unwrap();
        assert_eq!(history.len(), if number < 98 { 4 } else { 1 });
    }
    tokio::task::spawn_blocking(move || is_sound(&log)).await.unwrap();
}

fn round_expects(round: u64) -> Expected {
    round.checked_sub(1).map_or(Expected::New, Expected::Revision)
}

#[tokio::test]
async fn a_log_cut_off_before_its_heads_were_written_knows_them_all_again() {
    for streams in 1..=8 {
        let folder = tempfile::tempdir().unwrap();
        let log = open(&folder.path().join("log.db"), few());
        for number in 0..streams {
            extend(&log, number, Expected::New).await;
        }
        extend(&log, 0, Expected::Revision(0)).await;
        // What a machine that loses power leaves: the files as they are, with nobody to end them in order.
        let left = tempfile::tempdir().unwrap();
        for name in ["log.db", "log.db-wal"] {
            std::fs::copy(folder.path().join(name), left.path().join(name)).unwrap();
        }
        let found = open(&left.path().join("log.db"), few());
        assert_eq!(everything(&found), everything(&log));
        assert_eq!(found.stream_revision(&user(0)).unwrap(), Some(1));
        let stale = vec![entry(user(0), Expected::Revision(0), vec![joined("c")])];
        let conflict = found.append(stale).await.unwrap().remove(0).unwrap_err();
        assert_eq!(conflict.actual, Some(1), "one revision once, also after the cut");
        for number in 1..streams {
            extend(&found, number, Expected::Revision(0)).await;
        }
        tokio::task::spawn_blocking(move || is_sound(&found)).await.unwrap();
    }
}

#[tokio::test]
async fn a_log_ended_in_order_has_nothing_to_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = open(&path, few());
    extend(&log, 1, Expected::New).await;
    extend(&log, 2, Expected::New).await;
    tokio::task::spawn_blocking(move || log.close()).await.unwrap();
    assert_eq!(written(&path), (2, 2));
    assert!(SqliteLog::open(&path, few()).is_ok());
}

#[tokio::test]
async fn a_damaged_head_and_a_forked_stream_are_found() {
    let damages = [
        ("UPDATE streams SET revision = 5 WHERE last_position = 4", "not its last fact"),
        ("UPDATE streams SET last_position = 999 WHERE last_position = 4", "not its last fact"),
        ("UPDATE streams SET revision = -7 WHERE last_position = 4", "not its last fact"),
        ("DELETE FROM streams WHERE last_position = 4", "account for 3 of the 4 facts"),
        // A second fact at revision 1 of one stream, by stealing the only fact of another.
        (
            "UPDATE events SET stream = (SELECT stream FROM events WHERE position = 1), revision = 1,
             prev_position = 1 WHERE position = 4",
            "not its last fact",
        ),
    ];
    for (damage, what) in damages {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let log = open(&path, few());
        extend(&log, 1, Expected::New).await;
        extend(&log, 2, Expected::New).await;
        extend(&log, 1, Expected::Revision(0)).await;
        extend(&log, 3, Expected::New).await;
        tokio::task::spawn_blocking(move || log.close()).await.unwrap();
        assert_eq!(rusqlite::Connection::open(&path).unwrap().execute(damage, []).unwrap(), 1);
        let log = SqliteLog::open(&path, few()).unwrap();
        let check = tokio::task::spawn_blocking(move || log.check(&mut |_, _| {}).unwrap());
        let faults = format!("{:?}", check.await.unwrap().faults);
        assert!(faults.contains(what), "{damage}: {faults}");
    }
}
