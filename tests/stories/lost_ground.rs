//! Drafts whose list or segment is taken away: it goes, and they are looked at when somebody publishes or changes them.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service};

use crate::challenges::{change, spring};
use crate::segments::{history, in_city, kinds, segment};

async fn post(service: &Service, path: &str) -> Answer {
    change(service, Method::POST, path, &Value::Null).await
}

async fn delete(service: &Service, path: &str) -> Answer {
    change(service, Method::DELETE, path, &Value::Null).await
}

#[tokio::test]
async fn a_draft_keeps_nothing_and_is_published_once_it_stands_on_something() {
    let service = Service::start().await;
    service.import_with("Email,City\nanna@example.org,Lyon\n", "&new_list=Fans").await.then(200);
    segment(&service, "locals", in_city("Lyon")).await;
    for (id, audience) in
        [("fan", json!({ "list": "fans" })), ("local", json!({ "segment": "locals" }))]
    {
        let badge = json!({ "id": id, "name": id, "audience": audience });
        service.post("/v1/badges", &badge).await.then(201);
        let challenge = spring(json!({ "id": id, "audience": audience }));
        service.post("/v1/challenges", &challenge).await.then(201);
    }
    // Published, it holds its audience; a draft, an ended or an archived one does not.
    post(&service, "/v1/badges/fan/publish").await.then(200);
    post(&service, "/v1/challenges/local/publish").await.then(200);
    let used = delete(&service, "/v1/lists/fans").await.then_problem(409, "audience_in_use");
    assert_eq!((&used["badges"], &used["challenges"]), (&json!(["fan"]), &Value::Null));
    assert!(used["detail"].as_str().unwrap().contains("badges fan"), "{used}");
    let used = delete(&service, "/v1/segments/locals").await.then_problem(409, "audience_in_use");
    assert_eq!((&used["challenges"], &used["badges"]), (&json!(["local"]), &Value::Null));
    post(&service, "/v1/badges/fan/archive").await.then(200);
    post(&service, "/v1/challenges/local/end").await.then(200);
    service.settle().await;
    delete(&service, "/v1/lists/fans").await.then(204);
    delete(&service, "/v1/segments/locals").await.then(204);
    service.settle().await;

    // Whoever publishes or changes one learns what is gone.
    for (path, sort, gone) in [
        ("/v1/badges/fan", "list", "fans"),
        ("/v1/challenges/fan", "list", "fans"),
        ("/v1/badges/local", "segment", "locals"),
        ("/v1/challenges/local", "segment", "locals"),
    ] {
        let refused = post(&service, &format!("{path}/publish")).await;
        let refused = refused.then_problem(409, "audience_gone");
        assert_eq!(refused[sort], json!(gone), "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains(gone), "{refused}");
        let body = json!({ "name": "Changed", "audience": { sort: gone } });
        let refused = change(&service, Method::PUT, path, &body).await;
        refused.then_problem(404, &format!("{sort}_unknown"));
    }
    // With another audience, or none, it is published.
    let body = json!({ "name": "Changed" });
    change(&service, Method::PUT, "/v1/challenges/fan", &body).await.then(200);
    post(&service, "/v1/challenges/fan/publish").await.then(200);
    segment(&service, "others", in_city("Lyon")).await;
    let body = json!({ "name": "Changed", "audience": { "segment": "others" } });
    change(&service, Method::PUT, "/v1/badges/local", &body).await.then(200);
    post(&service, "/v1/badges/local/publish").await.then(200);
    let facts = history(&service, "anna@").await;
    assert_eq!(kinds(&facts).last(), Some(&"cohort.badge.gained"));
    for fact in facts.iter().filter(|fact| fact["data"].get("audience_id").is_some()) {
        assert!(fact["data"]["audience_id"].is_string(), "{fact}");
    }
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}
