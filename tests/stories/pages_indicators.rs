//! The Indicators page: what the API counts, drawn and in numbers, in the range that is asked for.

use serde_json::json;
use tests::{Clock, Service, Visitor};

async fn given_days(clock: &Clock) -> Service {
    let service = Service::start_at(clock).await;
    let vip = json!({ "id": "vip", "name": "VIP" });
    service.post("/v1/badges", &vip).await.then(201);
    let publish = service.request(reqwest::Method::POST, "/v1/badges/vip/publish");
    tests::Answer::of(publish.header("if-match", "*")).await.then(200);
    let steps = json!([{ "id": "share", "title": "Share a photo", "action": "share" },
        { "id": "tell", "title": "Tell a friend", "action": "tell" }]);
    let tour = json!({ "id": "tour", "name": "Tour", "opt_in": false, "steps": steps });
    service.post("/v1/challenges", &tour).await.then(201);
    let publish = service.request(reqwest::Method::POST, "/v1/challenges/tour/publish");
    tests::Answer::of(publish.header("if-match", "*")).await.then(200);
    service.import("Email\nanna@example.org\nben@example.org\n").await;
    clock.set("2026-03-20T09:00:00Z");
    service.import("Email\ncleo@example.org\n").await;
    for email in ["anna", "ben"] {
        let id = service.user_id(email).await;
        service.act(&format!("/v1/users/{id}/badges/vip")).await.then(200);
        let share = format!("/v1/users/{id}/challenges/tour/steps/share/complete");
        service.act(&share).await.then(200);
    }
    service.settle().await;
    service
}

#[tokio::test]
async fn it_shows_what_the_api_counts() {
    let clock = Clock::at("2026-03-01T09:00:00Z");
    let service = given_days(&clock).await;
    let visitor = Visitor::of(&service);

    let page = visitor.open("/indicators").await.then(200);
    assert_eq!(page.text(".presets [aria-current]"), "30 days");
    assert_eq!(page.attribute("input[name=through]", "value"), "2026-03-20");
    let sums = page.texts(".sums dd");
    assert_eq!(sums[..3], ["3", "0", "3"], "users who came, were removed, and are there");
    assert_eq!(sums[3..], ["2", "0", "2"], "the badge gained, lost, and held");
    let lines = page.attributes("svg[role=img]", "aria-label");
    assert_eq!(lines[0], "Users: 0 at first (2026-02-19), 3 at last (2026-03-20)");
    assert_eq!(
        page.texts(".funnel tbody th"),
        ["Joined", "Share a photo", "Tell a friend", "Completed"]
    );
    assert_eq!(page.texts(".funnel .amount"), ["2 100 %", "2 100 %", "0 0 %", "0 0 %"]);
    assert_eq!(page.attributes(".funnel rect:not(.ground)", "width"), ["100", "100", "0", "0"]);
    // Every day is there in numbers too, of the users and of the badge.
    assert_eq!(page.count("details tbody tr"), 60);
    let events = page.texts("#events + .table tbody th");
    assert!(events.contains(&"Badge gained".to_owned()), "{events:?}");

    let week = visitor.open("/indicators?days=7").await.then(200);
    assert_eq!(week.texts(".sums dd")[..3], ["1", "0", "3"]);
    assert_eq!(week.attribute("input[name=from]", "value"), "2026-03-14");
    let early = visitor.open("/indicators?from=2026-03-01&through=2026-03-02").await.then(200);
    assert_eq!(early.texts(".sums dd")[..3], ["2", "0", "2"]);
    assert!(!early.has(".presets [aria-current]"));
}

#[tokio::test]
async fn a_range_that_is_none_is_told_and_can_be_mended() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let turned = visitor.open("/indicators?from=2026-03-02&through=2026-02-01").await.then(400);
    assert_eq!(turned.attribute(".refused a", "href"), "/problems/range_inverted");
    assert_eq!(turned.attribute("input[name=from]", "value"), "2026-03-02");
    // Of days to come there is nothing to tell, and it is said so.
    let ahead = visitor.open("/indicators?from=2999-01-01&through=2999-01-02").await.then(200);
    assert_eq!(ahead.text(".empty strong"), "No day of this range has begun");
    assert_eq!(ahead.attribute("input[name=from]", "value"), "2999-01-01");
    visitor.open("/indicators?days=8").await.then(400);
    visitor.open("/indicators?colour=red").await.then(400);

    // Who may not read events is shown everything else.
    let asker = service.with_token(&["users:read"]).await;
    let page = Visitor::with(&service, &asker.token).open("/indicators").await.then(200);
    assert!(!page.has("#events") && page.has(".sums"));
    let other = service.with_token(&["events:read"]).await;
    Visitor::with(&service, &other.token).open("/indicators").await.then(403);
}
