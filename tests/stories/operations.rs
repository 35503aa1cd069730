//! Check, rebuild, backup: while the service runs.

use serde_json::Value;
use tests::{Answer, Service, people};

async fn report(service: &Service, what: &str) -> Value {
    let request = service.request(reqwest::Method::POST, &format!("/v1/operations/{what}"));
    let text = Answer::of(request).await.then(200).text();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert!(last.get("report").is_some(), "{text}");
    last["report"].clone()
}

#[tokio::test]
async fn check_says_what_it_verified() {
    let service = Service::start().await;
    service.import(people::csv(500, 1, 3).text).await;
    let found = report(&service, "check").await;
    assert_eq!(found["sound"], true, "{found}");
    assert_eq!(found["facts"], service.app.log.head().number());
    assert!(found["tables"].as_array().unwrap().iter().all(|table| table["same"] == true));
}

#[tokio::test]
async fn check_finds_damage_in_the_log_and_in_the_tables() {
    let service = Service::start().await;
    service.import(people::csv(200, 1, 0).text).await;
    let (data, folder) = (service.data.clone(), service.stop().await);
    let tables = std::fs::read_dir(&data).unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let tables = tables
        .into_iter()
        .find(|path| path.to_string_lossy().ends_with("projections.1.db"))
        .unwrap();
    let edit = |file: &std::path::Path, sql: &str| {
        let changed = rusqlite::Connection::open(file).unwrap().execute(sql, []).unwrap();
        assert_eq!(changed, 1, "{sql}");
    };
    edit(&tables, "UPDATE users SET fields = '{}' WHERE no = 7");
    let service = Service::open(&data, None, &[]).await;
    let found = report(&service, "check").await;
    assert_eq!((found["sound"].as_bool(), found["faults_total"].as_u64()), (Some(false), Some(0)));
    let different: Vec<_> =
        found["tables"].as_array().unwrap().iter().filter(|table| table["same"] == false).collect();
    assert_eq!(different.len(), 1);
    assert_eq!(different[0]["table"], "users");
    report(&service, "rebuild").await;
    assert_eq!(report(&service, "check").await["sound"], true);
    service.stop().await;
    for (sql, what) in [
        ("UPDATE events SET prev_position = 3 WHERE position = 100", "chain"),
        ("UPDATE events SET recorded_at = 5 WHERE position = 101", "recorded before"),
        ("UPDATE events SET revision = 9 WHERE position = 102", "revision 9"),
        ("UPDATE events SET data = '{' WHERE position = 103", "cannot be read"),
        ("DELETE FROM events WHERE position = 104", "gap"),
        ("UPDATE streams SET revision = 4 WHERE last_position = 105", "head"),
    ] {
        edit(&data.join("log.db"), sql);
        let service = Service::open(&data, None, &[]).await;
        let found = report(&service, "check").await;
        let faults = found["faults"].to_string();
        assert!(found["sound"] == false && faults.contains(what), "{sql}: {found}");
        service.stop().await;
    }
    drop(folder);
}

#[tokio::test]
async fn a_rebuild_serves_while_it_builds_and_changes_nothing() {
    let service = Service::start().await;
    service.import(people::csv(3_000, 2, 0).text).await;
    let before = service.get("/v1/exports/users.csv").await.then(200).body;
    let (rebuilt, ()) = tokio::join!(report(&service, "rebuild"), async {
        for _ in 0..20 {
            service.get("/v1/users?limit=5").await.then(200);
        }
    });
    assert!(rebuilt["facts"].as_u64().unwrap() >= 3_000);
    assert_eq!(service.get("/v1/exports/users.csv").await.then(200).body, before);
    service.import("Email\nlater@example.org\n").await;
    service.user_id("later@").await;
    let generations = std::fs::read_dir(&service.data).unwrap().filter_map(Result::ok);
    let files =
        generations.filter(|entry| entry.file_name().to_string_lossy().ends_with(".db")).count();
    assert_eq!(files, 3, "the log, the work store, and one generation of tables");
    let service = service.restart().await;
    service.user_id("later@").await;
    service.stop().await;
}

#[tokio::test]
async fn lost_tables_are_built_again_from_the_log() {
    let service = Service::start().await;
    service.import(people::csv(300, 5, 0).text).await;
    let before = service.get("/v1/exports/users.csv").await.then(200).body;
    let (data, folder) = (service.data.clone(), service.stop().await);
    for entry in std::fs::read_dir(&data).unwrap().filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with("projections.") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let service = Service::open(&data, None, &[]).await;
    assert_eq!(service.get("/v1/exports/users.csv").await.then(200).body, before);
    service.stop().await;
    drop(folder);
}

#[tokio::test]
async fn a_backup_taken_under_load_passes_check_and_serves() {
    let service = Service::start().await;
    let import = service.import(people::csv(20_000, 9, 0).text);
    let backups = async {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        service.get("/v1/operations/backup").await.then(200).body
    };
    let (_, archive) = tokio::join!(import, backups);
    let folder = tempfile::tempdir().unwrap();
    let manifest = api::backup::unpack(&archive[..], folder.path()).unwrap();
    let restored = Service::open(folder.path(), None, &[]).await;
    // An import that was under way goes on in the copy too.
    for line in restored.get("/v1/imports").await.json()["items"].as_array().unwrap() {
        restored
            .get(&format!("/v1/imports/{}?wait=true", line["id"].as_str().unwrap()))
            .await
            .then(200);
    }
    let found = report(&restored, "check").await;
    assert_eq!(found["sound"], true, "{found}");
    assert!(found["facts"].as_u64().unwrap() >= manifest.facts);
    assert_eq!(restored.app.log_id, service.app.log_id);
    assert_eq!(restored.import_counts(people::csv(20_000, 9, 0).text).await[3], 0);
    let mut torn = archive.clone();
    torn.truncate(archive.len() / 2);
    assert!(api::backup::unpack(&torn[..], tempfile::tempdir().unwrap().path()).is_err());
    restored.stop().await;
}

#[tokio::test]
async fn a_backup_that_is_not_whole_or_was_changed_is_not_served() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    let archive = service.get("/v1/operations/backup").await.then(200).body;
    for (file, spoil) in
        [("log.db", true), ("log.db", false), ("work.db", false), ("instance.key", false)]
    {
        let folder = tempfile::tempdir().unwrap();
        api::backup::unpack(&archive[..], folder.path()).unwrap();
        let path = folder.path().join(file);
        if spoil {
            let mut bytes = std::fs::read(&path).unwrap();
            let last = bytes.len() - 10;
            bytes[last] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
        let refused = Service::try_open(folder.path(), None, &[]).await.err().unwrap();
        assert!(format!("{refused:#}").contains("backup_damaged"), "{file}: {refused:#}");
    }
    // And a served folder that has lost its log is no new programme.
    let (data, folder) = (service.data.clone(), service.stop().await);
    std::fs::remove_file(data.join("log.db")).unwrap();
    let refused = Service::try_open(&data, None, &[]).await.err().unwrap();
    assert!(format!("{refused:#}").contains("no log.db"), "{refused:#}");
    drop(folder);
}
