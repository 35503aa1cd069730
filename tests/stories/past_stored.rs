//! Exports of a past moment whose files are kept: one request, one file, whatever happens after it.

use domain::EventKind;
use serde_json::{Value, json};
use tests::{Clock, Service};

use crate::export_ledger::facts;
use crate::stored_exports::{path, stored};

/// Anna and Ben on the 28th; then Ben is removed, Anna is changed, and there is Cleo.
async fn given() -> (Clock, Service) {
    let clock = Clock::at("2026-03-28T08:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Nice\n").await;
    clock.set("2026-03-30T08:00:00Z");
    service.import("Email,City\nanna@example.org,Paris\ncleo@example.org,Lyon\n").await;
    let ben = service.user_id("ben@").await;
    service.delete(&format!("/v1/users/{ben}")).await.then(200);
    (clock, service)
}

fn body(as_of: &str) -> Value {
    json!({ "content": "users", "format": "csv", "columns": "email,city", "as_of": as_of, "zone": "Europe/Paris" })
}

const THEN: &str = "email,city\r\nanna@example.org,Lyon\r\nben@example.org,Nice\r\n";

#[tokio::test]
async fn a_file_says_which_moment_it_is_of_and_the_same_request_is_the_same_file() {
    let (_clock, service) = given().await;
    let done = stored(&service, &body("2026-03-28")).await;
    assert_eq!((&done["state"], &done["rows"]), (&json!("completed"), &json!(2)), "{done}");
    let name = done["file_name"].as_str().unwrap();
    assert!(name.starts_with("users_as-of_2026-03-28_Europe-Paris_"), "{name}");
    let file = service.get(&format!("{}/file", path(&done))).await.then(200);
    assert!(file.header("content-disposition").contains(name));
    let mut lines: Vec<String> = file.text().lines().map(str::to_owned).collect();
    lines[1..].sort();
    assert_eq!(lines.join("\r\n") + "\r\n", THEN, "Ben is in it, who was removed since");
    let query = "columns=email,city&as_of=2026-03-28&zone=Europe/Paris";
    let streamed = service.get(&format!("/v1/exports/users.csv?{query}")).await.then(200);
    assert_eq!(streamed.body, file.body, "one request, whichever way it comes, is one file");
    let streamed_name = "attachment; filename=\"users_as-of_2026-03-28_Europe-Paris.csv\"";
    assert_eq!(streamed.header("content-disposition"), streamed_name);
    let manifest = service.get(&format!("{}/manifest", path(&done))).await.then(200).json();
    let position = streamed.header("cohort-position");
    let at = "2026-03-28T22:59:59.999999Z";
    let moment = json!({ "asked": "2026-03-28", "position": position, "at": at });
    assert_eq!((&manifest["as_of"], &done["as_of"]), (&moment, &moment));
    assert_eq!((&manifest["position"], &manifest["rows"]), (&json!(position), &json!(2)));
    // Nothing that is recorded later changes what was: not a new value, not a column, not a removed user.
    service.import("Email,Hobby\nanna@example.org,Chess\n").await;
    let anna = service.user_id("anna@").await;
    service.delete(&format!("/v1/users/{anna}")).await.then(200);
    let again = service.post("/v1/exports", &body("2026-03-28")).await.then(200).json();
    assert_eq!(again["id"], done["id"]);
    let other = stored(&service, &body("2026-03-29")).await;
    assert_ne!(other["id"], done["id"], "another moment is another export");
    // Once its file is gone it is made anew, the same to the byte.
    service.delete(&path(&done)).await.then(204);
    let anew = stored(&service, &body("2026-03-28")).await;
    assert_ne!(anew["id"], done["id"]);
    assert_eq!(anew["sha256"], done["sha256"]);
    let left = std::fs::read_dir(service.app.folder.scratch()).unwrap().count();
    assert_eq!(left, 0, "the tables of then are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_its_turn_is_cancelled_there_and_begins_anew_after_a_restart() {
    let (_clock, service) = given().await;
    let turn = service.app.replays.clone().acquire_owned().await.unwrap();
    let waits = service.post("/v1/exports", &body("2026-03-28")).await.then(202).json();
    assert_eq!(waits["rows_expected"], Value::Null, "it is counted once it is replayed");
    let same = service.post("/v1/exports", &body("2026-03-28")).await.then(200).json();
    assert_eq!(same["id"], waits["id"], "also while it waits");
    let stopped = service.act(&format!("{}/cancel", path(&waits))).await.then(200).json();
    assert_eq!(stopped["state"], "cancelled");
    let left = std::fs::read_dir(service.app.folder.exports()).unwrap().count();
    assert_eq!(left, 0);
    let anew = service.post("/v1/exports", &body("2026-03-28")).await.then(202).json();
    assert_ne!(anew["id"], stopped["id"], "what was cancelled is not there to be had");
    let next = service.post("/v1/exports", &body("2026-03-29")).await.then(202).json();
    // What is not of the past would show another moment by then: it is ended by name.
    let now = json!({ "content": "users", "format": "csv" });
    let now = service.post("/v1/exports", &now).await.then(202).json();
    let service = service.restart().await;
    drop(turn);
    for export in [&anew, &next] {
        let done = service.get(&format!("{}?wait=true", path(export))).await.then(200).json();
        assert_eq!((&done["state"], &done["rows"]), (&json!("completed"), &json!(2)), "{done}");
        assert_eq!(done["requested_by"], export["requested_by"]);
    }
    facts(&service, &[EventKind::ExportFailed], 2).await;
    service.app.settled(service.app.log.head()).await.unwrap();
    let ended = service.get(&path(&now)).await.then(200).json();
    assert_eq!((&ended["state"], &ended["code"]), (&json!("failed"), &json!("service_stopped")));
    service.stop().await;
}

#[tokio::test]
async fn what_could_never_be_is_refused_at_once_and_what_was_not_then_by_name_later() {
    let (_clock, service) = given().await;
    let mut unknown = body("2026-03-28");
    unknown["columns"] = json!("hobby");
    let failed = stored(&service, &unknown).await;
    assert_eq!((&failed["state"], &failed["code"]), (&json!("failed"), &json!("column_unknown")));
    for (as_of, code) in [("2026-04-02", "as_of_in_future"), ("2026-02-30", "time_unreadable")] {
        service.post("/v1/exports", &body(as_of)).await.then_problem(400, code);
    }
    let blind = service.with_token(&["exports:create", "users:read"]).await;
    let mut asks = body("2026-03-28");
    asks["property.city.is"] = json!("Lyon");
    blind.post("/v1/exports", &asks).await.then_problem(403, "personal_data_required");
    assert_eq!(blind.get("/v1/exports").await.then(200).json()["items"], json!([]));
    let kept = blind.post("/v1/exports?wait=true", &body("2026-03-28")).await.then(200).json();
    assert_eq!(kept["personal"], "withheld");
    let file = blind.get(&format!("{}/file", path(&kept))).await.then(200).text();
    assert!(!file.contains("example.org") && file.lines().count() == 3, "{file}");
    let events = json!({ "content": "user_events", "format": "csv", "as_of": "2026-03-28" });
    service.post("/v1/exports", &events).await.then_problem(400, "parameter_unknown");
}
