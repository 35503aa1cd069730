//! What an import request asks for.

use axum::http::{HeaderMap, HeaderValue, Uri, header};

use domain::DefinitionId;
use domain::event::{BadCells, ImportMode, MatchBy};
use projections::Store;

use crate::import::encoding::Encoding;
use crate::import::inspect::{Header, Reading};
use crate::import::upload::Said;
use crate::import::{definitions, mapping};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// Longest name of a file that is kept, in characters.
const FILENAME_CHARS_MAX: usize = 255;

/// What is to become of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It waits for somebody to map, check and start it.
    Draft,
    /// Only what would come of it is said.
    Look,
    /// It is imported at once.
    Start,
}

/// What an import request asks for.
pub(super) struct Asked {
    pub(super) then: Then,
    pub(super) wait: bool,
    pub(super) filename: Option<String>,
    pub(super) encoding: Option<Encoding>,
    pub(super) only: Option<Vec<String>>,
    pub(super) delimiter: Option<u8>,
    pub(super) header: Header,
    pub(super) match_by: Option<MatchBy>,
    pub(super) mode: ImportMode,
    pub(super) bad_cells: BadCells,
    pub(super) list: Option<DefinitionId>,
    pub(super) new_list: Option<String>,
    pub(super) guarded: bool,
}

/// Names of the bytes between cells.
pub(super) const DELIMITERS: [(&str, u8); 4] =
    [("comma", b','), ("semicolon", b';'), ("tab", b'\t'), ("pipe", b'|')];

impl Asked {
    pub(super) fn read(uri: &Uri, headers: &HeaderMap) -> Result<Asked, Problem> {
        let known = [
            "start",
            "dry_run",
            "wait",
            "filename",
            "columns",
            "encoding",
            "delimiter",
            "header",
            "match_by",
            "mode",
            "bad_cells",
            "list",
            "new_list",
            "guarded",
        ];
        let params = Params::read(uri, &known)?;
        let pasted = media_type(headers)?;
        let then = match (params.flag("start", false)?, params.flag("dry_run", false)?) {
            (true, true) => {
                let detail = "give start=true, or dry_run=true, or neither";
                return Err(Problem::new(ProblemKind::StartOrDryRun, detail));
            }
            (true, false) => Then::Start,
            (false, true) => Then::Look,
            (false, false) => Then::Draft,
        };
        if then == Then::Draft {
            let later =
                ["wait", "columns", "match_by", "mode", "bad_cells", "list", "new_list", "guarded"];
            for name in later {
                if params.one(name).map_or(true, |given| given.is_some()) {
                    let detail = format!(
                        "{name} is said in a draft's mapping or at its start; with start=true, here"
                    );
                    let problem = Problem::new(ProblemKind::ParameterInvalid, detail);
                    return Err(problem.with("parameter", name));
                }
            }
        }
        let filename = params.one("filename")?.map(str::to_owned);
        if filename.as_ref().is_some_and(|name| name.chars().count() > FILENAME_CHARS_MAX) {
            return Err(Problem::parameter("filename", "at most 255 characters"));
        }
        let delimiter = params.choice("delimiter", &DELIMITERS, "comma, semicolon, tab or pipe")?;
        let header = match params.one("header")? {
            None if pasted || then == Then::Draft => Header::Unsure,
            None => Header::Present,
            Some(_) if params.flag("header", true)? => Header::Present,
            Some(_) => Header::Absent,
        };
        let encoding =
            params.parsed("encoding", "the name of an encoding, such as windows-1252")?;
        let keys = MatchBy::ALL.map(|key| (key.name(), key));
        let match_by = params.choice("match_by", &keys, "email, user_id or external_id")?;
        let modes = ImportMode::ALL.map(|mode| (mode.name(), mode));
        let mode = params.choice("mode", &modes, "both, create_only or update_only")?;
        let mode = mode.unwrap_or_default();
        mapping::makes_somebody(match_by.unwrap_or_default(), mode)?;
        let bad_cells = BadCells::ALL.map(|choice| (choice.name(), choice));
        Ok(Asked {
            then,
            wait: params.flag("wait", false)?,
            filename,
            encoding,
            only: params.names("columns")?,
            delimiter,
            header,
            match_by,
            mode,
            bad_cells: params
                .choice("bad_cells", &bad_cells, "reject_row or drop_cell")?
                .unwrap_or_default(),
            list: params.parsed("list", "the id of a list")?,
            new_list: params.one("new_list")?.map(str::to_owned),
            guarded: params.flag("guarded", false)?,
        })
    }

    /// As the file is read, once the tables say what there is.
    pub(super) fn said(self, store: &Store) -> Result<Said, Problem> {
        let draft = self.then == Then::Draft;
        let known = store.properties()?;
        let Asked { filename, encoding, only, delimiter, header, mode, bad_cells, guarded, .. } =
            self;
        let match_by = self.match_by;
        let list = definitions::list(store, self.list, self.new_list)?;
        let reading = Reading { only, delimiter, header, match_by, known, draft };
        Ok(Said { filename, encoding, reading, match_by, mode, bad_cells, list, guarded })
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
