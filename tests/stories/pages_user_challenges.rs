//! The challenges of one user, by hand on their page: joined, gone on with, and refused in words.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Service, Visitor};

use crate::challenges::{change, published, spring};

/// Anna's page, in a service with the list of fans.
async fn given_anna() -> (Service, String) {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    service.post("/v1/lists", &json!({ "id": "fans", "name": "Fans" })).await.then(201);
    let home = format!("/users/{}", service.user_id("anna@").await);
    (service, home)
}

#[tokio::test]
async fn a_challenge_is_joined_and_its_steps_are_recorded_one_after_another() {
    let (service, home) = given_anna().await;
    let visitor = Visitor::of(&service);
    let acts = format!("{home}/acts");
    let page = visitor.open(&home).await.then(200);
    let empty = "There is no published challenge that this user could still join.";
    assert!(page.text("[aria-labelledby=challenges]").contains(empty));
    service.post("/v1/challenges", &spring(json!({ "id": "draft" }))).await.then(201);
    published(&service, &spring(json!({ "in_order": true }))).await;

    let page = visitor.open(&home).await.then(200);
    assert_eq!(page.texts("#take-part option"), ["Choose…", "Spring"], "a draft is not offered");
    assert!(!page.has("input[name=step]"));
    let joined = visitor.done(&acts, &[("act", "take-part"), ("challenge", "spring")]).await;
    assert_eq!(joined.text(".notice"), "The user has joined the challenge.");
    assert!(!joined.has("#take-part") && joined.html().contains(empty));
    for (id, said) in [
        ("look", "Record step: Look around (look) of Spring"),
        ("share", "Record step: Share a photo (share_photo) of Spring"),
    ] {
        let page = visitor.open(&home).await.then(200);
        assert_eq!(page.attributes("input[name=step]", "value"), [id]);
        assert_eq!(page.text("[aria-labelledby=challenges] li button"), said);
        let step = [("act", "step"), ("challenge", "spring"), ("step", id)];
        let done = visitor.done(&acts, &step).await;
        assert_eq!(done.text(".notice"), "The step is recorded.");
    }
    let page = visitor.open(&home).await.then(200);
    assert!(!page.has("input[name=step]"), "all of it is completed");
    let anna = service.user("anna@").await;
    assert_eq!(anna["challenges"][0]["steps"], json!(["look", "share"]));
    assert!(anna["challenges"][0]["completed_at"].is_string());
    service.stop().await;
}

#[tokio::test]
async fn why_a_challenge_is_not_joined_is_told_beside_the_form() {
    let (service, home) = given_anna().await;
    let visitor = Visitor::of(&service);
    let acts = format!("{home}/acts");
    let join = [("act", "take-part"), ("challenge", "spring")];
    published(&service, &spring(json!({ "audience": { "list": "fans" }, "in_order": true }))).await;
    let refused = visitor.send(&acts, &join).await.then(409);
    assert_eq!(refused.count(".refused"), 1);
    let told = "[aria-labelledby=challenges] .refused";
    assert_eq!(
        refused.text(&format!("{told} p:nth-child(2)")),
        "This user is not in the audience of the challenge, so they cannot join it. It is for: The list Fans."
    );
    assert_eq!(refused.attribute(&format!("{told} a"), "href"), "/problems/not_in_audience");
    assert_eq!(refused.attribute("#take-part option[selected]", "value"), "spring");

    service.act(&format!("/v1{home}/lists/fans")).await.then(200);
    visitor.done(&acts, &join).await;
    let late = [("act", "step"), ("challenge", "spring"), ("step", "share")];
    let refused = visitor.send(&acts, &late).await.then(409);
    assert_eq!(refused.attribute(&format!("{told} a"), "href"), "/problems/step_not_available");
    assert!(refused.text(told).contains("another comes first"));
    // It ended while the page was open: nothing more is offered.
    change(&service, Method::POST, "/v1/challenges/spring/end", &Value::Null).await.then(200);
    let step = [("act", "step"), ("challenge", "spring"), ("step", "look")];
    let refused = visitor.send(&acts, &step).await.then(409);
    assert!(refused.text(told).contains("only while it is published"));
    assert!(!refused.has("input[name=step]"));

    // What is wrong elsewhere is told above, as ever; who may not write is offered nothing.
    let elsewhere = [("act", "leave"), ("list", "nothing")];
    let elsewhere = visitor.send(&acts, &elsewhere).await;
    assert!(elsewhere.has(".refused") && !elsewhere.has("#challenge-no"));
    published(&service, &spring(json!({ "id": "summer", "name": "Summer" }))).await;
    let looking = service.with_token(&["users:read"]).await;
    let looking = Visitor::with(&service, &looking.token);
    let page = looking.open(&home).await.then(200);
    assert!(!page.has("main form") && !page.html().contains("could still join"));
    looking.send(&acts, &[("act", "take-part"), ("challenge", "summer")]).await.then(403);
    service.stop().await;
}
