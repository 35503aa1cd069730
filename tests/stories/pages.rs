//! The admin interface's shell: who gets in, what stands around every page, files that browsers keep.

use reqwest::Method;
use tests::{Answer, Page, Service, Visitor};

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_sign_in_and_comes_back_to_what_was_wanted() {
    let service = Service::start().await;
    let stranger = Visitor::stranger(&service);

    let sent = stranger.open("/users?sort=email").await.then(303);
    assert_eq!(sent.leads_to(), "/sign-in?to=%2Fusers%3Fsort%3Demail");
    let forged = Visitor::with(&service, "cohort_nobody").open("/users").await.then(303);
    assert_eq!(forged.leads_to(), "/sign-in?to=%2Fusers");
    // The front page says nothing itself.
    assert_eq!(stranger.open("/").await.then(303).leads_to(), "/users");
}

#[tokio::test]
async fn the_shell_names_the_sections_that_may_be_opened() {
    let service = Service::start().await;

    let page = Visitor::of(&service).open("/users").await.then(200);
    assert_eq!(page.text("title"), "Users · Cohort");
    assert_eq!(page.attribute("body > a:first-child", "href"), "#main");
    assert_eq!(page.text("nav a[aria-current=page]"), "Users");
    assert!(page.has(".account"));

    // Who may not look at users is told so by name, and is not led there.
    let asker = service.with_token(&["exports:create"]).await;
    let page = Visitor::with(&service, &asker.token).open("/users").await.then(403);
    assert_eq!(page.text("h1"), "The credential may not do this");
    assert_eq!(page.attribute("main a", "href"), "/problems/scope_missing");
    assert!(!page.has("nav a[href='/users']"));
}

#[tokio::test]
async fn files_of_pages_are_kept_by_browsers_and_change_their_address_when_they_change() {
    let service = Service::start().await;
    let page = Visitor::of(&service).open("/users").await.then(200);
    let address = page.attribute("link[rel=stylesheet]", "href");

    let plain = service.get(&address).await.then(200);
    assert_eq!(plain.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    let packed = service.request(Method::GET, &address).header("accept-encoding", "gzip");
    let packed = Answer::of(packed).await.then(200);
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.body.len() * 2 < plain.body.len());
    // An address from before an update gets what there is now, and is not kept.
    let before = service.get("/assets/0123456789abcdef/app.css").await.then(200);
    assert_eq!(before.body, plain.body);
    assert_eq!(before.header("cache-control"), "no-store");
    service.get("/assets/0123456789abcdef/none.css").await.then_problem(404, "route_unknown");

    let module = page.attribute("script[type=module]", "src");
    let module = service.get(&module).await.then(200);
    assert_eq!(module.header("content-type"), "text/javascript; charset=utf-8");
}

#[tokio::test]
async fn a_notice_is_shown_once_and_only_in_words_of_ours() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let with = |cookie: &str| visitor.request(Method::GET, "/users").header("cookie", cookie);

    let page = Page::of(with("cohort_notice=<b>hello</b>.1")).await.then(200);
    assert_eq!(page.texts(".notice"), [""; 0]);
    assert!(page.header("set-cookie").starts_with("cohort_notice=; Path=/; Max-Age=0"));
}
