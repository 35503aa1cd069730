//! `kill -9` in the middle of an import.

use std::collections::BTreeMap;
use std::time::Duration;

use tests::service::counts;
use tests::{Answer, Process, Table, people};

use crate::COHORT;

const ROWS: usize = 60_000;

/// What an import left, by row: the ids its facts must have whatever happened on the way.
async fn facts_by_row(service: &Process) -> BTreeMap<u64, String> {
    let answer = service
        .get("/v1/exports/user-events.csv?type=UserImported&columns=import_row,event_id")
        .await;
    let table = Table::read(&answer.then(200).text());
    let mut facts = BTreeMap::new();
    for (row, id) in table.column("import_row").into_iter().zip(table.column("event_id")) {
        let before = facts.insert(row.parse().unwrap(), id.to_owned());
        assert_eq!(before, None, "row {row} was applied twice");
    }
    facts
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_it_is_killed_it_ends_as_if_undisturbed() {
    let people = people::csv(ROWS, 11, 3);
    let accepted = (ROWS - people.rejected_rows) as u64;
    let mut kills = 0;
    for (round, delays) in [[60u64, 90, 150], [20, 240, 30], [330, 10, 120]].iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = Process::start(COHORT, folder.path(), &[]).await;
        let request = service.request(reqwest::Method::POST, "/v1/imports?start=true");
        let request = request.header("content-type", "text/csv").body(people.text.clone());
        let location = Answer::of(request).await.then(202).header("location").to_owned();
        for delay in delays {
            tokio::time::sleep(Duration::from_millis(*delay)).await;
            let running = service.get(&location).await.then(200).json()["state"] != "completed";
            service.kill();
            kills += usize::from(running);
            service = Process::start(COHORT, folder.path(), &[]).await;
        }
        let report = service.get(&format!("{location}?wait=true")).await.then(200).json();
        assert_eq!(report["state"], "completed", "round {round}");
        assert_eq!(counts(&report), [accepted, 0, 0, ROWS as u64 - accepted], "round {round}");
        let import_id: uuid::Uuid = report["id"].as_str().unwrap().parse().unwrap();
        let facts = facts_by_row(&service).await;
        assert_eq!(facts.len() as u64, accepted, "round {round}");
        for (row, id) in facts {
            assert_eq!(id, domain::identity::import_event_id(import_id, row).to_string());
        }
        let check = Answer::of(service.request(reqwest::Method::POST, "/v1/operations/check"))
            .await
            .then(200)
            .text();
        assert!(check.lines().last().unwrap().contains("\"sound\":true"), "round {round}: {check}");
    }
    assert!(
        kills >= 3,
        "only {kills} kills met a running import; the delays no longer fit the machine"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_cut_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(COHORT, folder.path(), &[]).await;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    let body = futures_util::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    let request = service.request(reqwest::Method::POST, "/v1/imports?start=true&wait=true");
    let request = request.header("content-type", "text/csv").body(reqwest::Body::wrap_stream(body));
    let upload = tokio::spawn(request.send());
    sender.send(Ok(b"Email,City\na@example.org,Lyon\n".to_vec())).await.unwrap();
    sender.send(Err(std::io::Error::other("the client gives up"))).await.unwrap();
    assert!(upload.await.unwrap().is_err());
    let uploads = folder.path().join("files").join("imports");
    for _ in 0..500 {
        if std::fs::read_dir(&uploads).unwrap().count() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(std::fs::read_dir(&uploads).unwrap().count(), 0);
    assert_eq!(service.get("/v1/imports").await.json()["items"], serde_json::json!([]));
}
