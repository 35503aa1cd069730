//! Filters of the table as they are written elsewhere: values with commas, and filters saved as segments.

use serde_json::{Value, json};
use tests::Service;

use crate::users_table::{names, people};

#[tokio::test]
async fn a_value_with_a_comma_is_one_of_several() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,\"Paris, Texas\"\nbob@example.org,Texas\n").await;
    assert_eq!(names(&service, "property.city.is_one_of=Paris%5C, Texas,Rome", 9).await, "a");
    assert_eq!(names(&service, "property.city.is_one_of=Paris, Texas", 9).await, "");
    assert_eq!(names(&service, "property.city.is_one_of=Paris,Texas", 9).await, "b");
}

#[tokio::test]
async fn a_filter_is_saved_as_a_segment_that_goes_on_to_be_looked_at() {
    let service = people().await;
    let bob = service.user_id("bob@").await;
    service.act(&format!("/v1/users/{bob}/challenges/spring/join")).await.then(200);
    service.act(&format!("/v1/users/{bob}/badges/vip")).await.then(200);
    for (filter, users) in [
        (json!({ "property.city.is_one_of": ["lyon", "Rome, Italy"] }), 2),
        (json!({ "property.points.between": [9, 100] }), 2),
        (json!({ "property.points.between": "9,100", "property.city.is": ["lyon"] }), 1),
    ] {
        let preview = service.post("/v1/segments/preview", &json!({ "filter": filter })).await;
        assert_eq!(preview.then(200).json()["users"], users, "{filter}");
    }
    let filter = json!({ "challenge": "spring", "badge": ["vip"], "property.city.is_one_of": "Lyon,Nice",
        "property.points.less_than": 10, "property.email.contains": "BOB", "property.vip.is_false": true });
    let preview = service.post("/v1/segments/preview", &json!({ "filter": filter })).await;
    assert_eq!(preview.then(200).json()["users"], 1);
    let body = json!({ "id": "found", "name": "Found", "filter": filter });
    let made = service.post("/v1/segments", &body).await.then(201).json();
    assert_eq!(made["conditions"]["groups"][0]["conditions"].as_array().unwrap().len(), 6);
    assert_eq!(names(&service, "segment=found&settled=true", 9).await, "b");
    service.import("Email,Points\nbob@example.org,10\n").await;
    assert_eq!(names(&service, "segment=found&settled=true", 9).await, "");

    let post = async |body: Value| service.post("/v1/segments", &body).await;
    for filter in [json!({}), json!({ "search": "anna" }), json!({ "user": bob })] {
        let body = json!({ "name": "No", "filter": filter });
        post(body).await.then_problem(422, "condition_invalid");
    }
    let nothing = json!({ "name": "No", "filter": { "colour": "red" } });
    post(nothing).await.then_problem(400, "parameter_unknown");
    post(json!({ "name": "No" })).await.then_problem(400, "body_invalid");
    let both = json!({ "name": "No", "filter": filter, "conditions": { "groups": [] } });
    post(both).await.then_problem(400, "body_invalid");
}
