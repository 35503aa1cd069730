//! Exports on the command line: counted, made as a file by the service, fetched over a line that breaks.

use std::path::Path;
use std::process::{Child, Output, Stdio};

use serde_json::{Value, json};
use tests::Service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cli::{cohort, cohort_at, command, text, then};

async fn given() -> Service {
    let service = Service::start().await;
    let rows: String = (0..5_000).map(|n| format!("user{n}@example.org,Łódź {n}\n")).collect();
    service.import(format!("Email,City\n{rows}")).await;
    service
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A line to the service that carries `allowance` bytes of answers for each connection, then breaks; the last of the
/// allowances stays.
async fn line_that_breaks(service: &Service, allowances: &'static [u64]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let target = service.address.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        let mut files = 0;
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = TcpStream::connect(&target).await.unwrap();
            // One request for each connection; only what is fetched breaks.
            let mut head = vec![0; 16 * 1024];
            let read = near.read(&mut head).await.unwrap();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let Some((first, rest)) = head.split_once("\r\n") else { continue };
            let asked = format!("{first}\r\nConnection: close\r\n{rest}");
            far.write_all(asked.as_bytes()).await.unwrap();
            let mut left = u64::MAX;
            if first.contains("/file ") {
                left = allowances[files.min(allowances.len() - 1)];
                files += 1;
            }
            tokio::spawn(async move {
                let (mut asking, answering) = near.split();
                let (answer, mut onward) = far.split();
                let mut answer = answer.take(left);
                let mut answering = answering;
                tokio::select! {
                    _ = tokio::io::copy(&mut answer, &mut answering) => {}
                    never = async {
                        let _ = tokio::io::copy(&mut asking, &mut onward).await;
                        std::future::pending::<()>().await
                    } => never,
                }
            });
        }
    });
    address
}

async fn downloads(service: &Service) -> Vec<u64> {
    let list = service.get("/v1/exports?kept=true").await.then(200).json();
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["downloads"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_made_fetched_and_told_of() {
    let service = given().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let counted = then(&cohort(&service, &["export", "users", "--count"]).await, 0);
    assert!(counted.starts_with("5000 rows, about "), "{counted}");
    let args = ["export", "users", "--columns=email,city", "-o", text(&file)];
    let args = [&args[..], &["--manifest", "--reason", "an audit"]].concat();
    let made = cohort(&service, &args).await;
    then(&made, 0);
    assert!(told(&made).contains("users.csv: 5000 rows, "), "{}", told(&made));
    assert_eq!(names(folder.path()), ["users.csv", "users.csv.manifest.json"]);
    let manifest = std::fs::read(folder.path().join("users.csv.manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let streamed = service.get("/v1/exports/users.csv?columns=email,city").await.then(200);
    assert_eq!(std::fs::read(&file).unwrap(), streamed.body);
    assert_eq!(manifest["bytes"], json!(streamed.body.len()));
    let export = service.get("/v1/exports?kept=true").await.json()["items"][0].clone();
    assert_eq!((&export["reason"], &export["sha256"]), (&json!("an audit"), &manifest["sha256"]));
    let args = ["export", "users", "--columns=email", "--sort", "-email"];
    let sorted = then(&cohort(&service, &args).await, 0);
    let streamed = service.get("/v1/exports/users.csv?columns=email&sort=-email").await.then(200);
    assert_eq!(sorted, streamed.text());
    assert!(sorted.starts_with("email\r\nuser9@example.org\r\n"), "the greatest first");
    // A no says what there is instead, and of which of the options it speaks.
    let no = told(&cohort(&service, &["export", "users", "--sort=colour"]).await);
    assert!(no.contains("\nThere are: email, user_id, member_since, "), "{no}");
    let args = ["export", "users", "--property", "member_since.on=noon"];
    let no = told(&cohort(&service, &args).await);
    assert!(no.contains(": property.member_since.on: "), "{no}");
    // Into a folder, by the name the service gives.
    let into = tempfile::tempdir().unwrap();
    let args = ["export", "events", "--type=UserImported", "--format=ndjson", "--gzip"];
    then(&cohort(&service, &[&args[..], &["--stored", "-o", text(into.path())]].concat()).await, 0);
    then(&cohort(&service, &["export", "users", "-o", text(into.path())]).await, 0);
    let names = names(into.path());
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].starts_with("user-events_") && names[0].ends_with(".ndjson.gz"), "{names:?}");
    assert!(names[1].starts_with("users") && names[1].ends_with(".csv"), "{names:?}");
    // Another file of that name is not what the manifest vouched for.
    then(&cohort(&service, &["export", "users", "--columns=email", "-o", text(&file)]).await, 0);
    assert_eq!(self::names(folder.path()), ["users.csv"]);
    // What cannot be, says so and leaves nothing.
    then(&cohort(&service, &["export", "users", "--stored"]).await, 2);
    let nowhere = folder.path().join("x.csv");
    let refused = ["export", "users", "--list=none", "--stored", "-o", text(&nowhere)];
    let refused = cohort(&service, &refused).await;
    then(&refused, 1);
    assert!(told(&refused).contains("list_unknown"), "{}", told(&refused));
    assert_eq!(self::names(folder.path()), ["users.csv"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_goes_on_over_a_line_that_breaks() {
    let service = given().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.csv");
    let whole = service.get("/v1/exports/user-events.csv").await.then(200).body;
    assert!(whole.len() > 200_000);
    let line = line_that_breaks(&service, &[50_000, 40_000, 1, u64::MAX]).await;
    let args = ["export", "events", "--stored", "-o", text(&file)];
    then(&cohort_at(&line, &args).await, 0);
    assert_eq!(std::fs::read(&file).unwrap(), whole);
    assert_eq!(names(folder.path()), ["events.csv"]);
    assert_eq!(downloads(&service).await, [4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_goes_on_with_what_there_is() {
    let service = given().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let args = ["export", "users", "--stored", "-o", text(&file)];
    let whole = service.get("/v1/exports/users.csv").await.then(200).body;
    let dead = line_that_breaks(&service, &[90_000, 0]).await;
    let broken = cohort_at(&dead, &args).await;
    then(&broken, 1);
    assert!(told(&broken).contains("the same command goes on with it"), "{}", told(&broken));
    assert_eq!(names(folder.path()), ["users.csv.part", "users.csv.part.json"]);
    let part = std::fs::read(folder.path().join("users.csv.part")).unwrap();
    assert!(!part.is_empty() && whole.starts_with(&part));
    // Meanwhile somebody came: the file that was begun is still the one that was asked for.
    service.import("Email\nlate@example.org\n").await;
    let second = cohort(&service, &args).await;
    then(&second, 0);
    assert!(told(&second).contains("going on with the export of 20"), "{}", told(&second));
    assert_eq!(std::fs::read(&file).unwrap(), whole);
    assert_eq!(names(folder.path()), ["users.csv"]);
    assert_eq!(downloads(&service).await.len(), 1, "no other export was made");
    // Now it is another.
    then(&cohort(&service, &args).await, 0);
    assert!(std::fs::read_to_string(&file).unwrap().contains("late@example.org"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_stopped_and_gone_on_with() {
    let service = given().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let args = ["export", "users", "--stored", "-o", text(&file)];
    let dead = line_that_breaks(&service, &[90_000, 0]).await;
    let mut child = command(&dead, &args).stderr(Stdio::piped()).spawn().unwrap();
    while names(folder.path()) != ["users.csv.part", "users.csv.part.json"] {
        assert!(child.try_wait().unwrap().is_none(), "it is tried again and again");
        tokio::task::yield_now().await;
    }
    interrupt(&child);
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    then(&output, 1);
    assert!(told(&output).contains("stopped; the same command goes on"), "{}", told(&output));
    let second = cohort(&service, &args).await;
    then(&second, 0);
    assert!(told(&second).contains("going on with the export of 20"), "{}", told(&second));
    let whole = service.get("/v1/exports/users.csv").await.then(200).body;
    assert_eq!(std::fs::read(&file).unwrap(), whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_another_file_is_not_gone_on_with() {
    let service = given().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let (part, note) =
        (folder.path().join("users.csv.part"), folder.path().join("users.csv.part.json"));
    let args = ["export", "users", "--stored", "-o", text(&file)];
    std::fs::write(&part, "left by a stream that broke").unwrap();
    then(&cohort(&service, &args).await, 0);
    let whole = service.get("/v1/exports/users.csv").await.then(200).body;
    assert_eq!(std::fs::read(&file).unwrap(), whole);
    // One that was changed meanwhile is found out, and does not stay.
    let export = service.get("/v1/exports?kept=true").await.json()["items"][0]["id"].clone();
    let asked = json!({ "content": "users", "format": "csv" });
    std::fs::write(&note, json!({ "export": export, "asked": asked }).to_string()).unwrap();
    std::fs::write(&part, "not how the file begins").unwrap();
    std::fs::remove_file(&file).unwrap();
    let broken = cohort(&service, &args).await;
    then(&broken, 1);
    assert!(told(&broken).contains("is not the file"), "{}", told(&broken));
    assert!(names(folder.path()).is_empty());
    then(&cohort(&service, &args).await, 0);
    assert_eq!(std::fs::read(&file).unwrap(), whole);
}

/// As Ctrl-C at a terminal.
fn interrupt(child: &Child) {
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// Runs a command until its export waits for a place that the test holds; nothing where it was too quick for that.
async fn waiting(
    service: &Service,
    args: &[&str],
) -> Option<(Child, Vec<tokio::sync::OwnedSemaphorePermit>)> {
    let places = &service.app.exports;
    let most = u32::try_from(api::app::EXPORTS_MAX - 1).unwrap();
    let mut held = vec![places.clone().acquire_many_owned(most).await.unwrap()];
    let mut child = command(&service.address, args).stderr(Stdio::piped()).spawn().unwrap();
    // The last place is taken while its rows are counted; the test is the next in line for it.
    while places.available_permits() > 0 {
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        tokio::task::yield_now().await;
    }
    held.push(places.clone().acquire_owned().await.unwrap());
    while child.try_wait().unwrap().is_none() {
        let newest = service.get("/v1/exports?kept=true").await.json()["items"][0].clone();
        if newest["state"] == "running" && newest["reason"] == args[args.len() - 1] {
            return Some((child, held));
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_the_command_stops_the_export() {
    let service = given().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    for attempt in 0..100 {
        let reason = attempt.to_string();
        let args = ["export", "users", "--stored", "-o", text(&file), "--reason", &reason];
        let Some((child, held)) = waiting(&service, &args).await else { continue };
        interrupt(&child);
        let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
        let output = output.await.unwrap();
        then(&output, 1);
        assert!(told(&output).contains("the export is cancelled"), "{}", told(&output));
        let newest = service.get("/v1/exports?kept=true").await.json()["items"][0].clone();
        assert_eq!((&newest["state"], &newest["reason"]), (&json!("cancelled"), &json!(reason)));
        drop(held);
        return;
    }
    panic!("no export ever waited");
}
