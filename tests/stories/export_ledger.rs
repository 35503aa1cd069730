//! Every export leaves two facts, also where the service dies in between.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use api::app::{App, entry, system};
use api::config::Config;
use api::export::ledger::{Ledger, Taker, end_cut_off};
use api::export::stored::resume::resume;
use api::server::patience::Line;
use domain::event::{ExportContent, ExportFailed, ExportStarted};
use domain::{Event, EventKind};
use eventlog::sqlite::{SqliteLog, SqliteOptions, system_clock};
use eventlog::{Expected, Log, Position, Scan, Stream};
use futures_util::FutureExt;
use serde_json::json;
use tests::Service;
use uuid::Uuid;

use crate::stored_exports::path;

/// The facts of some kinds, each with its stream; waits until there are as many.
pub(crate) async fn facts(
    service: &Service,
    kinds: &[EventKind],
    wanted: usize,
) -> Vec<(String, Event)> {
    for _ in 0..1_000 {
        let log = &service.app.log;
        let scan = Scan { after: Position::START, through: log.head(), kinds: Some(kinds) };
        let mut found = Vec::new();
        let mut note = |row: &eventlog::Row<'_>| {
            found.push((row.stream.to_string(), row.event().unwrap()));
            ControlFlow::Continue(())
        };
        log.scan(scan, &mut note).unwrap();
        if found.len() >= wanted {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{wanted} facts of {kinds:?} never came");
}

#[tokio::test]
async fn every_export_is_a_fact_before_and_after() {
    let service = Service::start().await;
    service.import("Email\na@example.org\n").await;
    service.get("/v1/exports/users.csv").await.then(200);
    service.get("/v1/exports/user-events.ndjson").await.then(200);
    // The end is recorded by itself; nobody waits for it.
    let ends = facts(&service, &[EventKind::ExportCompleted], 2).await;
    assert_eq!(facts(&service, &[EventKind::ExportStarted], 2).await.len(), 2);
    for (_, end) in ends {
        assert!(matches!(end, Event::ExportCompleted(end) if end.rows == 1));
    }
}

fn started(export_id: Uuid) -> ExportStarted {
    ExportStarted {
        export_id,
        content: ExportContent::UserEvents,
        format: "csv".to_owned(),
        position: "somewhere".to_owned(),
        personal: true,
        query: None,
        resolved: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_while_the_first_fact_is_recorded_is_told_to_have_left() {
    let service = Service::start().await;
    let (app, id) = (&service.app, Uuid::now_v7());
    let place = Ledger::reserve(app).unwrap();
    let taker = Taker { context: system(id), line: Line::default() };
    // The service forgets what it does for a client that leaves: it is asked once, and then no more.
    let opening = Ledger::open(app, place, taker, (started(id), None));
    assert!(opening.now_or_never().is_none(), "the log takes its time");
    let code = "client_gone".to_owned();
    let gone = Event::ExportFailed(ExportFailed { export_id: id, code, rows: 0 });
    let ends = facts(&service, &[EventKind::ExportFailed], 1).await;
    assert_eq!(ends, [(format!("export-{id}"), gone)]);
    assert_eq!(facts(&service, &[EventKind::ExportStarted], 1).await.len(), 1);
    service.stop().await;
}

#[tokio::test]
async fn an_export_that_a_crash_cut_off_is_ended_at_the_next_start() {
    let service = Service::start().await;
    service.get("/v1/exports/user-events.csv").await.then(200);
    facts(&service, &[EventKind::ExportCompleted], 1).await;
    let (data, folder) = (service.data.clone(), service.stop().await);
    // What a crash leaves of an export under way: its first fact and no last one.
    let (cut, left) = (Uuid::now_v7(), data.clone());
    let crash = tokio::task::spawn_blocking(move || {
        let file = SqliteLog::open(&left.join("log.db"), SqliteOptions::default()).unwrap();
        let log = Log::Sqlite(file);
        let started = Event::ExportStarted(started(cut));
        let stream = Stream::named("export", cut);
        let entry = entry(stream, Expected::New, &started, None, &system(cut));
        log.append_blocking(vec![entry]).unwrap().remove(0).unwrap();
        log.close();
    });
    crash.await.unwrap();
    let service = Service::open(&data, None, &[]).await;
    let code = "service_stopped".to_owned();
    let failed = Event::ExportFailed(ExportFailed { export_id: cut, code, rows: 0 });
    let ends = facts(&service, &[EventKind::ExportFailed], 1).await;
    assert_eq!(ends, [(format!("export-{cut}"), failed)]);
    // A start later there is nothing left to end.
    let service = service.restart().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let all = [EventKind::ExportFailed, EventKind::ExportCompleted];
    assert_eq!(facts(&service, &all, 2).await.len(), 2, "each export ended once");
    service.stop().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_stopped_midway_ends_nothing_that_begins_anew() {
    let service = Service::start().await;
    service.import("Email\na@example.org\n").await;
    let now = service.get("/v1/exports/users.csv").await.then(200);
    let then = now.header("cohort-position");
    let turn = service.app.replays.clone().acquire_owned().await.unwrap();
    let body = json!({ "content": "users", "format": "csv", "as_of": then });
    let asked = service.post("/v1/exports", &body).await.then(202).json();
    facts(&service, &[EventKind::ExportCompleted], 1).await;
    let (data, folder) = (service.data.clone(), service.stop().await);
    drop(turn);
    // The next start comes as far as taking it up again; then it is told to stop.
    let flags = BTreeMap::from([("data", data.display().to_string())]);
    let (config, runtime) =
        (Config::resolve(&flags, None).unwrap(), tokio::runtime::Handle::current());
    let start = tokio::task::spawn_blocking(move || {
        let _inside = runtime.enter();
        let (app, _) = App::open_quiet(config, system_clock()).unwrap();
        let before = app.log.head();
        runtime.block_on(app.reload_tokens(before)).unwrap();
        let anew = resume(&app).unwrap();
        assert_eq!(anew.len(), 1);
        app.stored.stop();
        end_cut_off(&app, before, &anew).unwrap();
        assert_eq!(app.log.head(), before, "it has no end");
        app.close();
    });
    start.await.unwrap();
    let service = Service::open(&data, None, &[]).await;
    let done = service.get(&format!("{}?wait=true", path(&asked))).await.then(200).json();
    assert_eq!((&done["state"], &done["rows"]), (&json!("completed"), &json!(1)), "{done}");
    service.stop().await;
    drop(folder);
}
