//! Definitions as README shows them: its bodies are taken as they stand, and `PUT` replaces the whole.

use reqwest::Method;
use serde_json::{Value, json};
use tests::Service;

use crate::challenges::change;

/// What README makes one of each with: the path and the body.
fn shown() -> Vec<(String, Value)> {
    let readme = include_str!("../../README.md");
    let lines = readme.lines().filter_map(|line| line.strip_prefix("POST /v1/")?.split_once(' '));
    let body = |(path, body): (&str, &str)| {
        (format!("/v1/{path}"), serde_json::from_str(body.trim()).expect("README shows JSON"))
    };
    lines.map(body).collect()
}

#[tokio::test]
async fn what_readme_makes_is_made_and_put_replaces_the_whole() {
    let service = Service::start().await;
    let bodies = shown();
    assert_eq!(bodies.len(), 5, "one of each");
    for (path, body) in &bodies {
        service.post(path, body).await.then(201);
    }
    for path in ["/v1/badges/local", "/v1/challenges/summer"] {
        let publish = format!("{path}/publish");
        change(&service, Method::POST, &publish, &Value::Null).await.then(200);
        let before = service.get(path).await.then(200).json();
        assert!(before["audience"].is_object(), "{before}");
        let name = json!({ "name": "Another" });
        let after = change(&service, Method::PUT, path, &name).await.then(200).json();
        assert_eq!((&after["name"], &after["state"]), (&json!("Another"), &json!("published")));
        for gone in ["audience", "texts", "steps", "rewards"] {
            let empty = after
                .get(gone)
                .is_none_or(|it| matches!(it.to_string().as_str(), "null" | "[]" | "{}"));
            assert!(empty, "{gone} of {after}");
        }
    }
    service.stop().await;
}

/// A property is changed by its id, and looked at in a user by what it is called.
#[tokio::test]
async fn a_propertys_id_and_what_it_is_called_are_two_things() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\n").await;
    let anna = service.user_id("anna@").await;
    let body = json!({ "reference_id": "town", "name": "Town" });
    change(&service, Method::PUT, "/v1/properties/city", &body).await.then(200);
    let body = json!({ "reference_id": "city", "type": "text" });
    let other = service.post("/v1/properties", &body).await.then(201).json();
    assert_eq!(other["id"], "city_2", "the id stays the first one's");
    service.get("/v1/properties/town").await.then_problem(404, "property_not_found");
    let path = |name: &str| format!("/v1/users/{anna}/properties/{name}");
    let town = service.get(&path("town")).await.then(200).json();
    assert_eq!(town["items"][0]["value"], "Lyon");
    assert_eq!(service.get(&path("city")).await.then(200).json()["items"], json!([]));
    service.get(&path("city_2")).await.then_problem(422, "property_unknown");
    service.stop().await;
}
