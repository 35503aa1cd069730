//! How much an export would hold, asked before it is made.

use serde_json::{Value, json};
use tests::{Clock, Service};

async fn given() -> (Clock, Service) {
    let clock = Clock::at("2026-01-10T09:00:00Z");
    let service = Service::start_at(&clock).await;
    let mut csv = "Email,City\n".to_owned();
    for number in 0..2_000 {
        csv += &format!(
            "user{number}@example.org,{}\n",
            if number % 4 == 0 { "Lyon" } else { "Łódź" }
        );
    }
    service.import(csv).await;
    clock.set("2026-01-11T09:00:00Z");
    for number in [0, 7] {
        let id = service.user_id(&format!("user{number}@")).await;
        service.act(&format!("/v1/users/{id}/badges/vip")).await.then(200);
    }
    service.settle().await;
    (clock, service)
}

async fn counted(service: &Service, path: &str) -> Value {
    let and = if path.contains('?') { '&' } else { '?' };
    service.get(&format!("/v1/exports/{path}{and}count=only")).await.then(200).json()
}

/// Rows of the export itself, by another way than it is counted.
async fn rows(service: &Service, path: &str) -> (u64, u64) {
    let answer = service.get(&format!("/v1/exports/{path}")).await.then(200);
    let lines = answer.text().lines().count() as u64;
    let header = u64::from(path.contains(".csv"));
    (lines - header, answer.body.len() as u64)
}

#[tokio::test]
async fn rows_are_counted_exactly_and_bytes_about() {
    let (_clock, service) = given().await;
    for (path, expected) in [
        ("users.csv", 2_000),
        ("users.csv?property.city.is=Lyon&safe=true&bom=true", 500),
        ("users.ndjson?badge=vip&columns=email", 2),
        ("users.ndjson?app=nobody", 0),
        ("user-events.csv", 2_002),
        ("user-events.csv?type=BadgeGained&from=2026-01-11&through=2026-01-11", 2),
        ("user-events.ndjson?type=BadgeGained&through=2026-01-10", 0),
        ("user-events.ndjson?not_type=UserImported", 2),
        ("user-events.csv?badge=vip", 2),
        ("user-events.csv?basis=occurred&through=2026-01-10", 2_000),
    ] {
        let told = counted(&service, path).await;
        let (rows, bytes) = rows(&service, path).await;
        assert_eq!((&told["rows"], rows), (&json!(expected), expected), "{path}: {told}");
        let about = told["bytes_estimate"].as_u64().unwrap();
        // Of users it is exact; of events some rows speak for the others.
        let off = about.abs_diff(bytes);
        let near = if path.starts_with("users") { 0 } else { bytes / 50 };
        assert!(off <= near, "{path}: {about} bytes told, {bytes} there");
    }
    let id = service.user_id("user7@").await;
    let told = counted(&service, &format!("user-events.csv?user={id}")).await;
    assert_eq!(told["rows"], 2);
}

#[tokio::test]
async fn a_count_says_what_it_is_of_and_leaves_nothing() {
    let (_clock, service) = given().await;
    let before = service.app.log.head();
    let path = "user-events.csv?from=2026-01-10&through=2026-01-10&zone=Europe/Paris";
    let told = counted(&service, path).await;
    let range =
        json!({ "from": "2026-01-09T23:00:00.000000Z", "to": "2026-01-10T23:00:00.000000Z" });
    assert_eq!(told["range"], range);
    assert_eq!(counted(&service, "users.csv").await["range"], Value::Null);
    assert_eq!(service.app.log.head(), before, "nothing left the house, so nothing is recorded");
    let exported = service.get(&format!("/v1/exports/{path}")).await.then(200);
    assert_eq!(told["position"], exported.header("cohort-position"));
}

#[tokio::test]
async fn a_count_takes_no_other_word_and_no_other_right() {
    let service = Service::start().await;
    for path in ["users.csv", "users.ndjson", "user-events.csv", "user-events.ndjson"] {
        let refused = service.get(&format!("/v1/exports/{path}?count=all")).await;
        assert_eq!(refused.then_problem(400, "parameter_invalid")["parameter"], "count");
    }
    let blind = service.with_token(&["exports:create", "users:read"]).await;
    blind.get("/v1/exports/users.csv?count=only").await.then(200);
    let asks = "/v1/exports/users.csv?count=only&property.email.contains=anna";
    blind.get(asks).await.then_problem(403, "personal_data_required");
    blind.get("/v1/exports/user-events.csv?count=only").await.then_problem(403, "scope_missing");
}
