//! The page of all events: in words, by type, user and time, page by page, with the way to their causes and to an export.

use serde_json::json;
use tests::{Clock, Service, Visitor};

/// Anna and Ben, a segment, badges on three days.
async fn given_events() -> (Service, String) {
    let clock = Clock::at("2026-03-28T09:00:00Z");
    let service = Service::start_at(&clock).await;
    let csv = "Email,First Name,City\nanna@example.org,Anna,Łódź\nben@example.org,Ben,Lyon\n";
    service.import(csv).await;
    let audience = json!({ "id": "lodz", "name": "In Łódź", "conditions": { "groups": [
        { "conditions": [{ "property": "city", "operator": "is", "value": "Łódź" }] }] } });
    service.post("/v1/segments", &audience).await.then(201);
    service.settle().await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    for (at, path) in [
        ("2026-03-28T23:30:00Z", format!("{ben}/badges/gold")),
        ("2026-03-29T12:00:00Z", format!("{anna}/badges/vip")),
        ("2026-03-30T12:20:00Z", format!("{anna}/active")),
    ] {
        clock.set(at);
        service.act(&format!("/v1/users/{path}")).await.then(200);
    }
    (service, anna)
}

#[tokio::test]
async fn what_happened_is_told_in_words_with_its_user_and_its_causes() {
    let (service, anna) = given_events().await;
    let visitor = Visitor::of(&service);
    let page = visitor.open("/events").await.then(200);
    assert_eq!(page.text("nav a[aria-current]"), "Events");
    assert_eq!(
        page.texts("tbody td:nth-child(3)"),
        [
            "User active",
            "Badge gained",
            "Badge gained",
            "Segment entered",
            "User imported",
            "User imported"
        ]
    );
    assert_eq!(page.texts("tbody td:nth-child(2)")[..2], ["anna@example.org"; 2]);
    assert_eq!(page.attribute("tbody td:nth-child(2) a", "href"), format!("/users/{anna}"));
    assert_eq!(page.attribute("tbody time", "title"), "2026-03-30 12:20:00 UTC");
    let details = page.texts("tbody td:nth-child(4)");
    assert_eq!(details[0], "in the hour from 2026-03-30 12:00");
    assert_eq!(details[1], "badge vip");
    assert_eq!(details[3], "segment In Łódź");
    assert!(details.iter().any(|said| said.contains("City Łódź; First name Anna")), "{details:?}");
    let because = page.texts("tbody td:nth-child(5)");
    assert!(because[1].starts_with("by hand, over the API"), "{because:?}");
    assert!(because[3].starts_with("of how its conditions were defined"), "{because:?}");
    assert!(because.iter().any(|why| why.starts_with("of row 1 of an import")), "{because:?}");
    assert_eq!(page.count("tbody a[href^='/imports/']"), 2);
    for raw in ["definition_version", "hour 4", "fact", "audience_id"] {
        assert!(!page.text("tbody").contains(raw), "{raw} is no word: {}", page.text("tbody"));
    }
    let why = page.attribute("tbody tr:nth-child(4) a[data-module]", "href");
    let why = visitor.open(&why).await.then(200);
    assert!(why.texts("ol.causes > li")[1].contains("Segment created"), "{}", why.html());
    service.stop().await;
}

#[tokio::test]
async fn filters_are_in_the_address_and_go_along_to_an_export() {
    let (service, anna) = given_events().await;
    let visitor = Visitor::of(&service);
    // A form as a browser sends it: empty fields go, the address becomes the user's id, a zone without days says nothing.
    let sent = "type=BadgeGained&type=UserActive&user=Anna%40example.org&from=&through=&zone=UTC";
    let mut path = format!("/events?{sent}");
    for _ in 0..3 {
        let answer = visitor.open(&path).await;
        if answer.leads_to().is_empty() {
            break;
        }
        path = answer.then(303).leads_to().to_owned();
    }
    assert_eq!(path, format!("/events?type=BadgeGained&type=UserActive&user={anna}"));
    let page = visitor.open(&path).await.then(200);
    assert_eq!(page.texts("tbody td:nth-child(3)"), ["User active", "Badge gained"]);
    assert_eq!(page.attribute("input[name=user]", "value"), "anna@example.org");
    assert_eq!(page.count("input[name=type][checked]"), 2);
    assert_eq!(page.text("details[open] summary"), "2 types of event");
    assert_eq!(
        page.texts(".chips li bdi"),
        ["Badge gained", "User active", "User: anna@example.org"]
    );
    let without = page.attribute(".chips a[aria-label*='User active']", "href");
    assert_eq!(without, format!("/events?type=BadgeGained&user={anna}"));

    // Days are those of the zone that is named.
    let day = "from=2026-03-29&through=2026-03-29";
    let london = visitor.open(&format!("/events?{day}&zone=UTC&type=BadgeGained")).await.then(200);
    assert_eq!(london.texts("tbody td:nth-child(2)"), ["anna@example.org"]);
    let paris = format!("/events?{day}&zone=Europe%2FParis&type=BadgeGained");
    let paris = visitor.open(&paris).await.then(200);
    assert_eq!(paris.texts("tbody td:nth-child(2)"), ["anna@example.org", "ben@example.org"]);
    assert_eq!(paris.attribute("input[name=from]", "value"), "2026-03-29");
    assert!(paris.texts(".chips li bdi").contains(&"From: 2026-03-29, Europe/Paris".to_owned()));
    let export = visitor.open(&paris.attribute(".title a.button", "href")).await.then(200);
    assert!(export.has("#export-content-user_events[checked], #export-which-some[checked]"));
    assert!(export.has("input[value='cohort.badge.gained'][checked]"));
    assert_eq!(export.attribute("#export-from", "value"), "2026-03-29");
    assert_eq!(export.attribute("#export-zone", "value"), "Europe/Paris");

    // What the form has no field for stays, and can be taken off.
    let named = visitor.open("/events?badge=vip").await.then(200);
    assert_eq!(named.count("tbody tr"), 1);
    assert_eq!(named.attribute("form[action='/events'] input[type=hidden]", "name"), "badge");
    service.stop().await;
}

#[tokio::test]
async fn pages_go_to_older_events_and_back() {
    let (service, _) = given_events().await;
    let visitor = Visitor::of(&service);
    let first = visitor.open("/events?limit=2").await.then(200);
    assert!(!first.has("a[rel=prev]"));
    let second = visitor.open(&first.attribute("a[rel=next]", "href")).await.then(200);
    let third = visitor.open(&second.attribute("a[rel=next]", "href")).await.then(200);
    assert!(!third.has("a[rel=next]"), "the last page ends exactly");
    let times = |page: &tests::Page| page.texts("tbody td:nth-child(3)");
    assert_eq!(times(&second), ["Badge gained", "Segment entered"]);
    assert_eq!(times(&third), ["User imported", "User imported"]);
    let back = visitor.open(&third.attribute("a[rel=prev]", "href")).await.then(200);
    assert_eq!(times(&back), times(&second));
    service.stop().await;
}

#[tokio::test]
async fn an_empty_page_says_what_to_do_and_what_is_refused_stays_typed() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let empty = visitor.open("/events").await.then(200);
    assert_eq!(empty.text(".empty strong"), "Nothing has happened yet");
    assert!(empty.has(".empty a[href='/imports/new']"));
    service.import("Email\nanna@example.org\n").await;
    let none = visitor.open("/events?type=BadgeGained").await.then(200);
    assert_eq!(none.text(".empty strong"), "No event matches these filters");
    assert_eq!(none.attribute(".empty a", "href"), "/events");

    let nobody = visitor.open("/events?user=nobody%40example.org&type=BadgeGained").await.then(404);
    assert_eq!(nobody.attribute("input[name=user]", "value"), "nobody@example.org");
    let told = "There is no user with this e-mail address or user ID now.";
    assert!(nobody.text("#fault-user").starts_with(told));
    assert!(nobody.has("input[value=BadgeGained][checked]") && !nobody.has(".empty"));
    // A name, or half an id: no word of how ids are written.
    for typed in ["Anna", "anna%20lee", "0198c1de-"] {
        let named = visitor.open(&format!("/events?user={typed}")).await.then(404);
        assert!(named.text("#fault-user").starts_with(told), "{typed}");
        assert!(!named.text("main").contains("UUID"), "{typed}");
    }
    // With spaces around it, an address is found, and so is an id.
    let anna = service.user_id("anna@").await;
    for typed in ["%20anna%40example.org", &format!("{anna}%20")] {
        let found = visitor.open(&format!("/events?user={typed}")).await.then(303);
        assert_eq!(found.leads_to(), format!("/events?user={anna}"), "{typed}");
    }
    let zone = visitor.open("/events?from=2026-01-01&zone=Europe%2FPari").await.then(400);
    assert_eq!(zone.attribute("input[name=zone]", "value"), "Europe/Pari");
    assert!(zone.has("#fault-zone"));
    let turned = visitor.open("/events?from=2026-02-02&through=2026-01-31").await.then(400);
    assert_eq!(turned.attribute(".refused a", "href"), "/problems/range_inverted");
    assert_eq!(turned.attribute("input[name=from]", "value"), "2026-02-02");
    visitor.open("/events?typ=BadgeGained").await.then(400);
    service.stop().await;
}

#[tokio::test]
async fn without_rights_nothing_personal_is_shown_and_nothing_offered() {
    let (service, anna) = given_events().await;
    let reader = service.with_token(&["events:read"]).await;
    let page = Visitor::with(&service, &reader.token).open("/events").await.then(200);
    for secret in ["anna@", "Anna", "Łódź;", "ben@"] {
        assert!(!page.text("main").contains(secret), "{secret} is shown: {}", page.html());
    }
    assert_eq!(page.texts("tbody td:nth-child(2)")[0], anna);
    assert!(!page.has("tbody a") && !page.has(".title a"), "{}", page.html());
    let other = service.with_token(&["users:read"]).await;
    let other = Visitor::with(&service, &other.token);
    assert!(!other.open("/users").await.then(200).has("nav a[href='/events']"));
    other.open("/events").await.then(403);
    service.stop().await;
}
