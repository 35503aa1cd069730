//! A manifest says what is in a file, and anybody can check it.

use std::process::Command;

use serde_json::{Value, json};
use tests::Service;

use crate::stored_exports::{path, stored};

/// What Python finds in a file.
pub(crate) fn found(bytes: &[u8], delimiter: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export");
    std::fs::write(&file, bytes).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/proof/manifest.py");
    let told = Command::new("python3").arg(script).arg(file).arg(delimiter).output();
    let told = told.expect("python3 runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// What the manifest says of the same.
pub(crate) fn told(manifest: &Value) -> Value {
    let names = ["sha256", "bytes", "rows", "columns", "rows_by_type"];
    names
        .into_iter()
        .map(|name| (name.to_owned(), manifest[name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

async fn given() -> Service {
    let service = Service::start().await;
    let mut csv = "Email,City\n".to_owned();
    for number in 0..2_000 {
        csv += &format!("user{number}@example.org,\"Łódź; {number}\"\n");
    }
    service.import(csv).await;
    for number in 0..3 {
        let id = service.user_id(&format!("user{number}@")).await;
        service.act(&format!("/v1/users/{id}/badges/vip")).await.then(200);
    }
    service.settle().await;
    service
}

#[tokio::test]
async fn a_manifest_says_what_an_independent_script_finds() {
    let service = given().await;
    for (body, delimiter) in [
        (
            json!({ "content": "users", "format": "csv", "delimiter": "semicolon", "bom": true }),
            ";",
        ),
        (
            json!({ "content": "users", "format": "csv", "compression": "gzip", "property.city.contains": "; 7" }),
            ",",
        ),
        (json!({ "content": "user_events", "format": "csv", "safe": true }), ","),
        (
            json!({ "content": "user_events", "format": "csv", "compression": "gzip", "delimiter": "tab" }),
            "\t",
        ),
        (
            json!({ "content": "user_events", "format": "csv", "type": "BadgeGained", "badge": "vip" }),
            ",",
        ),
    ] {
        let done = stored(&service, &body).await;
        let manifest = service.get(&format!("{}/manifest", path(&done))).await.then(200);
        let name = done["file_name"].as_str().unwrap();
        let disposition = format!("attachment; filename=\"{name}.manifest.json\"");
        assert_eq!(manifest.header("content-disposition"), disposition);
        let file = service.get(&format!("{}/file", path(&done))).await.then(200);
        assert_eq!(told(&manifest.json()), found(&file.body, delimiter), "{body}");
    }
}

#[tokio::test]
async fn a_manifest_says_what_was_asked_and_what_it_came_to() {
    let service = given().await;
    let body = json!({ "content": "user_events", "format": "csv", "reason": "quarter end", "safe": true,
        "type": ["BadgeGained", "UserImported"], "from": "2026-01-01", "zone": "Europe/Paris" });
    let done = stored(&service, &body).await;
    let manifest = service.get(&format!("{}/manifest", path(&done))).await.then(200).json();
    assert_eq!(manifest["manifest"], "export-manifest/1");
    assert_eq!(manifest["log_id"], json!(service.app.log_id));
    assert_eq!(
        (&manifest["zone"], &manifest["basis"]),
        (&json!("Europe/Paris"), &json!("recorded"))
    );
    assert_eq!(manifest["range"], json!({ "from": "2025-12-31T23:00:00.000000Z", "to": null }));
    assert_eq!(manifest["filter"]["types"], json!(["cohort.user.imported", "cohort.badge.gained"]));
    assert_eq!(manifest["filter"]["asked"]["type"], json!(["BadgeGained", "UserImported"]));
    assert_eq!(
        manifest["options"],
        json!({ "safe": true, "bom": false, "delimiter": ",", "compression": "none" })
    );
    assert_eq!(
        manifest["rows_by_type"],
        json!({ "cohort.user.imported": 2_000, "cohort.badge.gained": 3 })
    );
    assert_eq!(manifest["reason"], "quarter end");
    let table =
        tests::Table::read(&service.get(&format!("{}/file", path(&done))).await.then(200).text());
    let (positions, times) = (table.column("position"), table.column("recorded_at"));
    for (end, row) in [("first", 0), ("last", positions.len() - 1)] {
        let told = json!({ "position": positions[row], "recorded_at": times[row] });
        assert_eq!(manifest[end], told, "{end}");
    }
    // The same can be had of an export that is not made, but for what only a file has.
    let before = service.app.log.head();
    let query = "type=BadgeGained&type=UserImported&from=2026-01-01&zone=Europe/Paris&safe=true&manifest=only";
    let early = service.get(&format!("/v1/exports/user-events.csv?{query}")).await.then(200).json();
    for name in ["rows", "rows_by_type", "columns", "first", "last", "range", "options"] {
        assert_eq!(early[name], manifest[name], "{name}");
    }
    assert_eq!(
        (&early["bytes"], &early["sha256"], &early["export_id"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(service.app.log.head(), before, "nothing left the house");
    let users =
        service.get("/v1/exports/users.ndjson?badge=vip&manifest=only").await.then(200).json();
    assert_eq!((&users["rows"], &users["rows_by_type"]), (&json!(3), &json!({})));
    let both = service.get("/v1/exports/users.csv?manifest=only&count=only").await;
    both.then_problem(400, "parameter_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_at_once_beside_an_import_all_agree_with_their_manifests() {
    let service = given().await;
    let file = tests::people::csv(20_000, 3, 0).text;
    let request = service.request(reqwest::Method::POST, "/v1/imports?start=true");
    let import =
        tests::Answer::of(request.header("content-type", "text/csv").body(file)).await.then(202);
    let mut asked = Vec::new();
    for number in 0..4 {
        for content in ["users", "user_events"] {
            let reason = format!("number {number}");
            let body = json!({ "content": content, "format": "csv", "reason": reason });
            asked.push(service.post("/v1/exports", &body).await.then(202).json());
        }
    }
    for export in &asked {
        let done = service.get(&format!("{}?wait=true", path(export))).await.then(200).json();
        assert_eq!(done["state"], "completed", "{done}");
        let manifest = service.get(&format!("{}/manifest", path(export))).await.then(200).json();
        let file = service.get(&format!("{}/file", path(export))).await.then(200);
        assert_eq!(told(&manifest), found(&file.body, ","));
    }
    service.get(&format!("{}?wait=true", import.header("location"))).await.then(200);
    service.stop().await;
}
