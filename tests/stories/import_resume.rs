//! An import that is interrupted goes on by itself and ends as one that was not.

use tests::people;
use tests::service::counts;
use tests::{Answer, Service};

/// Ids and counts of everything an import left: what must not depend on interruptions.
async fn outcome(service: &Service) -> Vec<(String, String)> {
    let table = service.export("/v1/exports/user-events.csv?columns=event_id,import_row").await;
    let ids = table.column("import_row").into_iter().zip(table.column("event_id"));
    let mut ids: Vec<_> = ids.map(|(row, id)| (row.to_owned(), id.to_owned())).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_stop_in_the_middle_loses_and_repeats_nothing() {
    let service = Service::start().await;
    let people = people::csv(45_000, 3, 4);
    let request = service.request(reqwest::Method::POST, "/v1/imports?start=true");
    let answer = Answer::of(request.header("content-type", "text/csv").body(people.text.clone()))
        .await
        .then(202);
    let location = answer.header("location").to_owned();
    // Stopped at once: the batch at hand is finished, the rest waits for the next start.
    let service = service.restart().await;
    let report = service.get(&format!("{location}?wait=true")).await.then(200).json();
    assert_eq!(report["state"], "completed");
    let rejected = people.rejected_rows as u64;
    assert_eq!(counts(&report), [45_000 - rejected, 0, 0, rejected]);
    assert_eq!(report["rejects"].as_array().unwrap().len(), 100);
    let rows = outcome(&service).await;
    assert_eq!(rows.len() as u64, 45_000 - rejected);
    let mut once: Vec<_> = rows.iter().map(|(row, _)| row).collect();
    once.dedup();
    assert_eq!(once.len(), rows.len(), "a row was applied twice");
    service.stop().await;
}

#[tokio::test]
async fn an_import_whose_file_is_gone_fails_by_name() {
    let service = Service::start().await;
    let people = people::csv(30_000, 4, 0);
    let request = service.request(reqwest::Method::POST, "/v1/imports?start=true");
    let answer =
        Answer::of(request.header("content-type", "text/csv").body(people.text)).await.then(202);
    let location = answer.header("location").to_owned();
    let (data, folder) = (service.data.clone(), service.stop().await);
    std::fs::remove_dir_all(data.join("files").join("imports")).unwrap();
    let service = Service::open(&data, None, &[]).await;
    let report = service.get(&format!("{location}?wait=true")).await.then(200).json();
    assert_eq!(
        (report["state"].as_str(), report["code"].as_str()),
        (Some("failed"), Some("file_missing"))
    );
    service.stop().await;
    drop(folder);
}
