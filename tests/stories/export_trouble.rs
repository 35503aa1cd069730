//! What goes wrong with exports that are kept: a right that is lost, a disk that is full.

use domain::EventKind;
use domain::scope::Scope;
use serde_json::{Value, json};
use tests::Service;

use crate::export_ledger::facts;
use crate::stored_exports::{path, stored};

async fn given() -> Service {
    let service = Service::start().await;
    let csv: String = (0..200).map(|n| format!("user{n}@example.org,Lyon\n")).collect();
    service.import(format!("Email,City\n{csv}")).await;
    service
}

#[tokio::test]
async fn who_may_not_see_it_any_more_does_not_get_the_file() {
    let service = given().await;
    let scopes = ["exports:create", "events:read", "personal:read"];
    let asker = service.with_token(&scopes).await;
    let body = json!({ "content": "users", "format": "csv", "reason": "mine" });
    let done = asker.post("/v1/exports?wait=true", &body).await.then(200).json();
    assert_eq!(done["personal"], "full");
    let file = format!("{}/file", path(&done));
    assert!(asker.get(&file).await.then(200).text().contains("user1@example.org"));
    // The same token, with one right less.
    let mut tokens = service.app.follower.store().tokens().unwrap();
    tokens.iter_mut().for_each(|token| token.scopes.retain(|scope| *scope != Scope::PersonalRead));
    service.app.tokens.load(tokens);
    let refused = asker.get(&file).await.then_problem(403, "personal_data_required");
    assert!(!refused.to_string().contains("example.org"));
    let view = asker.get(&path(&done)).await.then(200).json();
    assert_eq!((&view["reason"], &view["query"]), (&Value::Null, &Value::Null));
    asker.get(&format!("{}/manifest", path(&done))).await.then(200);
    assert_eq!(facts(&service, &[EventKind::ExportDownloaded], 1).await.len(), 1, "no second one");
    // What it asks for now is made anew, without what it may not see.
    let anew = asker.post("/v1/exports?wait=true", &body).await.then(200).json();
    assert_ne!(anew["id"], done["id"]);
    let text = asker.get(&format!("{}/file", path(&anew))).await.then(200).text();
    assert!(!text.contains("example.org") && text.lines().count() == 201, "{text}");
    service.get(&file).await.then(200); // an admin's is another matter
}

#[tokio::test]
async fn a_file_that_the_disk_lost_is_told_to_be_gone_and_made_anew() {
    let service = given().await;
    let body = json!({ "content": "users", "format": "csv" });
    let mut done = stored(&service, &body).await;
    let bytes = done["bytes"].as_u64().unwrap();
    // Cut short, and gone altogether.
    for left in [Some(bytes - 1), None] {
        let file = service.app.folder.export(done["id"].as_str().unwrap().parse().unwrap());
        match left {
            Some(left) => {
                let file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
                file.set_len(left).unwrap();
            }
            None => std::fs::remove_file(file).unwrap(),
        }
        let gone = service.get(&format!("{}/file", path(&done))).await;
        gone.then_problem(410, "export_file_gone");
        let anew = stored(&service, &body).await;
        assert_ne!(anew["id"], done["id"]);
        assert_eq!(anew["sha256"], done["sha256"], "the same to the byte");
        service.get(&format!("{}/file", path(&anew))).await.then(200);
        done = anew;
    }
    assert_eq!(facts(&service, &[EventKind::ExportDownloaded], 2).await.len(), 2);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_fails_the_export_by_name_and_the_service_goes_on() {
    let service = given().await;
    let position = service.get("/v1/exports/users.csv").await.then(200);
    let position = position.header("cohort-position").to_owned();
    // The export waits for a place that the test holds; meanwhile its file becomes one that is always full.
    let all = u32::try_from(api::app::EXPORTS_MAX).unwrap();
    let places = service.app.exports.clone().acquire_many_owned(all).await.unwrap();
    let body = json!({ "content": "users", "format": "csv", "as_of": position });
    let asked = service.post("/v1/exports", &body).await.then(202).json();
    let id = asked["id"].as_str().unwrap().parse().unwrap();
    std::os::unix::fs::symlink("/dev/full", service.app.folder.export_part(id)).unwrap();
    drop(places);
    let failed = service.get(&format!("{}?wait=true", path(&asked))).await.then(200).json();
    assert_eq!(
        (&failed["state"], &failed["code"]),
        (&json!("failed"), &json!("disk_full")),
        "{failed}"
    );
    let left = || {
        let kept = std::fs::read_dir(service.app.folder.exports()).unwrap().count();
        (kept, std::fs::read_dir(service.app.folder.scratch()).unwrap().count())
    };
    assert_eq!(left(), (0, 0), "no half file");
    let file = service.get(&format!("{}/file", path(&asked))).await;
    file.then_problem(409, "export_not_completed");
    // The service goes on, and the same request is made anew.
    service.import("Email\nlate@example.org\n").await;
    let done = stored(&service, &body).await;
    assert_ne!(done["id"], failed["id"]);
    assert_eq!((&done["state"], &done["rows"]), (&json!("completed"), &json!(200)));
    assert_eq!(left(), (1, 0));
    assert_eq!(facts(&service, &[EventKind::ExportFailed], 1).await.len(), 1);
}
