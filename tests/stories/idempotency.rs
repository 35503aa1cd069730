//! The same request twice, with a key: one effect, one answer.

use reqwest::Method;
use tests::{Answer, Service};

#[tokio::test]
async fn a_key_names_one_request() {
    let service = Service::start().await;
    service.import("Email\na@example.org\n").await;
    let id = service.user_id("a@").await;
    let badge = format!("/v1/users/{id}/badges/vip");
    let award = async |path: &str, key: &str| {
        Answer::of(service.request(Method::POST, path).header("idempotency-key", key)).await
    };
    let first = award(&badge, "k1").await.then(200);
    assert_eq!(first.json()["recorded"], true);
    service.delete(&badge).await.then(200);
    // The badge was lost since, but the key still names the first award: nothing is awarded again.
    let again = award(&badge, "k1").await.then(200);
    assert_eq!((again.json(), again.header("idempotency-replayed")), (first.json(), "true"));
    assert_eq!(again.header("cohort-position"), first.header("cohort-position"));
    award(&format!("/v1/users/{id}/badges/other"), "k1")
        .await
        .then_problem(422, "idempotency_key_reused");
    award(&badge, "k 2").await.then_problem(400, "idempotency_key_invalid");
    assert_eq!(award(&badge, "k2").await.then(200).json()["recorded"], true);
    // Another token's keys are its own.
    let other = service.with_token(&["users:write"]).await;
    let request =
        tests::client().post(format!("{}{badge}", service.address)).bearer_auth(&other.token);
    let answer = Answer::of(request.header("idempotency-key", "k1")).await.then(200);
    assert_eq!(answer.json()["recorded"], false);
}

#[tokio::test]
async fn the_same_file_under_the_same_key_is_imported_once() {
    let service = Service::start().await;
    let send = async |file: &'static str, key: &str| {
        let path = "/v1/imports?start=true&wait=true";
        let request = service.request(Method::POST, path).header("content-type", "text/csv");
        Answer::of(request.header("idempotency-key", key).body(file)).await
    };
    let first = send("Email\na@example.org\n", "monday").await.then(200);
    let again = send("Email\na@example.org\n", "monday").await.then(200);
    assert_eq!(first.json(), again.json());
    for name in ["content-location", "content-type", "cohort-position"] {
        assert!(!first.header(name).is_empty(), "{name}");
        assert_eq!(first.header(name), again.header(name));
    }
    assert_eq!(service.get("/v1/imports").await.json()["items"].as_array().unwrap().len(), 1);
    send("Email\nb@example.org\n", "monday").await.then_problem(422, "idempotency_key_reused");
    let no = send("Name\nb\n", "tuesday").await;
    assert_eq!(no.header("cohort-problem"), "email_column_missing");
    no.then_problem(422, "email_column_missing");
    let no = send("Name\nb\n", "tuesday").await;
    assert_eq!(
        (no.header("cohort-problem"), no.header("idempotency-replayed")),
        ("email_column_missing", "true")
    );
    no.then_problem(422, "email_column_missing");
    let uploads = std::fs::read_dir(service.app.folder.uploads()).unwrap().count();
    assert_eq!(uploads, 2, "as it was sent and as UTF-8: repeats leave no file behind");
}

#[tokio::test]
async fn a_kept_answer_outlives_a_restart() {
    let service = Service::start().await;
    service.import("Email\na@example.org\n").await;
    let id = service.user_id("a@").await;
    let path = format!("/v1/users/{id}/badges/vip");
    let award = async |service: &Service| {
        Answer::of(service.request(Method::POST, &path).header("idempotency-key", "k"))
            .await
            .then(200)
            .json()
    };
    let first = award(&service).await;
    let service = service.restart().await;
    assert_eq!(award(&service).await, first);
    service.stop().await;
}
