//! Pages call things by their names, and lead to them.

use serde_json::json;
use tests::{Service, Visitor};

use crate::challenges::{published, spring};

#[tokio::test]
async fn what_a_user_did_and_has_is_called_by_its_name_and_leads_to_its_page() {
    let service = Service::start().await;
    service
        .import_with("Email,City\nanna@example.org,Lyon\n", "&new_list=Spring%20list")
        .await
        .then(200);
    let conditions = json!({ "groups": [
        { "conditions": [{ "property": "city", "operator": "is", "value": "Lyon" }] }] });
    let lyon = json!({ "id": "lyon", "name": "In Lyon", "conditions": conditions });
    service.post("/v1/segments", &lyon).await.then(201);
    let badge = json!({ "id": "vip", "name": "VIP" });
    service.post("/v1/badges", &badge).await.then(201);
    let publish = service.request(reqwest::Method::POST, "/v1/badges/vip/publish");
    tests::Answer::of(publish.header("if-match", "*")).await.then(200);
    let coffee = json!([{ "kind": "perk", "id": "coffee", "name": "Free coffee" },
        { "kind": "digital_asset", "id": "print", "name": "A print" }]);
    published(&service, &spring(json!({ "rewards": coffee }))).await;
    let anna = service.user_id("anna@").await;
    for done in [
        "badges/vip",
        "badges/wild",
        "challenges/spring/join",
        "challenges/spring/steps/look/complete",
        "challenges/spring/steps/share/complete",
        "challenges/wild/join",
        "challenges/wild/steps/own/complete",
    ] {
        service.act(&format!("/v1/users/{anna}/{done}")).await.then(200);
    }
    service.settle().await;

    let page = Visitor::of(&service).open(&format!("/users/{anna}")).await.then(200);
    let challenges = page.texts("#challenges ~ .rows li");
    let spring = challenges.iter().find(|said| said.starts_with("Spring")).unwrap();
    for name in ["steps: Look around, Share a photo", "rewards: Free coffee, A print"] {
        assert!(spring.contains(name), "{name}: {spring}");
    }
    let wild = challenges.iter().find(|said| said.starts_with("wild")).unwrap();
    assert!(wild.ends_with("steps: own"), "what nobody defined has its id alone: {wild}");
    let perks = page.texts("#perks ~ .rows li");
    assert!(perks[0].starts_with("Free coffee") && perks[1].starts_with("A print"), "{perks:?}");
    let links = page.attributes("main .rows li > span > a", "href");
    let there = ["/lists/spring_list", "/segments/lyon", "/badges/vip", "/challenges/spring"];
    assert_eq!(links, there, "and nowhere where nothing is defined");
    let visitor = Visitor::of(&service);
    for (of, count) in [("/badges/vip", "badge=vip"), ("/lists/spring_list", "list=spring_list")] {
        let of = visitor.open(of).await.then(200);
        assert_eq!(of.attribute("#now ~ dl a", "href"), format!("/users?{count}"));
    }
    service.stop().await;
}

#[tokio::test]
async fn an_export_about_one_user_says_who_that_is_while_one_may_know() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nben@example.org\n").await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    service.get(&format!("/v1/users/{anna}/export.zip")).await.then(200);
    service.get(&format!("/v1/exports/user-events.csv?user={ben}")).await.then(200);
    service.settle().await;
    let visitor = Visitor::of(&service);
    let history = visitor.open("/exports").await.then(200);
    assert_eq!(history.texts(".chips bdi"), ["User: ben@example.org", "User: anna@example.org"]);
    let of_anna = history.attributes("tbody tr td:first-child a", "href");
    let one = visitor.open(&of_anna[1]).await.then(200);
    assert_eq!(one.text(".chips bdi"), "User: anna@example.org");

    // Who is gone is known by the id alone; without the right to addresses, nothing is told.
    service.delete(&format!("/v1/users/{ben}")).await.then(200);
    service.settle().await;
    let history = visitor.open("/exports").await.then(200);
    assert_eq!(history.texts(".chips bdi")[0], format!("User: {ben}"));
    let blind = service.with_token(&["exports:create", "events:read", "users:read"]).await;
    blind.get(&format!("/v1/exports/user-events.csv?user={anna}")).await.then(200);
    service.settle().await;
    let history = Visitor::with(&service, &blind.token).open("/exports").await.then(200);
    assert_eq!(history.texts(".chips bdi"), ["withheld"]);
    assert!(!history.text("main").contains("anna@example.org"), "{}", history.html());
    service.stop().await;
}

#[tokio::test]
async fn a_file_that_was_fetched_says_so_when_its_page_is_opened_anew() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let asked = json!({ "content": "users", "format": "csv" });
    let made = service.post("/v1/exports?wait=true", &asked).await.then(200).json();
    let path = format!("/exports/{}", made["id"].as_str().unwrap());
    let visitor = Visitor::of(&service);
    assert_eq!(visitor.open(&path).await.then(200).text("#export-downloads"), "0");
    service.get(&format!("/v1{path}/file")).await.then(200);
    service.settle().await;
    assert_eq!(visitor.open(&path).await.then(200).text("#export-downloads"), "1");
    service.stop().await;
}
