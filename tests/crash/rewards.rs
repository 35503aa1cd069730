//! `kill -9` while many finish a challenge that has only so much to give: each who is served is served once, and no more are
//! than there is.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::people::SplitMix64;
use tests::{Answer, Process, Table};

use crate::COHORT;

const USERS: usize = 60;
const LIMIT: usize = 25;
const SEEDS: u64 = 25;

async fn start(folder: &Path) -> Process {
    Process::start_with(COHORT, folder, &[], &[]).await
}

async fn ask(service: &Process, method: Method, path: &str, body: &Value) -> Option<Answer> {
    let request = service.request(method, path).json(body);
    Answer::read(request.send().await.ok()?).await
}

async fn define(service: &Process, id: &str) {
    let body = json!({ "id": id, "name": id, "opt_in": false,
        "steps": [{ "id": "go", "title": "Go", "action": "go" }],
        "rewards": [{ "kind": "perk", "id": id, "name": "Coffee", "limit": LIMIT }] });
    ask(service, Method::POST, "/v1/challenges", &body).await.unwrap().then(201);
    let path = format!("/v1/challenges/{id}/publish");
    let request = service.request(Method::POST, &path).header("if-match", "\"1\"");
    Answer::of(request).await.then(200);
}

/// Everybody finishes, all at once; waits for what follows. None where the service is killed on the way.
async fn drive(service: &Process, users: &[String], challenge: &str) -> Option<()> {
    let finish = users.iter().map(|user| {
        let path = format!("/v1/users/{user}/challenges/{challenge}/steps/go/complete");
        service.request(Method::POST, &path).send()
    });
    for answer in futures_util::future::join_all(finish).await {
        assert!(matches!(answer.ok()?.status().as_u16(), 200 | 409));
    }
    let request = service.request(Method::GET, "/v1/users?limit=1&settled=true");
    Answer::read(request.send().await.ok()?).await?.then(200);
    Some(())
}

async fn events(service: &Process, kind: &str) -> Table {
    let path = format!("/v1/exports/user-events.csv?type={kind}");
    Table::read(&service.get(&path).await.then(200).text())
}

/// Who received the perk of a challenge.
async fn served(service: &Process, challenge: &str) -> Vec<String> {
    let table = events(service, "PerkReceived").await;
    let rows = table.column("user_id").into_iter().zip(table.column("perk_id"));
    rows.filter(|(_, perk)| *perk == challenge).map(|(user, _)| user.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_who_is_served_is_served_once_and_no_more_than_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = start(folder.path()).await;
    let rows: String = (0..USERS).map(|who| format!("p{who}@example.org\n")).collect();
    let import = service.request(Method::POST, "/v1/imports?start=true&wait=true");
    let import = import.header("content-type", "text/csv").body(format!("Email\n{rows}"));
    Answer::of(import).await.then(200);
    let page = service.get("/v1/users?limit=1000").await.then(200).json();
    let id = |user: &Value| user["id"].as_str().unwrap().to_owned();
    let users: Vec<String> = page["items"].as_array().unwrap().iter().map(id).collect();
    define(&service, "c0").await;
    let began = Instant::now();
    drive(&service, &users, "c0").await.expect("nobody kills it");
    let took = began.elapsed();
    let mut met = 0;
    for seed in 1..=SEEDS {
        let challenge = format!("c{seed}");
        define(&service, &challenge).await;
        let delay = Duration::from_micros(SplitMix64::new(seed).below(took.as_micros() as u64));
        let finished = tokio::time::timeout(delay, drive(&service, &users, &challenge)).await;
        service.kill();
        met += u64::from(finished.is_err());
        service = start(folder.path()).await;
        drive(&service, &users, &challenge).await.expect("nobody kills it any more");
        let served = served(&service, &challenge).await;
        let once: BTreeSet<&String> = served.iter().collect();
        assert_eq!((served.len(), once.len()), (LIMIT, LIMIT), "seed {seed}, after {delay:?}");
        let view = service.get(&format!("/v1/challenges/{challenge}")).await.then(200).json();
        assert_eq!(view["ended"], "rewards_exhausted", "seed {seed}");
    }
    println!("{SEEDS} kills, {met} before the end");
    assert!(met * 2 >= SEEDS, "only {met} of {SEEDS} kills met something at work");
    let check =
        ask(&service, Method::POST, "/v1/operations/check", &Value::Null).await.unwrap().text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}
