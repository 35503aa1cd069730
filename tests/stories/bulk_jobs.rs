//! Bulk actions at work: stopped, cut off, copied; and what is taken away under them.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service, people};

/// Matched, changed, unchanged, refused.
fn counts(report: &Value) -> [u64; 4] {
    ["matched", "changed", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
}

#[tokio::test]
async fn one_that_is_stopped_keeps_what_it_did_and_one_that_has_ended_cannot_be() {
    let service = Service::start().await;
    service.import_with(people::csv(4_000, 5, 0).text, "&new_list=All").await.then(200);
    let data = service.data.clone();
    let _folder = service.stop().await;
    let service = Service::open(&data, None, &[("import_batch_rows", "10")]).await;
    let body = json!({ "action": "leave_list", "list": "all", "filter": {} });
    let queued = service.post("/v1/bulk-actions", &body).await.then(202);
    let path = queued.header("location").to_owned();
    assert_eq!(path, format!("/v1/bulk-actions/{}", queued.json()["id"].as_str().unwrap()));
    let stopped = service.act(&format!("{path}/cancel")).await.then(200).json();
    assert_eq!(stopped["state"], "cancelled");
    let left = service.get("/v1/lists/all").await.json()["users"].as_u64().unwrap();
    let [matched, changed, unchanged, refused] = counts(&stopped);
    assert_eq!(left + changed, matched);
    assert_eq!(stopped["done"], changed + unchanged + refused);
    let ended = service.act(&format!("{path}/cancel")).await;
    ended.then(200); // it is as was asked
    let again = service.post("/v1/bulk-actions?wait=true", &body).await;
    let done = again.then(200).json();
    let path = format!("/v1/bulk-actions/{}/cancel", done["id"].as_str().unwrap());
    service.act(&path).await.then_problem(409, "bulk_action_already_ended");
    let page = service.get("/v1/bulk-actions?limit=1").await.then(200).json();
    assert_eq!(page["items"][0]["id"], done["id"], "newest first");
    let next = format!("/v1/bulk-actions?cursor={}", page["next"].as_str().unwrap());
    let page = service.get(&next).await.then(200).json();
    assert_eq!((&page["items"][0]["id"], &page["next"]), (&stopped["id"], &Value::Null));
}

#[tokio::test]
async fn it_goes_on_after_a_stop_and_fails_by_name_where_its_file_is_not_as_it_was() {
    for damage in [None, Some("file_missing"), Some("file_changed")] {
        let service = Service::start().await;
        service.import_with(people::csv(2_000, 5, 0).text, "&new_list=All").await.then(200);
        let data = service.data.clone();
        let folder = service.stop().await;
        let service = Service::open(&data, None, &[("import_batch_rows", "10")]).await;
        let body = json!({ "action": "leave_list", "list": "all", "filter": { "list": "all" } });
        let queued = service.post("/v1/bulk-actions", &body).await.then(202);
        let path = queued.header("location").to_owned();
        service.stop().await;
        let files = std::fs::read_dir(data.join("files").join("bulk")).unwrap();
        let file = files.map(|file| file.unwrap().path()).next().expect("it was cut off");
        match damage {
            Some("file_missing") => std::fs::remove_file(&file).unwrap(),
            Some(_) => std::fs::write(&file, [0; 16]).unwrap(),
            None => {}
        }
        let service = Service::open(&data, None, &[]).await;
        let ended = service.get(&format!("{path}?wait=true")).await.then(200).json();
        let expected = if damage.is_some() { "failed" } else { "completed" };
        assert_eq!((&ended["state"], ended["code"].as_str()), (&json!(expected), damage));
        let [matched, changed, ..] = counts(&ended);
        let left = service.get("/v1/lists/all").await.json()["users"].as_u64().unwrap();
        assert_eq!(left + changed, matched);
        assert_eq!(damage.is_none(), left == 0);
        let check = Answer::of(service.request(Method::POST, "/v1/operations/check")).await;
        assert!(check.then(200).text().contains("\"sound\":true"), "a rebuild is the same");
        service.stop().await;
        drop(folder);
    }
}

#[tokio::test]
async fn what_is_taken_away_on_the_way_refuses_the_rest_by_name() {
    let service = Service::start().await;
    service.import(people::csv(3_000, 5, 0).text).await;
    service.post("/v1/lists", &json!({ "id": "all", "name": "All" })).await.then(201);
    let data = service.data.clone();
    let _folder = service.stop().await;
    let service = Service::open(&data, None, &[("import_batch_rows", "5")]).await;
    let body = json!({ "action": "join_list", "list": "all", "filter": {} });
    let queued = service.post("/v1/bulk-actions", &body).await.then(202);
    let remove = service.request(Method::DELETE, "/v1/lists/all").header("if-match", "\"0\"");
    Answer::of(remove).await.then(204);
    let path = format!("{}?wait=true", queued.header("location"));
    let done = service.get(&path).await.then(200).json();
    let [matched, changed, unchanged, refused] = counts(&done);
    assert_eq!(
        (done["state"].as_str(), changed + refused, unchanged),
        (Some("completed"), matched, 0)
    );
    assert_eq!(done["codes"], json!({ "list_unknown": refused }));
    assert_eq!(done["refused_first"].as_array().unwrap().len() as u64, refused.min(100));
    service.settle().await;
    let left = service.export("/v1/exports/user-events.csv?type=ListLeft").await;
    assert_eq!(left.rows.len() as u64, changed, "nobody is left on a list that is no more");
}

#[tokio::test]
async fn a_property_that_waits_to_be_set_cannot_be_taken_away() {
    let service = Service::start().await;
    service.import(people::csv(3_000, 5, 0).text).await;
    let points = json!({ "reference_id": "stars", "type": "number" });
    service.post("/v1/properties", &points).await.then(201);
    let data = service.data.clone();
    let _folder = service.stop().await;
    let service = Service::open(&data, None, &[("import_batch_rows", "5")]).await;
    let body = json!({ "action": "set_property", "property": "stars", "value": 5, "filter": {} });
    let queued = service.post("/v1/bulk-actions", &body).await.then(202);
    let remove = || {
        let remove = service.request(Method::DELETE, "/v1/properties/stars");
        Answer::of(remove.header("if-match", "\"0\""))
    };
    let problem = remove().await.then_problem(409, "property_in_use");
    assert_eq!(problem["bulk_actions"], json!([queued.json()["id"]]));
    service.act(&format!("{}/cancel", queued.header("location"))).await.then(200);
    remove().await.then(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_whom_a_running_one_is_about() {
    let service = Service::start().await;
    service.import_with(people::csv(3_000, 5, 0).text, "&new_list=All").await.then(200);
    let data = service.data.clone();
    let _folder = service.stop().await;
    let service = Service::open(&data, None, &[("import_batch_rows", "5")]).await;
    let body = json!({ "action": "leave_list", "list": "all", "filter": {} });
    let queued = service.post("/v1/bulk-actions", &body).await.then(202);
    let copy = tempfile::tempdir().unwrap();
    let (app, to) = (service.app.clone(), copy.path().to_owned());
    let written = tokio::task::spawn_blocking(move || api::backup::write(&app, &to));
    let manifest = written.await.unwrap().unwrap();
    let held = manifest.files.iter().any(|file| file.name.starts_with("files/bulk/"));
    assert!(held, "its file is in the backup");
    service.stop().await;
    let service = Service::open(copy.path(), None, &[]).await;
    let path = format!("{}?wait=true", queued.header("location"));
    assert_eq!(service.get(&path).await.then(200).json()["state"], "completed");
    assert_eq!(service.get("/v1/lists/all").await.json()["users"], 0);
    service.stop().await;
}

#[tokio::test]
async fn what_waits_again_after_a_stop_is_cancelled_before_it_begins() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\nbob@example.org\n").await;
    let users = [service.user_id("anna@").await, service.user_id("bob@").await];
    let first = upload(&service, people::csv(40_000, 7, 0).text).await;
    let body = json!({ "action": "delete", "users": users });
    let delete = service.post("/v1/bulk-actions", &body).await.then(202);
    let delete = delete.header("location").to_owned();
    let last = upload(&service, "Email\nnever@example.org\n".to_owned()).await;
    let service = service.restart().await;
    for waiting in [&last, &delete] {
        let asked = service.act(&format!("{waiting}/cancel")).await;
        assert!([200, 202].contains(&asked.status()), "{}", asked.text());
    }
    let report = service.get(&format!("{delete}?wait=true")).await.then(200).json();
    assert_eq!((&report["state"], counts(&report)), (&json!("cancelled"), [2, 0, 0, 0]));
    let report = service.get(&format!("{last}?wait=true")).await.then(200).json();
    assert_eq!((&report["state"], &report["created"]), (&json!("cancelled"), &json!(0)));
    let report = service.get(&format!("{first}?wait=true")).await.then(200).json();
    assert_eq!((&report["state"], &report["created"]), (&json!("completed"), &json!(40_000)));
    for (user, there) in [("anna@", 1), ("bob@", 1), ("never@", 0)] {
        let found = service.get(&format!("/v1/users?search={user}example&settled=true")).await;
        assert_eq!(found.then(200).json()["items"].as_array().unwrap().len(), there, "{user}");
    }
    service.stop().await;
}

/// Begins an import and answers where it is.
async fn upload(service: &Service, csv: String) -> String {
    let request = service.request(Method::POST, "/v1/imports?start=true");
    let answer = Answer::of(request.header("content-type", "text/csv").body(csv)).await.then(202);
    answer.header("location").to_owned()
}
