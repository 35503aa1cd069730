//! Appending: the expected revision decides, entries are independent, a repeat is no conflict.

use std::collections::BTreeSet;

use eventlog::{Conflict, Expected, LogError, Position};

use crate::given::{a_log, badge, entry, everything, user};

#[tokio::test]
async fn positions_count_from_one_without_a_gap_and_revisions_from_zero() {
    let given = a_log();
    for number in 0..10 {
        let facts = vec![badge("a"), badge("b"), badge("c")];
        let appended = given
            .log
            .append(vec![entry(user(number), Expected::New, facts)])
            .await
            .unwrap()
            .remove(0)
            .unwrap();
        assert_eq!((appended.position, appended.revision), (Position::single(number * 3 + 3), 2));
    }
    let facts = everything(&given.log);
    assert!(
        facts
            .iter()
            .enumerate()
            .all(|(index, fact)| fact.position == Position::single(index as u64 + 1))
    );
    assert!(facts.iter().enumerate().all(|(index, fact)| fact.revision == index as u64 % 3));
    assert_eq!(given.log.head(), Position::single(30));
}

#[tokio::test]
async fn a_stream_takes_facts_only_at_the_revision_it_has() {
    let given = a_log();
    let append = async |expected, name| {
        given.log.append(vec![entry(user(1), expected, vec![badge(name)])]).await.unwrap().remove(0)
    };
    let conflict = |expected, actual| Err(Conflict { expected, actual });
    assert_eq!(append(Expected::Revision(0), "x").await, conflict(Expected::Revision(0), None));
    assert_eq!(append(Expected::New, "a").await.unwrap().revision, 0);
    assert_eq!(append(Expected::New, "x").await, conflict(Expected::New, Some(0)));
    assert_eq!(append(Expected::Revision(1), "x").await, conflict(Expected::Revision(1), Some(0)));
    assert_eq!(append(Expected::Revision(0), "b").await.unwrap().revision, 1);
    assert_eq!(everything(&given.log).len(), 2, "a conflict wrote something");
}

#[tokio::test]
async fn of_many_writers_at_one_revision_one_wins() {
    let given = a_log();
    let mut writers = Vec::new();
    for number in 0..64 {
        let log = given.log.clone();
        writers.push(tokio::spawn(async move {
            let name = format!("b{number}");
            log.append(vec![entry(user(1), Expected::New, vec![badge(&name)])])
                .await
                .unwrap()
                .remove(0)
                .is_ok()
        }));
    }
    let mut won = 0;
    for writer in writers {
        won += usize::from(writer.await.unwrap());
    }
    assert_eq!((won, everything(&given.log).len()), (1, 1));
}

#[tokio::test]
async fn entries_hold_or_fail_alone() {
    let given = a_log();
    given.log.append(vec![entry(user(2), Expected::New, vec![badge("old")])]).await.unwrap();
    let entries =
        (1..=3).map(|number| entry(user(number), Expected::New, vec![badge("new")])).collect();
    let outcomes = given.log.append(entries).await.unwrap();
    assert!(outcomes[0].is_ok() && outcomes[1].is_err() && outcomes[2].is_ok());
    assert_eq!(given.log.stream_revision(&user(1)).unwrap(), Some(0));
    assert_eq!(given.log.stream_revision(&user(3)).unwrap(), Some(0));
    assert_eq!(everything(&given.log).len(), 3);
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_time_and_written_once() {
    let given = a_log();
    let again = vec![badge("a"), badge("b")];
    let append = async |expected, facts| {
        given.log.append(vec![entry(user(1), expected, facts)]).await.unwrap().remove(0)
    };
    let first = append(Expected::New, again.clone()).await.unwrap();
    let repeat = append(Expected::New, again.clone()).await.unwrap();
    assert_eq!(
        (repeat.position, repeat.revision, repeat.repeated),
        (first.position, first.revision, true)
    );
    append(Expected::Revision(1), vec![badge("c")]).await.unwrap();
    // Still recognised when the stream has moved on, and only at its own place.
    let late = append(Expected::New, again.clone()).await.unwrap();
    assert_eq!((late.position, late.repeated), (first.position, true));
    assert!(append(Expected::Revision(0), again.clone()).await.is_err());
    let half = vec![again[0].clone(), badge("other")];
    assert!(append(Expected::New, half).await.is_err(), "half a repeat is a conflict");
    assert_eq!(everything(&given.log).len(), 3);
}

#[tokio::test]
async fn a_malformed_append_is_refused_before_anything_is_written() {
    let given = a_log();
    let twice = vec![
        entry(user(1), Expected::New, vec![badge("a")]),
        entry(user(1), Expected::New, vec![badge("b")]),
    ];
    assert!(matches!(given.log.append(twice).await, Err(LogError::Malformed(_))));
    let empty = vec![entry(user(1), Expected::New, Vec::new())];
    assert!(matches!(given.log.append(empty).await, Err(LogError::Malformed(_))));
    assert_eq!(given.log.head(), Position::START);
}

#[tokio::test]
async fn what_concurrent_writers_were_told_is_what_is_there() {
    let given = a_log();
    let mut writers = Vec::new();
    for number in 0..32u64 {
        let log = given.log.clone();
        writers.push(tokio::spawn(async move {
            let mut told = Vec::new();
            for step in 0..20u64 {
                let stream = user((number * 7 + step * 3) % 40);
                let expected = Expected::after(log.stream_revision(&stream).unwrap());
                let fact = badge("b");
                let id = fact.event_id;
                if let Ok(done) =
                    log.append(vec![entry(stream, expected, vec![fact])]).await.unwrap().remove(0)
                {
                    told.push((done.position, id));
                }
            }
            told
        }));
    }
    let mut told = BTreeSet::new();
    for writer in writers {
        told.extend(writer.await.unwrap());
    }
    let there: BTreeSet<_> =
        everything(&given.log).into_iter().map(|fact| (fact.position, fact.event_id)).collect();
    assert!(told.len() > 100);
    assert_eq!(told, there);
}
