//! What an import request asks for.

use axum::http::{HeaderMap, HeaderValue, Uri, header};

use crate::import::encoding::Encoding;
use crate::import::inspect::{Header, Reading};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// Longest name of a file that is kept, in characters.
const FILENAME_CHARS_MAX: usize = 255;

/// What an import request asks for.
pub(super) struct Asked {
    pub(super) wait: bool,
    /// Only say what would come of it.
    pub(super) dry_run: bool,
    pub(super) filename: Option<String>,
    pub(super) encoding: Option<Encoding>,
    pub(super) reading: Reading,
}

impl Asked {
    pub(super) fn read(uri: &Uri, headers: &HeaderMap) -> Result<Asked, Problem> {
        let known =
            ["start", "dry_run", "wait", "filename", "columns", "encoding", "delimiter", "header"];
        let params = Params::read(uri, &known)?;
        let pasted = media_type(headers)?;
        let (start, dry_run) = (params.flag("start", false)?, params.flag("dry_run", false)?);
        if start == dry_run {
            let detail = "add ?start=true to import, or ?dry_run=true to see what it would do";
            return Err(Problem::new(ProblemKind::ImportNeedsStart, detail));
        }
        let filename = params.one("filename")?.map(str::to_owned);
        if filename.as_ref().is_some_and(|name| name.chars().count() > FILENAME_CHARS_MAX) {
            return Err(Problem::parameter("filename", "at most 255 characters"));
        }
        let known = [("comma", b','), ("semicolon", b';'), ("tab", b'\t'), ("pipe", b'|')];
        let delimiter = params.choice("delimiter", &known, "comma, semicolon, tab or pipe")?;
        let header = match params.one("header")? {
            None if pasted => Header::Unsure,
            None => Header::Present,
            Some(_) if params.flag("header", true)? => Header::Present,
            Some(_) => Header::Absent,
        };
        let encoding =
            params.parsed("encoding", "the name of an encoding, such as windows-1252")?;
        Ok(Asked {
            wait: params.flag("wait", false)?,
            dry_run,
            filename,
            encoding,
            reading: Reading { only: params.names("columns")?, delimiter, header },
        })
    }
}

/// Whether the body is text that somebody pasted.
fn media_type(headers: &HeaderMap) -> Result<bool, Problem> {
    let text = |name| {
        headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default()
    };
    let unsupported = |detail: &str| Err(Problem::new(ProblemKind::MediaTypeUnsupported, detail));
    let kind = text(header::CONTENT_TYPE)
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if !matches!(
        kind.as_str(),
        "text/csv" | "text/plain" | "application/octet-stream" | "application/gzip"
    ) {
        return unsupported("send a file as Content-Type: text/csv, pasted text as text/plain");
    }
    match text(header::CONTENT_ENCODING).to_ascii_lowercase().as_str() {
        "" | "identity" | "gzip" => Ok(kind == "text/plain"), // gzip is known by its first bytes
        _ => unsupported("send the file as it is, or packed with gzip"),
    }
}
