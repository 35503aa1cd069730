//! The table of users as it was at a past moment: the bytes of the export that was taken then.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Clock, Service};

use crate::segments::change;
use crate::stored_exports::{path, stored};

async fn exported(service: &Service, query: &str) -> String {
    service.get(&format!("/v1/exports/users.csv?{query}")).await.then(200).text()
}

#[tokio::test]
async fn an_export_as_of_then_is_the_export_that_was_taken_then() {
    let clock = Clock::at("2026-03-28T08:00:00Z");
    let service = Service::start_at(&clock).await;
    for (id, kind) in [("points", "number"), ("born", "date")] {
        let body = json!({ "reference_id": id, "type": kind });
        service.post("/v1/properties", &body).await.then(201);
    }
    let csv = "Email,City,Points,Born\nanna@example.org,Lyon,10,2026-03-27\nben@example.org,Nice,5,1990-03-28\n";
    service.import(csv).await;
    let conditions = json!({ "groups": [{ "conditions": [
        { "property": "city", "operator": "is", "value": "Lyon" }] }] });
    let body = json!({ "id": "lyon", "name": "Lyon", "conditions": conditions });
    service.post("/v1/segments", &body).await.then(201);
    let anna = service.user_id("anna@").await;
    service.act(&format!("/v1/users/{anna}/challenges/spring/join")).await.then(200);
    service.act(&format!("/v1/users/{anna}/challenges/spring/complete")).await.then(200);
    service.get("/v1/users?settled=true").await.then(200);
    let filters =
        ["", "segment=lyon", "property.points.at_least=6", "list=vip", "columns=email,city"];
    let filters = filters.map(|filter| filter.replace("list=vip", "challenge=spring"));
    let mut then = Vec::new();
    for filter in &filters {
        then.push(exported(&service, filter).await);
    }
    let of_days = "property.born.in_the_last_days=2";
    let born = exported(&service, of_days).await;
    assert_eq!(born.lines().count(), 2, "Anna, since yesterday: {born}");
    let answer = service.get("/v1/exports/users.csv").await.then(200);
    let cursor = answer.header("cohort-position").to_owned();

    // Then everything changes: values, names, memberships, who there is.
    clock.set("2026-03-30T08:00:00Z");
    service
        .import("Email,City,Hobby\nanna@example.org,Paris,Chess\ncleo@example.org,Lyon,Go\n")
        .await;
    let city = service.get("/v1/properties/city").await.then(200).json();
    let body = json!({ "reference_id": "town", "name": "Town" });
    change(&service, Method::PUT, "/v1/properties/city", &body, &city).await.then(200);
    let ben = service.user_id("ben@").await;
    service.delete(&format!("/v1/users/{ben}")).await.then(200);
    service.get("/v1/users?settled=true").await.then(200);
    assert_ne!(exported(&service, "").await, then[0]);

    for (filter, then) in filters.iter().zip(&then) {
        for moment in
            [&*cursor, "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-30T07:59:59.999999Z"]
        {
            let as_of = exported(&service, &format!("as_of={moment}&{filter}")).await;
            assert_eq!(&as_of, then, "as of {moment}, {filter}");
        }
    }
    // Days are counted from the day that is asked for.
    for (moment, users) in [(&*cursor, 1), ("2026-03-28T23:00:00Z", 1), ("2026-03-29", 0)] {
        let then = exported(&service, &format!("as_of={moment}&{of_days}")).await;
        assert_eq!(then.lines().count(), 1 + users, "as of {moment}: {then}");
    }
    let answer = service.get(&format!("/v1/exports/users.csv?as_of={cursor}")).await.then(200);
    assert_eq!(answer.header("cohort-position"), cursor);
    // What only counts, or is kept, looks back just so.
    let counts = format!("/v1/exports/users.csv?as_of={cursor}&count=only");
    let counts = service.get(&counts).await.then(200).json();
    let (rows, bytes) = (then[0].lines().count() - 1, then[0].len());
    assert_eq!((&counts["rows"], &counts["bytes_estimate"]), (&json!(rows), &json!(bytes)));
    assert_eq!(counts["position"], cursor);
    let told = format!("/v1/exports/users.csv?as_of={cursor}&manifest=only");
    let told = service.get(&told).await.then(200).json();
    let at = "2026-03-28T08:00:00.000000Z";
    assert_eq!(told["as_of"], json!({ "asked": cursor, "position": cursor, "at": at }));
    assert_eq!((&told["rows"], &told["position"]), (&json!(rows), &json!(cursor)));
    for (filter, then) in filters.iter().zip(&then).take(1).chain(filters.iter().zip(&then).skip(4))
    {
        let mut kept = json!({ "content": "users", "format": "csv", "as_of": "2026-03-29" });
        if let Some((name, value)) = filter.split_once('=') {
            kept[name] = json!(value);
        }
        let done = stored(&service, &kept).await;
        let file = service.get(&format!("{}/file", path(&done))).await.then(200);
        assert_eq!(&file.text(), then, "kept, {filter}");
    }
    // A day ends where its zone says: in Paris clocks went forward on the 29th, so its end is 22:00 UTC.
    clock.set("2026-03-30T09:00:00Z");
    assert_eq!(exported(&service, "as_of=2026-03-29&zone=Europe/Paris").await, then[0]);
    // Names and columns are those of then; before anything there is a header and nobody.
    let unknown = service.get("/v1/exports/users.csv?as_of=2026-03-29&columns=town").await;
    unknown.then_problem(422, "column_unknown");
    let before = exported(&service, "as_of=2026-03-27").await;
    assert_eq!(before.lines().count(), 1, "{before}");
    let gone =
        service.get(&format!("/v1/exports/users.csv?as_of={cursor}&property.town.is=x")).await;
    assert_eq!(gone.then_problem(422, "condition_invalid")["parameter"], "property.town.is");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_moment_is_replayed_at_a_time_and_the_others_wait_for_their_turn() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let now = service.get("/v1/exports/users.csv").await.then(200);
    let then = format!("/v1/exports/users.csv?as_of={}", now.header("cohort-position"));
    let turn = service.app.replays.clone().acquire_owned().await.unwrap();
    let waits = tokio::time::timeout(Duration::from_millis(500), service.get(&then)).await;
    assert!(waits.is_err(), "it is somebody else's turn");
    drop(turn);
    assert_eq!(service.get(&then).await.then(200).body, now.body);
    service.stop().await;
}

#[tokio::test]
async fn a_moment_that_is_none_is_refused() {
    let clock = Clock::at("2026-03-28T08:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import("Email\nanna@example.org\n").await;
    for (as_of, code) in [
        ("2026-03-28", "as_of_in_future"),
        ("2026-03-28T09:00:00Z", "as_of_in_future"),
        ("2026-02-30", "time_unreadable"),
        ("yesterday", "cursor_invalid"),
        ("2026-03-29T02:30&zone=Europe/Paris", "local_time_does_not_exist"),
    ] {
        let refused = service.get(&format!("/v1/exports/users.ndjson?as_of={as_of}")).await;
        let problem: Value = refused.then_problem(400, code);
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    service.stop().await;
}
