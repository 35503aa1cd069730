//! Links to sign in with: the log knows who made them, and what they would give ends them.

use std::ops::ControlFlow;
use std::path::Path;

use domain::{Event, EventKind};
use eventlog::{Position, Scan};
use reqwest::Method;
use serde_json::json;
use tests::browser::PASSWORD;
use tests::{Browser, Service};

use super::cli::{cohort, cohort_at, then};

const ANNA: &str = "anna@example.org";
const BEN: &str = "ben@example.org";

/// Of every link that was made: whose it is, and who made it.
fn makers(service: &Service) -> Vec<(String, String)> {
    let log = &service.app.log;
    let kinds = [EventKind::TeamMemberLinkMade];
    let scan = Scan { after: Position::START, through: log.head(), kinds: Some(&kinds) };
    let mut made = Vec::new();
    log.scan(scan, &mut |row| {
        if let Event::TeamMemberLinkMade(fact) = row.event().unwrap() {
            made.push((fact.member_id, format!("{} {}", row.actor.kind.name(), row.actor.id)));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    made
}

/// Who joins by a link, under the id that they have then.
async fn joins(service: &Service, link: &str, email: &str) -> String {
    let mut browser = Browser::new(service);
    browser.submit(link, &[("email", email), ("password", PASSWORD)]).await.then(303);
    browser.me().await["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_who_made_a_link_for_a_new_admin() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let team = format!("team_member {}", anna.member);
    let token = service.get("/v1/tokens").await.json()["items"][0]["id"].clone();
    let token = format!("token {}", token.as_str().unwrap());
    let hers = anna.act(Method::POST, "/v1/sign-in-links").await.then(201).json();
    let ben = joins(&service, hers["link"].as_str().unwrap(), BEN).await;
    let printed = then(&cohort(&service, &["sign-in-link"]).await, 0);
    let link = printed.trim().strip_prefix(&service.address).unwrap().to_owned();
    let cleo = joins(&service, &link, "cleo@example.org").await;

    let (address, data) = (service.address.clone(), service.data.clone());
    let folder = service.stop().await;
    let offline = ["sign-in-link", "--data", data.to_str().unwrap()];
    let link = then(&cohort_at(&address, &offline).await, 0).trim().to_owned();
    let service = Service::open(Path::new(&data), None, &[]).await;
    let dan = joins(&service, &link, "dan@example.org").await;
    let system = || "system cohort".to_owned();
    let wanted = [(anna.member, system()), (ben, team), (cleo, token), (dan, system())];
    assert_eq!(makers(&service), wanted);

    // A link that was made before that was a fact still works.
    let secret = "made-by-an-earlier-version";
    let (hash, now) = (api::access::hash(secret), service.app.now());
    service.app.work.keep_link(&hash, None, (now, now + 60_000_000)).unwrap();
    joins(&service, &format!("/join/{secret}"), "eve@example.org").await;
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.contains("\"sound\":true"), "{check}");
    service.stop().await;
    drop(folder);
}

#[tokio::test]
async fn a_link_for_a_new_admin_ends_when_a_newer_one_is_made() {
    let service = Service::start().await;
    let first = service.first_link.clone().unwrap();
    let made = async || {
        let made = service.act("/v1/sign-in-links").await.then(201).json();
        made["link"].as_str().unwrap().to_owned()
    };
    let (second, third) = (made().await, made().await);
    let mut browser = Browser::new(&service);
    let fields = [("email", ANNA), ("password", PASSWORD)];
    for ended in [&first, &second] {
        browser.submit(ended, &fields).await.then_refused(404, "link_invalid");
    }
    // One for somebody who is in the team already is another matter.
    let invited = service.post("/v1/team", &json!({ "email": BEN, "role": "viewer" })).await;
    browser.submit(&third, &fields).await.then(303);
    let link = invited.then(201).json()["link"].as_str().unwrap().to_owned();
    browser.submit(&link, &[("password", PASSWORD)]).await.then(303);
}

#[tokio::test]
async fn a_link_does_not_give_the_right_to_personal_data_that_came_after_it() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let blind = Browser::invited(&service, BEN, "admin", false).await;
    let body = json!({ "email": "cleo@example.org", "role": "viewer" });
    let cleo = blind.send(Method::POST, "/v1/team", &body).await.then(201).json();
    let link = cleo["link"].as_str().unwrap();
    let path = format!("/v1/team/{}", cleo["id"].as_str().unwrap());
    // What gives nothing new leaves it: he only called her something.
    blind.send(Method::PATCH, &path, &json!({ "name": "Cleo" })).await.then(200);
    blind.get(link).await.then(200);
    anna.send(Method::PATCH, &path, &json!({ "personal_data": true })).await.then(200);
    let mut who = Browser::new(&service);
    who.submit(link, &[("password", PASSWORD)]).await.then_refused(404, "link_invalid");
    // Whoever has the right makes another, which a change of what she has already leaves.
    let link = anna.act(Method::POST, &format!("{path}/link")).await.then(201).json();
    let again = json!({ "personal_data": true, "role": "editor" });
    anna.send(Method::PATCH, &path, &again).await.then(200);
    who.submit(link["link"].as_str().unwrap(), &[("password", PASSWORD)]).await.then(303);
    assert_eq!(who.me().await["personal_data"], true);
}
