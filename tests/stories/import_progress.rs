//! An import that is watched, and one that is stopped.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tests::service::counts;
use tests::{Answer, Service, people};

/// Begins an import and answers where it is.
async fn begin(service: &Service, csv: String) -> String {
    let request = service.request(reqwest::Method::POST, "/v1/imports?start=true");
    let answer = Answer::of(request.header("content-type", "text/csv").body(csv)).await.then(202);
    answer.header("location").to_owned()
}

/// All events of a stream, to its end.
async fn watch(service: &Service, import: &str) -> Vec<Value> {
    let request = service.request(reqwest::Method::GET, &format!("{import}/progress"));
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut text, mut chunks) = (String::new(), response.bytes_stream());
    while let Some(chunk) = chunks.next().await {
        text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
    }
    let events = text.split("\n\n").filter(|event| event.starts_with("event: progress\n"));
    let data = events.map(|event| event.split_once("\ndata: ").unwrap().1);
    data.map(|json| serde_json::from_str(json).unwrap()).collect()
}

async fn until(service: &Service, import: &str, is: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..3_000 {
        let report = service.get(import).await.then(200).json();
        if is(&report) {
            return report;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to that");
}

#[tokio::test]
async fn progress_tells_everything_each_time_and_ends_with_the_import() {
    let service = Service::start().await;
    let people = people::csv(45_000, 5, 0);
    let import = begin(&service, people.text).await;
    let events = watch(&service, &import).await;
    assert!(events.len() >= 2, "{events:?}");
    for event in &events {
        assert_eq!(
            (event["rows"].as_u64(), &import),
            (Some(45_000), &format!("/v1/imports/{}", event["id"].as_str().unwrap()))
        );
        assert_eq!(counts(event).iter().sum::<u64>(), event["done"].as_u64().unwrap());
    }
    assert!(events.is_sorted_by_key(|event| event["done"].as_u64()), "it never goes back");
    let last = events.last().unwrap();
    assert_eq!((last["state"].as_str(), last["done"].as_u64()), (Some("completed"), Some(45_000)));
    assert_eq!(counts(last), counts(&service.get(&import).await.json()));
    // Of one that has ended there is one thing to tell.
    assert_eq!(watch(&service, &import).await.len(), 1);
    let nowhere = "/v1/imports/0190b3c4-5d6e-7f70-8123-456789abcdef/progress";
    service.get(nowhere).await.then_problem(404, "import_unknown");
}

#[tokio::test]
async fn a_cancelled_import_keeps_what_it_recorded_and_counts_it() {
    let service = Service::start().await;
    let people = people::csv(60_000, 6, 3);
    let import = begin(&service, people.text.clone()).await;
    until(&service, &import, |report| counts(report).iter().sum::<u64>() >= 10_000).await;
    let cancel = format!("{import}/cancel");
    let report = service.act(&cancel).await.then(200).json();
    assert_eq!(report["state"], "cancelled");
    let done: u64 = counts(&report).iter().sum();
    assert!((10_000..60_000).contains(&done) && done.is_multiple_of(10_000), "{done} rows");
    assert!(report["finished_at"].is_string());
    assert_eq!(
        service.act(&cancel).await.then(200).json(),
        report,
        "asked again, nothing more happens"
    );
    // As many users as it says, also after a restart; nothing goes on by itself.
    let service = service.restart().await;
    assert_eq!(service.get(&import).await.json()["state"], "cancelled");
    let table = service.export("/v1/exports/users.csv?columns=user_id").await;
    assert_eq!(table.rows.len() as u64, counts(&report)[0]);
    // Only what was reached is among the rejected rows.
    let rejected = service.get(&format!("{import}/rejected.csv")).await.then(200).text();
    assert_eq!(rejected.matches("\r\n").count() as u64, 1 + counts(&report)[3]);
    // The same file again does the rest.
    let again = service.import_counts(people.text).await;
    let rejected = people.rejected_rows as u64;
    assert_eq!((again[0], again[2]), (60_000 - rejected - counts(&report)[0], counts(&report)[0]));
    service.stop().await;
}

#[tokio::test]
async fn one_that_waits_is_cancelled_before_it_begins() {
    let service = Service::start().await;
    let first = begin(&service, people::csv(30_000, 7, 0).text).await;
    let second = begin(&service, "Email\nnever@example.org\n".to_owned()).await;
    let asked = service.act(&format!("{second}/cancel")).await;
    assert!([200, 202].contains(&asked.status.as_u16()), "{}", asked.status);
    let report = until(&service, &second, |report| report["state"] == "cancelled").await;
    assert_eq!(counts(&report), [0, 0, 0, 0]);
    let report = service.get(&format!("{first}?wait=true")).await.then(200).json();
    assert_eq!(report["state"], "completed");
    let done = service.act(&format!("{first}/cancel")).await;
    assert_eq!(done.then_problem(409, "import_already_ended")["state"], "completed");
    let found = service.get("/v1/users?search=never@").await.json();
    assert!(found["items"].as_array().unwrap().is_empty());
    let unknown = "/v1/imports/0190b3c4-5d6e-7f70-8123-456789abcdef/cancel";
    service.act(unknown).await.then_problem(404, "import_unknown");
}

#[tokio::test]
async fn a_stop_does_not_forget_what_is_to_be_cancelled() {
    let service = Service::start().await;
    let app = service.app.clone();
    // While a hand has its turn no row is recorded: the first is at work until the service stops, however slow all else is.
    let turn = app.turns.of_hand(&app).await.unwrap();
    let first = begin(&service, people::csv(12_000, 8, 0).text).await;
    let second = begin(&service, "Email\nnever@example.org\n".to_owned()).await;
    let id = |import: &str| import.rsplit_once('/').unwrap().1.parse().unwrap();
    assert!(app.imports.cancel(id(&second)).is_some(), "it waits behind the first");
    while !app.imports.is_running(id(&first)) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let restarted = tokio::spawn(service.restart());
    while !app.imports.is_stopping() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(turn);
    drop(app); // it holds the folder
    let service = restarted.await.unwrap();
    let report = service.get(&format!("{second}?wait=true")).await.then(200).json();
    assert_eq!((report["state"].as_str(), counts(&report)), (Some("cancelled"), [0, 0, 0, 0]));
    let report = service.get(&format!("{first}?wait=true")).await.then(200).json();
    assert_eq!((report["state"].as_str(), counts(&report)[0]), (Some("completed"), 12_000));
    service.stop().await;
}

#[tokio::test]
async fn whoever_stops_the_queue_waits_for_the_batch_at_hand() {
    let service = Service::start().await;
    let app = service.app.clone();
    let turn = app.turns.of_hand(&app).await.unwrap();
    let import = begin(&service, people::csv(12_000, 9, 0).text).await;
    let id = import.rsplit_once('/').unwrap().1.parse().unwrap();
    while !app.imports.is_running(id) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stop = || {
        let app = service.app.clone();
        tokio::task::spawn_blocking(move || {
            app.imports.stop();
            app.imports.is_running(id)
        })
    };
    let first = stop();
    while !app.imports.is_stopping() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let second = stop();
    tokio::time::sleep(Duration::from_millis(50)).await; // so that it has come as far as it can
    drop(turn);
    drop(app);
    assert_eq!(
        (second.await.unwrap(), first.await.unwrap()),
        (false, false),
        "it is at work still"
    );
    let service = service.restart().await;
    let report = service.get(&format!("{import}?wait=true")).await.then(200).json();
    assert_eq!((report["state"].as_str(), counts(&report)[0]), (Some("completed"), 12_000));
    service.stop().await;
}
