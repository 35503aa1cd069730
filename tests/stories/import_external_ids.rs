//! Ids by which another system knows users: no two users have the same, whatever a file, an undo or a crash does.

use std::path::Path;
use std::sync::Arc;

use domain::event::EmailClaimed;
use domain::{Event, UserId};
use eventlog::sqlite::{SqliteLog, SqliteOptions};
use eventlog::{Actor, ActorKind, Context, Entry, Expected, Log, NewFact, Origin, Stream};
use serde_json::{Value, json};
use tests::Service;
use tests::service::{counts, refusals};

/// A dry run and then the import say the same of a file; answers the report.
async fn looked_and_done(service: &Service, csv: &str) -> Value {
    let look = service.post_csv("/v1/imports?dry_run=true", csv).await.then(200).json();
    let done = service.import(csv).await;
    assert_eq!((counts(&look), refusals(&look)), (counts(&done), refusals(&done)), "{csv}");
    done
}

#[tokio::test]
async fn what_a_row_comes_to_does_not_hang_on_where_another_stands() {
    let service = Service::start().await;
    service
        .import("Email,external_id,City\na@example.org,X,Lyon\nb@example.org,,\nc@example.org,Y,\n")
        .await;
    let given_up_later =
        "Email,external_id,City\na@example.org,,Nice\nb@example.org,X,\na@example.org,V,\n";
    let done = looked_and_done(&service, given_up_later).await;
    assert_eq!(refusals(&done), [(3, "external_id_taken")]);
    let given_up_between =
        "Email,external_id,City\na@example.org,,Lyon\nc@example.org,Z,\na@example.org,Y,\n";
    let done = looked_and_done(&service, given_up_between).await;
    assert_eq!(refusals(&done), [(4, "external_id_taken")]);
    // Together a's rows leave the city as it is; the refused one among them stays refused.
    let quiet = "Email,external_id,City\na@example.org,,Brest\nc@example.org,W,\na@example.org,Z,\na@example.org,,Lyon\n";
    let done = looked_and_done(&service, quiet).await;
    assert_eq!((counts(&done), refusals(&done)), ([0, 1, 2, 1], vec![(4, "external_id_taken")]));
    service.stop().await;
}

#[tokio::test]
async fn a_start_says_when_an_external_id_leads_elsewhere_since_the_check() {
    let service = Service::start().await;
    service.import("Email,external_id\nanna@example.org,A\n").await;
    let draft = service.draft("external_id,Email\nA,anna@new.example\n").await;
    let mapping = json!({ "match_by": "external_id", "columns": [
        { "column": 1, "target": "field", "reference_id": "external_id" },
        { "column": 2, "target": "email" },
    ] });
    service.put(&format!("{draft}/mapping"), &mapping).await.then(200);
    let checked = service.act(&format!("{draft}/check")).await.then(200).json();
    assert_eq!(counts(&checked["check"]), [0, 1, 0, 0]);
    service.import("Email,external_id\nanna@example.org,B\n").await;
    service.act(&format!("{draft}/start")).await.then_problem(409, "import_changed_since_check");
    service.stop().await;
}

#[tokio::test]
async fn two_users_never_get_one_external_id_back() {
    let service = Service::start().await;
    service.import("Email,external_id\na@example.org,X\nb@example.org,\n").await;
    let first = service.import("Email,external_id\na@example.org,P\n").await;
    service.import("Email,external_id\nb@example.org,X\n").await;
    let second = service.import("Email,external_id\na@example.org,R\nb@example.org,S\n").await;
    for import in [&first, &second] {
        let path = format!("/v1/imports/{}", import["id"].as_str().unwrap());
        let would = service.act(&format!("{path}/revert?dry_run=true")).await.then(200).json();
        let done = service.act(&format!("{path}/revert?wait=true")).await.then(200).json();
        assert_eq!(done["revert"]["kept"], would["kept"], "{would}");
        let kept = service.get(&format!("{path}/kept.csv")).await.then(200).text();
        assert_eq!(
            kept.lines().count() as u64 - 1,
            done["revert"]["kept"].as_u64().unwrap(),
            "{kept}"
        );
    }
    let ids = |user: Value| user["fields"]["external_id"].clone();
    assert_eq!(ids(service.user("a@").await), "X");
    assert_eq!(ids(service.user("b@").await), "S", "kept: a has X again");
    service.stop().await;
}

/// Leaves what a crash would leave that came between a claim and what follows it.
fn claim(data: &Path, address: UserId, owner: UserId) {
    let log = Log::Sqlite(SqliteLog::open(&data.join("log.db"), SqliteOptions::default()).unwrap());
    let stored = domain::codec::encode(&Event::EmailClaimed(EmailClaimed { owner, email: None }));
    let actor = Actor { kind: ActorKind::Token, id: "t_test".to_owned() };
    let (origin, correlation) = (Origin::Import, uuid::Uuid::now_v7());
    let context = Arc::new(Context { actor, origin, correlation, cause: None });
    let fact = NewFact { event_id: uuid::Uuid::now_v7(), stored, occurred_at: None, context };
    let (stream, expected) = (Stream::User(address), Expected::Revision(1));
    let entry = Entry { stream, expected, facts: vec![fact] };
    log.append_blocking(vec![entry]).unwrap().remove(0).unwrap();
}

#[tokio::test]
async fn an_address_that_was_claimed_and_never_given_is_free_at_the_next_start() {
    let service = Service::start().await;
    service.import("Email,external_id\nanna@example.org,A\n").await;
    let owner = UserId(service.user_id("anna@").await.parse().unwrap());
    // Somebody who had the address is gone.
    let gone = service.import("Email\nfree@example.org\n").await;
    let address = UserId(service.user_id("free@").await.parse().unwrap());
    let revert = format!("/v1/imports/{}/revert?wait=true", gone["id"].as_str().unwrap());
    service.act(&revert).await.then(200);
    let (data, folder) = (service.data.clone(), service.stop().await);
    let left = data.clone();
    tokio::task::spawn_blocking(move || claim(&left, address, owner)).await.unwrap();
    let service = Service::open(&data, None, &[]).await;
    service.get(&format!("/v1/users/{address}")).await.then_problem(404, "user_unknown");
    let history = service.get(&format!("/v1/users/{address}/events")).await.then(200).json();
    assert_eq!(
        history["items"].as_array().unwrap().len(),
        2,
        "made and removed; claims are about nobody"
    );
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"open_claims\":0"), "{check}");
    assert_eq!(counts(&service.import("Email\nfree@example.org\n").await), [1, 0, 0, 0]);
    service.stop().await;
    drop(folder);
}
