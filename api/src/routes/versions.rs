//! ETags: a definition is changed only by who has seen it as it is.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use eventlog::Expected;

use crate::problem::{Problem, ProblemKind};

/// The revision that a change expects, by its `If-Match`; `now` is the one there is.
///
/// # Errors
/// `if_match_missing`, `version_conflict`.
pub fn expected(headers: &HeaderMap, now: u64) -> Result<Expected, Problem> {
    let said = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let Some(said) = said else {
        let detail = "send the ETag that a GET of it answers as If-Match";
        return Err(Problem::new(ProblemKind::IfMatchMissing, detail));
    };
    // RFC 9110: one of a list, or `*` for whichever there is.
    let etag = format!("\"{now}\"");
    if said.trim() == "*" || said.split(',').any(|said| said.trim() == etag) {
        return Ok(Expected::Revision(now));
    }
    Err(conflict(now))
}

/// Refuses who has seen it as it is no more, where the request says how it was seen; `now` is the revision there is, if any.
///
/// # Errors
/// `version_conflict`.
pub fn as_seen(headers: &HeaderMap, now: Option<u64>) -> Result<(), Problem> {
    match headers.contains_key(header::IF_MATCH) {
        true => expected(headers, now.unwrap_or_default()).map(drop),
        false => Ok(()),
    }
}

/// The refusal of who has seen it as it is no more; `now` is the revision there is.
pub fn conflict(now: u64) -> Problem {
    Problem::new(ProblemKind::VersionConflict, "it is not as you have seen it")
        .with("revision", now)
}

/// Adds the ETag of a revision.
pub fn with_etag(revision: u64, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
