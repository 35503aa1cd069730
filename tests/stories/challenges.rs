//! Challenges: joined, advanced, completed; repeats write nothing.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service};

#[tokio::test]
async fn a_challenge_runs_from_joining_to_completion() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let id = service.user_id("anna@").await;
    let challenge = format!("/v1/users/{id}/challenges/spring");
    let step = |name: &str| format!("{challenge}/steps/{name}/complete");
    service.act(&step("share")).await.then_problem(409, "challenge_not_joined");
    service.act(&format!("{challenge}/complete")).await.then_problem(409, "challenge_not_joined");
    for (path, recorded) in [
        (format!("{challenge}/join"), true),
        (format!("{challenge}/join"), false),
        (step("share"), true),
        (step("share"), false),
        (step("invite"), true),
        (format!("{challenge}/complete"), true),
        (format!("{challenge}/complete"), false),
        (step("invite"), false),
    ] {
        assert_eq!(service.act(&path).await.then(200).json()["recorded"], recorded, "{path}");
    }
    service.act(&step("late")).await.then_problem(409, "challenge_already_completed");

    let position = service.app.cursor(service.app.log.head());
    let user =
        service.get(&format!("/v1/users/{id}?min_position={position}")).await.then(200).json();
    assert_eq!(user["challenges_completed"], 1);
    assert_eq!(user["challenges"][0]["steps"], serde_json::json!(["share", "invite"]));
    assert!(
        user["last_active_at"].is_string() && user["challenges"][0]["completed_at"].is_string()
    );
    let events = service.export("/v1/exports/user-events.csv?not_type=UserImported").await;
    assert_eq!(
        events.column("event_label"),
        [
            "Challenge joined",
            "Challenge step completed",
            "Challenge step completed",
            "Challenge completed"
        ]
    );
    assert_eq!(events.column("step_id"), ["", "share", "invite", ""]);
    assert_eq!(events.column("user_email"), ["anna@example.org"; 4]);
}

/// Asks for a change of a definition that was seen as it is.
pub(crate) async fn change(service: &Service, method: Method, path: &str, body: &Value) -> Answer {
    let path_of = path.split('/').take(4).collect::<Vec<_>>().join("/");
    let etag = service.get(&path_of).await.then(200).header("etag").to_owned();
    Answer::of(service.request(method, path).header("if-match", etag).json(body)).await
}

/// A challenge as a body.
pub(crate) fn spring(more: Value) -> Value {
    let mut body = json!({ "id": "spring", "name": "Spring", "steps": [
        { "id": "look", "title": "Look around", "action": "look" },
        { "id": "share", "title": "Share a photo", "action": "share_photo" } ] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Makes and publishes it.
pub(crate) async fn published(service: &Service, body: &Value) {
    service.post("/v1/challenges", body).await.then(201);
    let path = format!("/v1/challenges/{}/publish", body["id"].as_str().unwrap());
    change(service, Method::POST, &path, &Value::Null).await.then(200);
}

#[tokio::test]
async fn a_defined_challenge_is_joined_by_its_audience_while_it_is_published() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nben@example.org\n").await;
    service.post("/v1/lists", &json!({ "id": "fans", "name": "Fans" })).await.then(201);
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    service.act(&format!("/v1/users/{anna}/lists/fans")).await.then(200);
    let body = spring(json!({ "audience": { "list": "fans" } }));
    let made = service.post("/v1/challenges", &body).await.then(201);
    let draft = made.json();
    assert_eq!((&draft["state"], &draft["version"]), (&json!("draft"), &json!(1)));
    service.post("/v1/challenges", &body).await.then_problem(409, "reference_id_taken");
    let join = |user: &str| format!("/v1/users/{user}/challenges/spring/join");
    service.act(&join(&anna)).await.then_problem(409, "challenge_not_published");
    let publish = "/v1/challenges/spring/publish";
    service.act(publish).await.then_problem(428, "if_match_missing");
    change(&service, Method::POST, publish, &Value::Null).await.then(200);
    let stale = service.request(Method::POST, publish).header("if-match", "\"1\"");
    Answer::of(stale).await.then_problem(412, "version_conflict");

    let outside = service.act(&join(&ben)).await.then_problem(409, "not_in_audience");
    assert!(outside["detail"].as_str().unwrap().contains("fans"), "{outside}");
    assert_eq!(service.act(&join(&anna)).await.then(200).json()["recorded"], true);
    service.settle().await;
    let list = service.get("/v1/challenges").await.then(200).json();
    assert_eq!(
        (&list["items"][0]["joined"], &list["items"][0]["completed"]),
        (&json!(1), &json!(0))
    );

    // Its steps are what it has; the last one completes it, whatever happened to the audience.
    let step = |name: &str| format!("/v1/users/{anna}/challenges/spring/steps/{name}/complete");
    service.act(&step("dance")).await.then_problem(404, "step_unknown");
    let by_hand = format!("/v1/users/{anna}/challenges/spring/complete");
    service.act(&by_hand).await.then_problem(409, "challenge_completes_itself");
    service.delete(&format!("/v1/users/{anna}/lists/fans")).await.then(200);
    for name in ["share", "look"] {
        assert_eq!(service.act(&step(name)).await.then(200).json()["recorded"], true);
    }
    service.settle().await;
    let user = service.user("anna@").await;
    assert_eq!(user["challenges_completed"], 1);
    let events = service
        .export("/v1/exports/user-events.csv?type=ChallengeStepCompleted&type=ChallengeCompleted")
        .await;
    assert_eq!(events.column("challenge_title"), ["Spring"; 3]);
    assert_eq!(events.column("step_title"), ["Share a photo", "Look around", ""]);

    change(&service, Method::POST, "/v1/challenges/spring/end", &Value::Null).await.then(200);
    service.act(&format!("/v1/users/{ben}/lists/fans")).await.then(200);
    service.act(&join(&ben)).await.then_problem(409, "challenge_not_published");
    change(&service, Method::POST, "/v1/challenges/spring/end", &Value::Null)
        .await
        .then_problem(409, "challenge_not_published");
    change(&service, Method::POST, "/v1/challenges/spring/archive", &Value::Null).await.then(200);
    change(&service, Method::POST, publish, &Value::Null)
        .await
        .then_problem(409, "challenge_archived");
    service.get("/v1/challenges/autumn").await.then_problem(404, "challenge_unknown");
    service.stop().await;
}

#[tokio::test]
async fn fewer_steps_complete_it_for_who_has_done_them_and_order_is_kept_where_asked() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nben@example.org\n").await;
    let (anna, ben) = (service.user_id("anna@").await, service.user_id("ben@").await);
    published(&service, &spring(json!({ "opt_in": false, "in_order": true }))).await;
    let step = |user: &str, name: &str| {
        format!("/v1/users/{user}/challenges/spring/steps/{name}/complete")
    };
    let waits = service.act(&step(&anna, "share")).await.then_problem(409, "step_not_available");
    assert!(waits["detail"].as_str().unwrap().contains("look"), "{waits}");
    service.act(&step(&anna, "look")).await.then(200); // joins by itself
    let conditions = json!({ "groups": [{ "conditions": [{ "event": "ChallengeCompleted", "of": "spring" }] }] });
    let body = json!({ "id": "done", "name": "Done", "conditions": conditions });
    service.post("/v1/segments", &body).await.then(201);
    let body = json!({ "name": "Spring", "opt_in": false,
        "steps": [{ "id": "look", "title": "Look around", "action": "look" }],
        "rewards": [{ "kind": "digital_asset", "id": "medal", "name": "Medal" }] });
    change(&service, Method::PUT, "/v1/challenges/spring", &body).await.then(200);

    let page = service.get("/v1/users?segment=done&settled=true").await.then(200).json();
    assert_eq!(page["items"][0]["email"], "anna@example.org", "the segment follows the completion");
    let user = service.user("anna@").await;
    assert_eq!((&user["challenges_completed"], &user["digital_assets"]), (&json!(1), &json!(1)));
    let history = service.get(&format!("/v1/users/{anna}/events")).await.then(200).json();
    let completed = history["items"].as_array().unwrap().iter();
    let completed = completed.filter(|fact| fact["type"] == "cohort.challenge.completed");
    let position = completed.clone().next().unwrap()["position"].as_str().unwrap().to_owned();
    assert_eq!(completed.count(), 1);
    let chain = service.get(&format!("/v1/events/{position}/causes")).await.then(200).json();
    assert_eq!(chain["items"][1]["type"], "cohort.challenge.changed", "{chain}");
    assert_eq!(service.act(&step(&ben, "look")).await.then(200).json()["recorded"], true);
    service.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_challenge_is_said_and_an_audience_in_use_stays() {
    let service = Service::start().await;
    let conditions = json!({ "groups": [{ "conditions": [{ "app": "shop" }] }] });
    let body = json!({ "id": "shoppers", "name": "Shoppers", "conditions": conditions });
    service.post("/v1/segments", &body).await.then(201);
    let twice = json!([{ "id": "a", "title": "A", "action": "a" }, { "id": "a", "title": "B", "action": "b" }]);
    for wrong in [
        json!({ "steps": twice }),
        json!({ "rewards": [{ "kind": "money", "id": "x", "name": "X" }] }),
        json!({ "rewards": [{ "kind": "perk", "id": "x", "name": "X", "limit": 0 }] }),
        json!({ "texts": { "fr": { "title": "" } } }),
        json!({ "audience": { "list": "a", "segment": "b" } }),
        json!({ "surprise": true }),
    ] {
        service.post("/v1/challenges", &spring(wrong)).await.then_problem(400, "body_invalid");
    }
    let named = spring(json!({ "texts": { "English": { "title": "Spring" } } }));
    let named = service.post("/v1/challenges", &named).await;
    assert_eq!(named.then_problem(422, "language_invalid")["language"], "English");
    let unknown = spring(json!({ "audience": { "list": "nobody" } }));
    service.post("/v1/challenges", &unknown).await.then_problem(404, "list_unknown");
    published(&service, &spring(json!({ "audience": { "segment": "shoppers" } }))).await;
    let used = change(&service, Method::DELETE, "/v1/segments/shoppers", &Value::Null).await;
    assert_eq!(used.then_problem(409, "audience_in_use")["challenges"], json!(["spring"]));
    change(&service, Method::POST, "/v1/challenges/spring/archive", &Value::Null).await.then(200);
    change(&service, Method::DELETE, "/v1/segments/shoppers", &Value::Null).await.then(204);
    service.stop().await;
}

#[tokio::test]
async fn what_nobody_defined_is_refused_where_definitions_are_strict() {
    let folder = tempfile::tempdir().unwrap();
    let strict = [("strict_definitions", "true")];
    let service = Service::open(&folder.path().join("data"), None, &strict).await;
    service.import("Email\nanna@example.org\n").await;
    let anna = service.user_id("anna@").await;
    let path = format!("/v1/users/{anna}/challenges/spring/join");
    service.act(&path).await.then_problem(404, "challenge_unknown");
    service.act(&format!("/v1/users/{anna}/badges/vip")).await.then_problem(404, "badge_unknown");
    published(&service, &spring(json!({}))).await;
    service.act(&path).await.then(200);
    service.stop().await;
}

/// Steps and definitions at once: whatever was decided on what, who has done all that is asked has completed it.
#[tokio::test]
async fn a_step_done_while_the_challenge_becomes_another_completes_it_all_the_same() {
    let service = Service::start().await;
    let rows: String = (0..40).map(|who| format!("p{who}@example.org\n")).collect();
    service.import(format!("Email\n{rows}")).await;
    let page = service.get("/v1/users?limit=100").await.then(200).json();
    let users: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap()).collect();
    published(&service, &spring(json!({ "opt_in": false }))).await;
    let steps = users.iter().map(|user| {
        let path = format!("/v1/users/{user}/challenges/spring/steps/look/complete");
        let request = service.request(Method::POST, &path);
        async { request.send().await.unwrap().status().as_u16() }
    });
    let less = json!({ "name": "Spring", "opt_in": false,
        "steps": [{ "id": "look", "title": "Look around", "action": "look" }] });
    let (answers, changed) = tokio::join!(
        futures_util::future::join_all(steps),
        change(&service, Method::PUT, "/v1/challenges/spring", &less)
    );
    changed.then(200);
    assert_eq!(answers, [200; 40]);
    for _ in 0..2 {
        service.settle().await; // what follows from what followed
    }
    let challenge = service.get("/v1/challenges/spring").await.then(200).json();
    assert_eq!((&challenge["joined"], &challenge["completed"]), (&json!(40), &json!(40)));
    service.stop().await;
}
