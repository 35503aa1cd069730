//! `cohort demo`: an empty folder becomes a service worth looking at, once.

use serde_json::{Value, json};
use tests::{Process, Table};

use crate::cli::{cohort_at, text, then};

const PROGRAM: &str = env!("CARGO_BIN_EXE_cohort-under-test");
const USERS: usize = 60;

/// These members of each of a list's items, the first of which names it.
async fn items(service: &Process, path: &str, members: &[&str]) -> Vec<Value> {
    let page = service.get(path).await.then(200).json();
    let shown = |item: &Value| members.iter().map(|member| item[*member].clone()).collect();
    page["items"].as_array().unwrap().iter().map(shown).collect()
}

async fn number(service: &Process, path: &str, member: &str) -> u64 {
    service.get(path).await.then(200).json()[member].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_becomes_a_service_worth_looking_at() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let service = Process::demo(PROGRAM, &data, USERS).await;

    // Customers, of whom some have gone, and what is known of them.
    let users = number(&service, "/v1/users?count=only&settled=true", "total").await;
    assert!((50..=90).contains(&users), "{users}");
    let page = service.get("/v1/users?limit=1000").await.then(200).json();
    for user in page["items"].as_array().unwrap() {
        let email = user["email"].as_str().unwrap();
        let nobodys = ["@example.org", "@example.com", "@example.net"];
        assert!(nobodys.iter().any(|domain| email.ends_with(domain)), "{email}");
    }
    assert_eq!(page["columns"].as_array().map(Vec::len), Some(7), "the team chose columns");
    let kinds = items(&service, "/v1/properties", &["type"]).await;
    for kind in ["text", "number", "boolean", "date"] {
        assert!(kinds.contains(&json!([kind])), "{kind}");
    }

    // Rules that have been followed.
    assert_eq!(items(&service, "/v1/segments", &["id"]).await.len(), 4);
    for segment in items(&service, "/v1/segments", &["id", "users"]).await {
        assert!(segment[1].as_u64() > Some(0), "nobody is in {segment}");
    }
    let badges = items(&service, "/v1/badges", &["id", "state"]).await;
    assert_eq!(
        badges,
        [
            json!(["regular", "published"]),
            json!(["founder", "published"]),
            json!(["ambassador", "published"]),
            json!(["home_barista", "draft"]),
        ]
    );
    let regulars = number(&service, "/v1/badges/regular", "users").await;
    assert_eq!(regulars, number(&service, "/v1/segments/regulars", "users").await);
    for challenge in ["first_cup", "tasting_tour", "bring_a_friend"] {
        let path = format!("/v1/challenges/{challenge}");
        let (joined, completed) =
            (number(&service, &path, "joined").await, number(&service, &path, "completed").await);
        assert!(joined > completed && completed > 0, "{challenge}: {joined} {completed}");
    }
    let tour = service.get("/v1/challenges/tasting_tour").await.then(200).json();
    assert_eq!(tour["rewards"][0]["limit"], 2);

    // What the team did.
    let imports = items(&service, "/v1/imports", &["filename", "state"]).await;
    assert_eq!(
        imports,
        [
            json!(["requests.csv", "draft"]),
            json!(["coffee-fair.csv", "completed"]),
            json!(["newsletter-2019.csv", "reverted"]),
            json!(["customers.csv", "completed"]),
        ]
    );
    let fair = items(&service, "/v1/imports", &["rejected", "warnings"]).await.remove(1);
    assert_eq!(fair, json!([4, 2]));
    let exports = items(&service, "/v1/exports", &["content", "state"]).await;
    assert_eq!(
        exports,
        [
            json!(["users", "completed"]),
            json!(["user_events", "completed"]),
            json!(["users", "expired"]),
        ]
    );
    let bulk = items(&service, "/v1/bulk-actions", &["action", "state"]).await;
    assert_eq!(bulk.len(), 3, "{bulk:?}");
    let tokens = items(&service, "/v1/tokens", &["name", "revoked_at"]).await;
    assert_eq!(tokens.len(), 4);
    let over = tokens.iter().filter(|token| !token[1].is_null()).map(|token| &token[0]);
    assert_eq!(over.collect::<Vec<_>>(), ["Old till"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_lies_on_the_days_it_happened_on() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::demo(PROGRAM, &folder.path().join("demo"), USERS).await;
    let today = chrono::Utc::now().date_naive();
    let from = today - chrono::Days::new(91);
    let path = format!("/v1/indicators/events?from={from}&through={today}&type=UserActive");
    let days = service.get(&path).await.then(200).json();
    let seen = |day: &Value| day["events"]["cohort.user.active"].as_u64() > Some(0);
    let days = days["days"].as_array().unwrap();
    assert!(days.iter().filter(|day| seen(day)).count() > 45, "{days:?}");
    assert!(!seen(&days[0]), "nothing happened before the first day");
    // What follows by a rule does so on the day of what led to it.
    let path = format!(
        "/v1/exports/user-events.csv?type=BadgeGained&from={from}&through={today}&zone=UTC"
    );
    let gained = Table::read(&service.get(&path).await.then(200).text());
    assert!(gained.column("position").len() > 10);
    for position in gained.column("position") {
        let chain = service.get(&format!("/v1/events/{position}/causes")).await.then(200).json();
        let chain = chain["items"].as_array().unwrap();
        let days = chain.iter().take(2).map(|fact| &fact["recorded_at"].as_str().unwrap()[..10]);
        let days: Vec<&str> = days.collect();
        assert!(days.first() == days.last(), "{days:?}");
    }
    // The tables are what the log says, whichever way the clock went.
    let told = service.request(reqwest::Method::POST, "/v1/operations/check");
    let told = tests::Answer::of(told).await.then(200).text();
    let report: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(report["report"]["sound"], true, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_holds_something_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letter.txt"), "keep me").unwrap();
    let at = "http://127.0.0.1:9"; // nobody is asked
    let refused = cohort_at(at, &["demo", "--data", text(folder.path())]).await;
    then(&refused, 1);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("is not empty") && told.contains("cohort serve --data"), "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    then(&cohort_at(at, &["demo", "--users", "3", "--data", "unused"]).await, 2);
}
