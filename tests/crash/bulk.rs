//! `kill -9` anywhere in a bulk action of many users and in taking it back: it ends as one that was not disturbed, and each
//! fact has the id that it must have.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::UserId;
use domain::identity::{bulk_event_id, revert_event_id};
use reqwest::Method;
use serde_json::{Value, json};
use tests::people::SplitMix64;
use tests::{Answer, Process, Table};
use uuid::Uuid;

use crate::COHORT;

/// Users there are; a third of them is on the list before.
const USERS: usize = 20_000;
/// Kills unless `COHORT_BULK_KILLS` says otherwise.
const KILLS: u64 = 20;
/// Small batches: a kill meets any of many.
const SETTINGS: [(&str, &str); 1] = [("COHORT_IMPORT_BATCH_ROWS", "1000")];

async fn start(folder: &Path) -> Process {
    Process::start_with(COHORT, folder, &[], &SETTINGS).await
}

async fn ask(
    service: &Process,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Option<Answer> {
    let request = service.request(method, path);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    Answer::read(request.send().await.ok()?).await
}

/// Takes everybody off the list or puts them on it, then takes that back: from wherever it is to the end; none where the
/// service is killed on the way.
async fn drive(service: &Process, number: usize, action: &str) -> Option<Value> {
    let page = ask(service, Method::GET, "/v1/bulk-actions?limit=1000", None).await?.then(200);
    let mut page = page.json()["items"].as_array().unwrap().clone();
    let mut job = match page.len() > number {
        true => page.swap_remove(0),
        false => {
            let body = json!({ "action": action, "list": "all", "filter": {} });
            ask(service, Method::POST, "/v1/bulk-actions", Some(&body)).await?.then(202).json()
        }
    };
    let path = format!("/v1/bulk-actions/{}", job["id"].as_str().unwrap());
    loop {
        match job["state"].as_str().unwrap() {
            "queued" | "running" | "reverting" => {}
            "completed" => {
                ask(service, Method::POST, &format!("{path}/revert"), None).await?;
            }
            "reverted" => return Some(job),
            other => panic!("the bulk action is {other}"),
        }
        let wait = format!("{path}?wait=true");
        job = ask(service, Method::GET, &wait, None).await?.then(200).json();
    }
}

async fn cursor(service: &Process) -> String {
    let answer = service.get("/v1/exports/users.csv?columns=user_id").await.then(200);
    answer.header("cohort-position").to_owned()
}

/// Type and user of every fact since, in order, each with the id that it must have.
async fn facts(service: &Process, since: &str, job: &Value) -> Vec<(String, String)> {
    let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
    let action = job["action"].as_str().unwrap();
    let forward = format!("cohort.list.{}", if action == "join_list" { "joined" } else { "left" });
    let columns = "event_type,user_id,event_id";
    let path = format!("/v1/exports/user-events.csv?since={since}&columns={columns}");
    let table = Table::read(&service.get(&path).await.then(200).text());
    let mut facts = Vec::new();
    for row in &table.rows {
        let user = UserId(row["user_id"].parse().unwrap());
        let derived = match row["event_type"] == forward {
            true => bulk_event_id(id, user, 0),
            false => revert_event_id(id, user, 0),
        };
        assert_eq!(row["event_id"], derived.to_string(), "{row:?}");
        facts.push((row["event_type"].clone(), row["user_id"].clone()));
    }
    facts
}

fn said(job: &Value) -> Vec<Value> {
    let counts = ["matched", "done", "changed", "unchanged", "refused", "codes", "refused_first"];
    let mut said: Vec<Value> = counts.iter().map(|count| job[*count].clone()).collect();
    said.push(job["revert"].clone());
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_a_bulk_action_and_its_undo_end_as_if_undisturbed() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = start(folder.path()).await;
    for (users, query) in [(USERS, "&new_list=Some"), (USERS / 3, "&new_list=All")] {
        let rows: String = (0..users).map(|who| format!("p{who}@example.org\n")).collect();
        let path = format!("/v1/imports?start=true&wait=true{query}");
        let import = service.request(Method::POST, &path).header("content-type", "text/csv");
        Answer::of(import.body(format!("Email\n{rows}"))).await.then(200);
    }
    let before = service.get("/v1/exports/users.csv?list=all").await.then(200).text();
    let actions = ["leave_list", "join_list"];
    let mut undisturbed = Vec::new();
    let began = Instant::now();
    for (number, action) in actions.into_iter().enumerate() {
        let since = cursor(&service).await;
        let job = drive(&service, number, action).await.expect("nobody kills it");
        undisturbed.push((facts(&service, &since, &job).await, said(&job)));
        assert_eq!(job["revert"]["restored"], job["changed"]);
    }
    let took = began.elapsed() / 2;
    let kills = std::env::var("COHORT_BULK_KILLS").ok().and_then(|kills| kills.parse().ok());
    let kills = kills.unwrap_or(KILLS);
    let (mut met, mut number) = (0, actions.len());
    for seed in 1..=kills {
        let turn = usize::from(seed % 2 == 0);
        let since = cursor(&service).await;
        let delay = Duration::from_micros(SplitMix64::new(seed).below(took.as_micros() as u64));
        let finished = tokio::time::timeout(delay, drive(&service, number, actions[turn])).await;
        service.kill();
        met += u64::from(finished.is_err());
        service = start(folder.path()).await;
        let job = drive(&service, number, actions[turn]).await.expect("nobody kills it any more");
        let (facts, said) = (facts(&service, &since, &job).await, said(&job));
        assert_eq!(said, undisturbed[turn].1, "seed {seed}, after {delay:?}");
        assert!(facts == undisturbed[turn].0, "seed {seed}, after {delay:?}: other facts");
        number += 1;
    }
    println!("{kills} kills, {met} before the end");
    assert!(met * 2 >= kills, "only {met} of {kills} kills met something at work");
    let after = service.get("/v1/exports/users.csv?list=all").await.then(200).text();
    assert!(before == after, "all of it was taken back");
    let left = std::fs::read_dir(folder.path().join("files").join("bulk")).unwrap().count();
    assert_eq!(left, 0, "whom they were about is needed no more");
    let check = ask(&service, Method::POST, "/v1/operations/check", None).await.unwrap().text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}

/// Users that are removed each time, all on a list that a badge follows.
const REMOVED: usize = 400;
/// So few at once.
const REMOVED_AT_ONCE: [(&str, &str); 1] = [("COHORT_IMPORT_BATCH_ROWS", "20")];

/// Imports new users onto the list; `settled` waits until all of them hold its badge.
async fn bring(service: &Process, round: u64, settled: bool) {
    let rows: String = (0..REMOVED).map(|who| format!("p{who}@{round}.example.org\n")).collect();
    let path = "/v1/imports?start=true&wait=true&list=all";
    let import = service.request(Method::POST, path).header("content-type", "text/csv");
    let report = Answer::of(import.body(format!("Email\n{rows}"))).await.then(200).json();
    assert_eq!(report["joined"], REMOVED);
    if settled {
        service.get("/v1/users?limit=1&settled=true").await.then(200);
    }
}

/// Removes whoever is on the list, from wherever that is to the end, and waits for what follows; none where the service is
/// killed on the way.
async fn remove(service: &Process, number: usize) -> Option<Value> {
    let page = ask(service, Method::GET, "/v1/bulk-actions?limit=1000", None).await?.then(200);
    let mut page = page.json()["items"].as_array().unwrap().clone();
    let job = match page.len() > number {
        true => page.swap_remove(0),
        false => {
            let body = json!({ "action": "delete", "filter": { "list": "all" } });
            ask(service, Method::POST, "/v1/bulk-actions", Some(&body)).await?.then(202).json()
        }
    };
    let path = format!("/v1/bulk-actions/{}?wait=true", job["id"].as_str().unwrap());
    let job = ask(service, Method::GET, &path, None).await?.json();
    ask(service, Method::GET, "/v1/users?limit=1&settled=true", None).await?;
    (job["state"] == "completed").then_some(job)
}

/// What happened to each user since, in order; each fact with its id.
async fn lives(service: &Process, since: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let columns = "event_type,user_id,event_id";
    let path = format!("/v1/exports/user-events.csv?since={since}&columns={columns}");
    let table = Table::read(&service.get(&path).await.then(200).text());
    let mut lives: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for row in &table.rows {
        let kind = row["event_type"].trim_start_matches("cohort.").to_owned();
        lives.entry(row["user_id"].clone()).or_default().push((kind, row["event_id"].clone()));
    }
    lives
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_who_is_removed_leaves_its_list_and_the_badge_that_follows_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || Process::start_with(COHORT, folder.path(), &[], &REMOVED_AT_ONCE).await;
    let mut service = start().await;
    let list = json!({ "id": "all", "name": "All" });
    ask(&service, Method::POST, "/v1/lists", Some(&list)).await.unwrap().then(201);
    let badge = json!({ "id": "vip", "name": "VIP", "audience": { "list": "all" } });
    ask(&service, Method::POST, "/v1/badges", Some(&badge)).await.unwrap().then(201);
    let publish = service.request(Method::POST, "/v1/badges/vip/publish");
    Answer::of(publish.header("if-match", "\"0\"")).await.then(200);
    bring(&service, 0, true).await;
    let began = Instant::now();
    remove(&service, 0).await.expect("nobody kills it");
    let took = began.elapsed();
    let kills = std::env::var("COHORT_BULK_KILLS").ok().and_then(|kills| kills.parse().ok());
    let (kills, mut met) = (kills.unwrap_or(KILLS), 0);
    for seed in 1..=kills {
        let since = cursor(&service).await;
        // By turns the badge is there before, or on its way still.
        let settled = seed % 2 == 0;
        bring(&service, seed, settled).await;
        let delay = Duration::from_micros(SplitMix64::new(seed).below(took.as_micros() as u64));
        let finished = tokio::time::timeout(delay, remove(&service, seed as usize)).await;
        service.kill();
        met += u64::from(finished.is_err());
        service = start().await;
        let job = remove(&service, seed as usize).await.expect("nobody kills it any more");
        let all = [&job["matched"], &job["changed"]];
        assert_eq!(all, [REMOVED, REMOVED], "seed {seed}, after {delay:?}: {job}");
        let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
        let lives = lives(&service, &since).await;
        assert_eq!(lives.len(), REMOVED, "seed {seed}, after {delay:?}");
        for (user, life) in lives {
            let of = |kind: &str| life.iter().filter(|(of, _)| of == kind).count();
            let once = [of("list.joined"), of("list.left"), of("user.deleted")];
            assert_eq!(once, [1; 3], "seed {seed}, {user}: {life:?}");
            let held = of("badge.gained");
            assert!(of("badge.lost") == held && held <= 1, "seed {seed}, {user}: {life:?}");
            assert!(held == 1 || !settled, "seed {seed}, {user}: {life:?}");
            // What it held goes with it, by the action alone, and nothing comes after.
            let gone = &life[life.len() - 2 - held..];
            for (ordinal, (_, event_id)) in (0..).zip(gone) {
                let derived = bulk_event_id(id, UserId(user.parse().unwrap()), ordinal);
                assert_eq!(*event_id, derived.to_string(), "seed {seed}, {user}: {life:?}");
            }
        }
        let left = service.get("/v1/users?count=only&badge=vip").await.then(200).json();
        assert_eq!(left["total"], 0, "seed {seed}");
    }
    println!("{kills} kills, {met} before the end");
    assert!(met * 2 >= kills, "only {met} of {kills} kills met something at work");
    assert_eq!(service.get("/v1/users?count=only").await.then(200).json()["total"], 0);
    let check = ask(&service, Method::POST, "/v1/operations/check", None).await.unwrap().text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}
