//! What becomes of uploaded files: used again, discarded, removed in time, refused.

use reqwest::Method;
use serde_json::json;
use tests::service::counts;
use tests::{Answer, Clock, Service};

#[tokio::test]
async fn an_import_is_made_again_and_a_draft_is_discarded() {
    let service = Service::start().await;
    let done = service.import("Email,City\nanna@example.org,Lyon\n").await;
    let id = done["id"].as_str().unwrap();
    let again = service.act(&format!("/v1/imports/{id}/again")).await.then(201);
    let path = again.header("location").to_owned();
    let view = again.json();
    assert_eq!((&view["state"], &view["again_of"]), (&json!("mapped"), &json!(id)));
    assert_eq!(view["sha256"], done["sha256"]);
    let report = service.act(&format!("{path}/start?wait=true")).await.then(200).json();
    assert_eq!(counts(&report), [0, 0, 1, 0]);

    let draft = service.draft("Email\nbob@example.org\n").await;
    let discarded = service.act(&format!("{draft}/cancel")).await.then(200).json();
    assert_eq!(
        (&discarded["state"], &discarded["file_kept"]),
        (&json!("cancelled"), &json!(false))
    );
    service.act(&format!("{draft}/again")).await.then_problem(410, "import_file_gone");
    service.act(&format!("{draft}/start")).await.then_problem(409, "import_not_open");
}

#[tokio::test]
async fn files_go_when_their_time_has_come_and_reports_stay() {
    let clock = Clock::at("2026-01-01T00:00:00Z");
    let service = Service::start_at(&clock).await;
    let done = service.import("Email,City\nanna@example.org,Lyon\nnobody,x\n").await;
    let import = format!("/v1/imports/{}", done["id"].as_str().unwrap());
    let draft = service.draft("Email\nbob@example.org\n").await;
    let tidy = async || {
        let app = service.app.clone();
        let removed =
            tokio::task::spawn_blocking(move || api::import::retention::remove_old_files(&app));
        let removed = removed.await.unwrap().unwrap();
        service.app.settled(service.app.log.head()).await.unwrap();
        removed
    };
    clock.set("2026-01-07T23:00:00Z");
    assert_eq!(tidy().await, 0);
    clock.set("2026-01-08T01:00:00Z");
    assert_eq!(tidy().await, 1, "a draft is kept for seven days");
    assert_eq!(service.get(&draft).await.json()["state"], "cancelled");
    clock.set("2026-01-31T01:00:00Z");
    assert_eq!(tidy().await, 1, "the file of an import for thirty after its end");
    let kept = service.get(&import).await.then(200).json();
    assert_eq!((&kept["state"], &kept["file_kept"]), (&json!("completed"), &json!(false)));
    assert_eq!(kept["rejects"], done["rejects"]);
    service.get(&format!("{import}/rejected.csv")).await.then_problem(410, "import_file_gone");
    assert_eq!(std::fs::read_dir(service.app.folder.uploads()).unwrap().count(), 0);
    assert_eq!(tidy().await, 0);
}

#[tokio::test]
async fn an_upload_that_is_refused_leaves_no_draft() {
    let service = Service::start().await;
    let request = service.request(Method::POST, "/v1/imports").header("content-type", "text/csv");
    Answer::of(request.body("Email\n\"anna")).await.then_problem(422, "unterminated_quote");
    assert_eq!(service.get("/v1/imports").await.json()["items"], json!([]));
    assert_eq!(std::fs::read_dir(service.app.folder.scratch()).unwrap().count(), 0);
    let path = service.draft("Name,City\nAnna,Lyon\n").await;
    let draft = service.get(&path).await.json();
    assert_eq!(draft["columns"][0]["target"], "field", "nobody knows yet which one is the address");
}
