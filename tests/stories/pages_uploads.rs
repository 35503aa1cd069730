//! A form with a file that is refused while it comes: nothing is waited for, or held, that will not be taken.

use std::convert::Infallible;

use futures_util::{StreamExt, stream};
use reqwest::{Body, Method};
use tempfile::TempDir;
use tests::{Page, Service, Visitor};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const FILE: &str =
    "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";

/// Sends what there is of a form; the rest never comes.
async fn begin(visitor: &Visitor, form: String) -> Page {
    let pieces = stream::iter([Ok::<_, Infallible>(form)]).chain(stream::pending());
    let request = visitor
        .request(Method::POST, "/imports")
        .header("content-type", "multipart/form-data; boundary=line")
        .header("sec-fetch-site", "same-origin");
    Page::of(request.body(Body::wrap_stream(pieces))).await
}

/// The first line that is answered to who sends a file only once they are told to go on (RFC 9110, 10.1.1).
async fn answered_first(service: &Service, token: &str) -> String {
    let mut stream =
        TcpStream::connect(service.address.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /imports HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nsec-fetch-site: same-origin\r\n\
         content-type: multipart/form-data; boundary=line\r\ncontent-length: 1000\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.unwrap();
    line
}

#[tokio::test]
async fn who_may_not_import_is_refused_before_anything_is_read() {
    let service = Service::start().await;
    let reader = service.with_token(&["users:read"]).await;
    let refused =
        begin(&Visitor::with(&service, &reader.token), "--line".to_owned()).await.then(403);
    assert_eq!(refused.attribute("main a", "href"), "/problems/scope_missing");
    assert_eq!(answered_first(&service, &reader.token).await, "HTTP/1.1 403 Forbidden\r\n");
    assert_eq!(answered_first(&service, service.token()).await, "HTTP/1.1 100 Continue\r\n");
}

#[tokio::test]
async fn what_comes_before_the_file_is_little() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let much = "x".repeat(200_000);
    for begun in [
        much.clone(),
        format!("--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{much}"),
        format!("--line\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n{much}"),
    ] {
        let refused = begin(&visitor, begun).await.then(400);
        assert_eq!(refused.attribute(".refused a", "href"), "/problems/body_invalid");
        assert!(refused.text(".refused").contains("64 KiB"), "{}", refused.text(".refused"));
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_while_it_comes() {
    let folder = TempDir::new().unwrap();
    let service = Service::open(folder.path(), None, &[("import_bytes_max", "100")]).await;
    let visitor = Visitor::of(&service);
    let begun = format!("{FILE}Email\n{}", "a".repeat(200));
    let refused = begin(&visitor, begun).await.then(413);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/file_too_large");
    service.stop().await;
}

#[tokio::test]
async fn a_file_that_comes_all_at_once_is_taken_however_large() {
    let service = Service::start().await;
    let visitor = Visitor::of(&service);
    let rows: String = (0..40_000).map(|n| format!("user{n}@example.org\n")).collect();
    let other = "--line\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n";
    let form = format!("{other}{FILE}Email\n{rows}\r\n--line--\r\n");
    let request = visitor
        .request(Method::POST, "/imports")
        .header("content-type", "multipart/form-data; boundary=line")
        .header("sec-fetch-site", "same-origin");
    let made = Page::of(request.body(form)).await.then(303);
    let path = format!("/v1{}?wait=true", made.leads_to());
    let import = service.get(&path).await.then(200).json();
    assert_eq!(import["rows"], 40_000, "{import}");
}
