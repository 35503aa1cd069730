//! Who must not get in: guessers, other sites, listeners on the way; and what is written down of a secret.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use reqwest::Method;
use tests::browser::{PASSWORD, form};
use tests::service::ADMIN;
use tests::{Answer, Browser, Clock, Service};

const ANNA: &str = "anna@example.org";
const BEN: &str = "ben@example.org";

#[tokio::test]
async fn guessing_ends_after_ten_failures_for_a_while() {
    let clock = Clock::at("2026-01-01T00:00:00Z");
    let service = Service::start_at(&clock).await;
    Browser::first(&service, ANNA).await;
    let mut browser = Browser::new(&service);
    for _ in 0..10 {
        browser.sign_in(ANNA, "battery staple").await.then_refused(422, "sign_in_failed");
    }
    clock.set("2026-01-01T00:05:00Z");
    let refused = browser.sign_in(ANNA, PASSWORD).await;
    assert_eq!(refused.header("retry-after"), "601");
    refused.then_refused(429, "too_many_sign_ins");
    let unknown = browser.sign_in("nobody@example.org", PASSWORD).await;
    unknown.then_refused(429, "too_many_sign_ins");
    clock.set("2026-01-01T00:15:01Z");
    browser.sign_in(ANNA, PASSWORD).await.then(303);
}

/// A service behind a proxy, with a team of two.
async fn proxied(data: &std::path::Path) -> Service {
    let service = Service::open(data, None, &[]).await;
    Browser::first(&service, ANNA).await;
    Browser::invited(&service, BEN, "viewer", false).await;
    service.stop().await;
    Service::open(data, None, &[("behind_proxy", "true")]).await
}

/// How signing in from a place is answered.
async fn guess(service: &Service, place: &str, email: &str, password: &str) -> u16 {
    let request = Browser::new(service).request(Method::POST, "/sign-in");
    let request = request.header("x-forwarded-proto", "https").header("x-forwarded-for", place);
    Answer::of(request.body(form(&[("email", email), ("password", password)]))).await.status()
}

#[tokio::test]
async fn whoever_signs_in_as_themselves_goes_on_guessing_no_longer() {
    let folder = tempfile::tempdir().unwrap();
    let service = proxied(&folder.path().join("data")).await;
    let (here, wrong) = ("192.0.2.1", "battery staple");
    for n in 0..9 {
        assert_eq!(guess(&service, here, &format!("{n}@example.org"), wrong).await, 422);
    }
    for _ in 0..3 {
        assert_eq!(guess(&service, here, BEN, PASSWORD).await, 303, "his own is no failure");
    }
    assert_eq!(guess(&service, here, ANNA, wrong).await, 422);
    assert_eq!(guess(&service, here, ANNA, wrong).await, 429);
    assert_eq!(guess(&service, here, BEN, PASSWORD).await, 429);
    // Of the person whose password it was, the failures are forgotten; from elsewhere there were none.
    let there = "192.0.2.2";
    assert_eq!(guess(&service, there, ANNA, PASSWORD).await, 303);
    for _ in 0..10 {
        assert_eq!(guess(&service, there, ANNA, wrong).await, 422);
    }
    assert_eq!(guess(&service, there, ANNA, PASSWORD).await, 429);
    service.stop().await;
}

#[tokio::test]
async fn guesses_at_the_same_time_are_counted_too_and_each_proxied_place_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let service = proxied(&data).await;
    let guess = async |place: String, email: &str, password: &str| {
        guess(&service, &place, email, password).await
    };
    let guesses = (0..24).map(|n| guess(format!("192.0.2.{n}"), ANNA, "battery staple"));
    let statuses = futures_util::future::join_all(guesses).await;
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 14, "{statuses:?}");
    assert_eq!(guess("192.0.2.1".to_owned(), "ben@example.org", PASSWORD).await, 303);
    let claimed = || "192.0.2.200, 198.51.100.7".to_owned();
    for n in 0..10 {
        assert_eq!(guess(claimed(), &format!("{n}@example.org"), PASSWORD).await, 422);
    }
    assert_eq!(guess("198.51.100.7".to_owned(), "ben@example.org", PASSWORD).await, 429);
    assert_eq!(guess("192.0.2.200".to_owned(), "ben@example.org", PASSWORD).await, 303);
    service.stop().await;
}

#[tokio::test]
async fn what_another_site_sends_with_the_cookie_is_refused_and_with_a_token_taken() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let list = serde_json::json!({ "name": "Spring" });
    let with = async |name: &str, value: &str| {
        Answer::of(anna.plain(Method::POST, "/v1/lists").header(name, value).json(&list)).await
    };
    with("sec-fetch-site", "cross-site").await.then_problem(403, "cross_site_request");
    with("sec-fetch-site", "same-site").await.then_problem(403, "cross_site_request");
    with("origin", "https://evil.example").await.then_problem(403, "cross_site_request");
    with("x-nothing", "said").await.then_problem(403, "cross_site_request");
    let token = service.request(Method::POST, "/v1/lists").header("sec-fetch-site", "cross-site");
    Answer::of(token.json(&list)).await.then(201);
    with("origin", &service.address).await.then_problem(409, "reference_id_taken");
    let read = anna.plain(Method::GET, "/v1/lists").header("sec-fetch-site", "cross-site");
    Answer::of(read).await.then(200);
    for path in ["/sign-out", "/sign-out-everywhere", "/sign-in", "/join/guessed"] {
        let request = anna.plain(Method::POST, path).header("sec-fetch-site", "cross-site");
        let fields = form(&[("email", ANNA), ("password", PASSWORD)]);
        Answer::of(request.body(fields)).await.then_refused(403, "cross_site_request");
    }
    anna.me().await;
    // A token that is sent counts, whatever cookie goes along.
    let both = anna.request(Method::GET, "/v1/me").bearer_auth("cohort_wrong");
    Answer::of(both).await.then_problem(401, "unauthenticated");
    let both = anna.request(Method::GET, "/v1/me").bearer_auth(ADMIN);
    assert_eq!(Answer::of(both).await.then(200).json()["type"], "token");
}

#[tokio::test]
async fn over_plain_http_nobody_signs_in_but_on_the_machine_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let service = Service::open(&data, None, &[]).await;
    let anna = Browser::first(&service, ANNA).await;
    let fields = || form(&[("email", ANNA), ("password", PASSWORD)]);
    let elsewhere = |browser: &Browser, path: &str| {
        let request = browser.request(Method::POST, path).header("host", "cohort.example");
        request.header("x-forwarded-proto", "https").body(fields())
    };
    let nobody = Browser::new(&service);
    let refused = Answer::of(elsewhere(&nobody, "/sign-in")).await;
    refused.then_refused(403, "sign_in_needs_https");
    Answer::of(elsewhere(&nobody, "/join/guessed")).await.then_refused(403, "sign_in_needs_https");
    let request = anna.request(Method::GET, "/v1/me").header("host", "cohort.example");
    Answer::of(request).await.then_problem(401, "unauthenticated");
    service.stop().await;

    let service = Service::open(&data, None, &[("behind_proxy", "true")]).await;
    let mut anna = Browser::new(&service);
    let answer = Answer::of(elsewhere(&anna, "/sign-in")).await.then(303);
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-cohort=") && cookie.ends_with("; Secure"), "{cookie}");
    anna.keep(&answer);
    let request = || anna.request(Method::GET, "/v1/me").header("host", "cohort.example");
    Answer::of(request().header("x-forwarded-proto", "https")).await.then(200);
    Answer::of(request().header("x-forwarded-proto", "http")).await.then(401);
    service.stop().await;
}

#[tokio::test]
async fn no_file_holds_a_secret() {
    let service = Service::start().await;
    let link = service.first_link.clone().unwrap();
    let mut anna = Browser::first(&service, ANNA).await;
    let body = serde_json::json!({ "email": "ben@example.org", "role": "viewer" });
    let invited = anna.send(Method::POST, "/v1/team", &body).await.then(201).json();
    let cookie = anna.cookie.clone().unwrap();
    anna.sign_in(ANNA, PASSWORD).await.then(303);
    let secrets = [
        PASSWORD,
        link.rsplit('/').next().unwrap(),
        invited["link"].as_str().unwrap().rsplit('/').next().unwrap(),
        cookie.split('=').nth(1).unwrap(),
    ];
    for file in ["log.db", "log.db-wal", "work.db", "work.db-wal"] {
        let bytes = std::fs::read(service.data.join(file)).unwrap_or_default();
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{file} holds {secret}");
        }
    }
    let team = service.get("/v1/team").await.then(200).text();
    assert!(secrets.iter().all(|secret| !team.contains(secret)), "{team}");
}

/// The program itself, told to write down all that it does.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_in_the_services_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = super::cli::command("", &["serve", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(folder.path().join("data")).env("RUST_LOG", "debug");
    let file = folder.path().join("log.txt");
    let log = std::fs::File::create(&file).unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let greeting: Vec<String> = out.by_ref().take(5).collect();
    let address = greeting[0].split_whitespace().find_map(|word| word.strip_suffix(',')).unwrap();
    let link = greeting.iter().find_map(|line| line.trim().strip_prefix(address)).unwrap();
    let client = api::http_client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let post = async |path: &str, fields: &[(&str, &str)], cookie: &str| {
        let request = client.post(format!("{address}{path}")).header("cookie", cookie);
        Answer::of(request.header("sec-fetch-site", "same-origin").body(form(fields))).await
    };
    while Answer::of(client.get(format!("{address}/readyz"))).await.status() != 200 {
        tokio::task::yield_now().await;
    }
    let joined = post(link, &[("email", ANNA), ("password", PASSWORD)], "").await.then(303);
    let cookie = joined.header("set-cookie").split(';').next().unwrap().to_owned();
    post(link, &[("email", ANNA), ("password", PASSWORD)], "").await.then(404);
    post("/sign-in", &[("email", ANNA), ("password", "battery staple")], "").await.then(422);
    post("/sign-in", &[("email", ANNA), ("password", PASSWORD), ("to", "/users?search=anna")], "")
        .await
        .then(303);
    post("/sign-out", &[], &cookie).await.then(303);
    child.kill().unwrap();
    child.wait().unwrap();
    let log = std::fs::read_to_string(&file).unwrap();
    assert!(log.contains("/join/{link}") && log.contains("/sign-in"), "{log}");
    let secrets =
        [ANNA, "anna", PASSWORD, "battery", link, link.rsplit('/').next().unwrap(), &cookie];
    for secret in secrets.iter().copied().chain(cookie.split('=').nth(1)) {
        assert!(!log.contains(secret), "the log holds {secret}: {log}");
    }
}
