//! A sync that fails: the writer stops for good, says so, and nothing acknowledged is lost.

use std::process::Command;

use reqwest::Method;
use tests::{Answer, Process};

use crate::COHORT;

/// From the twelfth sync of a thread on, the disk fails: opening needs a few.
const FAILING_DISK: [&str; 7] =
    ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:error=EIO:when=12+"];

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_sync_nothing_more_is_written_and_readyz_says_so() {
    if !Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        eprintln!(
            "SKIPPED: strace is absent or not allowed here, so no failing sync can be made (apt-get install strace)"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(COHORT, folder.path(), &[]).await;
    let request = service
        .request(Method::POST, "/v1/imports?start=true&wait=true")
        .header("content-type", "text/csv");
    Answer::of(request.body("Email\na@example.org\n")).await.then(200);
    let id = service.get("/v1/users").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    service.kill();

    let service = Process::start(COHORT, folder.path(), &FAILING_DISK).await;
    let award = async |n: usize| {
        Answer::of(service.request(Method::POST, &format!("/v1/users/{id}/badges/b{n}"))).await
    };
    let mut acknowledged = 0;
    let refused = loop {
        let answer = award(acknowledged).await;
        if answer.status != 200 {
            break answer;
        }
        acknowledged += 1;
        assert!(acknowledged < 100, "the disk never fails");
    };
    refused.then_problem(503, "log_stopped");
    for n in 0..5 {
        award(1000 + n).await.then_problem(503, "log_stopped");
    }
    let readiness = service.get("/readyz").await.then(503).json();
    assert_eq!(readiness["ready"], false);
    assert!(
        readiness["failing"][0]
            .as_str()
            .unwrap()
            .starts_with("log: the log stopped writing for good"),
        "{readiness}"
    );
    service.get(&format!("/v1/users/{id}")).await.then(200); // reading goes on
    drop(service);

    let service = Process::start(COHORT, folder.path(), &[]).await;
    let user = service.get(&format!("/v1/users/{id}")).await.then(200).json();
    let held: Vec<_> = user["badges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|badge| badge["badge_id"].as_str().unwrap())
        .collect();
    for n in 0..acknowledged {
        assert!(
            held.contains(&format!("b{n}").as_str()),
            "b{n} was acknowledged and lost: {held:?}"
        );
    }
    assert!(
        !held.iter().any(|badge| badge.starts_with("b100")),
        "written after the writer had stopped: {held:?}"
    );
}
