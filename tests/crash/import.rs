//! `kill -9` in the middle of an import.

use std::collections::BTreeMap;
use std::time::Duration;

use tests::service::counts;
use tests::{Answer, Process, Table, people};

use crate::COHORT;

const ROWS: usize = 60_000;

/// Users that are there before, so that rows update and leave unchanged as well as create.
async fn before(service: &Process) {
    let early: String =
        people::csv(ROWS, 11, 3).text.lines().take(400).map(|line| format!("{line}\n")).collect();
    let request =
        service.request(reqwest::Method::POST, "/v1/imports?start=true&wait=true&columns=City");
    Answer::of(request.header("content-type", "text/csv").body(early)).await.then(200);
}

/// The same file with addresses that stand in it again: far apart and near, changing back, changing on, or nothing.
fn repeated(text: &str) -> String {
    let header = text.lines().next().unwrap();
    let mut file = text.trim_end().to_owned();
    let plain = text
        .lines()
        .skip(1)
        .filter(|line| line.starts_with("user") && line.split(',').count() == 11);
    for (index, line) in plain.step_by(7).take(6_000).enumerate() {
        let mut cells: Vec<&str> = line.split(',').collect();
        let city = cells[4];
        let away = if index % 3 == 0 { city } else { "Elsewhere" };
        for value in [away, city, if index % 5 == 0 { "" } else { city }] {
            cells[4] = value;
            file += &format!("\r\n{}", cells.join(","));
        }
    }
    assert!(header.starts_with("Email,"));
    file
}

/// The facts of an import by row: their ids must not depend on what happened on the way.
async fn facts_by_row(service: &Process, import_id: &serde_json::Value) -> BTreeMap<u64, String> {
    let path =
        "/v1/exports/user-events.csv?type=UserImported&columns=import_id,import_row,event_id";
    let table = Table::read(&service.get(path).await.then(200).text());
    let mut facts = BTreeMap::new();
    for row in table.rows.iter().filter(|row| row["import_id"] == import_id.as_str().unwrap()) {
        let number = row["import_row"].parse().unwrap();
        let earlier = facts.insert(number, row["event_id"].clone());
        assert_eq!(earlier, None, "row {number} was applied twice");
    }
    facts
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_it_is_killed_it_ends_as_if_undisturbed() {
    let file = repeated(&people::csv(ROWS, 11, 3).text);
    let undisturbed = {
        let folder = tempfile::tempdir().unwrap();
        let service = Process::start(COHORT, folder.path(), &[]).await;
        before(&service).await;
        let request = service.request(reqwest::Method::POST, "/v1/imports?start=true&wait=true");
        let report = Answer::of(request.header("content-type", "text/csv").body(file.clone()))
            .await
            .then(200)
            .json();
        (counts(&report), report["warnings"].clone(), facts_by_row(&service, &report["id"]).await)
    };
    assert!(
        undisturbed.0.iter().all(|count| *count > 0),
        "every outcome is there: {:?}",
        undisturbed.0
    );
    let mut kills = 0;
    for (round, delays) in [[60u64, 90, 150], [20, 240, 30], [330, 10, 120]].iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let mut service = Process::start(COHORT, folder.path(), &[]).await;
        before(&service).await;
        let request = service.request(reqwest::Method::POST, "/v1/imports?start=true");
        let request = request.header("content-type", "text/csv").body(file.clone());
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
        assert_eq!(
            (counts(&report), &report["warnings"]),
            (undisturbed.0, &undisturbed.1),
            "round {round}"
        );
        let import_id: uuid::Uuid = report["id"].as_str().unwrap().parse().unwrap();
        let facts = facts_by_row(&service, &report["id"]).await;
        assert!(facts.keys().eq(undisturbed.2.keys()), "round {round}: other rows wrote facts");
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
