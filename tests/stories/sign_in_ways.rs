//! On which ways a password and a session travel, and where who signed in or out is sent.

use reqwest::Method;
use tests::browser::{PASSWORD, form};
use tests::{Answer, Browser, Page, Service};

const ANNA: &str = "anna@example.org";

/// Signs in, with one more header.
async fn signs_in(browser: &Browser, (name, value): (&str, &str)) -> Answer {
    let request = browser.request(Method::POST, "/sign-in").header(name, value);
    Answer::of(request.body(form(&[("email", ANNA), ("password", PASSWORD)]))).await
}

#[tokio::test]
async fn what_a_proxy_passes_on_is_not_taken_for_this_machine() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let browser = Browser::new(&service);
    signs_in(&browser, ("origin", &service.address)).await.then(303);
    for relayed in [
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=192.0.2.1;proto=http"),
        ("via", "1.1 proxy"),
        // One that says nothing, with TLS and without: the browser says where it is.
        ("origin", "https://cohort.example"),
        ("origin", "http://cohort.example:8080"),
    ] {
        let refused = signs_in(&browser, relayed).await;
        assert_eq!(refused.header("set-cookie"), "", "{relayed:?}");
        refused.then_refused(403, "sign_in_needs_https");
    }
    let with_session = anna.request(Method::GET, "/v1/me").header("x-forwarded-for", "192.0.2.1");
    Answer::of(with_session).await.then_problem(401, "unauthenticated");
    anna.me().await;
}

#[tokio::test]
async fn behind_a_proxy_only_what_it_says_is_encrypted_is_safe() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let service = Service::open(&data, None, &[]).await;
    let anna = Browser::first(&service, ANNA).await;
    service.stop().await;
    let service = Service::open(&data, None, &[("behind_proxy", "true")]).await;
    let browser = Browser::new(&service);
    // The host is that of the service itself, as some proxies put it in.
    for said in [("x-forwarded-proto", "http"), ("x-nothing", "said")] {
        signs_in(&browser, said).await.then_refused(403, "sign_in_needs_https");
    }
    let signed_in = signs_in(&browser, ("x-forwarded-proto", "https")).await.then(303);
    assert!(signed_in.header("set-cookie").starts_with("__Host-cohort="));
    anna.at(&service).get("/v1/me").await.then_problem(401, "unauthenticated");
    service.stop().await;
}

#[tokio::test]
async fn no_password_is_asked_for_where_others_could_read_it() {
    let service = Service::start().await;
    let link = service.first_link.clone().unwrap();
    let browser = Browser::new(&service);
    for path in ["/sign-in?to=/team", link.as_str()] {
        Page::of(browser.request(Method::GET, path)).await.then(200);
        let elsewhere = browser.request(Method::GET, path).header("host", "cohort.example");
        let refused = Page::of(elsewhere).await.then(403);
        assert!(!refused.has("input[type=password]"), "{path}");
        assert_eq!(refused.attribute("main a", "href"), "/problems/sign_in_needs_https");
    }
}

#[tokio::test]
async fn whoever_signs_in_stays_on_this_site() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    // Browsers leave out tabs and line ends, and take a backslash for a slash.
    for to in ["/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "/\\evil.example"] {
        let fields = form(&[("email", ANNA), ("password", PASSWORD), ("to", to)]);
        let sent = Answer::of(anna.request(Method::POST, "/sign-in").body(fields)).await.then(303);
        assert_eq!(sent.header("location"), "/users", "{to:?}");
        let there = anna.get(&format!("/sign-in?{}", form(&[("to", to)]))).await.then(303);
        assert_eq!(there.header("location"), "/users", "{to:?}");
    }
    let there = anna.get("/sign-in?to=/imports%3Fstate=draft%23rows").await.then(303);
    assert_eq!(there.header("location"), "/imports?state=draft#rows");
}

#[tokio::test]
async fn no_other_site_signs_anybody_out() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    // Browsers send no cookie along from there; the answer would have them forget it all the same.
    let nobody = Browser::new(&service);
    for path in ["/sign-out", "/sign-out-everywhere"] {
        for from in [
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
            ("x-nothing", "said"),
        ] {
            let request = nobody.plain(Method::POST, path).header(from.0, from.1);
            let refused = Answer::of(request).await;
            assert_eq!(refused.header("set-cookie"), "", "{path} {from:?}");
            refused.then_refused(403, "cross_site_request");
        }
        let out = nobody.act(Method::POST, path).await.then(303);
        assert_eq!(out.header("location"), "/sign-in", "who is out already may go");
        anna.me().await;
    }
}
