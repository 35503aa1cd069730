//! The page of settings, and what answers where there is no page.

use reqwest::Method;
use tests::{Answer, Page, Service, Visitor};

#[tokio::test]
async fn settings_are_shown_with_where_each_came_from_and_how_it_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let key = "cd".repeat(32);
    let given = [("zone", "Europe/Paris"), ("exports_days", "3"), ("instance_key", key.as_str())];
    let service = Service::open(&data, None, &given).await;
    let visitor = Visitor::of(&service);
    let page = visitor.open("/settings").await.then(200);
    assert_eq!(page.text("nav a[aria-current=page]"), "Settings");
    let rows = page.texts("[aria-labelledby=settings-all] tbody tr");
    assert_eq!(rows.len(), api::config::SETTINGS.len() + 3);
    let zone = "Zone of bare dates, and of who has chosen none Europe/Paris Flag --zoneCOHORT_ZONEzone = …";
    assert!(rows.iter().any(|row| row == zone), "{rows:?}");
    assert!(!page.html().contains(&key) && !page.html().contains(service.token()));
    let secret = rows.iter().find(|row| row.starts_with("Key with which")).unwrap();
    assert!(secret.contains("Not shown Flag COHORT_INSTANCE_KEY"), "{secret}");
    let kept = page.texts("[aria-labelledby=kept-title] li");
    assert_eq!(kept[2], "The file of an export: 3 days.");
    assert!(page.text("[aria-labelledby=disk-title] p").contains(&data.display().to_string()));
    assert!(!page.has("main form"), "nothing is changed here");

    let asker = service.with_token(&["users:read"]).await;
    let looking = Visitor::with(&service, &asker.token);
    assert!(!looking.open("/users").await.has("nav a[href='/settings']"));
    looking.open("/settings").await.then(403);
    service.stop().await;
}

#[tokio::test]
async fn where_there_is_nothing_a_browser_gets_a_page_and_a_program_a_problem() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let browse = |visitor: &Visitor, method: Method, path: &str| {
        Page::of(visitor.request(method, path).header("accept", html))
    };
    let page = browse(&visitor, Method::GET, "/nothing?at=all").await.then(404);
    assert_eq!(page.text("h1"), "There is nothing at this address");
    assert!(page.has("nav a[href='/challenges']"), "the sections lead on");
    assert_eq!(page.text("main p a[href='/users']"), "Go to Users");
    // A form's address that is opened, and ids that nothing has.
    let page = browse(&visitor, Method::GET, "/challenges/spring/publish").await.then(405);
    assert!(page.has("nav") && page.has("main p a[href='/challenges']"));
    let import = "/imports/00000000-0000-0000-0000-000000000000";
    for (path, way) in [("/challenges/none", "/challenges"), (import, "/imports")] {
        let page = browse(&visitor, Method::GET, path).await.then(404);
        assert!(page.has("nav") && page.has(&format!("main p a[href='{way}']")), "{path}");
    }
    let stranger = Visitor::stranger(&service);
    let sent = browse(&stranger, Method::GET, "/nothing?at=all").await.then(303);
    assert_eq!(sent.leads_to(), "/sign-in?to=%2Fnothing%3Fat%3Dall");

    let asked = visitor.request(Method::GET, "/v1/nothing").header("accept", html);
    Answer::of(asked).await.then_problem(404, "route_unknown");
    service.get("/nothing").await.then_problem(404, "route_unknown");
    service.act("/version").await.then_problem(405, "method_not_allowed");
}
