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

#[tokio::test]
async fn an_address_whose_id_nothing_can_have_is_a_page_that_leads_to_its_section() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    for (path, title, section, name) in [
        ("/users/nope", "There is no such user", "/users", "Users"),
        ("/users/nope/activity", "There is no such user", "/users", "Users"),
        ("/users/nope/properties", "There is no such user", "/users", "Users"),
        ("/users/nope/delete", "There is no such user", "/users", "Users"),
        ("/users/%FF", "There is no such user", "/users", "Users"),
        ("/imports/zzz", "There is no such import", "/imports", "Imports"),
        ("/exports/zzz", "There is no such export", "/exports", "Exports"),
        ("/lists/No%20list", "There is no such list", "/lists", "Lists"),
        ("/segments/A..B", "There is no such segment", "/segments", "Segments"),
        ("/badges/A..B", "There is no such badge", "/badges", "Badges"),
        ("/challenges/A..B", "There is no such challenge", "/challenges", "Challenges"),
        ("/challenges/A..B/edit", "There is no such challenge", "/challenges", "Challenges"),
        ("/bulk-actions/zzz", "There is no such bulk action", "/bulk-actions", "Bulk actions"),
        ("/bulk-actions/zzz/undo", "There is no such bulk action", "/bulk-actions", "Bulk actions"),
    ] {
        let page = visitor.open(path).await.then(404);
        assert_eq!(page.text("h1"), title, "{path}");
        let id = path.split('/').nth(2).unwrap();
        let told = page.text("main");
        assert!(told.contains(&format!("Nothing has the ID “{id}”.")), "{path}: {told}");
        let way = page.text(&format!("main a[href='{section}']"));
        assert_eq!(way, format!("Go to {name}"), "{path}");
    }
    // What could be and is not leads there as well; who sends something is told the same as a page.
    let page = visitor.open("/lists/none").await.then(404);
    assert_eq!(page.text("main a[href='/lists']"), "Go to Lists");
    let page = visitor.open("/properties/None..").await.then(404);
    assert_eq!(page.text("main a[href='/properties']"), "Go to Custom properties");
    let page = visitor.send("/properties/%FF", &[]).await.then(400);
    assert_eq!(page.text("h1"), "This is no ID of anything here");
    // What an address asks for is no such id, and programs are told as before.
    visitor.open("/users?list=No%20list").await.then(400);
    for path in ["users/nope", "exports/zzz", "lists/No%20list", "bulk-actions/zzz"] {
        service.get(&format!("/v1/{path}")).await.then_problem(400, "id_invalid");
    }
}

#[tokio::test]
async fn what_each_no_means_is_told_to_everybody_in_pages_like_all_others() {
    let service = Service::start().await;
    let (stranger, visitor) = (Visitor::stranger(&service), Visitor::of(&service));
    let page = stranger.open("/problems").await.then(200);
    assert!(page.has("link[rel=stylesheet]") && !page.has("nav#sections"), "{}", page.html());
    let all = page.attributes("tbody a", "href");
    assert!(all.contains(&"/problems/user_unknown".to_owned()), "{all:?}");
    assert!(all.contains(&"/problems/column_count_mismatch".to_owned()), "{all:?}");
    // Who is known does not lose their sections.
    assert!(visitor.open("/problems").await.then(200).has("nav a[href='/users']"));
    let page = visitor.open("/problems/user_unknown").await.then(200);
    assert!(page.has("nav a[href='/users']"));
    assert_eq!(page.text("h1"), "There is no such user");
    assert_eq!(page.texts("dl dd"), ["user_unknown", "404 Not Found"]);
    assert!(page.texts("main code").contains(&"POST /v1/users".to_owned()), "{}", page.html());
    let page = stranger.open("/problems/column_count_mismatch").await.then(200);
    assert_eq!(page.texts("dl dd")[1], "Said of a row of an import, in its report");

    // What is no name of a no: a page for browsers, a problem for programs.
    service.get("/problems/nothing").await.then_problem(404, "route_unknown");
    let browser = stranger.request(Method::GET, "/problems/nothing").header("accept", "text/html");
    let page = Page::of(browser).await.then(404);
    assert_eq!(page.text("h1"), "There is nothing at this address");
}
