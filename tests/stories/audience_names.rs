//! Lists and segments by name: in the facts about badges that follow them, whatever they are called later, and on pages.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Clock, Service, Visitor};

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

#[tokio::test]
async fn pages_say_what_an_audience_is_called_and_lead_to_it() {
    let clock = Clock::at("2026-03-01T09:00:00Z");
    let service = given_badges(&clock).await;
    service.import_with("Email,City\nben@example.org,Lyon\n", "&list=spring").await.then(200);
    service.settle().await;
    let visitor = Visitor::of(&service);
    let page = visitor.open("/events?type=BadgeGained").await.then(200);
    let (details, why) = ("tbody td:nth-child(4)", "tbody td:nth-child(5)");
    let mut because = page.texts(why);
    because.truncate(2);
    because.sort();
    let entered = "of an audience that the user entered: ";
    assert!(because[0].starts_with(&format!("{entered}Segment lyon")), "{because:?}");
    assert!(because[1].starts_with(&format!("{entered}Spring")), "{because:?}");
    let mut of = page.texts(details);
    of.sort();
    let all = [
        "badge local",
        "badge local; segment Segment lyon",
        "badge sprung",
        "badge sprung; list Spring",
    ];
    assert_eq!(of, all, "by how it was published, then by who entered");
    for there in ["/segments/lyon", "/lists/spring", "/badges/local"] {
        assert!(page.count(&format!("tbody a[href='{there}']")) >= 2, "{there}: {}", page.html());
    }

    // What happened is told as it was called then, and leads to what it is called now.
    rename(&service).await;
    let ben = service.user_id("ben@").await;
    let activity = visitor.open(&format!("/users/{ben}/activity?type=BadgeGained")).await.then(200);
    assert!(activity.text("tbody").contains("Segment lyon"), "{}", activity.html());
    let there = activity.attribute("tbody a[href^='/segments/']", "href");
    assert_eq!(visitor.open(&there).await.then(200).text("h1"), "The Lyonnais");
    let causes = activity.attribute("tbody a[data-module]", "href");
    let causes = visitor.open(&causes).await.then(200);
    assert!(causes.has("ol.causes a[href^='/imports/']"), "{}", causes.html());
    let blind = service.with_token(&["events:read"]).await;
    let page = Visitor::with(&service, &blind.token).open("/events").await.then(200);
    assert!(!page.has("tbody a"), "nothing is offered that may not be looked at");
    service.stop().await;
}

#[tokio::test]
async fn what_happened_leads_to_the_import_or_bulk_action_that_did_it() {
    let service = Service::start().await;
    let report = service.import("Email\nanna@example.org\n").await;
    service.post("/v1/lists", &json!({ "id": "spring", "name": "Spring" })).await.then(201);
    let join = json!({ "action": "join_list", "list": "spring", "filter": {} });
    let done = service.post("/v1/bulk-actions?wait=true", &join).await.then(200).json();
    let (import, bulk) = (report["id"].as_str().unwrap(), done["id"].as_str().unwrap());
    let visitor = Visitor::of(&service);
    let leads = async |visitor: &Visitor, kind: &str| {
        let page = visitor.open(&format!("/events?type={kind}")).await.then(200);
        page.attributes("tbody tr:first-child td:last-child a:not([data-module])", "href")
    };
    assert_eq!(leads(&visitor, "UserImported").await, [format!("/imports/{import}")]);
    assert_eq!(leads(&visitor, "ListJoined").await, [format!("/bulk-actions/{bulk}")]);
    // What it was taken back by leads to the same.
    let revert = format!("/v1/bulk-actions/{bulk}/revert?wait=true");
    service.act(&revert).await.then(200);
    assert_eq!(leads(&visitor, "ListLeft").await, [format!("/bulk-actions/{bulk}")]);
    let reader = service.with_token(&["users:read", "events:read"]).await;
    let reader = Visitor::with(&service, &reader.token);
    assert!(leads(&reader, "ListJoined").await.is_empty(), "who may not look is led nowhere");
    service.stop().await;
}
