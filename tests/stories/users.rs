//! Looking at users: pages, search, one user, its history.

use tests::{Clock, Service};

#[tokio::test]
async fn pages_hold_every_user_once_in_a_stable_order() {
    let service = Service::start().await;
    let rows: String = (0..25).map(|i| format!("user{i:02}@example.org\n")).collect();
    service.import(format!("Email\n{rows}")).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = service.get(&format!("/v1/users?limit=7{cursor}")).await.then(200).json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["email"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        // Users that come later do not disturb the pages.
        service.import(format!("Email\nlate{}@example.org\n", seen.len())).await;
    }
    let early: Vec<_> = seen.iter().filter(|email| email.starts_with("user")).collect();
    assert_eq!(early.len(), 25);
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), seen.len());
}

#[tokio::test]
async fn search_finds_part_of_an_address_whatever_its_case() {
    let service = Service::start().await;
    service.import("Email\nLéa.Martin@example.org\nbob@example.org\n").await;
    for search in ["lea.m", "L%C3%89A", "MARTIN%40"] {
        let page = service.get(&format!("/v1/users?search={search}")).await.then(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{search}");
        assert_eq!(page["items"][0]["email"], "Léa.Martin@example.org");
    }
    assert_eq!(service.get("/v1/users?search=nobody").await.json()["items"], serde_json::json!([]));
}

#[tokio::test]
async fn a_users_history_says_what_changed_who_did_it_and_why() {
    let clock = Clock::at("2026-03-01T10:00:00Z");
    let service = Service::start_at(&clock).await;
    let import = service.import("Email,City\na@example.org,Lyon\n").await;
    clock.set("2026-03-02T10:00:00Z");
    service.import("Email,City\na@example.org,Paris\n").await;
    let id = service.user_id("a@").await;
    let history = service.get(&format!("/v1/users/{id}/events")).await.then(200).json();
    let [newest, oldest] = history["items"].as_array().unwrap().as_slice() else {
        panic!("{history}")
    };
    assert_eq!(newest["type"], "cohort.user.imported");
    assert_eq!(newest["recorded_at"], "2026-03-02T10:00:00.000000Z");
    assert_eq!(newest["personal"]["old"], serde_json::json!({ "city": "Lyon" }));
    assert_eq!(newest["personal"]["new"], serde_json::json!({ "city": "Paris" }));
    assert_eq!(oldest["data"]["created"], true);
    assert_eq!(oldest["data"]["import_id"], import["id"]);
    assert_eq!(oldest["cause"]["stream"], format!("import-{}", import["id"].as_str().unwrap()));
    assert_eq!(
        (oldest["actor"]["type"].as_str(), oldest["origin"].as_str()),
        (Some("token"), Some("import"))
    );
    let first = service.get(&format!("/v1/users/{id}/events?limit=1")).await.json();
    let next = first["next"].as_str().unwrap();
    let second = service.get(&format!("/v1/users/{id}/events?limit=1&cursor={next}")).await.json();
    assert_eq!(
        (second["items"][0]["event_id"].clone(), second["next"].clone()),
        (oldest["event_id"].clone(), serde_json::Value::Null)
    );
}

#[tokio::test]
async fn a_caller_reads_its_own_writes() {
    let service = Service::start().await;
    service.import("Email\na@example.org\n").await;
    let id = service.user_id("a@").await;
    for i in 0..50 {
        let done = service.act(&format!("/v1/users/{id}/badges/b{i}")).await.then(200).json();
        let position = done["position"].as_str().unwrap();
        let user =
            service.get(&format!("/v1/users/{id}?min_position={position}")).await.then(200).json();
        assert_eq!(user["badges"].as_array().unwrap().len(), i + 1);
    }
}

#[tokio::test]
async fn what_does_not_exist_is_said_so() {
    let service = Service::start().await;
    service
        .get("/v1/users/0190b3c4-5d6e-8f70-8123-456789abcdef")
        .await
        .then_problem(404, "user_unknown");
    service
        .get("/v1/users/0190b3c4-5d6e-8f70-8123-456789abcdef/events")
        .await
        .then_problem(404, "user_unknown");
    service.get("/v1/users/anna").await.then_problem(400, "id_invalid");
    service.get("/v1/users?limit=0").await.then_problem(400, "parameter_invalid");
    service.get("/v1/users?limit=1001").await.then_problem(400, "parameter_invalid");
    service.get("/v1/users?cursor=x").await.then_problem(400, "cursor_invalid");
    let unknown = service.get("/v1/users?serach=a").await.then_problem(400, "parameter_unknown");
    assert_eq!(
        unknown["known"],
        serde_json::json!([
            "search",
            "user",
            "import",
            "list",
            "segment",
            "badge",
            "challenge",
            "app",
            "property.*",
            "view",
            "sort",
            "count",
            "limit",
            "cursor",
            "min_position",
            "settled"
        ])
    );
}

#[tokio::test]
async fn a_cursor_of_another_log_is_refused_by_name() {
    let (here, elsewhere) = (Service::start().await, Service::start().await);
    let foreign = elsewhere.app.cursor(elsewhere.app.log.head());
    here.get(&format!("/v1/users?min_position={foreign}"))
        .await
        .then_problem(409, "cursor_of_another_log");
    here.get(&format!("/v1/exports/user-events.csv?since={foreign}"))
        .await
        .then_problem(409, "cursor_of_another_log");
    let ahead = here.app.cursor(eventlog::Position::single(1_000_000));
    here.get(&format!("/v1/users?min_position={ahead}"))
        .await
        .then_problem(409, "position_not_reached");
}

#[tokio::test]
async fn a_cursor_of_another_users_history_is_refused() {
    let service = Service::start().await;
    service.import("Email\na@example.org\nb@example.org\n").await;
    let (a, b) = (service.user_id("a@").await, service.user_id("b@").await);
    let of_a =
        service.get(&format!("/v1/users/{a}/events")).await.json()["items"][0]["position"].clone();
    let path = format!("/v1/users/{b}/events?cursor={}", of_a.as_str().unwrap());
    service.get(&path).await.then_problem(400, "cursor_invalid");
}

#[tokio::test]
async fn who_did_something_lately_is_counted_by_days_of_the_zone() {
    let clock = Clock::at("2026-07-01T10:00:00Z");
    let folder = tempfile::tempdir().unwrap();
    let zone = [("zone", "Europe/Paris")];
    let service = Service::open(&folder.path().join("data"), Some(clock.clone()), &zone).await;
    service.import("Email\na@example.org\nb@example.org\nc@example.org\nd@example.org\n").await;
    // Midnight in Paris is 22:00 in UTC.
    for (user, at) in [
        ("a@", "2026-06-30T22:00:00Z"),
        ("b@", "2026-06-30T21:59:59Z"),
        ("c@", "2026-06-24T21:59:59Z"),
    ] {
        let path = format!("/v1/users/{}/challenges/run/join", service.user_id(user).await);
        service.post(&path, &serde_json::json!({ "occurred_at": at })).await.then(200);
    }
    let totals = service.get("/v1/totals?settled=true").await.then(200).json();
    let counts = ["users", "daily_active", "weekly_active", "monthly_active"];
    assert_eq!(counts.map(|name| totals[name].as_u64().unwrap()), [4, 1, 2, 3]);
    assert_eq!(totals["zone"], "Europe/Paris");
    service.stop().await;
}
