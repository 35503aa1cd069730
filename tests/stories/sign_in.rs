//! Signing in: the first link, passwords, sessions, and how each of them ends.

use reqwest::Method;
use tests::browser::{PASSWORD, form};
use tests::{Answer, Browser, Clock, Service};

const ANNA: &str = "anna@example.org";

#[tokio::test]
async fn the_first_link_makes_an_admin_and_works_once() {
    let service = Service::start().await;
    let link = service.first_link.clone().unwrap();
    let mut anna = Browser::new(&service);
    anna.get("/v1/me").await.then_problem(401, "unauthenticated");
    let post =
        async |browser: &mut Browser, fields: &[(&str, &str)]| browser.submit(&link, fields).await;
    post(&mut anna, &[("password", PASSWORD)]).await.then_refused(422, "email_invalid");
    post(&mut anna, &[("email", "anna"), ("password", PASSWORD)])
        .await
        .then_refused(422, "email_invalid");
    let short = [("email", ANNA), ("password", "elf zeichen")];
    post(&mut anna, &short).await.then_refused(422, "password_invalid");
    let joined =
        post(&mut anna, &[("email", " Anna@Example.org"), ("password", PASSWORD)]).await.then(303);
    assert_eq!(joined.header("location"), "/users");
    let me = anna.me().await;
    assert_eq!(
        [&me["type"], &me["email"], &me["role"], &me["zone"]],
        ["team_member", "Anna@Example.org", "admin", "UTC"]
    );
    assert_eq!(me["personal_data"], true);
    let mut other = Browser::new(&service);
    let again = [("email", "ben@example.org"), ("password", PASSWORD)];
    post(&mut other, &again).await.then_refused(404, "link_invalid");
    other.submit("/join/guessed", &again).await.then_refused(404, "link_invalid");

    // What she does is hers.
    service.import("Email\ncleo@example.org\n").await;
    let cleo = service.user_id("cleo").await;
    anna.act(Method::POST, &format!("/v1/users/{cleo}/badges/vip")).await.then(200);
    let history =
        anna.get(&format!("/v1/users/{cleo}/events?type=BadgeGained")).await.then(200).json();
    let fact = &history["items"][0];
    assert_eq!((&fact["actor"]["type"], &fact["actor"]["id"]), (&"team_member".into(), &me["id"]));

    // A start on what is there makes no link.
    let service = service.restart().await;
    assert_eq!(service.first_link, None);
    service.stop().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let service = Service::start().await;
    Browser::first(&service, ANNA).await;
    let mut browser = Browser::new(&service);
    let wrong = browser.sign_in(ANNA, "battery staple").await;
    let unknown = browser.sign_in("nobody@example.org", PASSWORD).await;
    let nonsense = browser.sign_in("", "").await;
    let without = |answer: &Answer, email: &str| {
        answer.text().replace(&format!("value=\"{email}\""), "value=\"\"")
    };
    assert_eq!(without(&wrong, ANNA), without(&unknown, "nobody@example.org"));
    assert_eq!(without(&wrong, ANNA), nonsense.text());
    wrong.then_refused(422, "sign_in_failed");
    assert_eq!(browser.cookie, None);
    let signed_in = browser.sign_in("ANNA@example.org ", PASSWORD).await.then(303);
    assert_eq!(signed_in.header("location"), "/users");
    let cookie = signed_in.header("set-cookie");
    assert!(cookie.starts_with("cohort="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax"), "{cookie}");
    browser.me().await;
    let fields = [("email", ANNA), ("password", PASSWORD), ("to", "/imports?state=draft")];
    let sent = browser.submit("/sign-in", &fields).await.then(303);
    assert_eq!(sent.header("location"), "/imports?state=draft");
    for to in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let fields = [("email", ANNA), ("password", PASSWORD), ("to", to)];
        let sent = browser.submit("/sign-in", &fields).await.then(303);
        assert_eq!(sent.header("location"), "/users", "{to}");
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_unused_old_or_signed_out() {
    let clock = Clock::at("2026-01-01T00:00:00Z");
    let service = Service::start_at(&clock).await;
    let anna = Browser::first(&service, ANNA).await;
    clock.set("2026-01-03T23:59:59Z");
    anna.me().await;
    clock.set("2026-01-06T23:59:59Z");
    anna.get("/v1/me").await.then_problem(401, "unauthenticated");
    let mut anna = Browser::new(&service);
    anna.sign_in(ANNA, PASSWORD).await.then(303);
    for day in 8..=20 {
        clock.set(&format!("2026-01-{day:02}T23:00:00Z"));
        anna.me().await;
    }
    clock.set("2026-01-21T00:00:00Z");
    anna.get("/v1/me").await.then_problem(401, "unauthenticated");

    // A session outlives a restart, with when it was used last.
    anna.sign_in(ANNA, PASSWORD).await.then(303);
    clock.set("2026-01-23T00:00:00Z");
    anna.me().await;
    let service = service.restart().await;
    clock.set("2026-01-25T23:00:00Z");
    let mut anna = anna.at(&service);
    anna.me().await;
    let old = anna.clone();
    let out = anna.submit("/sign-out", &[]).await.then(303);
    assert_eq!(out.header("location"), "/sign-in");
    assert_eq!(anna.cookie, None, "{:?}", out.headers);
    old.get("/v1/me").await.then_problem(401, "unauthenticated");
    let service = service.restart().await;
    let old = old.at(&service);
    old.get("/v1/me").await.then_problem(401, "unauthenticated");
    service.stop().await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let service = Service::start().await;
    let mut here = Browser::first(&service, ANNA).await;
    let mut there = Browser::new(&service);
    let request =
        there.request(Method::POST, "/sign-in").header("user-agent", "Firefox on a phone");
    let fields = form(&[("email", ANNA), ("password", PASSWORD)]);
    let answer = Answer::of(request.body(fields)).await.then(303);
    there.keep(&answer);
    let list = async |browser: &Browser| browser.get("/v1/me/sessions").await.then(200).json();
    let sessions = list(&here).await;
    let sessions = sessions["items"].as_array().unwrap();
    assert_eq!(sessions.len(), 2, "{sessions:?}");
    let phone = sessions.iter().find(|session| session["browser"] == "Firefox on a phone").unwrap();
    assert_eq!(phone["current"], false);
    let path = format!("/v1/me/sessions/{}", phone["id"].as_str().unwrap());
    here.act(Method::DELETE, &path).await.then(204);
    here.act(Method::DELETE, &path).await.then(204);
    there.get("/v1/me").await.then_problem(401, "unauthenticated");
    here.me().await;
    there.sign_in(ANNA, PASSWORD).await.then(303);
    let old = here.clone();
    here.submit("/sign-out-everywhere", &[]).await.then(303);
    for browser in [&old, &there] {
        browser.get("/v1/me").await.then_problem(401, "unauthenticated");
    }
    // Those of others are not hers to end.
    here.sign_in(ANNA, PASSWORD).await.then(303);
    let ben = Browser::invited(&service, "ben@example.org", "admin", true).await;
    let own = list(&here).await["items"][0]["id"].as_str().unwrap().to_owned();
    ben.act(Method::DELETE, &format!("/v1/me/sessions/{own}")).await.then(204);
    here.me().await;
    service.get("/v1/me/sessions").await.then_problem(409, "no_team_member");
}

#[tokio::test]
async fn another_password_ends_the_other_sessions() {
    let service = Service::start().await;
    let here = Browser::first(&service, ANNA).await;
    let mut there = Browser::new(&service);
    there.sign_in(ANNA, PASSWORD).await.then(303);
    let put = async |current: &str, new: &str| {
        let body = serde_json::json!({ "current": current, "new": new });
        here.send(Method::PUT, "/v1/me/password", &body).await
    };
    put("battery staple", "a new one, quite long").await.then_problem(422, "sign_in_failed");
    put(PASSWORD, "too short").await.then_problem(422, "password_invalid");
    put(PASSWORD, "a new one, quite long").await.then(204);
    here.me().await;
    there.get("/v1/me").await.then_problem(401, "unauthenticated");
    there.sign_in(ANNA, PASSWORD).await.then_refused(422, "sign_in_failed");
    there.sign_in(ANNA, "a new one, quite long").await.then(303);
    let body = serde_json::json!({ "current": "x", "new": "y" });
    service.put("/v1/me/password", &body).await.then_problem(409, "no_team_member");
}
