//! The pages of lists: made, called otherwise, taken away, and what keeps one.

use serde_json::json;
use tests::{Service, Visitor};

use crate::segments::members;

#[tokio::test]
async fn a_list_is_made_renamed_and_taken_away() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let empty = visitor.open("/lists").await.then(200);
    assert_eq!(empty.text(".empty strong"), "There are no lists yet");
    let page = visitor.done("/lists", &[("name", "Spring 2026"), ("id", "")]).await;
    assert_eq!(page.text(".notice"), "The list is made.");
    assert_eq!(
        (page.text("h1").as_str(), page.text("dd code").as_str()),
        ("Spring 2026", "spring_2026")
    );
    assert!(page.has("a[href='/imports/new']"), "an empty list says what to do");

    service.import_with("Email\nanna@example.org\n", "&list=spring_2026").await.then(200);
    let table = visitor.open("/lists").await.then(200);
    assert_eq!(table.texts("tbody th, tbody td")[..2], ["Spring 2026", "1 user"]);
    assert_eq!(table.attribute("tbody td a", "href"), "/users?list=spring_2026");

    let one = visitor.open("/lists/spring_2026").await.then(200);
    let revision = one.attribute("form.card input[name=revision]", "value");
    let fields = [("revision", revision.as_str()), ("name", "Spring")];
    assert_eq!(visitor.done("/lists/spring_2026", &fields).await.text("h1"), "Spring");
    // Somebody was faster: what was typed stays, and nothing changes.
    let late = [("revision", revision.as_str()), ("name", "Summer")];
    let refused = visitor.send("/lists/spring_2026", &late).await.then(412);
    assert_eq!(refused.attribute("input[name=name]", "value"), "Summer");
    assert_eq!(refused.text("h1"), "Spring");
    let one = visitor.open("/lists/spring_2026").await.then(200);
    assert!(one.text("#remove").contains("1 user leaves it at once."));
    let page = visitor.done("/lists/spring_2026/remove", &[]).await;
    assert_eq!(page.text(".notice"), "The list was deleted.");
    assert_eq!(service.get("/v1/lists").await.json()["items"], json!([]));
    visitor.open("/lists/spring_2026").await.then(404);
}

#[tokio::test]
async fn what_is_refused_is_told_and_what_is_needed_stays() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let refused =
        visitor.send("/lists", &[("name", "Spring"), ("id", "Two words")]).await.then(400);
    assert_eq!(refused.attribute("input[name=id]", "value"), "Two words");
    assert!(refused.has("details[open] .refused"));
    service.import_with("Email\nanna@example.org\n", "&new_list=Spring").await.then(200);
    let badge = json!({ "id": "guest", "name": "Guest", "audience": { "list": "spring" } });
    service.post("/v1/badges", &badge).await.then(201);
    visitor.done("/badges/guest/publish", &[]).await;
    assert_eq!(members(&service, "badge=guest").await, ["anna@example.org"]);
    let page = visitor.open("/lists/spring").await.then(200);
    assert!(page.text("#remove .warning").contains("Badge Guest"));
    assert_eq!(page.attribute(".facts li a", "href"), "/badges/guest");
    let kept = visitor.send("/lists/spring/remove", &[]).await.then(409);
    assert_eq!(kept.attribute(".refused a", "href"), "/problems/audience_in_use");

    let asker = service.with_token(&["users:read"]).await;
    let looking = Visitor::with(&service, &asker.token);
    assert!(!looking.open("/lists").await.then(200).has("main form"));
    assert!(!looking.open("/lists/spring").await.then(200).has("main form"));
    looking.send("/lists", &[("name", "Mine")]).await.then(403);
    looking.send("/lists/spring/remove", &[]).await.then(403);
}
