//! The service about itself.

use tests::{Clock, Service};

#[tokio::test]
async fn it_says_that_it_is_alive_ready_and_which() {
    let service = Service::start().await;
    service.get("/livez").await.then(200);
    let ready = service.get("/readyz").await.then(200).json();
    assert_eq!(
        (ready["ready"].as_bool(), ready["failing"].clone()),
        (Some(true), serde_json::json!([]))
    );
    assert_eq!(service.get("/version").await.then(200).json()["name"], "cohort");
    let metrics = service.get("/metrics").await.then(200).text();
    for name in
        ["cohort_log_facts 3", "cohort_projection_lag_facts 0", "cohort_http_requests_total{"]
    {
        assert!(metrics.contains(name), "{name} is not in\n{metrics}");
    }
    let answer = service.get("/v1/nothing").await;
    assert_eq!(answer.header("x-request-id").len(), 36);
    answer.then_problem(404, "route_unknown");
}

#[tokio::test]
async fn whoever_invents_methods_adds_nothing_to_the_numbers() {
    let service = Service::start().await;
    for invented in [&b"CANARY-1"[..], b"CANARY-2", b"get"] {
        let method = reqwest::Method::from_bytes(invented).unwrap();
        tests::Answer::of(service.request(method, "/livez")).await.then(405);
    }
    let metrics = service.get("/metrics").await.then(200).text();
    assert!(!metrics.contains("CANARY") && !metrics.contains("method=\"get\""), "{metrics}");
    let other = metrics.lines().find(|line| line.contains("method=\"other\"")).unwrap();
    assert!(other.contains("route=\"/livez\"") && other.ends_with(" 3"), "{other}");
}

#[tokio::test]
async fn every_problem_has_a_page_and_every_route_is_documented() {
    let service = Service::start().await;
    let stranger = tests::Visitor::stranger(&service);
    for kind in api::problem::ProblemKind::ALL {
        let page = stranger.open(&format!("/problems/{}", kind.code())).await.then(200);
        assert_eq!(page.text("h1"), kind.title());
        assert_eq!(page.text("dl code"), kind.code());
    }
    service.get("/problems/nothing").await.then_problem(404, "route_unknown");
    let document = service.get("/openapi.json").await.then(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(
        document["paths"].as_object().unwrap().len(),
        97,
        "a new route belongs into the document"
    );
}

#[tokio::test]
async fn a_wrong_or_missing_instance_key_is_refused_at_start() {
    let service = Service::start().await;
    service.import("Email\na@example.org\n").await;
    let (data, folder) = (service.data.clone(), service.stop().await);
    let other = "ab".repeat(32);
    let refused = Service::try_open(&data, None, &[("instance_key", &other)]).await.err().unwrap();
    assert!(format!("{refused:#}").contains("instance_key_mismatch"), "{refused:#}");
    let key = data.join("instance.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let refused = Service::try_open(&data, None, &[]).await.err().unwrap();
    assert!(format!("{refused:#}").contains("instance_key_mismatch"), "{refused:#}");
    assert!(!key.exists(), "no new key is made for an old log");
    std::fs::write(&key, kept).unwrap();
    let service = Service::open(&data, None, &[]).await;
    assert_eq!(service.import_counts("Email\nA@example.org\n").await, [0, 0, 1, 0]);
    service.stop().await;
    drop(folder);
}

#[tokio::test]
async fn a_log_from_the_future_is_refused_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let service = Service::open(&data, Some(Clock::at("2026-05-01T00:00:00Z")), &[]).await;
    service.stop().await;
    let earlier = Clock::at("2026-04-30T23:58:00Z");
    let refused = Service::try_open(&data, Some(earlier), &[]).await.err().unwrap();
    assert!(format!("{refused:#}").contains("--accept-clock"), "{refused:#}");
    let service = Service::open(&data, Some(Clock::at("2026-04-30T23:59:30Z")), &[]).await;
    service.stop().await;
}

#[tokio::test]
async fn a_folder_has_one_service() {
    let service = Service::start().await;
    let refused = Service::try_open(&service.data, None, &[]).await.err().unwrap();
    assert!(format!("{refused:#}").contains("held by a running service"), "{refused:#}");
}

#[tokio::test]
async fn asking_for_the_head_of_an_export_does_none_of_its_work() {
    let service = Service::start().await;
    let before = service.app.log.head();
    for path in [
        "/v1/exports/users.csv",
        "/v1/exports/user-events.csv",
        "/v1/exports/users.xlsx",
        "/v1/operations/backup",
    ] {
        let answer = tests::Answer::of(service.request(reqwest::Method::HEAD, path)).await;
        assert_eq!(answer.status, 405, "{path}");
    }
    assert_eq!(service.app.log.head(), before);
}
