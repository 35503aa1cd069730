//! Files and requests that are refused whole: named, explained, and nothing has changed.

use reqwest::Method;
use serde_json::Value;
use tests::{Answer, Service};

/// Imports and expects a refusal after which nothing is there.
async fn refused(
    service: &Service,
    file: impl Into<Vec<u8>>,
    more: &str,
    status: u16,
    code: &str,
) -> Value {
    let before = service.app.log.head();
    let problem = service.import_with(file, more).await.then_problem(status, code);
    assert_eq!(service.app.log.head(), before, "{code} recorded something");
    let left = std::fs::read_dir(service.app.folder.uploads()).unwrap().count();
    assert_eq!(left, 0, "{code} left a file");
    problem
}

#[tokio::test]
async fn a_file_that_cannot_be_trusted_is_refused_whole() {
    let service = Service::start().await;
    refused(&service, "", "", 422, "empty_file").await;
    refused(&service, "\n\r\n", "", 422, "empty_file").await;
    refused(&service, "Name,City\nAnna,Lyon\n", "", 422, "email_column_missing").await;
    refused(&service, "Email,Courriel\na@b.org,c@d.org\n", "", 422, "email_mapped_twice").await;
    refused(&service, "Email,Nom,Last Name\na@b.org,x,y\n", "", 422, "field_mapped_twice").await;
    let quote = refused(
        &service,
        "Email,City\na@b.org,\"Ly\non\nb@c.org,x\n",
        "",
        422,
        "unterminated_quote",
    )
    .await;
    assert_eq!((quote["line"].as_u64(), quote["byte"].as_u64()), (Some(2), Some(19)));
    let bytes = refused(
        &service,
        &b"Email,City\na@b.org,Lyon\nb@c.org,K\xF6ln\n"[..],
        "&encoding=utf-8",
        422,
        "invalid_bytes_at",
    )
    .await;
    assert_eq!((bytes["line"].as_u64(), bytes["byte"].as_u64()), (Some(3), Some(33)));
    let unknown =
        refused(&service, "Email,City\na@b.org,x\n", "&columns=Town", 422, "column_unknown").await;
    assert_eq!(unknown["headers"], serde_json::json!(["Email", "City"]));
    refused(&service, format!("Email{}\n", ",x".repeat(600)), "", 422, "too_many_columns").await;
    refused(
        &service,
        format!("Email,{}\na@b.org,x\n", "h".repeat(300)),
        "",
        422,
        "header_too_long",
    )
    .await;
    let row = refused(&service, "anna@example.org,Anna\n", "", 422, "email_column_missing").await;
    assert!(!row.to_string().contains("anna"), "a row taken for a header is not repeated: {row}");
    refused(&service, "Email,City\na@b.org,x\n", "&columns=", 400, "parameter_invalid").await;
    refused(
        &service,
        format!("Email,x\na@b.org,{}\n", "y".repeat(2_000_000)),
        "",
        422,
        "record_too_long",
    )
    .await;
}

#[tokio::test]
async fn what_is_no_csv_is_called_by_its_name() {
    let service = Service::start().await;
    let zip = refused(&service, &b"PK\x03\x04rest of an xlsx"[..], "", 422, "not_text").await;
    assert!(zip["detail"].as_str().unwrap().contains(".xlsx"));
    refused(&service, &b"\x1f\x8b\x08\x00packed"[..], "", 422, "gzip_damaged").await;
    refused(&service, &b"Email\0\0\0\0\0\0\0\x01\x02\0\0"[..], "", 422, "not_text").await;
}

#[tokio::test]
async fn limits_are_stated_when_they_are_met() {
    let folder = tempfile::tempdir().unwrap();
    let limits = [("import_rows_max", "2"), ("import_bytes_max", "100")];
    let service = Service::open(&folder.path().join("data"), None, &limits).await;
    let rows =
        refused(&service, "Email\na@b.org\nb@c.org\nc@d.org\n", "", 422, "too_many_rows").await;
    assert_eq!(rows["rows_max"], 2);
    let bytes = refused(
        &service,
        format!("Email,x\na@b.org,{}\n", "y".repeat(100)),
        "",
        413,
        "file_too_large",
    )
    .await;
    assert_eq!(bytes["bytes_max"], 100);
    assert_eq!(service.import_counts("Email\na@b.org\nb@c.org\n").await, [2, 0, 0, 0]);
    service.stop().await;
}

#[tokio::test]
async fn a_request_that_means_something_else_is_refused() {
    let service = Service::start().await;
    let file = "Email\na@b.org\n";
    let send = async |path: &str, kind: &str| {
        Answer::of(service.request(Method::POST, path).header("content-type", kind).body(file))
            .await
    };
    send("/v1/imports?start=true&dry_run=true", "text/csv")
        .await
        .then_problem(400, "start_or_dry_run");
    send("/v1/imports?mode=update_only", "text/csv").await.then_problem(400, "parameter_invalid");
    send("/v1/imports?start=true", "application/json")
        .await
        .then_problem(415, "media_type_unsupported");
    send("/v1/imports?start=yes", "text/csv").await.then_problem(400, "parameter_invalid");
    let unknown = send("/v1/imports?start=true&colums=City", "text/csv")
        .await
        .then_problem(400, "parameter_unknown");
    assert_eq!(unknown["parameter"], "colums");
    service
        .get("/v1/imports/0190b3c4-5d6e-7f70-8123-456789abcdef")
        .await
        .then_problem(404, "import_unknown");
    assert_eq!(service.get("/v1/users").await.json()["items"], serde_json::json!([]));
}
