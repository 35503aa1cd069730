//! A look before the import: what it would do, exactly, and nothing done.

use reqwest::Method;
use serde_json::{Value, json};
use tests::service::counts;
use tests::{Answer, Service, people};

async fn check(service: &Service, csv: impl Into<Vec<u8>>) -> Value {
    let request = service.request(Method::POST, "/v1/imports?dry_run=true");
    let answer = Answer::of(request.header("content-type", "text/csv").body(csv.into())).await;
    answer.then(200).json()
}

#[tokio::test]
async fn it_says_what_the_import_then_does_and_does_nothing() {
    let service = Service::start().await;
    for (seed, repeats) in [(1, 0), (2, 5), (1, 5)] {
        let people = people::csv(3_000, seed, repeats);
        let before = service.app.log.head();
        let said = check(&service, people.text.clone()).await;
        assert_eq!(service.app.log.head(), before, "a look is no fact");
        assert_eq!(counts(&said).iter().sum::<u64>(), said["rows"].as_u64().unwrap());
        let done = service.import(people.text).await;
        assert_eq!(counts(&said), counts(&done));
        let targets = |report: &Value| -> Vec<Value> {
            let columns = report["columns"].as_array().unwrap().iter();
            columns.map(|column| column["reference_id"].clone()).collect()
        };
        assert_eq!(targets(&said), targets(&done));
        for same in ["rows", "warnings", "rejects", "warned", "codes", "sha256", "delimiter"] {
            assert_eq!(said[same], done[same], "{same}");
        }
    }
    assert!(service.get("/v1/imports").await.json()["items"].as_array().unwrap().len() == 3);
    assert_eq!(std::fs::read_dir(service.app.folder.scratch()).unwrap().count(), 0);
}

#[tokio::test]
async fn differences_are_the_users_as_they_would_be() {
    let service = Service::start().await;
    service.import("Email,City,Lang\nAnna@example.org,Lyon,fr\nbob@example.org,Köln,de\n").await;
    let said = check(
        &service,
        "Email,City,Lang\n\
         anna@example.org,Paris,\n\
         bob@example.org,Bonn,\n\
         bob@example.org,Köln,de\n\
         cleo@example.org,Aix,fr\n\
         CLEO@example.org,,en\n\
         anna@example.org,Paris,it\n",
    )
    .await;
    let different = said["differences"].as_array().unwrap();
    let told: Vec<_> = different
        .iter()
        .map(|d| {
            (d["line"].clone(), d["email"].clone(), d["created"].clone(), d["changes"].clone())
        })
        .collect();
    let change =
        |field: &str, old: Value, new: &str| json!({"field": field, "old": old, "new": new});
    assert_eq!(
        told,
        [
            (
                json!(2),
                json!("Anna@example.org"),
                json!(false),
                json!([change("city", json!("Lyon"), "Paris"), change("lang", json!("fr"), "it")])
            ),
            (
                json!(5),
                json!("cleo@example.org"),
                json!(true),
                json!([change("city", Value::Null, "Aix"), change("lang", Value::Null, "en")])
            ),
        ],
        "Bob goes to Bonn and back, which is no difference"
    );
    assert_eq!((said["users"].as_u64(), counts(&said)), (Some(2), [1, 3, 2, 0]));
    assert_eq!(said["warnings"], 3);
    // The ids it told are those the import makes.
    let cleo = different[1]["user_id"].as_str().unwrap().to_owned();
    service.import("Email\ncleo@example.org\n").await;
    assert_eq!(service.user_id("cleo@").await, cleo);
}

#[tokio::test]
async fn only_the_first_hundred_users_are_listed_and_all_are_counted() {
    let service = Service::start().await;
    let rows: String = (0..250).map(|n| format!("user{n}@example.org,{n}\n")).collect();
    let said = check(&service, format!("Email,Points\n{rows}")).await;
    assert_eq!(said["differences"].as_array().unwrap().len(), 100);
    assert_eq!((said["users"].as_u64(), said["created"].as_u64()), (Some(250), Some(250)));
    // However long their values are, the answer stays small.
    let long = "x".repeat(60_000);
    let rows: String = (0..50).map(|n| format!("long{n}@example.org,{long}\n")).collect();
    let said = check(&service, format!("Email,Notes\n{rows}")).await;
    assert_eq!(said["users"], 50);
    assert!((1..=18).contains(&said["differences"].as_array().unwrap().len()));
}

#[tokio::test]
async fn without_the_right_to_see_persons_only_numbers_and_ids_are_told() {
    let service = Service::start().await;
    let blind = service.with_token(&["imports:write"]).await;
    let request = tests::client()
        .post(format!("{}/v1/imports?dry_run=true", service.address))
        .bearer_auth(&blind.token)
        .header("content-type", "text/csv");
    let said = Answer::of(request.body("Email,City\ncanary@example.org,Canaryville\n")).await;
    let said = said.then(200);
    assert!(!said.text().to_lowercase().contains("canary"), "{}", said.text());
    let said = said.json();
    assert_eq!((&said["state"], &said["created"]), (&"withheld".into(), &1.into()));
    assert_eq!(said["differences"][0]["changes"][0]["field"], "city");
}

#[tokio::test]
async fn a_file_that_would_be_refused_is_refused() {
    let service = Service::start().await;
    let send = async |query: &str, file: &'static str| {
        let request = service.request(Method::POST, &format!("/v1/imports?{query}"));
        Answer::of(request.header("content-type", "text/csv").body(file)).await
    };
    send("dry_run=true", "Name\nAnna\n").await.then_problem(422, "email_column_missing");
    send("dry_run=true&start=true", "Email\n").await.then_problem(400, "start_or_dry_run");
    let said = send("dry_run=true", "Email\n").await.then(200).json();
    assert_eq!((&said["rows"], &said["users"]), (&0.into(), &0.into()));
}
