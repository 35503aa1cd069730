//! Who did something: team members read each other's names and those of tokens, programs read ids.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Browser, Page, Service};

/// Cleo, a user, whom Anna of the team and a named token have worked on.
async fn given_work() -> (Service, Browser, String) {
    let service = Service::start().await;
    let anna = Browser::invited(&service, "anna@team.example", "editor", true).await;
    let called = json!({ "name": "Anna of the desk" });
    anna.send(Method::PATCH, "/v1/me", &called).await.then(200);
    let csv = anna.request(Method::POST, "/v1/imports?start=true&wait=true");
    let csv = csv.header("content-type", "text/csv").body("Email,City\ncleo@example.org,Lyon\n");
    Answer::of(csv).await.then(200);
    let cleo = service.user_id("cleo@").await;
    let export = json!({ "content": "users", "format": "csv" });
    anna.send(Method::POST, "/v1/exports?wait=true", &export).await.then(200);
    let many = json!({ "action": "gain_badge", "badge": "vip", "users": [cleo] });
    anna.send(Method::POST, "/v1/bulk-actions?wait=true", &many).await.then(200);
    let shop = json!({ "name": "Web shop", "scopes": ["users:write"] });
    let shop = service.post("/v1/tokens", &shop).await.then(201).json();
    let url = format!("{}/v1/users/{cleo}/active", service.address);
    let shop = tests::client().post(url).bearer_auth(shop["token"].as_str().unwrap());
    Answer::of(shop).await.then(200);
    service.settle().await;
    (service, anna, cleo)
}

/// The name of who was behind the newest fact or thing of each list.
fn newest(list: &Answer, by: &str) -> Value {
    list.json()["items"][0][by]["name"].clone()
}

#[tokio::test]
async fn members_read_names_and_programs_read_ids() {
    let (service, anna, cleo) = given_work().await;
    let ben = Browser::invited(&service, "ben@team.example", "admin", false).await;
    let gained = "/v1/events?type=BadgeGained";
    let own = format!("/v1/users/{cleo}/events?type=BadgeGained");
    let city = format!("/v1/users/{cleo}/properties/city");
    for (path, by) in [
        (gained, "actor"),
        (&own, "actor"),
        (&city, "actor"),
        ("/v1/imports", "by"),
        ("/v1/bulk-actions", "by"),
        ("/v1/exports", "requested_by"),
    ] {
        assert_eq!(newest(&ben.get(path).await.then(200), by), "Anna of the desk", "{path}");
        assert_eq!(newest(&service.get(path).await.then(200), by), "Anna of the desk", "{path}");
    }
    assert_eq!(newest(&ben.get("/v1/events").await, "actor"), "Web shop");
    // A program that does not manage access is told ids alone.
    let scopes = ["users:read", "events:read", "imports:write", "personal:read"];
    let reader = service.with_token(&scopes).await;
    for (path, by) in [(gained, "actor"), (&own, "actor"), (&city, "actor"), ("/v1/imports", "by")]
    {
        let list = reader.get(path).await.then(200);
        assert_eq!(list.json()["items"][0][by]["id"], json!(anna.member), "{path}");
        assert!(!list.text().contains("Anna of the desk"), "{path}: {}", list.text());
    }
    // Who has no name is told by address, to who may see such.
    let dora = Browser::invited(&service, "dora@team.example", "editor", true).await;
    dora.send(Method::POST, "/v1/lists", &json!({ "id": "spring", "name": "Spring" }))
        .await
        .then(201);
    let joins = format!("/v1/users/{cleo}/lists/spring");
    dora.send(Method::POST, &joins, &json!({})).await.then(200);
    service.settle().await;
    let viewer = Browser::invited(&service, "vera@team.example", "viewer", false).await;
    for (who, name) in [(&ben, json!("dora@team.example")), (&viewer, Value::Null)] {
        assert_eq!(newest(&who.get("/v1/events?type=ListJoined").await.then(200), "actor"), name);
    }
    // Who has left the team did it all the same.
    service.delete(&format!("/v1/team/{}", anna.member)).await.then(204);
    assert_eq!(newest(&ben.get(gained).await, "actor"), "Anna of the desk");
    service.stop().await;
}

#[tokio::test]
async fn pages_say_who_it_was_by_name() {
    let (service, anna, cleo) = given_work().await;
    let page = async |path: &str| Page::of(anna.request(Method::GET, path)).await.then(200);
    let import = service.get("/v1/imports").await.json()["items"][0]["id"].clone();
    let bulk = service.get("/v1/bulk-actions").await.json()["items"][0]["id"].clone();
    let export = service.get("/v1/exports").await.json()["items"][0]["id"].clone();
    for path in [
        "/events".to_owned(),
        format!("/users/{cleo}/activity"),
        format!("/users/{cleo}/properties"),
        "/imports".to_owned(),
        format!("/imports/{}", import.as_str().unwrap()),
        format!("/bulk-actions/{}", bulk.as_str().unwrap()),
        "/exports".to_owned(),
        format!("/exports/{}", export.as_str().unwrap()),
    ] {
        let page = page(&path).await;
        let named = format!("main bdi[title='{}']", anna.member);
        assert_eq!(page.text(&named), "Anna of the desk", "{path}");
    }
    assert!(page("/events").await.text("tbody tr").contains("Web shop"));
    service.stop().await;
}
