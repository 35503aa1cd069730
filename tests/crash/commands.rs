//! `kill -9` while many clients act at once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use tests::{Answer, Process, Table};

use crate::COHORT;

const USERS: usize = 20;
const CLIENTS: usize = 16;

async fn users(service: &Process) -> Vec<String> {
    let rows: String = (0..USERS).map(|n| format!("u{n}@example.org\n")).collect();
    let request = service
        .request(Method::POST, "/v1/imports?start=true&wait=true")
        .header("content-type", "text/csv");
    Answer::of(request.body(format!("Email\n{rows}"))).await.then(200);
    let page = service.get("/v1/users").await.then(200).json();
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_and_nothing_is_there_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Process::start(COHORT, folder.path(), &[]).await;
    let users = Arc::new(users(&service).await);
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    for (round, delay) in [120u64, 250, 400].into_iter().enumerate() {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (users, acknowledged) = (users.clone(), acknowledged.clone());
                let (address, http) = (service.address.clone(), tests::client());
                tokio::spawn(async move {
                    for step in 0.. {
                        let (user, badge) = (
                            &users[(client * 7 + step) % USERS],
                            format!("r{round}-c{client}-{step}"),
                        );
                        let url = format!("{address}/v1/users/{user}/badges/{badge}");
                        let sent = http.post(url).bearer_auth(tests::service::ADMIN).send().await;
                        let Ok(answer) = sent else { return };
                        assert_eq!(answer.status(), 200);
                        acknowledged.lock().unwrap().insert((user.clone(), badge));
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(delay)).await;
        service.kill();
        for client in clients {
            client.await.unwrap();
        }
        service = Process::start(COHORT, folder.path(), &[]).await;
    }
    let answer =
        service.get("/v1/exports/user-events.csv?type=BadgeGained&columns=user_id,badge_id").await;
    let table = Table::read(&answer.then(200).text());
    let rows = table.rows.len();
    let there: BTreeSet<_> = table
        .rows
        .into_iter()
        .map(|row| (row["user_id"].clone(), row["badge_id"].clone()))
        .collect();
    assert_eq!(there.len(), rows, "a badge was gained twice");
    let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
    assert!(acknowledged.len() > 100, "only {} were acknowledged", acknowledged.len());
    let missing: Vec<_> = acknowledged.difference(&there).collect();
    assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
    let check =
        Answer::of(service.request(Method::POST, "/v1/operations/check")).await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
}
