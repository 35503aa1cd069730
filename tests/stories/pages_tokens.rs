//! The page of API tokens: a secret is shown once, and a token that is revoked opens nothing any more.

use tests::{Service, Visitor};

#[tokio::test]
async fn a_token_is_made_shown_once_and_revoked() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    // What nothing asks for yet is not offered.
    let offered = visitor.open("/tokens").await.then(200).attributes("input[name=scopes]", "value");
    assert!(offered.contains(&"users:read".to_owned()) && offered.contains(&"admin".to_owned()));
    assert!(!offered.contains(&"subscriptions:write".to_owned()), "{offered:?}");

    let fields = [("name", "Web shop"), ("scopes", "users:read"), ("scopes", "users:write")];
    let made = visitor.send("/tokens", &fields).await.then(200);
    let secret = made.attribute("#secret", "value");
    assert_eq!(made.header("cache-control"), "no-store");
    let shop = Visitor::with(&service, &secret);
    shop.open("/users").await.then(200);
    // Nobody who looks later sees it.
    let later = visitor.open("/tokens").await.then(200);
    assert!(!later.html().contains(&secret) && !later.has("#secret"));
    assert_eq!(later.texts("tbody tr:first-child .tag"), ["users:read", "users:write"]);
    // Who has not the right is neither led there nor let in.
    assert!(!shop.open("/users").await.has("nav a[href='/tokens']"));
    shop.open("/tokens").await.then(403);

    let revoke = later.attribute("tbody tr:first-child form", "action");
    assert_eq!(visitor.send(&revoke, &[]).await.then(303).leads_to(), "/tokens");
    shop.open("/users").await.then(303);
    let after = visitor.done(&revoke, &[]).await.then(200);
    assert_eq!(after.text(".notice"), "The token was revoked.");
    assert_eq!(after.text("tbody tr:last-child .tag.bad"), "Revoked");
}

#[tokio::test]
async fn what_is_refused_is_told_and_what_was_typed_stays() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);

    let refused = visitor.send("/tokens", &[("name", "Nothing at all")]).await.then(400);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/body_invalid");
    assert_eq!(refused.attribute("input[name=name]", "value"), "Nothing at all");
    assert!(refused.has("details[open]"));
    assert_eq!(refused.count("tbody tr"), 1, "none was made");
    // The last door stays open.
    let page = visitor.open("/tokens").await.then(200);
    let revoke = page.attribute("tbody form", "action");
    let kept = visitor.send(&revoke, &[]).await.then(409);
    assert_eq!(kept.attribute("main a", "href"), "/problems/last_admin_token");
    visitor.open("/tokens").await.then(200);
}
