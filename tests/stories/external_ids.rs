//! External ids given by hand: as by imports, no two users have the same.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use tests::service::{counts, refusals};
use tests::{Answer, Service};

async fn patch(service: &Service, id: &str, body: Value) -> Answer {
    let request = service.request(Method::PATCH, &format!("/v1/users/{id}"));
    Answer::of(request.json(&body)).await
}

async fn external_id(service: &Service, id: &str) -> Value {
    let path = format!("/v1/users/{id}?settled=true");
    service.get(&path).await.then(200).json()["fields"]["external_id"].clone()
}

#[tokio::test]
async fn an_external_id_is_given_and_taken_away_by_hand() {
    let service = Service::start().await;
    service.import("Email,external_id\nanna@example.org,A\nben@example.org,\n").await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    let body = json!({ "email": "carl@example.org", "external_id": " C " });
    let carl = service.post("/v1/users", &body).await.then(201).json();
    let carl = carl["user_id"].as_str().unwrap();
    assert_eq!(external_id(&service, carl).await, "C");
    let given = patch(&service, &ben, json!({ "external_id": "B", "fields": { "lang": "fr" } }));
    assert_eq!(given.await.then(200).json()["recorded"], true);
    let again = patch(&service, &ben, json!({ "fields": { "external_id": "B" } })).await;
    assert_eq!(again.then(200).json()["recorded"], false);
    assert_eq!(external_id(&service, &ben).await, "B");
    // Rows find who was given it by hand.
    let rows = service.import_by("external_id", "external_id,City\nB,Brest\nC,Cannes\n").await;
    assert_eq!(counts(&rows), [0, 2, 0, 0]);
    // What another user has is refused, with whose it is for who may see that.
    for body in [json!({ "external_id": "A" }), json!({ "fields": { "external_id": "A" } })] {
        let taken = patch(&service, &ben, body).await.then_problem(409, "external_id_taken");
        assert_eq!(taken["user_id"], json!(anna));
        assert!(!taken["detail"].as_str().unwrap().contains("row"), "{taken}");
    }
    let taken = json!({ "email": "dora@example.org", "external_id": "A" });
    service.post("/v1/users", &taken).await.then_problem(409, "external_id_taken");
    let blind = service.with_token(&["users:write"]).await;
    let url = format!("{}/v1/users", service.address);
    let request = tests::client().post(url).bearer_auth(&blind.token).json(&taken);
    let taken = Answer::of(request).await.then_problem(409, "external_id_taken");
    assert!(!taken.to_string().contains(&anna), "{taken}");
    // Taken away, it is free.
    patch(&service, &anna, json!({ "external_id": null })).await.then(200);
    assert_eq!(external_id(&service, &anna).await, Value::Null);
    patch(&service, &ben, json!({ "external_id": "A" })).await.then(200);
    let body = json!({ "email": "dora@example.org", "fields": { "external_id": "B" } });
    service.post("/v1/users", &body).await.then(201);
    for (body, status, code) in [
        (json!({ "external_id": "" }), 422, "value_invalid"),
        (json!({ "external_id": 7 }), 422, "value_invalid"),
        (json!({ "external_id": "X", "fields": { "external_id": "X" } }), 400, "body_invalid"),
        (json!({ "external_id": "X", "email": "carl@example.org" }), 409, "email_taken"),
    ] {
        patch(&service, &anna, body).await.then_problem(status, code);
    }
    assert_eq!(external_id(&service, &anna).await, Value::Null, "nothing of a no is recorded");
    let nobody = "00000000-0000-8000-8000-000000000000";
    let body = json!({ "external_id": "N" });
    patch(&service, nobody, body).await.then_problem(404, "user_unknown");
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}

const IDS: usize = 150;

/// Gives users made by hand the ids of a round, one after the other; answers how many got one.
async fn give(service: &Service, round: usize) -> usize {
    let mut given = 0;
    for i in 0..IDS {
        let email = format!("hand{round}-{i}@example.org");
        let body = json!({ "email": email, "external_id": format!("R{round}-{i}") });
        let answer = service.post("/v1/users", &body).await;
        match answer.status() {
            201 => given += 1,
            _ => assert_eq!(answer.json()["code"], "external_id_taken"),
        }
    }
    given
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_external_id_that_an_import_and_a_hand_want_at_once_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let small = [("import_batch_rows", "3")];
    let service = Service::open(&folder.path().join("data"), None, &small).await;
    let (mut by_hand, mut by_rows) = (0, 0);
    for round in 0..3 {
        let row = |i: usize| format!("file{round}-{i}@example.org,R{round}-{i}\n");
        let rows = format!("Email,external_id\n{}", (0..IDS).map(row).collect::<String>());
        let (report, given) = tokio::join!(service.import(rows), give(&service, round));
        let [created, updated, unchanged, rejected] = counts(&report);
        assert_eq!((updated, unchanged), (0, 0), "{report}");
        assert_eq!((created + rejected, rejected), (IDS as u64, given as u64), "{report}");
        assert!(refusals(&report).iter().all(|(_, code)| *code == "external_id_taken"));
        by_hand += given;
        by_rows += created;
    }
    assert!(by_hand > 0 && by_rows > 0, "nobody raced: {by_hand} by hand, {by_rows} by rows");
    let users = service.export("/v1/exports/users.csv?columns=user_id,external_id").await;
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for id in users.column("external_id") {
        *owners.entry(id).or_default() += 1;
    }
    assert_eq!(owners.len(), 3 * IDS);
    assert!(owners.values().all(|users| *users == 1), "{owners:?}");
    service.stop().await;
}
