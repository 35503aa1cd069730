//! A thousand `kill -9`, each at another point of an import and of taking it back: the log ends the same every time.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::UserId;
use domain::identity::{
    import_email_event_id, import_event_id, import_join_event_id, revert_event_id,
};
use reqwest::Method;
use serde_json::Value;
use tests::people::SplitMix64;
use tests::{Answer, Process};
use uuid::Uuid;

use crate::COHORT;

/// Seeds unless `COHORT_KILL_SEEDS` says otherwise, and how many services share them.
const SEEDS: u64 = 1_000;
const SERVICES: u64 = 4;
/// Small batches: there are many places to be killed at.
const SETTINGS: [(&str, &str); 1] = [("COHORT_IMPORT_BATCH_ROWS", "12")];
const ROWS: u64 = 80;
/// Users that are there before; every import changes them, and taking it back restores them.
const KNOWN: u64 = 8;

/// A fact, as it must be whatever happened on the way: its type, the row, whose (without the seed).
type Fact = (String, Option<u64>, String);

struct Run {
    service: Process,
    /// By what rows find their users.
    key: Key,
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Email,
    /// Then known users get other addresses, too, and have their own again in the end.
    ExternalId,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Key::Email => "email",
            Key::ExternalId => "external_id",
        }
    }
}

/// Rows that make users, change known ones, repeat an address, change nothing, or are refused.
fn file(key: Key, seed: u64) -> String {
    match key {
        Key::Email => by_email(seed),
        Key::ExternalId => by_external_id(seed),
    }
}

fn by_external_id(seed: u64) -> String {
    let row = |n: u64| match n % 10 {
        // Refused: only a row after it makes the user.
        4 if n == 14 => format!("L.{seed},,Early"),
        6 if n == 16 => format!("L.{seed},late.{seed}@example.org,Late"),
        9 if n == 19 => format!("Q,quiet.{seed}@example.org,Away"),
        9 if n == 59 => "Q,quiet@example.org,Home".to_owned(),
        3 => format!("K{},known{}.{n}.{seed}@example.org,City {n}", n % KNOWN, n % KNOWN),
        5 => format!("N{}.{seed},new{n}.{seed}@example.org,Again {n}", n - 4),
        7 => ",nobody@example.org,x".to_owned(),
        8 => format!("N{n}.{seed},known1@example.org,x"),
        _ => format!("N{n}.{seed},new{n}.{seed}@example.org,City {n}"),
    };
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    format!("external_id,Email,City\n{}\n", rows.join("\n"))
}

fn by_email(seed: u64) -> String {
    let row = |n: u64| match n % 10 {
        // Together these two leave the user as it was: it only joins the list.
        9 if n == 19 => "quiet@example.org,Away,".to_owned(),
        9 if n == 59 => "quiet@example.org,Home,".to_owned(),
        3 => format!("known{}@example.org,City {n},", n % KNOWN),
        // Refused: only a row after it takes the id from who has it.
        4 if n == 14 => format!("new{n}.{seed}@example.org,City {n},K0"),
        6 if n == 16 => format!("known0@example.org,City {n},Z.{seed}"),
        5 => format!("new{}.{seed}@example.org,Again {n},", n - 4),
        7 => "nobody,x,".to_owned(),
        _ => format!("new{n}.{seed}@example.org,City {n},"),
    };
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    format!("Email,City,external_id\n{}\n", rows.join("\n"))
}

impl Run {
    async fn start(folder: &Path) -> Process {
        Process::start_with(COHORT, folder, &[], &SETTINGS).await
    }

    async fn ask(&self, method: Method, path: &str, body: String) -> Option<Answer> {
        let request = self.service.request(method, path).header("content-type", "text/csv");
        let answer = request.body(body).send().await.ok()?;
        Answer::read(answer).await
    }

    /// The import of this seed, where it was accepted.
    async fn accepted(&self) -> Option<Value> {
        let page = self.service.get("/v1/imports?limit=1").await.then(200).json();
        let newest = page["items"][0].clone();
        (newest["filename"] == format!("{}.csv", self.seed)).then_some(newest)
    }

    /// Goes on from wherever it is, to the end; none where the service is killed on the way.
    async fn drive(&self) -> Option<()> {
        let (key, seed) = (self.key.name(), self.seed);
        let path = format!("/v1/imports?start=true&list=all&match_by={key}&filename={seed}.csv");
        let mut import = match self.accepted().await {
            Some(import) => import,
            None => {
                self.ask(Method::POST, &path, file(self.key, self.seed)).await?.then(202).json()
            }
        };
        let path = format!("/v1/imports/{}", import["id"].as_str().unwrap());
        loop {
            match import["state"].as_str().unwrap() {
                "queued" | "running" | "reverting" => {}
                "completed" => {
                    self.ask(Method::POST, &format!("{path}/revert"), String::new()).await?;
                }
                "reverted" => return Some(()),
                other => panic!("the import is {other}"),
            }
            let wait = format!("{path}?wait=true");
            import = self.ask(Method::GET, &wait, String::new()).await?.then(200).json();
        }
    }

    /// Every user event since, each with the id that it must have; and the counts of the import and its end.
    async fn outcome(&self, since: &str) -> (Vec<Fact>, Value) {
        let import = self.accepted().await.expect("the import is there");
        let id: Uuid = import["id"].as_str().unwrap().parse().unwrap();
        let path = format!("/v1/exports/user-events.ndjson?since={since}");
        let text = self.service.get(&path).await.then(200).text();
        let (mut facts, mut undone) = (Vec::new(), HashMap::new());
        for line in text.lines() {
            let fact: Value = serde_json::from_str(line).unwrap();
            let user = UserId(fact["user_id"].as_str().unwrap().parse().unwrap());
            let (kind, row) = (fact["event_type"].as_str().unwrap(), fact["import_row"].as_u64());
            let derived = match (kind, row) {
                ("cohort.user.imported", Some(row)) => import_event_id(id, row),
                ("cohort.user.email_changed", Some(row)) => import_email_event_id(id, row),
                ("cohort.list.joined", Some(row)) => import_join_event_id(id, row),
                _ => {
                    let ordinal: &mut u32 = undone.entry(user).or_default();
                    *ordinal += 1;
                    revert_event_id(id, user, *ordinal - 1)
                }
            };
            assert_eq!(fact["event_id"], derived.to_string(), "{line}");
            let whose =
                fact["user_email"].as_str().unwrap().replace(&format!(".{}@", self.seed), "@");
            facts.push((kind.to_owned(), row, whose));
        }
        let counts = ["created", "updated", "unchanged", "rejected", "warnings", "joined", "codes"];
        let mut said: Vec<Value> = counts.iter().map(|count| import[*count].clone()).collect();
        for count in ["removed", "restored", "left", "kept"] {
            said.push(import["revert"][count].clone());
        }
        (facts, Value::Array(said))
    }

    async fn cursor(&self) -> String {
        let answer = self.service.get("/v1/exports/users.csv?columns=user_id").await.then(200);
        answer.header("cohort-position").to_owned()
    }
}

/// A service with the known users and the list, and what comes of a seed on which it is not killed, and how long that
/// takes.
async fn undisturbed(folder: &Path, key: Key) -> (Run, (Vec<Fact>, Value), Duration) {
    let mut run = Run { service: Run::start(folder).await, key, seed: 0 };
    let row = |n| format!("known{n}@example.org,K{n},Home\n");
    let known: String = (0..KNOWN).map(row).collect();
    let known = known + "quiet@example.org,Q,Home\n";
    let path = "/v1/imports?start=true&wait=true&new_list=all";
    let first =
        run.ask(Method::POST, path, format!("Email,external_id,City\n{known}")).await.unwrap();
    first.then(200);
    let names = (0..KNOWN).map(|n| format!("known{n}")).chain(["quiet".to_owned()]);
    for name in names {
        let page = run.service.get(&format!("/v1/users?search={name}@")).await.json();
        let id = page["items"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/users/{id}/lists/all");
        Answer::of(run.service.request(Method::DELETE, &path)).await.then(200);
    }
    run.seed = u64::MAX;
    let since = run.cursor().await;
    let began = Instant::now();
    run.drive().await.expect("nobody kills it");
    let took = began.elapsed();
    let outcome = run.outcome(&since).await;
    (run, outcome, took)
}

/// Kills at a point of each of these seeds. Answers how many met an import at work, and how many one being taken back.
async fn kill_at_every(key: Key, seeds: impl Iterator<Item = u64>) -> (u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let (mut run, expected, took) = undisturbed(folder.path(), key).await;
    let (mut importing, mut reverting) = (0, 0);
    for seed in seeds {
        run.seed = seed;
        let since = run.cursor().await;
        let mut dice = SplitMix64::new(seed);
        let delay = Duration::from_micros(dice.below(took.as_micros() as u64));
        {
            let drive = run.drive();
            let _ = tokio::time::timeout(delay, drive).await;
        }
        run.service.kill();
        run.service = Run::start(folder.path()).await;
        match run.accepted().await.map(|import| import["state"].clone()) {
            Some(state) if state == "queued" || state == "running" => importing += 1,
            Some(state) if state == "reverting" => reverting += 1,
            Some(_) | None => {}
        }
        run.drive().await.expect("nobody kills it any more");
        let outcome = run.outcome(&since).await;
        assert_eq!(outcome, expected, "seed {seed}, killed after {delay:?}");
    }
    let check = run.ask(Method::POST, "/v1/operations/check", String::new()).await.unwrap().text();
    let report = check.lines().last().unwrap();
    assert!(report.contains("\"sound\":true") && report.contains("\"open_claims\":0"), "{report}");
    (importing, reverting)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_anywhere_the_log_ends_as_if_undisturbed() {
    let seeds = std::env::var("COHORT_KILL_SEEDS").map_or(SEEDS, |text| text.parse().unwrap());
    let services: Vec<_> = (0..SERVICES)
        .map(|first| {
            let key = if first % 2 == 0 { Key::Email } else { Key::ExternalId };
            tokio::spawn(kill_at_every(key, (first..seeds).step_by(SERVICES as usize)))
        })
        .collect();
    let (mut importing, mut reverting) = (0, 0);
    for service in services {
        let met = service.await.unwrap();
        (importing, reverting) = (importing + met.0, reverting + met.1);
    }
    println!("{seeds} kills, {importing} met an import at work, {reverting} one being taken back");
    assert!(
        importing * 20 >= seeds && reverting * 20 >= seeds,
        "{importing} and {reverting} of {seeds}"
    );
}
