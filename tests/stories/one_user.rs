//! One user, changed and removed by hand.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service};

async fn patch(service: &Service, id: &str, fields: Value) -> Answer {
    let request = service.request(Method::PATCH, &format!("/v1/users/{id}"));
    Answer::of(request.json(&json!({ "fields": fields }))).await
}

#[tokio::test]
async fn values_are_given_by_type_and_taken_away() {
    let service = Service::start().await;
    for (name, kind) in [("points", "number"), ("vip", "boolean"), ("born", "date")] {
        let property = json!({ "reference_id": name, "type": kind });
        service.post("/v1/properties", &property).await.then(201);
    }
    service.import("Email,City\nanna@example.org,Lyon\n").await;
    let id = service.user_id("anna@").await;
    let fields = json!({ "points": 7.50, "vip": true, "born": "1990-04-03", "city": null, "first_name": "Léa" });
    let done = patch(&service, &id, fields.clone()).await.then(200).json();
    assert_eq!((&done["recorded"], &done["revision"]), (&json!(true), &json!(1)));
    let min_position = done["position"].as_str().unwrap();
    let user = service.get(&format!("/v1/users/{id}?min_position={min_position}")).await.then(200);
    assert_eq!(
        user.json()["fields"],
        json!({ "points": "7.5", "vip": "true", "born": "1990-04-03", "first_name": "Léa" })
    );
    assert_eq!(patch(&service, &id, fields).await.then(200).json()["recorded"], false);
    for (name, value, code) in [
        ("points", json!("many"), "value_invalid"),
        ("points", json!(true), "value_invalid"),
        ("born", json!("03/04/1990"), "value_invalid"),
        ("city", json!(""), "value_invalid"),
        ("email", json!("a@b.org"), "property_unknown"),
        ("age", json!(3), "property_unknown"),
    ] {
        patch(&service, &id, json!({ name: value })).await.then_problem(422, code);
    }
    let stale =
        service.request(Method::PATCH, &format!("/v1/users/{id}")).header("if-match", "\"0\"");
    let stale = Answer::of(stale.json(&json!({ "fields": { "city": "Nice" } }))).await;
    stale.then_problem(412, "version_conflict");
    let nobody = "00000000-0000-8000-8000-000000000000";
    patch(&service, nobody, json!({ "city": "Nice" })).await.then_problem(404, "user_unknown");
    service.stop().await;
}

#[tokio::test]
async fn who_is_removed_leaves_everything_and_begins_anew() {
    let service = Service::start().await;
    service.import_with("Email,City\nanna@example.org,Lyon\n", "&new_list=Spring").await.then(200);
    let id = service.user_id("anna@").await;
    let conditions = json!({ "groups": [{ "conditions": [{ "list": "spring" }] }] });
    let body = json!({ "id": "in_spring", "name": "In spring", "conditions": conditions });
    service.post("/v1/segments", &body).await.then(201);
    service.act(&format!("/v1/users/{id}/badges/vip")).await.then(200);
    service.get(&format!("/v1/users/{id}?settled=true")).await.then(200);
    service.delete(&format!("/v1/users/{id}")).await.then(200);
    let users = service.get("/v1/users?settled=true").await.json();
    assert_eq!(users["items"], json!([]));
    service.delete(&format!("/v1/users/{id}")).await.then_problem(404, "user_unknown");
    let history = service.get(&format!("/v1/users/{id}/events")).await.then(200).json();
    let last: Vec<(&str, &str)> = history["items"].as_array().unwrap()[..4]
        .iter()
        .map(|fact| {
            (fact["type"].as_str().unwrap(), fact["data"]["because"].as_str().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        last,
        [
            ("cohort.user.deleted", "-"),
            ("cohort.list.left", "user_deleted"),
            ("cohort.segment.left", "user_deleted"),
            ("cohort.badge.lost", "user_deleted"),
        ]
    );
    assert_eq!(service.get("/v1/lists/spring").await.json()["users"], 0);
    let again = service.import("Email\nanna@example.org\n").await;
    assert_eq!(again["created"], 1);
    let anna = service.user("anna@").await;
    assert_eq!(
        (&anna["id"], &anna["fields"], &anna["badges"]),
        (&json!(id), &json!({}), &json!([]))
    );
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}
