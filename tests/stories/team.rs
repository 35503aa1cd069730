//! The team: invited, joined, changed, removed, and never without somebody who manages access.

use reqwest::Method;
use serde_json::json;
use tests::browser::PASSWORD;
use tests::{Answer, Browser, Clock, Service};

const ANNA: &str = "anna@example.org";
const BEN: &str = "ben@example.org";

#[tokio::test]
async fn somebody_is_invited_and_joins_by_a_link_that_is_shown_once() {
    let clock = Clock::at("2026-01-01T00:00:00Z");
    let service = Service::start_at(&clock).await;
    let anna = Browser::first(&service, ANNA).await;
    let body = json!({ "email": BEN, "name": " Ben ", "role": "editor" });
    let invited = anna.send(Method::POST, "/v1/team", &body).await.then(201).json();
    assert_eq!(
        [&invited["state"], &invited["name"], &invited["role"]],
        ["invited", "Ben", "editor"]
    );
    assert_eq!(invited["works_until"], "2026-01-08T00:00:00.000000Z");
    let link = invited["link"].as_str().unwrap().to_owned();
    let team = anna.get("/v1/team").await.then(200);
    assert!(!team.text().contains(&link));
    assert_eq!(team.json()["items"][0]["state"], "joined");
    assert_eq!(team.json()["items"][1]["state"], "invited");

    let mut ben = Browser::new(&service);
    ben.sign_in(BEN, PASSWORD).await.then_refused(422, "sign_in_failed");
    clock.set("2026-01-08T00:00:00Z");
    let join =
        async |ben: &mut Browser, link: &str| ben.submit(link, &[("password", PASSWORD)]).await;
    join(&mut ben, &link).await.then_refused(404, "link_invalid");
    let again = format!("/v1/team/{}/link", invited["id"].as_str().unwrap());
    let newer = service.act(&again).await.then(201).json();
    let newest = service.act(&again).await.then(201).json();
    join(&mut ben, newer["link"].as_str().unwrap()).await.then_refused(404, "link_invalid");
    join(&mut ben, newest["link"].as_str().unwrap()).await.then(303);
    let me = ben.me().await;
    assert_eq!([&me["id"], &me["name"]], [&invited["id"], &json!("Ben")]);
    join(&mut ben, newest["link"].as_str().unwrap()).await.then_refused(404, "link_invalid");
    let team = service.get("/v1/team").await.then(200).json();
    assert_eq!(team["items"][1]["joined_at"], "2026-01-08T00:00:00.000000Z");
    assert_eq!(team["items"][1]["last_seen_at"], "2026-01-08T00:00:00.000000Z");
}

#[tokio::test]
async fn invitations_that_cannot_be_are_refused_by_name() {
    let service = Service::start().await;
    Browser::first(&service, ANNA).await;
    let invite = async |body: serde_json::Value| service.post("/v1/team", &body).await;
    let taken = json!({ "email": "ANNA@example.org", "role": "viewer" });
    invite(taken).await.then_problem(409, "team_member_email_taken");
    invite(json!({ "email": "ben", "role": "viewer" })).await.then_problem(422, "email_invalid");
    let unknown = invite(json!({ "email": BEN, "role": "owner" })).await;
    assert_eq!(unknown.then_problem(400, "body_invalid")["pointer"], "/role");
    let long = invite(json!({ "email": BEN, "role": "viewer", "name": "x".repeat(101) })).await;
    assert_eq!(long.then_problem(400, "body_invalid")["pointer"], "/name");
    invite(json!({ "email": BEN })).await.then_problem(400, "body_invalid");
    let body = json!({ "email": BEN, "role": "viewer" });
    let keyed = service.request(Method::POST, "/v1/team").header("idempotency-key", "once");
    Answer::of(keyed.json(&body)).await.then_problem(400, "idempotency_key_invalid");
    service.get("/v1/team?state=joined").await.then_problem(400, "parameter_unknown");
    for path in ["/v1/team/m_nobody", "/v1/team/t_1"] {
        service.delete(path).await.then_problem(404, "team_member_unknown");
        service.act(&format!("{path}/link")).await.then_problem(404, "team_member_unknown");
        let patch = service.request(Method::PATCH, path).json(&json!({ "role": "admin" }));
        Answer::of(patch).await.then_problem(404, "team_member_unknown");
    }
    assert_eq!(service.get("/v1/team").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn who_is_removed_is_out_at_once_and_their_address_is_free() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let mut ben = Browser::invited(&service, BEN, "admin", true).await;
    let pending = service.act(&format!("/v1/team/{}/link", ben.member)).await.then(201).json();
    let path = format!("/v1/team/{}", ben.member);
    ben.me().await;
    anna.act(Method::DELETE, &path).await.then(204);
    ben.get("/v1/me").await.then_problem(401, "unauthenticated");
    ben.sign_in(BEN, PASSWORD).await.then_refused(422, "sign_in_failed");
    let link = pending["link"].as_str().unwrap();
    ben.submit(link, &[("password", PASSWORD)]).await.then_refused(404, "link_invalid");
    anna.act(Method::DELETE, &path).await.then(204);
    let patch = anna.send(Method::PATCH, &path, &json!({ "role": "viewer" })).await;
    patch.then_problem(404, "team_member_unknown");
    let other = Browser::invited(&service, BEN, "viewer", false).await;
    assert_ne!(other.member, ben.member);
    let service = service.restart().await;
    let ben = ben.at(&service);
    ben.get("/v1/me").await.then_problem(401, "unauthenticated");
    let team = service.get("/v1/team").await.then(200).json();
    let states: Vec<_> = team["items"].as_array().unwrap().iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["joined", "removed", "joined"]);
    service.stop().await;
}

#[tokio::test]
async fn the_last_admin_stays_whoever_asks_at_the_same_time() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let of = |member: &str| format!("/v1/team/{member}");
    let demoted = json!({ "role": "viewer" });
    anna.act(Method::DELETE, &of(&anna.member)).await.then_problem(409, "last_admin");
    anna.send(Method::PATCH, &of(&anna.member), &demoted).await.then_problem(409, "last_admin");
    // Who was invited and never came manages nothing.
    let body = json!({ "email": "cleo@example.org", "role": "admin" });
    let cleo = anna.send(Method::POST, "/v1/team", &body).await.then(201).json();
    anna.act(Method::DELETE, &of(&anna.member)).await.then_problem(409, "last_admin");
    anna.act(Method::DELETE, &of(cleo["id"].as_str().unwrap())).await.then(204);
    for round in 0..8 {
        let ben =
            Browser::invited(&service, &format!("ben{round}@example.org"), "admin", true).await;
        let paths = [of(&anna.member), of(&ben.member)];
        let ask = |path: &str| {
            let request = service.request(Method::PATCH, path).json(&demoted);
            async { Answer::of(request).await.status() }
        };
        let (one, other) = tokio::join!(ask(&paths[0]), ask(&paths[1]));
        assert_eq!([one.min(other), one.max(other)], [200, 409], "round {round}");
        let again = json!({ "role": "admin" });
        Answer::of(service.request(Method::PATCH, &paths[0]).json(&again)).await.then(200);
        service.delete(&paths[1]).await.then(204);
    }
}

#[tokio::test]
async fn one_link_makes_one_member_however_many_use_it_at_once() {
    let service = Service::start().await;
    let link = service.first_link.clone().unwrap();
    let join = async |n: usize| {
        let email = format!("admin{n}@example.org");
        let fields = [("email", email.as_str()), ("password", PASSWORD)];
        Browser::new(&service).submit(&link, &fields).await.status()
    };
    let statuses = futures_util::future::join_all((0..6).map(join)).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 404).count(), 5, "{statuses:?}");
    let team = service.get("/v1/team").await.then(200).json();
    assert_eq!(team["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_link_for_a_forgotten_password_ends_the_sessions_there_were() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let ben = Browser::invited(&service, BEN, "viewer", false).await;
    let link =
        anna.act(Method::POST, &format!("/v1/team/{}/link", ben.member)).await.then(201).json();
    ben.me().await;
    let mut other = Browser::new(&service);
    let fields = [("password", "a new one, quite long")];
    other.submit(link["link"].as_str().unwrap(), &fields).await.then(303);
    assert_eq!(other.me().await["id"], ben.member.as_str());
    ben.get("/v1/me").await.then_problem(401, "unauthenticated");
    other.sign_in(BEN, PASSWORD).await.then_refused(422, "sign_in_failed");
    other.sign_in(BEN, "a new one, quite long").await.then(303);
}

#[tokio::test]
async fn everybody_has_a_name_and_a_zone_of_their_own() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let patch = async |body: serde_json::Value| anna.send(Method::PATCH, "/v1/me", &body).await;
    let me = patch(json!({ "name": "Anna", "zone": "Europe/Paris" })).await.then(200).json();
    assert_eq!(
        [&me["name"], &me["zone"], &me["own_zone"]],
        ["Anna", "Europe/Paris", "Europe/Paris"]
    );
    let me = patch(json!({ "zone": null })).await.then(200).json();
    assert_eq!([&me["name"], &me["zone"]], ["Anna", "UTC"]);
    let me = patch(json!({})).await.then(200).json();
    assert_eq!(me["own_zone"], json!(null));
    patch(json!({ "zone": "Mars/Base" })).await.then_problem(400, "unknown_zone");
    patch(json!({ "role": "admin" })).await.then_problem(400, "body_invalid");
    let token = service.request(Method::PATCH, "/v1/me").json(&json!({ "name": "x" }));
    Answer::of(token).await.then_problem(409, "no_team_member");
    assert_eq!(service.get("/v1/me").await.then(200).json()["scopes"], json!(["admin"]));
    // The columns of her table are hers.
    let columns = json!({ "columns": [] });
    anna.send(Method::PUT, "/v1/table", &columns).await.then(200);
    assert_eq!(anna.get("/v1/table").await.json()["from"], "mine");
    assert_eq!(service.get("/v1/table").await.json()["from"], "all");
}
