//! The settings over HTTP: every one with where it came from, secrets never.

use serde_json::{Value, json};
use tests::Service;

fn find<'a>(settings: &'a Value, member: &str, name: &str) -> &'a Value {
    let all = settings["settings"].as_array().unwrap();
    all.iter().find(|setting| setting[member] == name).unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test]
async fn every_setting_is_told_with_where_it_came_from_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let (data, key) = (folder.path().join("data"), "ab".repeat(32));
    let given = [("zone", "Europe/Paris"), ("instance_key", key.as_str())];
    let service = Service::open(&data, None, &given).await;
    let answer = service.get("/v1/settings").await.then(200);
    assert!(
        !answer.text().contains(&key) && !answer.text().contains(service.token()),
        "{}",
        answer.text()
    );
    let settings = answer.json();

    for (name, variable, default, _) in api::config::SETTINGS {
        let setting = find(&settings, "name", name);
        assert_eq!(setting["environment"], variable);
        assert_eq!(setting["default"], default);
    }
    let zone = find(&settings, "name", "zone");
    assert_eq!(
        (&zone["value"], &zone["source"], &zone["flag"]),
        (&json!("Europe/Paris"), &json!("flag"), &json!("--zone"))
    );
    let days = find(&settings, "name", "exports_days");
    assert_eq!((&days["value"], &days["source"]), (&json!("7"), &json!("default")));
    let secret = find(&settings, "name", "instance_key");
    assert_eq!(
        (&secret["value"], &secret["secret"], &secret["source"]),
        (&Value::Null, &json!(true), &json!("flag"))
    );
    let token = find(&settings, "environment", "COHORT_ADMIN_TOKEN");
    assert_eq!((&token["value"], &token["source"]), (&Value::Null, &json!("environment")));
    assert!(find(&settings, "environment", "RUST_LOG")["value"].is_string());
    assert_eq!(find(&settings, "flag", "--accept-clock")["value"], "false");
    service.stop().await;
}

#[tokio::test]
async fn it_says_what_the_service_is_at_to_who_manages_it_only() {
    let service = Service::start().await;
    service.import("Email\nanna@example.org\n").await;
    service.settle().await;
    let answer = service.get("/v1/settings").await.then(200);
    let settings = answer.json();
    let facts = service.app.log.head().number();
    assert_eq!(settings["version"], service.get("/version").await.json()["version"]);
    assert_eq!(
        (&settings["facts"], &settings["tables"]["facts_behind"]),
        (&json!(facts), &json!(0))
    );
    assert_eq!(answer.header("cohort-position"), settings["position"].as_str().unwrap());
    assert_eq!(settings["tables"]["position"], settings["position"]);
    let bytes = &settings["data_bytes"];
    let parts = ["log", "tables", "work", "imports", "exports", "rest"];
    let sum: u64 = parts.iter().map(|part| bytes[part].as_u64().unwrap()).sum();
    assert_eq!(bytes["total"], sum);
    assert!(bytes["log"].as_u64().unwrap() > 0 && bytes["imports"].as_u64().unwrap() > 0);

    service.get("/v1/settings?of=me").await.then_problem(400, "parameter_unknown");
    let asker = service.with_token(&["users:read", "definitions:write"]).await;
    asker.get("/v1/settings").await.then_problem(403, "scope_missing");
}
