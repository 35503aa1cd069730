//! Exports as they come over the wire: digests, trailers, packed files; read by a client in another language.

use std::process::Command;

use domain::{Event, EventKind};
use serde_json::{Value, json};
use tests::Service;

use crate::export_ledger::facts;

/// What an independent client makes of an export.
pub(crate) fn fetched(of: (&str, &str), path: &str) -> Value {
    fetched_first(of, path, u64::MAX >> 1)
}

/// The same, with the digest of its first bytes, unpacked.
pub(crate) fn fetched_first((address, token): (&str, &str), path: &str, bytes: u64) -> Value {
    let bytes = bytes.to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/proof/export_body.py");
    let address = address.trim_start_matches("http://");
    let told = Command::new("python3").args([script, address, path, token, &bytes]).output();
    let told = told.expect("python3 runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// Two users with three events, and more than one chunk of them.
async fn given() -> Service {
    let service = Service::start().await;
    let mut csv = "Email,City\n".to_owned();
    for number in 0..3_000 {
        csv += &format!("user{number}@example.org,\"Łódź, {number}\"\n");
    }
    service.import(csv).await;
    let first = service.user_id("user0@").await;
    service.act(&format!("/v1/users/{first}/badges/vip")).await.then(200);
    service.settle().await;
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_as_many_rows_and_has_the_digest_it_says() {
    let service = given().await;
    let of = (service.address.as_str(), service.token());
    let (mut texts, mut stored) = (Vec::new(), Vec::new());
    for path in ["users.csv", "users.ndjson", "user-events.csv", "user-events.ndjson"] {
        for packed in ["none", "gzip"] {
            let told = fetched(of, &format!("/v1/exports/{path}?compression={packed}"));
            let rows = if path.starts_with("users") { 3_000 } else { 3_001 };
            assert_eq!((&told["status"], &told["rows"]), (&json!(200), &json!(rows)), "{told}");
            assert_eq!(told["whole"], true, "{told}");
            // A spooled file says it before its first byte, a stream after its last.
            let says = if path.starts_with("users") { "headers" } else { "trailers" };
            assert_eq!(told[says]["cohort-rows"], rows.to_string(), "{told}");
            assert_eq!(told[says]["cohort-digest"], told["digest"], "{told}");
            let suffix = if packed == "gzip" { ".gz" } else { "" };
            let name = format!("attachment; filename=\"{path}{suffix}\"");
            assert_eq!(told["headers"]["content-disposition"], name);
            texts.push(told["text"].clone());
            stored.push(told["sha256"].as_str().unwrap().to_owned());
        }
    }
    for (plain, packed) in texts.chunks(2).map(|two| (&two[0], &two[1])) {
        assert_eq!(plain, packed, "packing changes nothing");
    }
    let ends = facts(&service, &[EventKind::ExportCompleted], 8).await;
    let digest = |(_, end): (String, Event)| {
        if let Event::ExportCompleted(end) = end { end.sha256 } else { None }
    };
    let mut recorded: Vec<String> = ends.into_iter().filter_map(digest).collect();
    stored.sort();
    recorded.sort();
    assert_eq!(recorded, stored, "the facts keep the digests of what was handed out");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_packed_is_a_packed_file_too() {
    let service = Service::start().await;
    let told = fetched(
        (&service.address, service.token()),
        "/v1/exports/user-events.ndjson?compression=gzip",
    );
    assert_eq!((&told["rows"], &told["whole"]), (&json!(0), &json!(true)), "{told}");
    let refused = service.get("/v1/exports/users.csv?compression=zstd").await;
    assert_eq!(refused.then_problem(400, "parameter_invalid")["parameter"], "compression");
}
