//! `kill -9` after facts were recorded and before they were counted, and then no more of the job is done: it is cancelled
//! before it goes on, or its file is gone. What it did is in its report all the same.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::app::App;
use api::bulk;
use api::config::Config;
use api::import::queue::Work;
use api::import::run;
use domain::Event;
use eventlog::sqlite::{SqliteLog, SqliteOptions, system_clock};
use eventlog::{Log, Origin, Position, Scan, Stream};
use reqwest::Method;
use serde_json::{Value, json};
use tests::people::SplitMix64;
use tests::service::ADMIN;
use tests::{Answer, Process};
use uuid::Uuid;

use crate::COHORT;

/// Users of a job.
const USERS: usize = 6_000;
/// Small batches: a kill meets any of many.
const BATCH: u64 = 150;
const SETTINGS: [(&str, &str); 1] = [("COHORT_IMPORT_BATCH_ROWS", "150")];
/// Kills that have to meet recorded facts which are not counted, of each kind.
const MET_MIN: u64 = 2;
/// Kills at most until then.
const KILLS_MAX: u64 = 60;

async fn start(folder: &Path) -> Process {
    Process::start_with(COHORT, folder, &[], &SETTINGS).await
}

async fn post(service: &Process, path: &str, body: &Value) -> Answer {
    Answer::of(service.request(Method::POST, path).json(body)).await
}

async fn import(service: &Process, query: &str, attempt: u64) -> Value {
    let rows: String = (0..USERS).map(|who| format!("p{who}@{attempt}.example.org\n")).collect();
    let path = format!("/v1/imports?start=true{query}");
    let request = service.request(Method::POST, &path).header("content-type", "text/csv");
    Answer::of(request.body(format!("Email\n{rows}"))).await.json()
}

/// What the log of a dead service holds of a job: users it changed, and how many of them its last progress counts; and
/// whether it has ended.
#[derive(Debug, Default)]
struct Held {
    recorded: u64,
    counted: u64,
    ended: bool,
}

async fn held(folder: &Path, job: Uuid) -> Held {
    let path = folder.join("log.db");
    tokio::task::spawn_blocking(move || read(&path, job)).await.unwrap()
}

fn read(path: &Path, job: Uuid) -> Held {
    let log = SqliteLog::open(path, SqliteOptions::default()).unwrap();
    let (log, mut held) = (Log::Sqlite(log), Held::default());
    let scan = Scan { after: Position::START, through: log.head(), kinds: None };
    log.scan(scan, &mut |row| {
        let ours = matches!(row.stream, Stream::User(_)) && row.correlation == job;
        held.recorded += u64::from(ours && row.origin == Origin::Bulk);
        // Only what is about the job is read.
        if row.kind == "UserImported"
            || row.kind.starts_with("Import")
            || row.kind.starts_with("Bulk")
        {
            take(&mut held, &row.event().unwrap(), job);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    log.close();
    held
}

#[allow(clippy::wildcard_enum_match_arm, reason = "of all there is, only what counts is looked at")]
fn take(held: &mut Held, event: &Event, job: Uuid) {
    match event {
        Event::UserImported(of) => held.recorded += u64::from(of.import_id == job),
        Event::ImportProgressed(of) if of.import_id == job => held.counted = of.counts.created,
        Event::BulkActionProgressed(of) if of.bulk_action_id == job => {
            held.counted = of.outcome.changed;
        }
        Event::ImportCompleted(of) => held.ended |= of.import_id == job,
        Event::BulkActionCompleted(of) => held.ended |= of.bulk_action_id == job,
        _ => {}
    }
}

/// Opens what a killed service left, cancels the job before it goes on, and lets it end.
async fn cancel_before_it_goes_on(folder: PathBuf, job: Uuid, work: Work) {
    let runs = move || {
        let flags = BTreeMap::from([
            ("data", folder.display().to_string()),
            ("import_batch_rows", BATCH.to_string()),
        ]);
        let mut config = Config::resolve(&flags, None).unwrap();
        config.admin_token = Some(ADMIN.to_owned());
        let app = App::open_quiet(config, system_clock()).unwrap().0;
        app.wait_for_tables();
        // Its queue was not started: it waits for its turn.
        app.imports.resume(job, work);
        assert!(app.imports.cancel(job).is_some());
        let ran = match work {
            Work::Import | Work::Revert => run::run(&app, job, true),
            Work::Bulk | Work::BulkRevert => bulk::run::run(&app, job, true),
        };
        assert!(ran.unwrap().is_some(), "it has ended");
        app.close();
    };
    tokio::task::spawn_blocking(runs).await.unwrap();
}

/// Lets a job run for a while, every second time until it says that it has done something, and kills the service.
async fn kill(service: Process, attempt: u64, path: &str, counted: &str) {
    while attempt.is_multiple_of(2) {
        let report = service.get(path).await.then(200).json();
        if report[counted] != 0 {
            break;
        }
    }
    let most = if attempt.is_multiple_of(2) { 60 } else { 250 };
    tokio::time::sleep(Duration::from_millis(SplitMix64::new(attempt).below(most))).await;
    service.kill();
}

fn id(report: &Value) -> Uuid {
    report["id"].as_str().unwrap().parse().unwrap()
}

async fn is_sound(service: &Process) {
    let check = Answer::of(service.request(Method::POST, "/v1/operations/check")).await.text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}

/// What happens to a bulk action after the kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Then {
    /// It is cancelled before it goes on.
    Cancelled,
    /// Whom it is about is lost.
    Lost,
    /// It is cancelled over HTTP, wherever it is then.
    Asked,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_bulk_action_that_goes_on_no_more_counts_whom_it_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = start(folder.path()).await;
    import(&service, "&wait=true&new_list=All", 0).await;
    let mut met = BTreeMap::from([(Then::Cancelled, 0), (Then::Lost, 0), (Then::Asked, 0)]);
    for attempt in 1..=KILLS_MAX {
        let (then, most) =
            (met.iter().min_by_key(|(_, met)| **met).map(|(then, _)| *then), MET_MIN);
        let Some(then) = then.filter(|then| met[then] < most) else { break };
        let body = json!({ "action": "leave_list", "list": "all", "filter": {} });
        let job = id(&post(&service, "/v1/bulk-actions", &body).await.then(202).json());
        let path = format!("/v1/bulk-actions/{job}");
        kill(service, attempt, &path, "changed").await;
        let before = held(folder.path(), job).await;
        if then == Then::Lost {
            let files = folder.path().join("files").join("bulk");
            for file in std::fs::read_dir(files).unwrap() {
                std::fs::remove_file(file.unwrap().path()).unwrap();
            }
        }
        if then == Then::Cancelled && !before.ended {
            cancel_before_it_goes_on(folder.path().to_owned(), job, Work::Bulk).await;
        }
        service = start(folder.path()).await;
        if then == Then::Asked {
            let asked = Answer::of(service.request(Method::POST, &format!("{path}/cancel"))).await;
            assert!([200, 202, 409].contains(&asked.status()), "{}", asked.text());
        }
        let report = service.get(&format!("{path}?wait=true")).await.then(200).json();
        let changed = report["changed"].as_u64().unwrap();
        if !before.ended {
            *met.get_mut(&then).unwrap() += u64::from(before.recorded > before.counted);
            match then {
                Then::Cancelled => assert_eq!(report["state"], "cancelled", "{report}"),
                Then::Lost => assert_eq!(report["code"], "file_missing", "{report}"),
                Then::Asked => {}
            }
            let more = u64::from(then == Then::Asked) * USERS as u64;
            let right = before.recorded..=before.recorded + more;
            assert!(right.contains(&changed), "attempt {attempt}: {changed}, and {before:?}");
        }
        let left = service.get("/v1/lists/all").await.json()["users"].as_u64().unwrap();
        assert_eq!(left + changed, USERS as u64, "attempt {attempt}, {then:?}: {report}");
        if changed > 0 {
            let back = post(&service, &format!("{path}/revert?wait=true"), &Value::Null).await;
            assert_eq!(back.then(200).json()["revert"]["restored"], changed, "{then:?}");
        }
        println!("{attempt}: {then:?}, {before:?}");
    }
    assert!(met.values().all(|met| *met >= MET_MIN), "no kill met what is not counted: {met:?}");
    is_sound(&service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_that_is_cancelled_before_it_goes_on_counts_what_it_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = start(folder.path()).await;
    let mut met = 0;
    for attempt in 1..=KILLS_MAX {
        if met >= 2 * MET_MIN {
            break;
        }
        let job = id(&import(&service, "", attempt).await);
        kill(service, attempt, &format!("/v1/imports/{job}"), "created").await;
        let before = held(folder.path(), job).await;
        println!("{attempt}: {before:?}");
        if before.ended {
            service = start(folder.path()).await;
            continue;
        }
        cancel_before_it_goes_on(folder.path().to_owned(), job, Work::Import).await;
        let after = held(folder.path(), job).await;
        service = start(folder.path()).await;
        let report = service.get(&format!("/v1/imports/{job}")).await.then(200).json();
        assert_eq!(report["state"], "cancelled", "{report}");
        assert_eq!(report["created"], after.recorded, "attempt {attempt}: {before:?}, {after:?}");
        let left_over = before.recorded > before.counted;
        assert!(left_over || after.recorded == before.recorded, "nothing made it go on: {after:?}");
        met += u64::from(left_over);
        if after.recorded > 0 {
            let path = format!("/v1/imports/{job}/revert?wait=true");
            let back = post(&service, &path, &Value::Null).await.then(200).json();
            assert_eq!(back["revert"]["removed"], after.recorded);
        }
    }
    assert!(met >= 2 * MET_MIN, "only {met} kills met rows that are not counted");
    is_sound(&service).await;
}
