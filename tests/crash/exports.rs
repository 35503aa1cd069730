//! `kill -9` while an export with a file is written, and a client that goes on where its download was cut.

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
