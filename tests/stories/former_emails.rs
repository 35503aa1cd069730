//! Former addresses: they stay their user's until somebody releases them, and then are the next one's.

use domain::email::Email;
use reqwest::Method;
use serde_json::{Value, json};
use tests::service::{counts, refusals};
use tests::{Answer, Service};

async fn moved(service: &Service, id: &str, email: &str) -> Answer {
    let request = service.request(Method::PATCH, &format!("/v1/users/{id}"));
    Answer::of(request.json(&json!({ "email": email }))).await
}

async fn released(service: &Service, id: &str, email: &str) -> Answer {
    let path = format!("/v1/users/{id}/former-emails/release");
    service.post(&path, &json!({ "email": email })).await
}

async fn shown(service: &Service, id: &str) -> Value {
    service.get(&format!("/v1/users/{id}?settled=true")).await.then(200).json()
}

fn former(user: &Value) -> Vec<&str> {
    let former = user["former_emails"].as_array().unwrap();
    former.iter().map(|it| it["email"].as_str().unwrap()).collect()
}

async fn sound(service: &Service) {
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}

#[tokio::test]
async fn a_released_address_makes_another_user() {
    let service = Service::start().await;
    service.import("Email,City\nAnna@example.org,Lyon\n").await;
    let anna = service.user_id("anna@").await;
    for email in ["anna@second.example", "anna@third.example"] {
        moved(&service, &anna, email).await.then(200);
    }
    let user = shown(&service, &anna).await;
    assert_eq!(former(&user), ["Anna@example.org", "anna@second.example"]);
    assert!(user["former_emails"][0]["until"].is_string());
    let rows = "Email,City\nanna@example.org,Nice\nanna@second.example,Oslo\n";
    let report = service.import(rows).await;
    assert_eq!(refusals(&report), [(2, "email_was_changed"), (3, "email_was_changed")]);

    let first = released(&service, &anna, "anna@example.org").await.then(200).json();
    assert_eq!((&first["recorded"], &first["user_id"]), (&json!(true), &json!(anna)));
    released(&service, &anna, "Anna@Second.example").await.then(200);
    assert_eq!(released(&service, &anna, "anna@example.org").await.json()["recorded"], false);
    assert_eq!(released(&service, &anna, "anna@second.example").await.json()["recorded"], false);
    assert_eq!(former(&shown(&service, &anna).await), [""; 0]);

    // Whoever comes with them is somebody else, by a row or by hand.
    let report = service.import("Email,City\nanna@example.org,Nice\n").await;
    assert_eq!(counts(&report), [1, 0, 0, 0]);
    let other = service.user_id("anna@example").await;
    let email = Email::parse("anna@example.org").unwrap();
    assert_eq!(other, service.app.key.user_id(&email, 1).to_string());
    let made = service.post("/v1/users", &json!({ "email": "anna@second.example" })).await;
    assert_ne!(made.then(201).json()["user_id"], json!(anna));
    assert_eq!(shown(&service, &anna).await["email"], "anna@third.example");
    assert_eq!(shown(&service, &anna).await["fields"]["city"], "Lyon");
    let report = service.import("Email,City\nanna@example.org,Rome\n").await;
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    let taken = moved(&service, &anna, "anna@example.org").await;
    assert_eq!(taken.then_problem(409, "email_taken")["user_id"], json!(other));

    // Also when the first of them is gone, and after a replay.
    service.delete(&format!("/v1/users/{anna}")).await.then(200);
    let report = service.import("Email,City\nanna@example.org,Bari\n").await;
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    sound(&service).await;
    service.stop().await;
}

#[tokio::test]
async fn who_released_an_address_takes_it_again_as_any_other() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let anna = service.user_id("anna@").await;
    moved(&service, &anna, "anna@new.example").await.then(200);
    released(&service, &anna, "anna@example.org").await.then(200);
    moved(&service, &anna, "anna@example.org").await.then(200);
    let report = service.import("Email,City\nanna@example.org,Rome\n").await;
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    assert_eq!(service.user_id("anna@example").await, anna);
    assert_eq!(former(&shown(&service, &anna).await), ["anna@new.example"]);
    // And releases it again: the claim this time.
    moved(&service, &anna, "anna@third.example").await.then(200);
    assert_eq!(released(&service, &anna, "anna@example.org").await.json()["recorded"], true);
    let made = service.post("/v1/users", &json!({ "email": "anna@example.org" })).await.then(201);
    assert_ne!(made.json()["user_id"], json!(anna));
    sound(&service).await;
    service.stop().await;
}

#[tokio::test]
async fn only_a_former_address_is_released() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nben@example.org\n").await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    moved(&service, &anna, "anna@new.example").await.then(200);
    let nobody = "00000000-0000-8000-8000-000000000000";
    for (user, email, status, code) in [
        (&*anna, "anna@new.example", 409, "email_is_current"),
        (&ben, "ben@example.org", 409, "email_is_current"),
        (&ben, "anna@example.org", 404, "former_email_unknown"),
        (&anna, "carl@example.org", 404, "former_email_unknown"),
        (&anna, "anna", 422, "email_invalid"),
        (nobody, "anna@example.org", 404, "user_unknown"),
    ] {
        released(&service, user, email).await.then_problem(status, code);
    }
    let path = format!("/v1/users/{anna}/former-emails/release");
    let stale = service.request(Method::POST, &path).header("if-match", "\"7\"");
    let stale = Answer::of(stale.json(&json!({ "email": "anna@example.org" }))).await;
    stale.then_problem(412, "version_conflict");
    service.post(&path, &json!({})).await.then_problem(400, "body_invalid");
    let blind = service.with_token(&["users:write", "users:read"]).await;
    blind.ask(Method::POST, &path).await.then_problem(403, "personal_data_required");
    let user = blind.get(&format!("/v1/users/{anna}")).await.then(200).json();
    assert_eq!((&user["former_emails"], &user["state"]), (&json!([]), &json!("withheld")));
    let report = service.import("Email\nanna@example.org\n").await;
    assert_eq!(refusals(&report), [(2, "email_was_changed")], "nothing was released");
    service.stop().await;
}

/// An import that gave somebody another address is taken back after the one from before was released.
#[tokio::test]
async fn a_released_address_is_not_given_back() {
    let service = Service::start().await;
    service.import("Email,external_id\nanna@example.org,A\nben@example.org,B\n").await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    moved(&service, &ben, "ben@second.example").await.then(200);
    let rows = "external_id,Email\nA,anna@new.example\nB,ben@new.example\n";
    let import = service.import_by("external_id", rows).await;
    assert_eq!(counts(&import), [0, 2, 0, 0]);
    released(&service, &anna, "anna@example.org").await.then(200);
    released(&service, &ben, "ben@second.example").await.then(200);
    let path = format!("/v1/imports/{}/revert?wait=true", import["id"].as_str().unwrap());
    let report = service.act(&path).await.then(200).json();
    let kept = report["revert"]["kept_first"].as_array().unwrap();
    let codes: Vec<_> = kept.iter().map(|it| (&it["field"], &it["code"])).collect();
    assert_eq!(codes, [(&json!("email"), &json!("email_released")); 2]);
    assert_eq!(shown(&service, &anna).await["email"], "anna@new.example");
    assert_eq!(shown(&service, &ben).await["email"], "ben@new.example");
    let report = service.import("Email\nanna@example.org\nben@second.example\n").await;
    assert_eq!(counts(&report), [2, 0, 0, 0]);
    sound(&service).await;
    service.stop().await;
}
