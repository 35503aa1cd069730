//! Exports whose files are kept: asked for, watched, fetched in parts, stopped, taken back, gone in time.

use domain::EventKind;
use reqwest::Method;
use reqwest::header::{ETAG, IF_NONE_MATCH, IF_RANGE, RANGE};
use serde_json::{Value, json};
use tests::{Answer, Clock, Service};

use crate::export_ledger::facts;

async fn given() -> Service {
    let service = Service::start().await;
    let mut csv = "Email,City\n".to_owned();
    for number in 0..1_000 {
        csv += &format!("user{number}@example.org,\"Łódź, {number}\"\n");
    }
    service.import(csv).await;
    service
}

/// Asks for an export and waits for it.
pub(crate) async fn stored(service: &Service, body: &Value) -> Value {
    service.post("/v1/exports?wait=true", body).await.then(200).json()
}

pub(crate) fn path(export: &Value) -> String {
    format!("/v1/exports/{}", export["id"].as_str().unwrap())
}

fn users() -> Value {
    json!({ "content": "users", "format": "csv", "columns": "email,city", "reason": "a yearly audit" })
}

#[tokio::test]
async fn an_export_is_asked_for_once_and_fetched_as_often_as_wanted() {
    let service = given().await;
    let asked = service.post("/v1/exports", &users()).await;
    assert!(matches!(asked.status(), 202), "{}", asked.text());
    let location = asked.header("location").to_owned();
    let done = service.get(&format!("{location}?wait=true")).await.then(200).json();
    assert_eq!(
        (&done["state"], &done["rows"], &done["rows_expected"]),
        (&json!("completed"), &json!(1_000), &json!(1_000))
    );
    assert_eq!(
        (&done["reason"], &done["query"]),
        (&json!("a yearly audit"), &json!({ "columns": "email,city" }))
    );
    let file = service.get(&format!("{location}/file")).await.then(200);
    let streamed = service.get("/v1/exports/users.csv?columns=email,city").await.then(200);
    assert_eq!(file.body, streamed.body, "one request, whichever way it comes, is one file");
    assert_eq!(file.header("etag"), format!("\"{}\"", done["sha256"].as_str().unwrap()));
    assert_eq!(file.header("cohort-digest"), streamed.header("cohort-digest"));
    assert_eq!(file.header("content-length"), done["bytes"].to_string());
    assert_eq!(file.header("cohort-rows"), "1000");
    let name = done["file_name"].as_str().unwrap();
    assert!(name.starts_with("users_20") && name.ends_with(".csv"), "{name}");
    assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{name}\""));
    // The same again, while nothing has happened, is the same export; anything else is another.
    let again = service.post("/v1/exports", &users()).await.then(200).json();
    assert_eq!(again["id"], done["id"]);
    let other = stored(&service, &json!({ "content": "users", "format": "csv" })).await;
    assert_ne!(other["id"], done["id"]);
    service.import("Email\nlate@example.org\n").await;
    let later = stored(&service, &users()).await;
    assert_ne!(later["id"], done["id"]);
    assert_eq!(later["rows"], 1_001);
    let list = service.get("/v1/exports?limit=2&kept=true").await.then(200).json();
    let ids: Vec<&Value> =
        list["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
    assert_eq!(ids, [&later["id"], &other["id"]]);
    let next = list["next"].as_str().unwrap();
    let rest = service.get(&format!("/v1/exports?kept=true&cursor={next}")).await.then(200).json();
    assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&done["id"], &Value::Null));
    assert_eq!(rest["items"][0]["downloads"], 1);
}

#[tokio::test]
async fn a_cut_download_goes_on_where_it_was() {
    let service = given().await;
    let body = json!({ "content": "user_events", "format": "ndjson", "compression": "gzip" });
    let done = stored(&service, &body).await;
    let file = format!("{}/file", path(&done));
    let whole = service.get(&file).await.then(200);
    let tag = whole.headers.get(ETAG).unwrap().clone();
    let (size, middle) = (whole.body.len(), whole.body.len() / 2);
    let ask = async |headers: &[(reqwest::header::HeaderName, &str)]| {
        let mut request = service.request(Method::GET, &file);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        Answer::of(request).await
    };
    let rest = ask(&[(RANGE, &format!("bytes={middle}-")), (IF_RANGE, tag.to_str().unwrap())])
        .await
        .then(206);
    assert_eq!(rest.header("content-range"), format!("bytes {middle}-{}/{size}", size - 1));
    assert_eq!([&whole.body[..middle], &rest.body].concat(), whole.body);
    assert_eq!(ask(&[(RANGE, "bytes=-1")]).await.then(206).body, whole.body[size - 1..]);
    let changed = ask(&[(RANGE, "bytes=0-0"), (IF_RANGE, "\"another\"")]).await.then(200);
    assert_eq!(changed.body, whole.body, "a part of another file is of no use");
    let outside = ask(&[(RANGE, &format!("bytes={size}-"))]).await;
    assert_eq!(outside.header("content-range"), format!("bytes */{size}"));
    outside.then_problem(416, "range_not_satisfiable");
    let same = ask(&[(IF_NONE_MATCH, tag.to_str().unwrap())]).await.then(304);
    assert!(same.body.is_empty());
    let head = service.request(Method::HEAD, &file).header(RANGE, "bytes=0-0");
    let head = Answer::of(head).await.then(200); // RFC 9110, 14.2: ranges are of GET alone
    assert_eq!(head.headers.get(ETAG), Some(&tag));
    assert_eq!((head.header("content-length"), head.body.len()), (size.to_string().as_str(), 0));
    // Each download is a fact; what handed out nothing is none.
    let downloads = facts(&service, &[EventKind::ExportDownloaded], 4).await;
    assert_eq!(downloads.len(), 4);
    service.app.settled(service.app.log.head()).await.unwrap();
    assert_eq!(service.get(&path(&done)).await.json()["downloads"], 4);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_by_name() {
    let service = given().await;
    for (body, code, status) in [
        (json!({ "format": "csv" }), "body_invalid", 400),
        (json!({ "content": "users", "format": "pdf" }), "body_invalid", 400),
        (json!({ "content": "users", "format": "csv", "reason": 7 }), "body_invalid", 400),
        (
            json!({ "content": "users", "format": "csv", "type": "BadgeGained" }),
            "parameter_unknown",
            400,
        ),
        (json!({ "content": "users", "format": "ndjson", "safe": true }), "parameter_unknown", 400),
        (json!({ "content": "users", "format": "csv", "count": "only" }), "parameter_unknown", 400),
        (
            json!({ "content": "users", "format": "csv", "filter": { "list": "vip" } }),
            "parameter_unknown",
            400,
        ),
        (json!({ "content": "users", "format": "csv", "columns": "mail" }), "column_unknown", 422),
        (json!({ "content": "users", "format": "csv", "list": "none" }), "list_unknown", 404),
        (
            json!({ "content": "user_events", "format": "csv", "type": "Nothing" }),
            "unknown_event_type",
            400,
        ),
        (
            json!({ "content": "user_events", "format": "csv", "zone": "Mars/Base" }),
            "unknown_zone",
            400,
        ),
    ] {
        service.post("/v1/exports", &body).await.then_problem(status, code);
    }
    assert_eq!(service.get("/v1/exports").await.json()["items"], json!([]));
    for route in ["", "/file", "/manifest", "/progress"] {
        let nobodys = format!("/v1/exports/{}{route}", uuid::Uuid::now_v7());
        service.get(&nobodys).await.then_problem(404, "export_unknown");
    }
}

#[tokio::test]
async fn an_export_is_its_tokens_and_the_admins() {
    let service = given().await;
    let scopes = ["exports:create", "events:read", "users:read"];
    let (blind, other) = (service.with_token(&scopes).await, service.with_token(&scopes).await);
    let client = tests::client();
    let post = async |token: &str, path: &str, body: &Value| {
        let url = format!("{}{path}", service.address);
        Answer::of(client.post(url).bearer_auth(token).json(body)).await
    };
    let body = json!({ "content": "users", "format": "csv", "reason": "mine" });
    let done = post(&blind.token, "/v1/exports?wait=true", &body).await.then(200).json();
    assert_eq!(
        (&done["personal"], &done["reason"], &done["query"]),
        (&json!("withheld"), &Value::Null, &Value::Null)
    );
    let file = blind.get(&format!("{}/file", path(&done))).await.then(200);
    assert!(!file.text().contains("example.org"), "cells are withheld");
    for route in ["", "/file", "/manifest", "/progress"] {
        let path = format!("{}{route}", path(&done));
        other.get(&path).await.then_problem(404, "export_unknown");
    }
    other.ask(Method::DELETE, &path(&done)).await.then_problem(404, "export_unknown");
    let cancel = format!("{}/cancel", path(&done));
    other.ask(Method::POST, &cancel).await.then_problem(404, "export_unknown");
    blind.ask(Method::POST, &cancel).await.then_problem(409, "export_already_ended");
    assert_eq!(other.get("/v1/exports").await.then(200).json()["items"], json!([]));
    assert_eq!(service.get(&path(&done)).await.then(200).json()["reason"], "mine");
    let asks = json!({ "content": "users", "format": "csv", "search": "user1" });
    post(&blind.token, "/v1/exports", &asks).await.then_problem(403, "personal_data_required");
    let reader = service.with_token(&["users:read"]).await;
    reader.get("/v1/exports").await.then_problem(403, "scope_missing");
}

#[tokio::test]
async fn a_file_is_taken_back_or_goes_in_time_and_its_history_stays() {
    let clock = Clock::at("2026-01-01T00:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import("Email\nanna@example.org\n").await;
    let first = stored(&service, &json!({ "content": "users", "format": "csv" })).await;
    let second = stored(&service, &json!({ "content": "users", "format": "ndjson" })).await;
    assert_eq!(second["expires_at"], "2026-01-08T00:00:00.000000Z");
    let kept = || std::fs::read_dir(service.app.folder.exports()).unwrap().count();
    assert_eq!(kept(), 2);
    for _ in 0..2 {
        service.delete(&path(&first)).await.then(204);
    }
    assert_eq!((&service.get(&path(&first)).await.json()["state"], kept()), (&json!("revoked"), 1));
    service.get(&format!("{}/file", path(&first))).await.then_problem(410, "export_file_gone");
    let anew = stored(&service, &json!({ "content": "users", "format": "csv" })).await;
    assert_ne!(anew["id"], first["id"], "what was taken back is made anew");
    for (now, removed, state) in
        [("2026-01-07T23:00:00Z", 0, "completed"), ("2026-01-08T01:00:00Z", 2, "expired")]
    {
        clock.set(now);
        let gone = api::export::stored::retention::remove_old_files(&service.app).await.unwrap();
        assert_eq!(gone, removed);
        service.app.settled(service.app.log.head()).await.unwrap();
        assert_eq!(service.get(&path(&second)).await.json()["state"], state);
    }
    assert_eq!(kept(), 0);
    service.get(&format!("{}/file", path(&second))).await.then_problem(410, "export_file_gone");
    service.get(&format!("{}/manifest", path(&second))).await.then(200);
    assert_eq!(facts(&service, &[EventKind::ExportFileRemoved], 3).await.len(), 3);
}

/// Asks for exports until one waits for a place that the test holds; answers it, and the places.
pub(crate) async fn waiting(service: &Service) -> (Value, Vec<tokio::sync::OwnedSemaphorePermit>) {
    let places = service.app.exports.clone();
    for attempt in 0..50 {
        let mut held = Vec::new();
        for _ in 1..api::app::EXPORTS_MAX {
            held.push(places.clone().acquire_owned().await.unwrap());
        }
        let body = json!({ "content": "users", "format": "csv", "reason": format!("{attempt}") });
        let asked = service.post("/v1/exports", &body);
        // The last place is taken while rows are counted; the test is the next in line for it.
        let last = async {
            for _ in 0..1_000_000 {
                if places.available_permits() == 0 {
                    return places.clone().acquire_owned().await.ok();
                }
                tokio::task::yield_now().await;
            }
            None
        };
        let (asked, last) = tokio::join!(asked, last);
        held.extend(last);
        if asked.status() == 503 {
            continue; // one of the attempts before is being written
        }
        let export = asked.then(202).json();
        let now = service.get(&path(&export)).await.then(200).json();
        if held.len() == api::app::EXPORTS_MAX && now["state"] == "running" && now["rows"] == 0 {
            return (now, held);
        }
    }
    panic!("no export ever waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_runs_or_waits_is_stopped_by_name() {
    let service = given().await;
    let (runs, held) = waiting(&service).await;
    let busy = service.delete(&path(&runs)).await;
    busy.then_problem(409, "export_not_completed");
    let full = json!({ "content": "users", "format": "ndjson" });
    service.post("/v1/exports", &full).await.then_problem(503, "too_many_exports");
    let stopped = service.act(&format!("{}/cancel", path(&runs))).await.then(200).json();
    assert_eq!((&stopped["state"], &stopped["code"]), (&json!("cancelled"), &json!("cancelled")));
    service.get(&format!("{}/file", path(&runs))).await.then_problem(409, "export_not_completed");
    let again = service.act(&format!("{}/cancel", path(&runs))).await.then(200).json();
    assert_eq!(again, stopped, "once more changes nothing");
    let told = service.get(&format!("{}/progress", path(&runs))).await.then(200).text();
    assert!(told.contains("event: progress") && told.contains("\"cancelled\""), "{told}");
    drop(held);
    let done = stored(&service, &full).await;
    assert_eq!(done["state"], "completed", "the next one is written");
    let ended = facts(&service, &[EventKind::ExportFailed], 1).await;
    assert_eq!(ended.len(), 1);
}

#[tokio::test]
async fn the_tables_say_the_same_when_they_are_built_anew() {
    let service = given().await;
    let done = stored(&service, &users()).await;
    service.get(&format!("{}/file", path(&done))).await.then(200);
    service.app.settled(service.app.log.head()).await.unwrap();
    let before = service.get(&path(&done)).await.json();
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.act("/v1/operations/rebuild").await.then(200);
    assert_eq!(service.get(&path(&done)).await.json(), before);
    let service = service.restart().await;
    assert_eq!(service.get(&path(&done)).await.json(), before);
    let file = service.get(&format!("{}/file", path(&done))).await.then(200);
    assert_eq!(file.body.len() as u64, before["bytes"].as_u64().unwrap());
    service.stop().await;
}
