//! One person's file: everything about one user, and nothing about anybody else.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use domain::{Event, EventKind};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service, Table};

use crate::challenges::{published, spring};
use crate::export_ledger::facts;

type Files = BTreeMap<String, Vec<u8>>;

/// What an archive holds.
fn unzipped(archive: &[u8]) -> Files {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let (name, mut bytes) = (file.name().unwrap().into_owned(), Vec::new());
        file.read_to_end(&mut bytes).unwrap();
        files.insert(name, bytes);
    }
    files
}

fn text(files: &Files, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

async fn file_of(service: &Service, id: &str) -> Files {
    let answer = service.get(&format!("/v1/users/{id}/export.zip")).await.then(200);
    assert_eq!(answer.header("content-type"), "application/zip");
    let disposition = format!("attachment; filename=\"user-{id}.zip\"");
    assert_eq!(answer.header("content-disposition"), disposition);
    unzipped(&answer.body)
}

/// Anna, of whom something of every sort is recorded, and a canary beside her who did the same.
async fn two_people(service: &Service) -> (String, String) {
    for (name, kind) in [("points", "number"), ("vip", "boolean"), ("city", "text")] {
        let property = json!({ "reference_id": name, "type": kind });
        service.post("/v1/properties", &property).await.then(201);
    }
    let rows = "Email,First Name,City,Points\ncanary@birds.example,Tweety,Cagetown,4711\n\
                anna@example.org,Anna,Lyon,7\n";
    service.import_with(rows, "&filename=spring.csv&new_list=Spring").await.then(200);
    let (anna, canary) = (service.user_id("anna@").await, service.user_id("canary@").await);
    let conditions = json!({ "groups": [{ "conditions": [{ "list": "spring" }] }] });
    let segment = json!({ "id": "in_spring", "name": "In spring", "conditions": conditions });
    service.post("/v1/segments", &segment).await.then(201);
    published(service, &spring(json!({ "opt_in": false }))).await;
    for (user, word) in [(&anna, "annas"), (&canary, "cagetowns")] {
        for act in [
            "badges/gold",
            "challenges/spring/steps/look/complete",
            "perks/coffee/receive",
            "digital-assets/medal/receive",
        ] {
            service.act(&format!("/v1/users/{user}/{act}")).await.then(200);
        }
        service.act(&format!("/v1/users/{user}/apps/shop")).await.then(200);
        let patch = service.request(Method::PATCH, &format!("/v1/users/{user}"));
        let body = json!({ "email": format!("{word}@new.example"),
            "fields": { "vip": true, "city": format!("{word} town") } });
        Answer::of(patch.json(&body)).await.then(200);
    }
    service.settle().await;
    (anna, canary)
}

#[tokio::test]
async fn a_persons_file_says_what_the_other_routes_say() {
    let service = Service::start().await;
    let (anna, _) = two_people(&service).await;
    let files = file_of(&service, &anna).await;
    let user: Value = serde_json::from_slice(&files["user.json"]).unwrap();
    let shown = service.get(&format!("/v1/users/{anna}")).await.then(200).json();
    for same in ["email", "member_since", "last_active_at", "revision", "perks_used"] {
        assert_eq!(user[same], shown[same], "{same}");
    }
    assert_eq!((&user["state"], &user["first_name"]), (&json!("there"), &json!("Anna")));
    let properties = user["properties"].as_array().unwrap();
    let values: Vec<_> = properties.iter().map(|it| (&it["type"], &it["value"])).collect();
    assert_eq!(
        values,
        [
            (&json!("number"), &json!(7)),
            (&json!("boolean"), &json!(true)),
            (&json!("text"), &json!("annas town"))
        ]
    );
    for (ours, theirs, id) in [
        ("lists", "lists", "list_id"),
        ("segments", "segments", "segment_id"),
        ("badges", "badges", "badge_id"),
        ("challenges", "challenges", "challenge_id"),
        ("perks", "perks", "perk_id"),
        ("digital_assets", "digital_assets_received", "digital_asset_id"),
        ("apps", "apps", "app_id"),
    ] {
        let ids = |items: &Value, id: &str| -> Vec<Value> {
            items.as_array().unwrap().iter().map(|item| item[id].clone()).collect()
        };
        assert!(!user[ours].as_array().unwrap().is_empty(), "{ours}");
        assert_eq!(ids(&user[ours], "id"), ids(&shown[theirs], id), "{ours}");
    }
    assert_eq!(user["lists"][0]["name"], "Spring");
    assert_eq!(user["challenges"][0]["steps"][0]["id"], "look");
    let addresses = user["addresses"].as_array().unwrap();
    let emails: Vec<_> = addresses.iter().map(|it| (&it["email"], it["until"].is_null())).collect();
    assert_eq!(emails, [(&json!("anna@example.org"), false), (&json!("annas@new.example"), true)]);
    assert_eq!(user["imports"][0]["filename"], "spring.csv");
    assert_eq!(user["imports"][0]["rows"], json!([2]));

    // The whole history, as the export of user events tells it.
    let exported = service.export(&format!("/v1/exports/user-events.csv?user={anna}")).await;
    assert_eq!(Table::read(&text(&files, "user-events.csv")), exported);
    let path = format!("/v1/exports/user-events.ndjson?user={anna}");
    let lines = service.get(&path).await.then(200).text();
    assert_eq!(text(&files, "user-events.ndjson"), lines);

    let changes = Table::read(&text(&files, "properties.csv"));
    let city: Vec<_> = changes.rows.iter().filter(|row| row["property"] == "city").collect();
    assert_eq!((&*city[0]["before"], &*city[0]["after"]), ("", "Lyon"));
    assert_eq!((&*city[1]["before"], &*city[1]["after"]), ("Lyon", "annas town"));
    assert_eq!((&*city[0]["import_row"], &*city[1]["actor_type"]), ("2", "token"));
    let history = service.get(&format!("/v1/users/{anna}/properties/city")).await.then(200).json();
    let told = history["items"].as_array().unwrap().iter().rev().map(|it| &it["event_id"]);
    assert!(told.eq(city.iter().map(|row| &row["event_id"]).map(|id| id.as_str())));
    service.stop().await;
}

#[tokio::test]
async fn a_persons_file_proves_itself_and_holds_nobody_else() {
    let service = Service::start().await;
    let (anna, canary) = two_people(&service).await;
    let answer = service.get(&format!("/v1/users/{anna}/export.zip")).await.then(200);
    let files = unzipped(&answer.body);
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        for other in ["canary", "tweety", "cagetown", "4711", &canary] {
            assert!(!text.contains(other), "{other} in {name}");
        }
    }
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["user_id"], json!(anna));
    assert_eq!(manifest["position"], answer.header("cohort-position"));
    assert_eq!(manifest["log_id"], json!(service.app.log_id.to_string()));
    assert_eq!(manifest["zone"], "UTC");
    let described = manifest["files"].as_array().unwrap();
    assert_eq!(described.len() + 1, files.len(), "all but itself");
    for file in described {
        let bytes = &files[file["name"].as_str().unwrap()];
        assert_eq!(file["bytes"], json!(bytes.len()));
        assert_eq!(file["sha256"], json!(api::access::hash(std::str::from_utf8(bytes).unwrap())));
    }
    let rows = |name: &str| described.iter().find(|it| it["name"] == name).unwrap()["rows"].clone();
    let events = Table::read(&text(&files, "user-events.csv")).rows.len();
    assert_eq!(
        (rows("user-events.csv"), rows("user-events.ndjson")),
        (json!(events), json!(events))
    );
    let changes = Table::read(&text(&files, "properties.csv")).rows.len();
    assert_eq!(rows("properties.csv"), json!(changes));
    // It left two facts and no file.
    let started = facts(&service, &[EventKind::ExportStarted], 1).await;
    assert!(matches!(&started[0].1, Event::ExportStarted(it)
        if it.content.name() == "person" && it.query == Some(format!("user={anna}"))));
    let ended = facts(&service, &[EventKind::ExportCompleted], 1).await;
    assert!(matches!(&ended[0].1, Event::ExportCompleted(it)
        if it.rows == events as u64 && it.bytes == answer.body.len() as u64));
    assert_eq!(std::fs::read_dir(service.app.folder.scratch()).unwrap().count(), 0);
    service.stop().await;
}

#[tokio::test]
async fn who_was_removed_has_a_file_and_who_never_was_has_none() {
    let service = Service::start().await;
    let (anna, _) = two_people(&service).await;
    service.delete(&format!("/v1/users/{anna}")).await.then(200);
    let files = file_of(&service, &anna).await;
    let user: Value = serde_json::from_slice(&files["user.json"]).unwrap();
    assert_eq!((&user["state"], &user["email"]), (&json!("deleted"), &Value::Null));
    assert!(user["deleted_at"].is_string());
    assert_eq!(user["properties"], json!([]));
    let changes = Table::read(&text(&files, "properties.csv"));
    let last = changes.rows.iter().rfind(|row| row["property"] == "city").unwrap();
    assert_eq!((&*last["before"], &*last["after"]), ("annas town", ""));
    assert_eq!(last["event_type"], "cohort.user.deleted");
    let events = Table::read(&text(&files, "user-events.csv"));
    assert_eq!(events.column("event_type").last(), Some(&"cohort.user.deleted"));

    // On the stream of an address that was claimed for somebody lies nothing about a person.
    let claims = facts(&service, &[EventKind::EmailClaimed], 2).await;
    let address = claims[0].0.strip_prefix("user-").unwrap();
    for nobody in [address, "00000000-0000-8000-8000-000000000000"] {
        let path = format!("/v1/users/{nobody}/export.zip");
        service.get(&path).await.then_problem(404, "user_unknown");
    }
    service.stop().await;
}

#[tokio::test]
async fn a_persons_file_needs_every_right_it_speaks_of() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,=1+1\n").await;
    let anna = service.user_id("anna@").await;
    let path = format!("/v1/users/{anna}/export.zip");
    for (scopes, code) in [
        (&["events:read", "personal:read"][..], "scope_missing"),
        (&["exports:create", "personal:read"], "scope_missing"),
        (&["exports:create", "events:read"], "personal_data_required"),
    ] {
        let asker = service.with_token(scopes).await;
        asker.get(&path).await.then_problem(403, code);
    }
    let asker = service.with_token(&["exports:create", "events:read", "personal:read"]).await;
    asker.get(&path).await.then(200);
    service.get(&format!("{path}?columns=email")).await.then_problem(400, "parameter_unknown");
    Answer::of(service.request(Method::HEAD, &path)).await.then(405);
    let guarded = unzipped(&service.get(&format!("{path}?safe=true")).await.then(200).body);
    let changes = Table::read(&text(&guarded, "properties.csv"));
    assert_eq!(changes.column("after"), ["'=1+1"]);
    service.stop().await;
}

/// More facts than are held at once, while others come in.
#[tokio::test]
async fn a_long_history_is_told_whole_and_in_order() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\n").await;
    let anna = service.user_id("anna@").await;
    for _ in 0..100 {
        service.act(&format!("/v1/users/{anna}/badges/gold")).await.then(200);
        service.delete(&format!("/v1/users/{anna}/badges/gold")).await.then(200);
    }
    let files = file_of(&service, &anna).await;
    let exported = service.export(&format!("/v1/exports/user-events.csv?user={anna}")).await;
    assert_eq!(exported.rows.len(), 201);
    assert_eq!(Table::read(&text(&files, "user-events.csv")), exported);
    service.stop().await;
}
