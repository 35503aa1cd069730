//! Eight exports at once beside an import: each whole, each as its manifest or its trailers say, each the same again.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use tests::Service;

use crate::export_body::{fetched, fetched_first};
use crate::export_manifest::{found, told};
use crate::stored_exports::path;

const FORMS: [(&str, bool); 2] = [("csv", false), ("ndjson", true)];

fn query(gzip: bool) -> &'static str {
    if gzip { "compression=gzip" } else { "compression=none" }
}

fn unpacked(bytes: &[u8], gzip: bool) -> Vec<u8> {
    if !gzip {
        return bytes.to_vec();
    }
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    text
}

/// Says that what was exported stands in the same export made now, up to the same position.
async fn the_same_again(
    service: &Service,
    content: &str,
    format: &str,
    position: &str,
    text: &[u8],
) {
    match content {
        "users" => {
            let path = format!("/v1/exports/users.{format}?as_of={position}");
            let again = service.get(&path).await.then(200);
            assert!(again.body == text, "{content} {format} at {position}");
        }
        _ => {
            let again = service.get(&format!("/v1/exports/user-events.{format}")).await.then(200);
            assert!(again.body.starts_with(text), "{content} {format} up to {position}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_at_once_beside_an_import_are_whole_and_the_same_again() {
    let service = Service::start().await;
    service.import(tests::people::csv(4_000, 5, 0).text).await;
    let file = tests::people::csv(16_000, 3, 0).text;
    let request = service.request(reqwest::Method::POST, "/v1/imports?start=true");
    let import =
        tests::Answer::of(request.header("content-type", "text/csv").body(file)).await.then(202);
    // Four are handed out at once, four are kept.
    let mut streams = Vec::new();
    for (content, route) in [("users", "users"), ("user_events", "user-events")] {
        for (format, gzip) in FORMS {
            let path = format!("/v1/exports/{route}.{format}?{}", query(gzip));
            let (address, token) = (service.address.clone(), service.token().to_owned());
            let got = tokio::task::spawn_blocking(move || {
                fetched((address.as_str(), token.as_str()), &path)
            });
            streams.push((content, format, got));
        }
    }
    let mut kept = Vec::new();
    for content in ["users", "user_events"] {
        for (format, gzip) in FORMS {
            let compression = if gzip { "gzip" } else { "none" };
            let body = json!({ "content": content, "format": format, "compression": compression });
            let asked = service.post("/v1/exports", &body).await.then(202).json();
            kept.push((content, format, gzip, asked));
        }
    }
    let mut whole = 0;
    for (content, format, got) in streams {
        let told = got.await.unwrap();
        assert_eq!((&told["status"], &told["whole"]), (&json!(200), &json!(true)), "{told}");
        let says = if content == "users" { "headers" } else { "trailers" };
        assert_eq!(told[says]["cohort-rows"], told["rows"].to_string(), "{content} {format}");
        assert_eq!(told[says]["cohort-digest"], told["digest"], "{content} {format}");
        assert!(told["rows"].as_u64().unwrap() >= 4_000, "{content} {format}");
        // Made again later, it is the same up to the same position.
        let position = told["headers"]["cohort-position"].as_str().unwrap();
        let path = match content {
            "users" => format!("/v1/exports/users.{format}?as_of={position}"),
            _ => format!("/v1/exports/user-events.{format}"),
        };
        let (address, token) = (service.address.clone(), service.token().to_owned());
        let bytes = told["length"].as_u64().unwrap();
        let again = tokio::task::spawn_blocking(move || {
            fetched_first((address.as_str(), token.as_str()), &path, bytes)
        });
        assert_eq!(again.await.unwrap()["first"], told["text"], "{content} {format}");
        whole += 1;
    }
    for (content, format, gzip, asked) in kept {
        let done = service.get(&format!("{}?wait=true", path(&asked))).await.then(200).json();
        assert_eq!(done["state"], "completed", "{done}");
        let manifest = service.get(&format!("{}/manifest", path(&asked))).await.then(200).json();
        let file = service.get(&format!("{}/file", path(&asked))).await.then(200);
        let text = unpacked(&file.body, gzip);
        if format == "csv" {
            assert_eq!(told(&manifest), found(&file.body, ","), "{content}");
        } else {
            let lines = text.iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(manifest["rows"], json!(lines), "{content}");
        }
        assert_eq!(file.header("etag"), format!("\"{}\"", manifest["sha256"].as_str().unwrap()));
        let position = manifest["position"].as_str().unwrap();
        if content == "user_events" {
            let at = |cursor: &Value| service.app.position(cursor.as_str().unwrap()).unwrap();
            let last = &manifest["last"]["position"];
            assert!(at(last) <= at(&manifest["position"]), "nothing later is in it: {manifest}");
        }
        the_same_again(&service, content, format, position, &text).await;
        whole += 1;
    }
    assert_eq!(whole, 8);
    let report = service.get(&format!("{}?wait=true", import.header("location"))).await.then(200);
    let report: Value = report.json();
    assert_eq!((&report["state"], &report["created"]), (&json!("completed"), &json!(16_000)));
    service.stop().await;
}
