//! `kill -9` while an export with a file is written or the tables of a past moment are replayed, and a client that goes on
//! where its download was cut.

use std::time::Duration;

use serde_json::json;
use tests::{Answer, Process, people};

use crate::COHORT;

const ROWS: usize = 60_000;

/// Names of the files of exports.
fn files(data: &std::path::Path) -> Vec<String> {
    let files = std::fs::read_dir(data.join("files").join("exports")).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

async fn ask(service: &Process, path: &str, reason: &str) -> Answer {
    let body = json!({ "content": "user_events", "format": "csv", "reason": reason });
    Answer::of(service.request(reqwest::Method::POST, path).json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_a_kill_cut_off_is_ended_by_name_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Process::start(COHORT, folder.path(), &[]).await;
    let request = service.request(reqwest::Method::POST, "/v1/imports?start=true&wait=true");
    let file = people::csv(ROWS, 11, 0).text;
    Answer::of(request.header("content-type", "text/csv").body(file)).await.then(200);
    let mut kills = 0;
    for delay in [0, 5, 15, 30, 60] {
        let asked = ask(&service, "/v1/exports", &format!("after {delay} ms")).await.then(202);
        let location = asked.header("location").to_owned();
        tokio::time::sleep(Duration::from_millis(delay)).await;
        service.kill();
        service = Process::start(COHORT, folder.path(), &[]).await;
        let id = location.trim_start_matches("/v1/exports/");
        // It is told as failed at once; the fact that says so follows.
        let view = service.get(&location).await.then(200).json();
        match view["state"].as_str() {
            Some("failed") => {
                assert_eq!(view["code"], "service_stopped");
                assert!(!files(folder.path()).contains(&format!("{id}.part")));
                kills += 1;
            }
            state => assert_eq!(state, Some("completed"), "{view}"),
        }
    }
    assert!(kills >= 1, "no kill met an export; the delays no longer fit the machine");
    let done = ask(&service, "/v1/exports?wait=true", "whole").await.then(200).json();
    let file = format!("/v1/exports/{}/file", done["id"].as_str().unwrap());
    let whole = service.get(&file).await.then(200);
    let tag = whole.header("etag").to_owned();
    // A client takes a part, the service dies, the client goes on.
    let mut cut = service.request(reqwest::Method::GET, &file).send().await.unwrap();
    let begin = cut.chunk().await.unwrap().unwrap();
    drop(cut);
    service.kill();
    let service = Process::start(COHORT, folder.path(), &[]).await;
    let rest = service.request(reqwest::Method::GET, &file).header("if-range", tag);
    let rest = rest.header("range", format!("bytes={}-", begin.len()));
    let rest = Answer::of(rest).await.then(206);
    assert!([&begin[..], &rest.body].concat() == whole.body, "the same bytes");
    let check = Answer::of(service.request(reqwest::Method::POST, "/v1/operations/check")).await;
    let check = check.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}

/// How far a replay is: facts replayed, and facts to replay.
fn replayed(view: &serde_json::Value) -> Option<(u64, u64)> {
    Some((view["replay"]["facts"].as_u64()?, view["replay"]["of"].as_u64()?))
}

/// How often a replay is begun, to be seen under way.
const TRIES: u32 = 20;

/// Waits until an export has ended, and takes its file away.
async fn taken_away(service: &Process, location: &str) {
    service.get(&format!("{location}?wait=true")).await.then(200);
    Answer::of(service.request(reqwest::Method::DELETE, location)).await;
}

/// Looks until the replay of an export is under way; none where it had ended by then.
async fn under_way(service: &Process, location: &str) -> Option<(u64, u64)> {
    loop {
        let view = service.get(location).await.then(200).json();
        if !matches!(view["state"].as_str(), Some("queued" | "running")) {
            return None;
        }
        if let Some((done, all)) = replayed(&view).filter(|(done, _)| *done > 0) {
            // Rows come after the replay.
            return (view["rows"] == 0).then_some((done, all));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_tells_how_far_it_is_is_cancelled_and_begins_anew_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Process::start(COHORT, folder.path(), &[]).await;
    for seed in [1, 2] {
        let request = service.request(reqwest::Method::POST, "/v1/imports?start=true&wait=true");
        let file = people::csv(ROWS, seed, 0).text;
        Answer::of(request.header("content-type", "text/csv").body(file)).await.then(200);
    }
    let then = service.get("/v1/exports/users.xlsx?columns=email").await.then(200);
    let (cursor, sha256) =
        (then.header("cohort-position").to_owned(), then.header("cohort-digest"));
    let ask = async |service: &Process, reason: &str| {
        let body = json!({ "content": "users", "format": "xlsx", "columns": "email", "as_of": cursor, "reason": reason });
        let asked = service.request(reqwest::Method::POST, "/v1/exports").json(&body);
        Answer::of(asked).await.then(202).header("location").to_owned()
    };
    let scratch = || std::fs::read_dir(folder.path().join("files/tmp")).unwrap().count();
    // A replay may be over before it is seen under way: then it is taken away and asked for again.
    let mut tries = 1..=TRIES;
    loop {
        let asked = ask(&service, &format!("to be stopped, {:?}", tries.next())).await;
        if let Some((done, all)) = under_way(&service, &asked).await {
            assert!(done <= all && all > 2 * ROWS as u64, "{done} of {all}");
            let cancel = service.request(reqwest::Method::POST, &format!("{asked}/cancel"));
            let cancelled = Answer::of(cancel).await;
            if cancelled.status == 200 && cancelled.json()["state"] == "cancelled" {
                assert_eq!(cancelled.json()["rows"], 0);
                break;
            }
        }
        taken_away(&service, &asked).await;
        assert!(!tries.is_empty(), "no replay was seen under way");
    }
    assert_eq!(scratch(), 0, "the tables of then are gone");
    let killed = loop {
        let asked = ask(&service, &format!("to be killed, {:?}", tries.next())).await;
        let seen = under_way(&service, &asked).await;
        if seen.is_some() {
            service.kill();
            if scratch() == 1 {
                break asked; // the kill came in the middle of it
            }
            service = Process::start(COHORT, folder.path(), &[]).await;
        }
        taken_away(&service, &asked).await;
        assert!(!tries.is_empty(), "no kill came in the middle of a replay");
    };
    service = Process::start(COHORT, folder.path(), &[]).await;
    let view = service.get(&killed).await.then(200).json();
    assert!(matches!(view["state"].as_str(), Some("queued" | "running")), "it goes on: {view}");
    let told = service.get(&format!("{killed}/progress")).await.then(200).text();
    assert!(told.contains("\"replay\":{\"facts\":"), "{told}");
    let view = service.get(&format!("{killed}?wait=true")).await.then(200).json();
    assert_eq!((&view["state"], &view["rows"]), (&json!("completed"), &json!(2 * ROWS)), "{view}");
    assert_eq!(scratch(), 0, "nothing is left of either replay");
    let id = killed.trim_start_matches("/v1/exports/");
    assert_eq!(files(folder.path()), [id], "one file, and no part of one");
    let file = service.get(&format!("{killed}/file")).await.then(200);
    assert_eq!(file.header("cohort-digest"), sha256, "the bytes of then");
}
