//! Rewards of challenges: given on completion, first come first served, and never more than there are.

use serde_json::{Value, json};
use tests::Service;

use crate::challenges::{published, spring};

fn limited(limit: u64) -> Value {
    spring(json!({ "opt_in": false, "rewards": [
        { "kind": "perk", "id": "coffee", "name": "Free coffee", "limit": limit },
        { "kind": "digital_asset", "id": "medal", "name": "Medal", "limit": limit } ] }))
}

async fn people(service: &Service, count: usize) -> Vec<String> {
    let rows: String = (0..count).map(|who| format!("p{who}@example.org\n")).collect();
    service.import(format!("Email\n{rows}")).await;
    let page = service.get("/v1/users?limit=1000").await.then(200).json();
    let id = |user: &Value| user["id"].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(id).collect()
}

fn step(user: &str, name: &str) -> String {
    format!("/v1/users/{user}/challenges/spring/steps/{name}/complete")
}

/// Who received what, in the order of the log.
async fn received(service: &Service, what: &str, column: &str) -> Vec<(String, String)> {
    let path = format!("/v1/exports/user-events.csv?type={what}");
    let table = service.export(&path).await;
    let users = table.column("user_id").into_iter().map(str::to_owned);
    users.zip(table.column(column).into_iter().map(str::to_owned)).collect()
}

#[tokio::test]
async fn who_completes_it_receives_what_was_promised_and_the_last_reward_ends_it() {
    let service = Service::start().await;
    let users = people(&service, 3).await;
    published(&service, &limited(2)).await;
    for user in &users[..2] {
        for name in ["look", "share"] {
            service.act(&step(user, name)).await.then(200);
        }
        service.settle().await;
    }
    assert_eq!(
        received(&service, "PerkReceived", "perk_name").await,
        [
            (users[0].clone(), "Free coffee".to_owned()),
            (users[1].clone(), "Free coffee".to_owned())
        ]
    );
    let challenge = service.get("/v1/challenges/spring").await.then(200).json();
    assert_eq!(
        (&challenge["state"], &challenge["ended"], &challenge["completed"]),
        (&json!("ended"), &json!("rewards_exhausted"), &json!(2))
    );
    service.act(&step(&users[2], "look")).await.then_problem(409, "rewards_exhausted");
    let user = service.get(&format!("/v1/users/{}", users[0])).await.then(200).json();
    assert_eq!(user["challenges"][0]["rewards"], json!(["perk:coffee", "digital_asset:medal"]));

    // Why: the claim on the challenge's stream, which the completion is behind.
    let history = service.get(&format!("/v1/users/{}/events", users[0])).await.then(200).json();
    let mut facts = history["items"].as_array().unwrap().iter();
    let perk = facts.rfind(|fact| fact["type"] == "cohort.perk.received").unwrap();
    let path = format!("/v1/events/{}/causes", perk["position"].as_str().unwrap());
    let chain = service.get(&path).await.then(200).json();
    let kinds: Vec<&str> = chain["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| fact["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["cohort.perk.received", "cohort.challenge.reward_claimed", "cohort.challenge.completed"]
    );

    // Nothing follows a second time: not by a restart, and not for a user who begins anew.
    let service = service.restart().await;
    service.settle().await;
    assert_eq!(received(&service, "PerkReceived", "perk_id").await.len(), 2);
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}

/// Asks for it with the ETag it has now.
async fn publish(service: &Service) -> tests::Answer {
    let etag = service.get("/v1/challenges/spring").await.then(200).header("etag").to_owned();
    let request = service.request(reqwest::Method::POST, "/v1/challenges/spring/publish");
    tests::Answer::of(request.header("if-match", etag)).await.then(200)
}

#[tokio::test]
async fn published_with_nothing_left_to_give_it_ends_again_and_publishing_twice_is_publishing_once()
{
    let service = Service::start().await;
    let users = people(&service, 1).await;
    published(&service, &limited(1)).await;
    assert_eq!(publish(&service).await.json()["version"], 2, "a repeat writes nothing");
    for name in ["look", "share"] {
        service.act(&step(&users[0], name)).await.then(200);
    }
    service.settle().await;
    assert_eq!(publish(&service).await.json()["state"], "published");
    service.settle().await;
    let challenge = service.get("/v1/challenges/spring").await.then(200).json();
    assert_eq!(
        (&challenge["state"], &challenge["ended"]),
        (&json!("ended"), &json!("rewards_exhausted"))
    );
    service.stop().await;
}

#[tokio::test]
async fn sixty_four_who_finish_at_once_share_what_there_is() {
    let service = Service::start().await;
    let users = people(&service, 64).await;
    published(&service, &limited(20)).await;
    for user in &users {
        service.act(&step(user, "look")).await.then(200);
    }
    let finish = users.iter().map(|user| {
        let request = service.request(reqwest::Method::POST, &step(user, "share"));
        async { request.send().await.unwrap().status().as_u16() }
    });
    let answers = futures_util::future::join_all(finish).await;
    assert!(answers.iter().all(|status| matches!(status, 200 | 409)), "{answers:?}");
    service.settle().await;

    let finished = service.export("/v1/exports/user-events.csv?type=ChallengeCompleted").await;
    let first: Vec<&str> = finished.column("user_id").into_iter().take(20).collect();
    for (what, column) in
        [("PerkReceived", "perk_id"), ("DigitalAssetReceived", "digital_asset_id")]
    {
        let got = received(&service, what, column).await;
        let mut got: Vec<&str> = got.iter().map(|(user, _)| user.as_str()).collect();
        let mut first = first.clone();
        got.sort_unstable();
        first.sort_unstable();
        assert_eq!(got, first, "{what}: who finished first is served");
    }
    let challenge = service.get("/v1/challenges/spring").await.then(200).json();
    assert_eq!(challenge["ended"], "rewards_exhausted");
    service.stop().await;
}

#[tokio::test]
async fn a_segment_may_ask_about_rewards_and_a_raised_limit_serves_who_comes_then() {
    let service = Service::start().await;
    let users = people(&service, 3).await;
    published(&service, &limited(1)).await;
    let conditions =
        json!({ "groups": [{ "conditions": [{ "event": "PerkReceived", "of": "coffee" }] }] });
    let body = json!({ "id": "drinkers", "name": "Drinkers", "conditions": conditions });
    service.post("/v1/segments", &body).await.then(201);
    let inside = || async {
        let page = service.get("/v1/users?segment=drinkers&settled=true").await.then(200).json();
        page["items"].as_array().unwrap().len()
    };
    for name in ["look", "share"] {
        service.act(&step(&users[0], name)).await.then(200);
    }
    assert_eq!(inside().await, 1);
    let etag = service.get("/v1/challenges/spring").await.header("etag").to_owned();
    let mut more = limited(3);
    more.as_object_mut().unwrap().remove("id");
    let request = service.request(reqwest::Method::PUT, "/v1/challenges/spring").json(&more);
    let changed = tests::Answer::of(request.header("if-match", etag)).await.then(200);
    let request = service.request(reqwest::Method::POST, "/v1/challenges/spring/publish");
    let etag = changed.header("etag").to_owned();
    tests::Answer::of(request.header("if-match", etag)).await.then(200);
    for name in ["look", "share"] {
        service.act(&step(&users[1], name)).await.then(200);
    }
    assert_eq!(inside().await, 2);

    // A removed user who begins anew completes it anew: one more of those there are.
    service.delete(&format!("/v1/users/{}", users[1])).await.then(200);
    people(&service, 3).await;
    for name in ["look", "share"] {
        service.act(&step(&users[1], name)).await.then(200);
    }
    assert_eq!(inside().await, 2);
    let claimed = received(&service, "PerkReceived", "perk_id").await;
    assert_eq!(claimed.len(), 3, "each was claimed");
    service.act(&step(&users[2], "look")).await.then_problem(409, "rewards_exhausted");
    service.stop().await;
}
