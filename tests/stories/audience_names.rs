//! Lists and segments by name: in the facts about badges that follow them, whatever they are called later, and on pages.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Clock, Service};

use crate::segments::{change, in_city, segment};

/// Anna and Ben in Lyon and on a list, and two badges: for the segment, and for the list.
async fn given_badges(clock: &Clock) -> Service {
    let service = Service::start_at(clock).await;
    let people = "Email,City\nanna@example.org,Lyon\n";
    service.import_with(people, "&new_list=Spring").await.then(200);
    segment(&service, "lyon", in_city("Lyon")).await;
    for (id, audience) in
        [("local", json!({ "segment": "lyon" })), ("sprung", json!({ "list": "spring" }))]
    {
        let badge = json!({ "id": id, "name": id, "audience": audience });
        let draft = service.post("/v1/badges", &badge).await.then(201).json();
        let publish = format!("/v1/badges/{id}/publish");
        change(&service, Method::POST, &publish, &Value::Null, &draft).await.then(200);
    }
    service.settle().await;
    service
}

/// Calls the segment and the list otherwise.
async fn rename(service: &Service) {
    let seen = service.get("/v1/segments/lyon").await.then(200).json();
    let body = json!({ "name": "The Lyonnais", "conditions": in_city("Lyon") });
    change(service, Method::PUT, "/v1/segments/lyon", &body, &seen).await.then(200);
    let seen = service.get("/v1/lists/spring").await.then(200).json();
    let body = json!({ "name": "Spring 2026" });
    change(service, Method::PUT, "/v1/lists/spring", &body, &seen).await.then(200);
    service.settle().await;
}

#[tokio::test]
async fn a_badge_says_whom_it_follows_as_that_was_called_then() {
    let clock = Clock::at("2026-03-01T09:00:00Z");
    let service = given_badges(&clock).await;
    let first =
        "/v1/exports/user-events.csv?type=BadgeGained&from=2026-03-01&through=2026-03-01&zone=UTC";
    let before = service.export(first).await;
    assert_eq!(before.column("badge_id"), ["local", "sprung"]);
    assert_eq!(before.column("audience_id"), ["lyon", "spring"]);
    assert_eq!(before.column("audience_name"), ["Segment lyon", "Spring"]);
    let bytes = service.get(first).await.then(200).body;

    clock.set("2026-03-02T09:00:00Z");
    rename(&service).await;
    let ben = "Email,City\nben@example.org,Lyon\n";
    service.import_with(ben, "&list=spring").await.then(200);
    service.settle().await;
    let all = service.export("/v1/exports/user-events.csv?type=BadgeGained").await;
    let mut named: Vec<_> = all.column("audience_name").into_iter().skip(2).collect();
    named.sort();
    assert_eq!(named, ["Spring 2026", "The Lyonnais"], "as they are called by then");
    assert_eq!(service.get(first).await.then(200).body, bytes, "what was said is said for ever");

    // A restart forgets no name.
    let service = service.restart().await;
    service.import_with("Email,City\ncleo@example.org,Lyon\n", "&list=spring").await.then(200);
    let anna = service.user_id("anna@").await;
    service.delete(&format!("/v1/users/{anna}/lists/spring")).await.then(200);
    service.settle().await;
    let lost = service.export("/v1/exports/user-events.csv?type=BadgeLost").await;
    assert_eq!(lost.column("audience_name"), ["Spring 2026"]);
    service.stop().await;
}
