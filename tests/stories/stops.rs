//! Whoever stops the rules waits for what they are at, also where somebody else stops them already.

use std::time::Duration;

use domain::EventKind;
use rusqlite::Connection;
use serde_json::json;
use tests::Service;

use crate::export_ledger::facts;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_the_rules_waits_for_the_step_at_hand() {
    let service = Service::start().await;
    let condition = json!({ "property": "city", "operator": "is", "value": "Lyon" });
    let conditions = json!({ "groups": [{ "conditions": [condition] }] });
    let segment = json!({ "id": "lyon", "name": "From Lyon", "conditions": conditions });
    service.import("Email,City\nben@example.org,Nice\n").await;
    service.post("/v1/segments", &segment).await.then(201);
    service.settle().await;
    // Where the rules are cannot be written down for now: they stay at their step.
    let work = Connection::open(service.app.folder.work()).unwrap();
    work.execute_batch("BEGIN IMMEDIATE").unwrap();
    service.import("Email,City\nanna@example.org,Lyon\n").await;
    facts(&service, &[EventKind::SegmentEntered], 1).await;
    let stop = || {
        let app = service.app.clone();
        tokio::task::spawn_blocking(move || app.policies.stop())
    };
    let stops = [stop(), stop()];
    tokio::time::sleep(Duration::from_millis(50)).await; // so that they have come as far as they can
    assert!(stops.iter().all(|stop| !stop.is_finished()), "it is at work still");
    work.execute_batch("ROLLBACK").unwrap();
    for stop in stops {
        stop.await.unwrap();
    }
    service.stop().await;
}
