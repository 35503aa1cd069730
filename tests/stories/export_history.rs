//! The history of exports is whole: also what was handed out at once, and who fetched what.

use std::ops::ControlFlow;

use domain::{Event, EventKind};
use eventlog::{Position, Scan};
use reqwest::header::RANGE;
use serde_json::{Value, json};
use tests::{Answer, Service};

use crate::export_ledger::facts;
use crate::stored_exports::{path, stored};

async fn given() -> Service {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Nice\n").await;
    service
}

/// The list once so many exports have ended.
async fn listed(service: &Service, ended: usize, query: &str) -> Vec<Value> {
    facts(service, &[EventKind::ExportCompleted], ended).await;
    service.app.settled(service.app.log.head()).await.unwrap();
    let list = service.get(&format!("/v1/exports{query}")).await.then(200).json();
    list["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_was_handed_out_at_once_stands_beside_what_was_kept() {
    let service = given().await;
    let users = "/v1/exports/users.csv?columns=email&reason=a%20yearly%20audit";
    let users = service.get(users).await.then(200);
    let events = "type=UserImported&from=2026-01-01&zone=Europe/Paris&compression=gzip";
    let events = service.get(&format!("/v1/exports/user-events.ndjson?{events}")).await.then(200);
    let kept = stored(&service, &json!({ "content": "users", "format": "csv" })).await;
    let anna = service.user_id("anna@").await;
    let person = format!("/v1/users/{anna}/export.zip?reason=access%20request");
    let person = service.get(&person).await.then(200);
    let all = listed(&service, 4, "").await;
    let ids = [&person, &events, &users].map(|answer| answer.header("cohort-export").to_owned());
    let shown: Vec<&str> = all.iter().map(|item| item["id"].as_str().unwrap()).collect();
    let kept_id = kept["id"].as_str().unwrap();
    assert_eq!(shown, [&*ids[0], kept_id, &*ids[1], &*ids[2]], "newest first");
    let (person_line, events_line, users_line) = (&all[0], &all[2], &all[3]);
    for (line, answer) in [(person_line, &person), (events_line, &events), (users_line, &users)] {
        assert_eq!((&line["kept"], &line["state"]), (&json!(false), &json!("completed")), "{line}");
        assert_eq!(line["bytes"], json!(answer.body.len()));
        assert_eq!(line["requested_by"], all[1]["requested_by"]);
        assert!(line["requested_at"].is_string() && line["finished_at"].is_string());
        assert!(line["expires_at"].is_null(), "there is nothing that goes");
        let name = line["file_name"].as_str().unwrap();
        assert_eq!(
            answer.header("content-disposition"),
            format!("attachment; filename=\"{name}\"")
        );
    }
    assert_eq!((&users_line["rows"], &users_line["reason"]), (&json!(2), &json!("a yearly audit")));
    assert_eq!(users_line["query"], json!({ "columns": "email" }), "the reason is no filter");
    assert_eq!(users_line["position"], users.header("cohort-position"));
    assert_eq!((&events_line["rows"], &events_line["zone"]), (&json!(2), &json!("Europe/Paris")));
    assert_eq!(events_line["types"], json!(["cohort.user.imported"]));
    let range = json!({ "from": "2025-12-31T23:00:00.000000Z", "to": null });
    assert_eq!(events_line["range"], range);
    assert_eq!(
        (&person_line["content"], &person_line["reason"]),
        (&json!("person"), &json!("access request"))
    );
    // What it held can be checked later, though no file was kept.
    let manifest = service.get(&format!("{}/manifest", path(events_line))).await.then(200).json();
    assert_eq!(manifest["rows_by_type"], json!({ "cohort.user.imported": 2 }));
    assert_eq!(manifest["sha256"], events_line["sha256"]);
    let manifest = service.get(&format!("{}/manifest", path(users_line))).await.then(200).json();
    assert_eq!((&manifest["columns"], &manifest["rows"]), (&json!(["email"]), &json!(2)));
    let none = service.get(&format!("{}/manifest", path(person_line))).await;
    none.then_problem(409, "export_not_completed");
    let file = service.get(&format!("{}/file", path(users_line))).await;
    let gone = file.then_problem(410, "export_file_gone");
    assert!(gone["detail"].as_str().unwrap().contains("handed out at once"), "{gone}");
    let ended = service.act(&format!("{}/cancel", path(users_line))).await;
    ended.then_problem(409, "export_already_ended");
    service.delete(&path(users_line)).await.then(204);
    assert_eq!(listed(&service, 4, "?kept=true").await, [all[1].clone()]);
    assert_eq!(listed(&service, 4, "?kept=false&limit=1").await, [all[0].clone()]);
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.act("/v1/operations/rebuild").await.then(200);
    assert_eq!(listed(&service, 4, "").await, all, "the facts say it all");
}

#[tokio::test]
async fn a_reason_has_a_bound_and_is_kept_from_who_sees_nothing_personal() {
    let service = given().await;
    let long = "x".repeat(1_001);
    for route in ["users.csv", "user-events.ndjson"] {
        let refused = service.get(&format!("/v1/exports/{route}?reason={long}")).await;
        assert_eq!(refused.then_problem(400, "parameter_invalid")["parameter"], "reason");
    }
    let blind = service.with_token(&["exports:create", "events:read"]).await;
    blind.get("/v1/exports/user-events.csv?reason=about%20anna").await.then(200);
    let other = service.with_token(&["exports:create", "personal:read"]).await;
    other.get("/v1/exports/users.csv?reason=mine").await.then(200);
    assert_eq!(listed(&service, 2, "").await.len(), 2, "an admin sees all");
    let own = blind.get("/v1/exports").await.then(200).json();
    let [line] = &own["items"].as_array().unwrap()[..] else { panic!("{own}") };
    assert_eq!((&line["reason"], &line["query"]), (&Value::Null, &Value::Null));
    assert_eq!(line["personal"], "withheld");
    let theirs = other.get("/v1/exports").await.then(200).json();
    assert_eq!(
        (&theirs["items"][0]["reason"], theirs["items"].as_array().unwrap().len()),
        (&json!("mine"), 1)
    );
    other.get(&path(line)).await.then_problem(404, "export_unknown");
}

#[tokio::test]
async fn each_download_says_who_took_which_part_and_when() {
    let service = given().await;
    let done = stored(&service, &json!({ "content": "users", "format": "csv" })).await;
    let file = format!("{}/file", path(&done));
    service.get(&file).await.then(200);
    let admin = service.with_token(&["admin"]).await;
    let url = format!("{}{file}", service.address);
    let part = tests::client().get(url).bearer_auth(&admin.token).header(RANGE, "bytes=3-9");
    Answer::of(part).await.then(206);
    let tokens = service.get("/v1/tokens").await.then(200).json();
    let ids: Vec<&str> =
        tokens["items"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    let log = &service.app.log;
    let kinds = [EventKind::ExportDownloaded];
    let (mut taken, before) = (Vec::new(), service.app.now());
    let scan = Scan { after: Position::START, through: log.head(), kinds: Some(&kinds) };
    log.scan(scan, &mut |row| {
        if let Event::ExportDownloaded(fact) = row.event().unwrap() {
            assert!(row.recorded_at > 0 && row.recorded_at <= before);
            taken.push((row.actor.id.to_owned(), fact.first_byte, fact.bytes));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    taken.sort();
    let mut wanted: Vec<(String, u64, u64)> = vec![];
    for (id, first, bytes) in [(ids[0], 0, done["bytes"].as_u64().unwrap()), (ids[1], 3, 7)] {
        wanted.push((id.to_owned(), first, bytes));
    }
    wanted.sort();
    assert_eq!(taken, wanted);
    service.get(&format!("{file}?part=1")).await.then_problem(400, "parameter_unknown");
}
