//! Admins who change the team at the same time, and a team whose tables are behind its log.

use std::time::Duration;

use api::app::{entry, system};
use domain::Event;
use domain::event::{TeamMemberInvited, TeamMemberLinkMade};
use domain::team::Role;
use eventlog::{Expected, Stream};
use reqwest::{Method, RequestBuilder};
use rusqlite::Connection;
use serde_json::json;
use tests::browser::{PASSWORD, form};
use tests::{Answer, Browser, Page, Service};
use uuid::Uuid;

const ANNA: &str = "anna@example.org";
const BEN: &str = "ben@example.org";

#[tokio::test]
async fn a_change_of_what_was_seen_otherwise_is_refused() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let ben = Browser::invited(&service, BEN, "editor", false).await;
    let path = format!("/v1/team/{}", ben.member);
    let team = anna.get("/v1/team").await.then(200).json();
    let seen = team["items"][1]["revision"].as_u64().unwrap();
    let change = async |revision: Option<String>, body: serde_json::Value| {
        let request = anna.request(Method::PATCH, &path).json(&body);
        let request = match revision {
            Some(revision) => request.header("if-match", revision),
            None => request,
        };
        Answer::of(request).await
    };
    let etag = |revision: u64| Some(format!("\"{revision}\""));
    let changed = change(etag(seen), json!({ "role": "viewer" })).await.then(200);
    assert_eq!(Some(changed.header("etag").to_owned()), etag(seen + 1));
    assert_eq!(changed.json()["revision"], seen + 1);
    let late = change(etag(seen), json!({ "role": "admin" })).await;
    assert_eq!(late.then_problem(412, "version_conflict")["revision"], seen + 1);
    assert_eq!(ben.me().await["role"], "viewer");
    // Who does not say how it was seen changes what they name, and nothing else.
    let named = change(None, json!({ "name": "Ben" })).await.then(200).json();
    assert_eq!([&named["name"], &named["role"]], ["Ben", "viewer"]);
    change(Some("*".to_owned()), json!({ "role": "editor" })).await.then(200);
    let gone = anna.request(Method::PATCH, "/v1/team/m_nobody").header("if-match", "\"0\"");
    Answer::of(gone.json(&json!({}))).await.then_problem(404, "team_member_unknown");
}

#[tokio::test]
async fn two_forms_that_were_shown_at_once_do_not_undo_each_other() {
    let service = Service::start().await;
    let anna = Browser::first(&service, ANNA).await;
    let ben = Browser::invited(&service, BEN, "editor", true).await;
    let path = format!("/team/{}", ben.member);
    let shown = format!("form[action='{path}'] [name=revision]");
    let page = Page::of(anna.request(Method::GET, "/team")).await.then(200);
    let revision = page.attribute(&shown, "value");
    let send = async |role: &str, revision: &str| {
        let fields = form(&[("name", "Ben"), ("role", role), ("revision", revision)]);
        Page::of(anna.request(Method::POST, &path).body(fields)).await
    };
    send("viewer", &revision).await.then(303);
    let late = send("admin", &revision).await.then(412);
    assert_eq!(late.attribute(".refused a", "href"), "/problems/version_conflict");
    let me = ben.me().await;
    assert_eq!([&me["role"], &me["personal_data"]], [&json!("viewer"), &json!(false)]);
    // The page that says so shows how it is now, and its form can be sent.
    let role = format!("form[action='{path}'] option[selected]");
    assert_eq!(late.attribute(&role, "value"), "viewer");
    send("admin", &late.attribute(&shown, "value")).await.then(303);
    assert_eq!(ben.me().await["role"], "admin");
}

/// Keeps the tables from taking anything until it is dropped.
fn held(service: &Service) -> Connection {
    let files = std::fs::read_dir(&service.data).unwrap().map(|file| file.unwrap().path());
    let is_tables = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("projections.") && name.ends_with(".db")
    };
    let tables = Connection::open(files.into_iter().find(is_tables).unwrap()).unwrap();
    tables.busy_timeout(Duration::from_secs(10)).unwrap();
    tables.execute_batch("BEGIN IMMEDIATE").unwrap();
    tables
}

/// The answer to a request that comes while a fact about a member is recorded and not in the tables.
async fn asked_behind(
    service: &Service,
    (member_id, fact): (&str, Event),
    request: RequestBuilder,
) -> Answer {
    service.app.settled(service.app.log.head()).await.unwrap();
    let tables = held(service);
    let stream = Stream::named("member", member_id);
    let expected = Expected::after(service.app.log.stream_revision(&stream).unwrap());
    let entry = entry(stream, expected, &fact, None, &system(Uuid::now_v7()));
    service.app.log.append(vec![entry]).await.unwrap().remove(0).unwrap();
    let answer = tokio::spawn(Answer::of(request));
    tokio::time::sleep(Duration::from_millis(200)).await; // for whoever does not wait for the tables
    drop(tables);
    answer.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tables_do_not_show_yet_counts_all_the_same() {
    let service = Service::start().await;
    Browser::first(&service, ANNA).await;
    let invited = Event::TeamMemberInvited(TeamMemberInvited {
        member_id: "m_ben".to_owned(),
        role: Role::Viewer,
        personal_data: false,
        email: Some(BEN.to_owned()),
        name: None,
    });
    let body = json!({ "email": BEN, "role": "admin" });
    let invite = service.request(Method::POST, "/v1/team").json(&body);
    let taken = asked_behind(&service, ("m_ben", invited), invite).await;
    taken.then_problem(409, "team_member_email_taken");

    let made = || {
        let member_id = "m_ben".to_owned();
        ("m_ben", Event::TeamMemberLinkMade(TeamMemberLinkMade { member_id }))
    };
    let link = service.request(Method::POST, "/v1/team/m_ben/link");
    let link = asked_behind(&service, made(), link).await.then(201).json();
    let link = link["link"].as_str().unwrap().to_owned();
    let join = Browser::new(&service).request(Method::POST, &link);
    let join = join.body(form(&[("password", PASSWORD)]));
    asked_behind(&service, made(), join).await.then(303);
    let change = service.request(Method::PATCH, "/v1/team/m_ben").json(&json!({ "name": "Ben" }));
    asked_behind(&service, made(), change).await.then(200);
    let remove = service.request(Method::DELETE, "/v1/team/m_ben");
    asked_behind(&service, made(), remove).await.then(204);
    let team = service.get("/v1/team").await.then(200).json();
    assert_eq!(team["items"].as_array().unwrap().len(), 2, "{team}");
    assert_eq!(team["items"][1]["state"], "removed");
    service.stop().await;
}
