//! Every export leaves two facts, also where the service dies in between.

use std::ops::ControlFlow;
use std::time::Duration;

use api::app::{entry, system};
use domain::event::{ExportContent, ExportFailed, ExportStarted};
use domain::{Event, EventKind};
use eventlog::sqlite::{SqliteLog, SqliteOptions};
use eventlog::{Expected, Log, Position, Scan, Stream};
use tests::Service;
use uuid::Uuid;

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
        let started = Event::ExportStarted(ExportStarted {
            export_id: cut,
            content: ExportContent::UserEvents,
            format: "csv".to_owned(),
            position: "somewhere".to_owned(),
            personal: true,
            query: None,
            resolved: None,
        });
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
