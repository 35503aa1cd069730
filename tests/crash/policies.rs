//! `kill -9` while segments and badges are brought up with an import: what follows, follows once.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::people::SplitMix64;
use tests::{Answer, Process};

use crate::COHORT;

/// Small batches: there are many places to be killed at.
const SETTINGS: [(&str, &str); 1] = [("COHORT_IMPORT_BATCH_ROWS", "50")];
const USERS: u64 = 400;
const SEEDS: u64 = 40;

async fn start(folder: &Path) -> Process {
    Process::start_with(COHORT, folder, &[], &SETTINGS).await
}

async fn ask(service: &Process, method: Method, path: &str, body: &Value) -> Option<Answer> {
    let request = service.request(method, path).json(body);
    Answer::read(request.send().await.ok()?).await
}

/// Everybody lives in one city or the other, by turns.
fn file(seed: u64) -> String {
    let city = if seed.is_multiple_of(2) { "Lyon" } else { "Nice" };
    let rows: String = (0..USERS).map(|who| format!("p{who}@example.org,{city}\n")).collect();
    format!("Email,City\n{rows}")
}

/// Imports the file of a seed, unless that is done already; none where the service is killed on the way.
async fn drive(service: &Process, seed: u64) -> Option<()> {
    let name = format!("{seed}.csv");
    let page = Answer::read(service.request(Method::GET, "/v1/imports?limit=1").send().await.ok()?);
    let page = page.await?.then(200).json();
    let newest = page["items"][0].clone();
    let path = match newest["filename"] == name.as_str() {
        true => format!("/v1/imports/{}", newest["id"].as_str().unwrap()),
        false => {
            let path = format!("/v1/imports?start=true&filename={name}");
            let request = service.request(Method::POST, &path).header("content-type", "text/csv");
            let answer = Answer::read(request.body(file(seed)).send().await.ok()?).await?;
            answer.then(202).header("location").to_owned()
        }
    };
    let request = service.request(Method::GET, &format!("{path}?wait=true"));
    Answer::read(request.send().await.ok()?).await?.then(200);
    let request = service.request(Method::GET, "/v1/users?limit=1&settled=true");
    Answer::read(request.send().await.ok()?).await?.then(200);
    Some(())
}

async fn cursor(service: &Process) -> String {
    let answer = service.get("/v1/exports/users.csv?columns=user_id").await.then(200);
    answer.header("cohort-position").to_owned()
}

/// How many of which facts there are since, by kind and what they speak of.
async fn facts(service: &Process, since: &str) -> BTreeMap<String, u64> {
    let text = service.get(&format!("/v1/exports/user-events.ndjson?since={since}")).await;
    let mut facts = BTreeMap::new();
    for line in text.then(200).text().lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        let of = |name: &str| fact[name].as_str().unwrap_or_default().to_owned();
        *facts
            .entry(format!("{} {} {}", of("event_type"), of("audience_id"), of("badge_id")))
            .or_default() += 1;
    }
    facts
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_everything_follows_and_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = start(folder.path()).await;
    drive(&service, 0).await.unwrap();
    for (id, city) in [("lyon", "Lyon"), ("nice", "Nice")] {
        let conditions = json!({ "groups": [{ "conditions": [{ "property": "city", "operator": "is", "value": city }] }] });
        let body = json!({ "id": id, "name": id, "conditions": conditions });
        ask(&service, Method::POST, "/v1/segments", &body).await.unwrap().then(201);
        let badge = json!({ "id": format!("of_{id}"), "name": id, "audience": { "segment": id } });
        let draft =
            ask(&service, Method::POST, "/v1/badges", &badge).await.unwrap().then(201).json();
        let path = format!("/v1/badges/of_{id}/publish");
        let request = service
            .request(Method::POST, &path)
            .header("if-match", format!("\"{}\"", draft["revision"]));
        Answer::of(request).await.then(200);
    }
    service.get("/v1/users?limit=1&settled=true").await.then(200);
    let (since, began) = (cursor(&service).await, Instant::now());
    drive(&service, 1).await.expect("nobody kills it");
    let took = began.elapsed();
    let expected = facts(&service, &since).await;
    assert_eq!(expected.values().copied().collect::<Vec<_>>(), [USERS; 5], "{expected:?}");
    let mut met = 0;
    for seed in 2..SEEDS + 2 {
        let since = cursor(&service).await;
        let delay = Duration::from_micros(SplitMix64::new(seed).below(took.as_micros() as u64));
        let finished = tokio::time::timeout(delay, drive(&service, seed)).await.is_ok();
        service.kill();
        met += u64::from(!finished);
        service = start(folder.path()).await;
        drive(&service, seed).await.expect("nobody kills it any more");
        let mut there = facts(&service, &since).await;
        // The other city's turn comes with every second seed.
        if seed.is_multiple_of(2) {
            let turned = |name: &String| match name.contains("lyon") {
                true => name.replace("lyon", "nice"),
                false => name.replace("nice", "lyon"),
            };
            there = there.iter().map(|(name, count)| (turned(name), *count)).collect();
        }
        assert_eq!(there, expected, "seed {seed}, killed after {delay:?}");
    }
    println!("{SEEDS} kills, {met} before the end");
    assert!(met * 2 >= SEEDS, "only {met} of {SEEDS} kills met something at work");
    let check =
        ask(&service, Method::POST, "/v1/operations/check", &Value::Null).await.unwrap().text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}
