//! Segments and filters by the address, by when somebody became a member, and by when somebody was last active.

use reqwest::Method;
use serde_json::{Value, json};
use tests::Service;
use tests::service::Clock;

use crate::segments::{change, history, left_within, members, segment};

fn one(condition: Value) -> Value {
    json!({ "groups": [{ "conditions": [condition] }] })
}

async fn previewed(service: &Service, conditions: &Value) -> u64 {
    let body = json!({ "conditions": conditions });
    service.post("/v1/segments/preview", &body).await.then(200).json()["users"].as_u64().unwrap()
}

#[tokio::test]
async fn who_is_not_active_any_more_is_found_and_who_comes_back_leaves() {
    let clock = Clock::at("2026-07-01T10:00:00Z");
    let service = Service::start_at(&clock).await;
    service.import("Email\nanna@example.org\nben@example.org\ncarl@example.org\n").await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    service.act(&format!("/v1/users/{anna}/challenges/spring/join")).await.then(200);
    service.act(&format!("/v1/users/{ben}/challenges/spring/join")).await.then(200);
    let quiet =
        one(json!({ "property": "last_active_at", "operator": "more_than_days_ago", "days": 30 }));
    let never = one(json!({ "property": "last_active_at", "operator": "is_not_set" }));
    segment(&service, "quiet", quiet.clone()).await;
    segment(&service, "never", never.clone()).await;
    let badge =
        json!({ "id": "miss-you", "name": "We miss you", "audience": { "segment": "quiet" } });
    let badge = service.post("/v1/badges", &badge).await.then(201).json();
    change(&service, Method::POST, "/v1/badges/miss-you/publish", &Value::Null, &badge)
        .await
        .then(200);
    assert!(members(&service, "segment=quiet").await.is_empty());
    assert_eq!(members(&service, "segment=never").await, ["carl@example.org"]);

    // Thirty-one days later both are quiet; then Ben does something.
    clock.set("2026-08-01T00:00:00Z");
    left_within(&service, "segment=quiet", &["anna@example.org", "ben@example.org"]).await;
    assert_eq!(previewed(&service, &quiet).await, 2);
    service.act(&format!("/v1/users/{ben}/apps/shop")).await.then(200);
    assert_eq!(members(&service, "segment=quiet").await, ["anna@example.org"]);
    assert_eq!(members(&service, "badge=miss-you").await, ["anna@example.org"]);
    assert_eq!(previewed(&service, &quiet).await, 1);
    let ben = history(&service, "ben@").await;
    let left = ben.iter().find(|fact| fact["type"] == "cohort.segment.left").unwrap();
    assert_eq!(left["data"]["because"], "fact");
    assert_eq!(left["data"]["changed"][0]["operator"], "more_than_days_ago");
    // The same question as a filter of the table and of an export.
    for (filter, who) in [
        ("property.last_active_at.more_than_days_ago=30", vec!["anna@example.org"]),
        ("property.last_active_at.is_not_set=true", vec!["carl@example.org"]),
        ("property.last_active_at.on=2026-08-01", vec!["ben@example.org"]),
        (
            "property.last_active_at.is_set=&sort=-email",
            vec!["anna@example.org", "ben@example.org"],
        ),
        ("property.member_since.before=2026-07-01", vec![]),
        (
            "property.member_since.on=2026-07-01&property.last_active_at.is_set=",
            vec!["anna@example.org", "ben@example.org"],
        ),
        ("property.email.starts_with=ANNA@", vec!["anna@example.org"]),
    ] {
        assert_eq!(members(&service, filter).await, who, "{filter}");
        let filter = filter.split("&sort").next().unwrap();
        let exported = service.export(&format!("/v1/exports/users.csv?{filter}")).await;
        assert_eq!(exported.column("email").len(), who.len(), "{filter}");
    }
    // Moments name nobody; an address does.
    let blind = service.with_token(&["users:read"]).await;
    let path = "/v1/users?property.last_active_at.is_not_set=&count=only";
    assert_eq!(blind.get(path).await.then(200).json()["total"], 1);
    let path = "/v1/users?property.email.is=anna@example.org";
    blind.get(path).await.then_problem(403, "personal_data_required");
    service.stop().await;
}

#[tokio::test]
async fn who_has_a_companys_address_is_in_until_it_changes() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nben@corp.example\n").await;
    let corp =
        one(json!({ "property": "email", "operator": "ends_with", "value": "@corp.example" }));
    segment(&service, "corp", corp.clone()).await;
    assert_eq!(members(&service, "segment=corp").await, ["ben@corp.example"]);
    assert_eq!(previewed(&service, &corp).await, 1);
    let anna = service.user("anna@").await;
    let (path, id) = (format!("/v1/users/{}", anna["id"].as_str().unwrap()), &anna["id"]);
    let body = json!({ "email": "anna@corp.example" });
    change(&service, Method::PATCH, &path, &body, &anna).await.then(200);
    let both = ["anna@corp.example", "ben@corp.example"];
    assert_eq!(members(&service, "segment=corp").await, both, "{id}");
    let entered = history(&service, "anna@").await.pop().unwrap();
    assert_eq!(entered["type"], "cohort.segment.entered");
    assert_eq!(entered["data"]["changed"][0]["operator"], "ends_with");
    assert_eq!(entered["personal"]["before"], json!(["anna@example.org"]));
    // A new user with such an address enters as it is made, and a check says so before.
    let draft = service.draft("Email\ncarl@corp.example\n").await;
    let shown = service.get(&draft).await.then(200).json();
    let mapping = json!({ "columns": shown["columns"] });
    service.put(&format!("{draft}/mapping"), &mapping).await.then(200);
    let check = service.act(&format!("{draft}/check")).await.then(200).json();
    assert_eq!(check["consequences"][0]["users"], 1, "{check}");
    service.import("Email\ncarl@corp.example\n").await;
    assert_eq!(members(&service, "segment=corp").await.len(), 3);
    service.stop().await;
}

#[tokio::test]
async fn old_members_are_in_by_what_the_file_says() {
    let clock = Clock::at("2026-07-01T10:00:00Z");
    let service = Service::start_at(&clock).await;
    let old =
        one(json!({ "property": "member_since", "operator": "before", "value": "2020-01-01" }));
    segment(&service, "old", old.clone()).await;
    let draft = service
        .draft("Email,Joined\nanna@example.org,2019-05-01\nben@example.org,2021-05-01\n")
        .await;
    let mapping = json!({ "columns": [{ "column": 1, "target": "email" },
        { "column": 2, "target": "member_since" }] });
    service.put(&format!("{draft}/mapping"), &mapping).await.then(200);
    let check = service.act(&format!("{draft}/check")).await.then(200).json();
    assert_eq!(check["consequences"][0]["users"], 1, "{check}");
    service.act(&format!("{draft}/start?wait=true")).await.then(200);
    assert_eq!(members(&service, "segment=old").await, ["anna@example.org"]);
    assert_eq!(previewed(&service, &old).await, 1);
    service.stop().await;
}
