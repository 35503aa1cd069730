//! Badges that follow a list or a segment, and those awarded by hand once they are published.

use reqwest::Method;
use serde_json::{Value, json};
use tests::Service;

use crate::segments::{change, history, in_city, kinds, members, segment};

#[tokio::test]
async fn a_badge_is_held_as_long_as_its_audience_holds_the_user() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\nben@example.org,Nice\n").await;
    segment(&service, "lyon", in_city("Lyon")).await;
    let body = json!({ "id": "local", "name": "Locals", "audience": { "segment": "lyon" },
        "texts": { "fr": { "title": "D'ici" } } });
    let draft = service.post("/v1/badges", &body).await.then(201).json();
    assert_eq!((&draft["state"], &draft["users"]), (&json!("draft"), &json!(0)));
    assert_eq!(members(&service, "badge=local").await, [""; 0], "a draft emits nothing");
    let published =
        change(&service, Method::POST, "/v1/badges/local/publish", &Value::Null, &draft)
            .await
            .then(200)
            .json();
    assert_eq!(members(&service, "badge=local").await, ["anna@example.org"]);
    let ben = service.user_id("ben@").await;
    let by_hand = format!("/v1/users/{ben}/badges/local");
    service.act(&by_hand).await.then_problem(409, "badge_follows_audience");
    service.delete(&by_hand).await.then_problem(409, "badge_follows_audience");

    service.import("Email,City\nanna@example.org,Nice\nben@example.org,Lyon\n").await;
    assert_eq!(members(&service, "badge=local").await, ["ben@example.org"]);
    let anna = history(&service, "anna@").await;
    let lost = anna.last().unwrap();
    assert_eq!(
        (&lost["type"], &lost["data"]["because"]),
        (&json!("cohort.badge.lost"), &json!("left_audience"))
    );
    let left = &anna[anna.len() - 2];
    assert_eq!(left["type"], "cohort.segment.left");
    assert_eq!(lost["cause"]["event_id"], left["event_id"], "the chain leads back to the row");
    assert_eq!(lost["correlation_id"], left["correlation_id"]);
    let path = format!("/v1/events/{}/causes", lost["position"].as_str().unwrap());
    let chain = service.get(&path).await.then(200).json();
    let chain = chain["items"].as_array().unwrap();
    assert_eq!(
        kinds(chain),
        [
            "cohort.badge.lost",
            "cohort.segment.left",
            "cohort.user.imported",
            "cohort.import.started"
        ]
    );
    assert_eq!(chain[2]["data"]["row"], 1, "the row it began with");
    let imports = chain[3]["position"].as_str().unwrap();
    let of_no_user = service.get(&format!("/v1/events/{imports}/causes")).await;
    of_no_user.then_problem(404, "event_unknown");
    service.get("/v1/events/x/causes").await.then_problem(400, "cursor_invalid");

    let path = format!("/v1/users/{}/badges/local/history", service.user_id("anna@").await);
    let told = service.get(&path).await.then(200).json();
    let sentences: Vec<&str> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| turn["sentence"].as_str().unwrap())
        .collect();
    assert!(
        sentences[0]
            .ends_with(", “Locals” was gained because it was given to everybody it is for."),
        "{told}"
    );
    let why = "“Locals” was lost because the conditions of “Segment lyon” are fulfilled no more: “Lyon” became “Nice”.";
    assert!(sentences[1].ends_with(why), "{told}");
    let blind = service.with_token(&["users:read", "events:read"]).await;
    assert!(!blind.get(&path).await.then(200).text().contains("Nice"));

    // Other owners: only the difference is gained and lost.
    service.post("/v1/lists", &json!({ "id": "friends", "name": "Friends" })).await.then(201);
    let anna = service.user_id("anna@").await;
    for user in [&anna, &ben] {
        service.act(&format!("/v1/users/{user}/lists/friends")).await.then(200);
    }
    let body = json!({ "name": "Friends", "audience": { "list": "friends" } });
    let moved =
        change(&service, Method::PUT, "/v1/badges/local", &body, &published).await.then(200).json();
    assert_eq!(moved["state"], "published");
    assert_eq!(members(&service, "badge=local").await, ["anna@example.org", "ben@example.org"]);
    let gained = history(&service, "anna@").await.pop().unwrap();
    assert_eq!(gained["data"]["because"], "owners_changed");
    assert_eq!(
        kinds(&history(&service, "ben@").await)
            .iter()
            .filter(|kind| **kind == "cohort.badge.gained")
            .count(),
        1
    );
    service.delete(&format!("/v1/users/{anna}/lists/friends")).await.then(200);
    assert_eq!(members(&service, "badge=local").await, ["ben@example.org"]);
    change(&service, Method::POST, "/v1/badges/local/archive", &Value::Null, &moved)
        .await
        .then(200);
    assert_eq!(members(&service, "badge=local").await, [""; 0]);
    let lost = history(&service, "ben@").await.pop().unwrap();
    assert_eq!(lost["data"]["because"], "badge_archived");
    service.stop().await;
}

#[tokio::test]
async fn a_badge_without_an_audience_is_awarded_by_hand_once_it_is_published() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let draft =
        service.post("/v1/badges", &json!({ "name": "Für Helfer!" })).await.then(201).json();
    assert_eq!(draft["id"], "fur_helfer");
    let path = format!("/v1/users/{}/badges/fur_helfer", service.user_id("anna@").await);
    service.act(&path).await.then_problem(409, "badge_not_published");
    change(&service, Method::POST, "/v1/badges/fur_helfer/publish", &Value::Null, &draft)
        .await
        .then(200);
    assert_eq!(service.act(&path).await.then(200).json()["recorded"], true);
    assert_eq!(
        service.export("/v1/exports/user-events.csv?type=BadgeGained").await.column("badge_name"),
        ["Für Helfer!"]
    );
    service.stop().await;
}

#[tokio::test]
async fn what_follows_by_rules_keeps_nobody_from_being_taken_back() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Nice\n").await;
    let report = service.import("Email,City\nben@example.org,Lyon\nanna@example.org,Lyon\n").await;
    // Defined after the import: that users enter is no doing of theirs.
    segment(&service, "lyon", in_city("Lyon")).await;
    let badge = json!({ "id": "local", "name": "Locals", "audience": { "segment": "lyon" } });
    let draft = service.post("/v1/badges", &badge).await.then(201).json();
    let publish = "/v1/badges/local/publish";
    change(&service, Method::POST, publish, &Value::Null, &draft).await.then(200);
    assert_eq!(members(&service, "badge=local").await, ["anna@example.org", "ben@example.org"]);
    let revert = format!("/v1/imports/{}/revert?wait=true", report["id"].as_str().unwrap());
    let done = service.act(&revert).await.then(200).json();
    let said = &done["revert"];
    assert_eq!(
        (&said["removed"], &said["restored"], &said["kept"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(members(&service, "badge=local").await, [""; 0]);
    assert_eq!(members(&service, "segment=lyon").await, [""; 0]);
    let anna = history(&service, "anna@").await;
    let lost = anna.last().unwrap();
    assert_eq!(
        lost["correlation_id"],
        anna[anna.len() - 3]["correlation_id"],
        "because it was taken back"
    );
    service.stop().await;
}
