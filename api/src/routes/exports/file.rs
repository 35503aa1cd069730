//! Fetching the file of an export: whole, or a part of it, so that a download that was cut goes on.

use std::io::{Seek, SeekFrom};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::Event;
use domain::event::{ExportCompleted, ExportDownloaded};
use projections::exports::ExportLine;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::READ_BYTES;
use super::view::line;
use crate::access::Credential;
use crate::app::App;
use crate::export::body::{DIGEST, ROWS, digest};
use crate::export::shape::file_headers;
use crate::export::stored::fact;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::routes::{InPath, POSITION, id};

/// The file of an export; HEAD says what there is, and is no download. Its ETag is its SHA-256; `Range` takes one range, `If-Range` and `If-None-Match` that ETag.
#[utoipa::path(get, path = "/v1/exports/{id}/file", tag = "exports", params(
    ("id" = Uuid, Path, description = "the export's id"),
    ("Range" = Option<String>, Header, description = "bytes=FIRST-LAST, bytes=FIRST- or bytes=-LENGTH"),
    ("If-Range" = Option<String>, Header, description = "the ETag of the file that a part is there of: of another all is answered"),
    ("If-None-Match" = Option<String>, Header, description = "the ETag of the file that is there: 304 where it is the same"),
), responses((status = 200, content_type = "text/csv"), (status = 206), (status = 304), (status = 403, description = "personal_data_required"), (status = 404, description = "export_unknown"),
    (status = 409, description = "export_not_completed"), (status = 410, description = "export_file_gone"), (status = 416, description = "range_not_satisfiable")))]
pub async fn file(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(export): InPath<String>,
    method: Method,
    uri: Uri,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let export: Uuid = id(&export)?;
    Params::read(&uri, &[])?;
    let line = line(&app, &credential, export)?;
    let completed = completed(&line)?.clone();
    if line.started.personal {
        credential.needs_personal("the file holds personal data")?;
    }
    let gone = || Problem::new(ProblemKind::ExportFileGone, "the file is not kept any more");
    if !line.kept() {
        let detail = "it was handed out at once; no file of it is kept";
        return Err(Problem::new(ProblemKind::ExportFileGone, detail));
    }
    if !line.has_file() {
        return Err(gone());
    }
    let etag = etag(&completed)?;
    let said = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if said(header::IF_NONE_MATCH).is_some_and(|tags| names(tags, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let bytes = completed.bytes;
    // A part of another file is of no use: then all of this one is answered.
    let same = said(header::IF_RANGE).is_none_or(|tag| tag.trim() == etag);
    let part = match said(header::RANGE)
        .filter(|_| same && method == Method::GET)
        .map(|range| range_of(range, bytes))
    {
        Some(Wanted::Outside) => return Ok(outside(bytes)),
        Some(Wanted::Part(part)) => Some(part),
        Some(Wanted::All) | None => None,
    };
    let (first, length) = part.unwrap_or((0, bytes));
    let path = app.folder.export(export);
    let opened = tokio::task::spawn_blocking(move || {
        let mut file = std::fs::File::open(path)?;
        let there = file.metadata()?.len() == bytes;
        file.seek(SeekFrom::Start(first))?;
        Ok::<_, std::io::Error>(there.then_some(file))
    });
    let file = opened.await.map_err(Problem::internal)?.ok().flatten().ok_or_else(gone)?;
    let body = if method == Method::HEAD {
        Body::empty() // nobody has any of it then: no download to record
    } else {
        let fact = ExportDownloaded { export_id: export, first_byte: first, bytes: length };
        let context = request.context(&credential);
        fact::add(&app, export, &Event::ExportDownloaded(fact), &context).await?;
        let rest = tokio::fs::File::from_std(file).take(length);
        Body::from_stream(ReaderStream::with_capacity(rest, READ_BYTES))
    };
    let mut response = Response::new(body);
    *response.headers_mut() = headers(&line, &completed, &etag, length)?;
    if part.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {first}-{}/{bytes}", first + length - 1);
        let range = HeaderValue::from_str(&range).map_err(Problem::internal)?;
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

/// What an export came to.
///
/// # Errors
/// `export_not_completed`.
pub(super) fn completed(line: &ExportLine) -> Result<&ExportCompleted, Problem> {
    line.completed
        .as_ref()
        .ok_or_else(|| Problem::new(ProblemKind::ExportNotCompleted, "the export is not completed"))
}

fn etag(completed: &ExportCompleted) -> Result<String, Problem> {
    let sha256 = completed.sha256.as_ref();
    Ok(format!("\"{}\"", sha256.ok_or_else(|| Problem::internal("an export has no digest"))?))
}

fn headers(
    line: &ExportLine,
    completed: &ExportCompleted,
    etag: &str,
    length: u64,
) -> Result<HeaderMap, Problem> {
    let text = |value: &str| HeaderValue::from_str(value).map_err(Problem::internal);
    let resolved = line.started.resolved.as_ref();
    let name = resolved.map(|resolved| resolved.name.as_str()).unwrap_or_default();
    let mut headers = file_headers(&line.started.format, name)?;
    let sha256 = hex::decode(etag.trim_matches('"')).map_err(Problem::internal)?;
    headers.extend([
        (header::ETAG, text(etag)?),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
        (ROWS, HeaderValue::from(completed.rows)),
        (DIGEST, digest(&sha256)),
    ]);
    if let Some(written) = &completed.written {
        headers.insert(POSITION, text(&written.position)?);
    }
    Ok(headers)
}

/// Whether a list of ETags has this one in it. A weak one is the same here: it names the same bytes.
fn names(tags: &str, etag: &str) -> bool {
    let mut tags = tags.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
    tags.any(|tag| tag == "*" || tag == etag)
}

/// What a `Range` asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// Everything: it says nothing that is understood, or more than one range.
    All,
    /// From a byte on, so many.
    Part((u64, u64)),
    /// Bytes that are not there.
    Outside,
}

fn range_of(range: &str, bytes: u64) -> Wanted {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|said| said.split_once('-'))
    else {
        return Wanted::All;
    };
    match (first.trim(), last.trim()) {
        ("", length) => match length.parse::<u64>() {
            Ok(0) => Wanted::Outside,
            Ok(_) if bytes == 0 => Wanted::Outside,
            Ok(length) => Wanted::Part((bytes - length.min(bytes), length.min(bytes))),
            Err(_) => Wanted::All,
        },
        (first, last) => {
            let end = if last.is_empty() { Ok(u64::MAX) } else { last.parse::<u64>() };
            match (first.parse::<u64>(), end) {
                (Ok(first), Ok(last)) if first > last => Wanted::All,
                (Ok(first), Ok(_)) if first >= bytes => Wanted::Outside,
                (Ok(first), Ok(last)) => Wanted::Part((first, last.min(bytes - 1) - first + 1)),
                (Err(_), _) | (_, Err(_)) => Wanted::All,
            }
        }
    }
}

fn outside(bytes: u64) -> Response {
    let detail = format!("the file has {bytes} bytes");
    let problem = Problem::new(ProblemKind::RangeNotSatisfiable, detail).with("bytes", bytes);
    let mut response = problem.into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("bytes */{bytes}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_a_part_and_what_nobody_can_mean_is_all() {
        for (range, wanted) in [
            ("bytes=0-0", Wanted::Part((0, 1))),
            ("bytes=5-", Wanted::Part((5, 5))),
            ("bytes=5-100", Wanted::Part((5, 5))),
            ("bytes=-3", Wanted::Part((7, 3))),
            ("bytes=-30", Wanted::Part((0, 10))),
            ("bytes=10-", Wanted::Outside),
            ("bytes=-0", Wanted::Outside),
            ("bytes=3-2", Wanted::All),
            ("bytes=0-1,4-5", Wanted::All),
            ("bytes=", Wanted::All),
            ("rows=1-2", Wanted::All),
        ] {
            assert_eq!(range_of(range, 10), wanted, "{range}");
        }
        assert_eq!(range_of("bytes=0-", 0), Wanted::Outside);
    }
}
