//! What pages about users offer to choose, and what of it they leave out; what they change besides values.

use reqwest::Method;
use serde_json::json;
use tests::{Answer, Clock, Service, Visitor};

/// A service with Anna in Lyon, a list, and three badges: one by hand, two that follow who is in a city. And her page.
async fn given_anna() -> (Service, String) {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\n").await;
    service.post("/v1/lists", &json!({ "id": "spring", "name": "Spring" })).await.then(201);
    let mut badges = vec![json!({ "id": "vip", "name": "VIP" })];
    for (id, city) in [("locals", "Lyon"), ("guests", "Nice")] {
        let within = json!({ "property": "city", "operator": "is", "value": city });
        let within = json!({ "groups": [{ "conditions": [within] }] });
        let segment = json!({ "id": id, "name": city, "conditions": within });
        service.post("/v1/segments", &segment).await.then(201);
        badges.push(json!({ "id": id, "name": id, "audience": { "segment": id } }));
    }
    for badge in badges {
        service.post("/v1/badges", &badge).await.then(201);
        let publish = format!("/v1/badges/{}/publish", badge["id"].as_str().unwrap());
        let publish = service.request(Method::POST, &publish).header("if-match", "*");
        Answer::of(publish).await.then(200);
    }
    service.settle().await;
    let id = service.user_id("anna@example.org").await;
    (service, format!("/users/{id}"))
}

#[tokio::test]
async fn what_is_there_already_is_not_offered_and_what_follows_a_rule_is_left_to_it() {
    let (service, home) = given_anna().await;
    let visitor = Visitor::of(&service);
    let (lists, badges) = ("select[name=list] option", "select[name=badge] option");
    let page = visitor.open(&home).await.then(200);
    assert_eq!(page.texts(lists), ["Choose…", "Spring"]);
    assert_eq!(page.texts(badges), ["Choose…", "VIP"], "the others follow whom they are for");
    assert!(page.text("#badges ~ .rows").starts_with("locals"), "one of them her");
    assert!(!page.has("input[value=withdraw]"), "and that is not taken from her by hand");

    let acts = format!("{home}/acts");
    let joined = visitor.done(&acts, &[("act", "join"), ("list", "spring")]).await;
    assert!(!joined.has(lists), "there is no list left to join");
    let awarded = visitor.done(&acts, &[("act", "award"), ("badge", "vip")]).await;
    assert!(!awarded.has(badges), "nor a badge");
    let withdrawn = awarded.attributes("input[value=withdraw] ~ input[name=badge]", "value");
    assert_eq!(withdrawn, ["vip"]);
}

#[tokio::test]
async fn to_many_users_too_only_badges_are_given_that_nobody_else_gives() {
    let (service, _) = given_anna().await;
    let all = [("whom", "all")];
    let page = Visitor::of(&service).send("/users/many", &all).await.then(200);
    assert_eq!(page.texts("select[name=to_gain] option"), ["Choose…", "VIP"]);
    assert_eq!(page.texts("select[name=to_lose] option"), ["Choose…", "VIP"]);
}

#[tokio::test]
async fn an_address_is_changed_where_values_are_and_the_former_one_told() {
    let (service, home) = given_anna().await;
    let visitor = Visitor::of(&service);
    let page = format!("{home}/properties");
    let typed = [("email", " Anna@example.net "), ("fields.city", "Lyon")];
    let changed = visitor.done(&page, &typed).await;
    assert_eq!(changed.text(".notice"), "The changes are saved.");
    assert_eq!(changed.text("h1"), "Anna@example.net");
    let overview = visitor.open(&home).await.then(200);
    assert!(overview.text("dl.facts").contains("anna@example.org, until"));
    service.post("/v1/users", &json!({ "email": "ben@example.org" })).await.then(201);
    let taken = visitor.send(&page, &[("email", "ben@example.org")]).await.then(409);
    assert_eq!(taken.attribute(".refused a", "href"), "/problems/email_taken");
    assert_eq!(taken.attribute("input[name=email]", "value"), "ben@example.org");
}

#[tokio::test]
async fn what_happened_stands_at_the_time_it_happened() {
    let (service, home) = given_anna().await;
    let at = json!({ "occurred_at": "2026-01-31T09:00:00Z" });
    service.post(&format!("/v1{home}/active"), &at).await.then(200);
    let visitor = Visitor::of(&service);
    let page = visitor.open(&format!("{home}/activity?type=UserActive")).await.then(200);
    assert_eq!(page.attribute("tbody time", "datetime"), "2026-01-31T09:00:00Z");
}

#[tokio::test]
async fn columns_that_somebody_chose_meanwhile_are_not_undone() {
    let (service, _) = given_anna().await;
    let visitor = Visitor::of(&service);
    let choose = async |columns: &[&str]| {
        service.put("/v1/table", &json!({ "columns": columns })).await.then(200);
    };
    choose(&["city"]).await;
    let etag = visitor.open("/users/columns").await.attribute("input[name=etag]", "value");
    choose(&["city", "first_name"]).await;
    let mine = |etag: &str| {
        let fields = [("column", "lang"), ("shown", "lang"), ("save", "mine"), ("etag", etag)];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let send = async |fields: [(String, String); 4]| {
        let fields = fields.each_ref().map(|(name, value)| (name.as_str(), value.as_str()));
        visitor.send("/users/columns", &fields).await
    };
    let late = send(mine(&etag)).await.then(412);
    assert_eq!(late.attribute(".refused a", "href"), "/problems/version_conflict");
    let effective = service.get("/v1/table").await.json()["effective"].clone();
    assert_eq!(effective, json!(["city", "first_name"]));
    let etag = visitor.open("/users/columns").await.attribute("input[name=etag]", "value");
    send(mine(&etag)).await.then(303);
}

#[tokio::test]
async fn each_total_above_the_table_counts_its_own_days() {
    let clock = Clock::at("2026-03-01T09:00:00Z");
    let service = Service::start_at(&clock).await;
    service
        .import("Email\nanna@example.org\nben@example.org\ncleo@example.org\ndan@example.org\n")
        .await;
    let days = [("03-01", "anna"), ("03-05", "ben"), ("03-14", "cleo"), ("03-15", "anna")];
    for (day, email) in days {
        clock.set(&format!("2026-{day}T10:00:00Z"));
        let id = service.user_id(email).await;
        service.act(&format!("/v1/users/{id}/active")).await.then(200);
    }
    service.settle().await;
    let page = Visitor::of(&service).open("/users").await.then(200);
    let counts = page.texts(".tile dd");
    let first = |text: &String| text.split_whitespace().next().unwrap_or_default().to_owned();
    assert_eq!(counts.iter().map(first).collect::<Vec<_>>(), ["4", "1", "2", "3"], "{counts:?}");
}
