//! The same slice again is the same bytes: while others write, and after everything was renamed, changed and removed.

use reqwest::Method;
use serde_json::json;
use tests::{Clock, Service};

use crate::segments::change;

/// A quarter with something of most kinds in it.
async fn given() -> (Clock, Service) {
    let clock = Clock::at("2026-08-10T08:00:00Z");
    let service = Service::start_at(&clock).await;
    service.post("/v1/lists", &json!({ "id": "vip", "name": "VIP" })).await.then(201);
    let csv = "Email,City\nanna@example.org,Lyon\nben@example.org,Nice\ncleo@example.org,Łódź\n";
    service.import_with(csv, "&list=vip").await.then(200);
    let conditions = json!({ "groups": [{ "conditions": [
        { "property": "city", "operator": "is", "value": "Lyon" }] }] });
    let body = json!({ "id": "lyon", "name": "Lyon", "conditions": conditions });
    service.post("/v1/segments", &body).await.then(201);
    let badge = json!({ "id": "local", "name": "Local", "audience": { "segment": "lyon" } });
    let draft = service.post("/v1/badges", &badge).await.then(201).json();
    let publish = service.request(Method::POST, "/v1/badges/local/publish");
    let etag = format!("\"{}\"", draft["revision"]);
    tests::Answer::of(publish.header("if-match", etag)).await.then(200);
    let ben = service.user_id("ben@").await;
    service.act(&format!("/v1/users/{ben}/challenges/spring/join")).await.then(200);
    service.act(&format!("/v1/users/{ben}/badges/hand")).await.then(200);
    service.settle().await;
    (clock, service)
}

const QUARTER: &str = "from=2026-07-01&through=2026-09-30&zone=Europe/Paris";

async fn bytes(service: &Service, path: &str) -> Vec<u8> {
    service.get(path).await.then(200).body
}

#[tokio::test]
async fn last_quarter_is_the_same_after_renames_changes_and_removals() {
    let (clock, service) = given().await;
    clock.set("2026-10-01T08:00:00Z");
    let paths = [
        format!("/v1/exports/user-events.csv?{QUARTER}"),
        format!("/v1/exports/user-events.ndjson?{QUARTER}"),
        format!("/v1/exports/user-events.csv?{QUARTER}&type=BadgeGained"),
        format!("/v1/exports/user-events.ndjson?{QUARTER}&list=vip"),
        "/v1/exports/users.csv?as_of=2026-09-30".to_owned(),
        "/v1/exports/users.ndjson?as_of=2026-09-30&segment=lyon".to_owned(),
    ];
    let mut before = Vec::new();
    for path in &paths {
        before.push(bytes(&service, path).await);
    }
    assert!(String::from_utf8_lossy(&before[2]).contains("Local"), "names are in it");
    clock.set("2026-10-02T08:00:00Z");
    for (path, name) in [("/v1/lists/vip", "Gold"), ("/v1/properties/city", "Town")] {
        let now = service.get(path).await.then(200).json();
        let mut body = json!({ "name": name });
        if path.contains("properties") {
            body["reference_id"] = json!("town");
        }
        change(&service, Method::PUT, path, &body, &now).await.then(200);
    }
    let now = service.get("/v1/badges/local").await.then(200).json();
    let body = json!({ "name": "From here", "audience": { "segment": "lyon" } });
    change(&service, Method::PUT, "/v1/badges/local", &body, &now).await.then(200);
    service.import("Email,Town\nanna@example.org,Paris\nben@example.org,Lyon\n").await;
    service.settle().await;
    for who in ["anna@", "cleo@"] {
        let id = service.user_id(who).await;
        service.delete(&format!("/v1/users/{id}")).await.then(200);
    }
    let list = service.get("/v1/lists/vip").await.then(200).json();
    let gone = change(&service, Method::DELETE, "/v1/lists/vip", &json!(null), &list).await;
    assert!(gone.status() < 300, "{}", gone.text());
    service.settle().await;
    for (path, before) in paths.iter().zip(&before) {
        assert!(&bytes(&service, path).await == before, "{path}");
    }
    let now = bytes(&service, "/v1/exports/user-events.csv?from=2026-10-01").await;
    assert!(now.len() > 1_000 && String::from_utf8_lossy(&now).contains("From here"));
    let service = service.restart().await;
    service.act("/v1/operations/rebuild").await.then(200);
    for (path, before) in paths.iter().zip(&before) {
        assert!(&bytes(&service, path).await == before, "{path}, built anew");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_exports_at_one_position_are_the_same_while_others_write() {
    let service = Service::start().await;
    let csv: String = (0..500).map(|n| format!("user{n}@example.org,Lyon\n")).collect();
    service.import(format!("Email,City\n{csv}")).await;
    let ids: Vec<String> = {
        let page = service.get("/v1/users?limit=100").await.then(200).json();
        let items = page["items"].as_array().unwrap().iter();
        items.map(|user| user["id"].as_str().unwrap().to_owned()).collect()
    };
    let writes = async {
        let mut written = 0;
        for (round, id) in ids.iter().enumerate() {
            service.act(&format!("/v1/users/{id}/badges/b{round}")).await.then(200);
            let user = json!({ "fields": { "city": format!("Nice {round}") } });
            let path = format!("/v1/users/{id}");
            let changes = service.request(Method::PATCH, &path).json(&user);
            tests::Answer::of(changes).await.then(200);
            written += 2;
        }
        written
    };
    let reads = async {
        let mut alike = 0;
        for _ in 0..6 {
            let first = service.get("/v1/exports/users.ndjson").await.then(200);
            let at = first.header("cohort-position").to_owned();
            let then = format!("/v1/exports/users.ndjson?as_of={at}");
            assert!(bytes(&service, &then).await == first.body, "the users at one position");
            // What an export of events held is what every later one begins with.
            let first = bytes(&service, "/v1/exports/user-events.csv").await;
            let second = bytes(&service, "/v1/exports/user-events.csv").await;
            assert!(second.starts_with(&first), "the events up to one position");
            let since = format!("/v1/exports/user-events.ndjson?since={at}");
            let rest = bytes(&service, &since).await;
            let more = bytes(&service, &since).await;
            assert!(more.starts_with(&rest));
            alike += 1;
        }
        alike
    };
    let (written, alike) = tokio::join!(writes, reads);
    assert_eq!((written, alike), (2 * ids.len(), 6));
    service.stop().await;
}
