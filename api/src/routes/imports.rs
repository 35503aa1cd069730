//! Importing users: the body is the file itself.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::Event;
use domain::event::{ImportStarted, RowNote, Target};
use domain::scope::Scope;
use eventlog::{Expected, Stream};
use projections::imports::{ImportLine, ImportState};
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InPath, PAGE_DEFAULT, PAGE_MAX, Page, at_position, id, shown};
use crate::access::Credential;
use crate::app::{self, App};
use crate::idempotency::{self, Begin};
use crate::import::inspect::inspect;
use crate::import::queue::{Ending, Place};
use crate::import::spool::{Spooled, spool, too_large};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

/// Longest name of a file that is kept, in characters.
const FILENAME_CHARS_MAX: usize = 255;

/// Where a column went.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnView {
    /// As the first line has it.
    pub header: String,
    /// `email`, `field` or `ignored`.
    pub target: &'static str,
    /// The field's reference id.
    pub reference_id: Option<String>,
}

/// A refused row, or one with a warning.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowView {
    /// Physical line where the record starts; the header is line 1.
    pub line: u64,
    /// Ordinal of the record, from 1.
    pub row: u64,
    /// Header of the cell at fault.
    pub column: Option<String>,
    /// Stable name of the reason.
    pub code: String,
    /// What is wrong.
    pub reason: String,
}

/// An import. `created + updated + unchanged + rejected` = rows read so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Its id.
    pub id: Uuid,
    /// `queued`, `running`, `completed` or `failed`.
    pub state: &'static str,
    /// Rows of the file.
    pub rows: u64,
    /// Rows that made a user.
    pub created: u64,
    /// Rows that changed a user.
    pub updated: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows refused with a reason.
    pub rejected: u64,
    /// Rows with something worth telling, counted above as well.
    pub warnings: u64,
    /// The first 100 refused rows.
    pub rejects: Vec<RowView>,
    /// The first 100 rows with a warning.
    pub warned: Vec<RowView>,
    /// Where each column went.
    pub columns: Vec<ColumnView>,
    /// Name of the file, where one was given. Withheld without `personal:read`.
    pub filename: Option<String>,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// `,` `;` or a tab.
    pub delimiter: String,
    /// When it was accepted.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Why it failed.
    pub code: Option<String>,
}

impl ImportView {
    fn new(line: ImportLine, personal: bool) -> ImportView {
        let column = |column: domain::event::Column| {
            let (target, reference_id) = match column.target {
                Target::Email => ("email", None),
                Target::Field(reference_id) => ("field", Some(reference_id)),
                Target::Ignored => ("ignored", None),
            };
            ColumnView { header: column.header, target, reference_id }
        };
        let row = |note: RowNote| RowView {
            line: note.line,
            row: note.row,
            column: note.column,
            code: note.code,
            reason: note.reason,
        };
        let (rejects, warned) =
            line.completed.map(|done| (done.rejects, done.warnings)).unwrap_or_default();
        ImportView {
            id: line.started.import_id,
            state: line.state.name(),
            rows: line.started.rows,
            created: line.counts.created,
            updated: line.counts.updated,
            unchanged: line.counts.unchanged,
            rejected: line.counts.rejected,
            warnings: line.counts.warnings,
            rejects: rejects.into_iter().map(row).collect(),
            warned: warned.into_iter().map(row).collect(),
            columns: line.started.columns.into_iter().map(column).collect(),
            filename: line.started.filename.filter(|_| personal),
            bytes: line.started.bytes,
            sha256: line.started.sha256,
            delimiter: char::from(line.started.delimiter).to_string(),
            started_at: shown(line.started_at),
            finished_at: line.finished_at.map(shown),
            code: line.code,
        }
    }
}

/// What an import request asks for.
struct Asked {
    wait: bool,
    filename: Option<String>,
    only: Option<Vec<String>>,
}

impl Asked {
    fn read(uri: &Uri, headers: &HeaderMap) -> Result<Asked, Problem> {
        let params = Params::read(uri, &["start", "wait", "filename", "columns"])?;
        media_type(headers)?;
        if !params.flag("start", false)? {
            return Err(Problem::new(ProblemKind::ImportNeedsStart, "add ?start=true"));
        }
        let filename = params.one("filename")?.map(str::to_owned);
        if filename.as_ref().is_some_and(|name| name.chars().count() > FILENAME_CHARS_MAX) {
            return Err(Problem::parameter("filename", "at most 255 characters"));
        }
        Ok(Asked { wait: params.flag("wait", false)?, filename, only: params.names("columns")? })
    }
}

fn media_type(headers: &HeaderMap) -> Result<(), Problem> {
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
    if !matches!(kind.as_str(), "text/csv" | "application/octet-stream") {
        return unsupported("send the file as Content-Type: text/csv");
    }
    match text(header::CONTENT_ENCODING).to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(()),
        _ => unsupported("send the file uncompressed"),
    }
}

/// Imports a CSV file. With `wait=true` answers the report once the table is current, else `202` at once.
#[utoipa::path(post, path = "/v1/imports", tag = "imports", params(
    ("start" = bool, Query, description = "must be true"),
    ("wait" = Option<bool>, Query, description = "answer when it is done"),
    ("filename" = Option<String>, Query, description = "the file's name"),
    ("columns" = Option<String>, Query, description = "headers to take, comma-separated or repeated; the e-mail is always taken"),
    ("Idempotency-Key" = Option<String>, Header, description = "the same file under the same key is imported once"),
), request_body(content = String, content_type = "text/csv"), responses(
    (status = 200, body = ImportView), (status = 202, body = ImportView),
    (status = 413, description = "file_too_large"),
    (status = 422, description = "empty_file, not_text, unsupported_encoding, invalid_bytes_at, unterminated_quote, record_too_long, too_many_rows, too_many_columns, email_column_missing, email_mapped_twice, field_mapped_twice, column_unknown"),
))]
pub async fn create(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    let asked = Asked::read(&uri, &headers)?;
    let key = idempotency::key(&headers)?;
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > app.config.import_bytes_max) {
        return Err(too_large(app.config.import_bytes_max));
    }
    let place = app.imports.reserve()?;
    let import_id = Uuid::now_v7();
    let path = app.folder.scratch().join(format!("{import_id}.csv"));
    let spooled = spool(body, path, app.config.import_bytes_max).await?;
    let reserved = match key {
        None => None,
        Some(key) => {
            let named = format!("POST {uri} {}", spooled.sha256);
            match idempotency::begin(&app, &credential, key, &named).await? {
                Begin::Again(response) => return Ok(response),
                Begin::First(reserved) => Some(reserved),
            }
        }
    };
    // On a task of its own: what is accepted is finished, and its answer kept, though the client may be gone.
    let accepted = tokio::spawn(async move {
        let answer = import(app, credential, request, asked, import_id, spooled, place)
            .await
            .into_response();
        match reserved {
            Some(reserved) => reserved.finish(answer).await,
            None => Ok(answer),
        }
    });
    accepted.await.map_err(Problem::internal)?
}

async fn import(
    app: Arc<App>,
    credential: Credential,
    request: RequestId,
    asked: Asked,
    import_id: Uuid,
    spooled: Spooled,
    place: Place,
) -> Result<Response, Problem> {
    let (path, only, rows_max) =
        (spooled.path().to_owned(), asked.only, app.config.import_rows_max);
    let inspected =
        tokio::task::spawn_blocking(move || inspect(&path, only.as_deref(), rows_max)).await;
    let structure = inspected.map_err(Problem::internal)??;
    let event = Event::ImportStarted(ImportStarted {
        import_id,
        bytes: spooled.bytes,
        sha256: spooled.sha256.clone(),
        rows: structure.rows,
        delimiter: structure.delimiter,
        columns: structure.columns,
        filename: asked.filename,
    });
    // In its place before the fact speaks of it.
    let file = spooled.move_to(app.folder.uploads().join(format!("{import_id}.csv"))).await?;
    let stream = Stream::named("import", import_id);
    let recorded = app
        .record(app::entry(stream, Expected::New, &event, None, &request.context(&credential)))
        .await?;
    file.keep();
    let mut ending = place.take(import_id);
    app.settled(recorded.position).await?;
    let done = if asked.wait { wait(&app, &mut ending).await? } else { None };
    let location = format!("/v1/imports/{import_id}");
    let view = read(&app, import_id, credential.sees_personal())?;
    Ok(match done {
        Some(position) => {
            at_position(&app.cursor(position), ([(header::CONTENT_LOCATION, location)], Json(view)))
        }
        None => {
            let answer = (StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(view));
            at_position(&app.cursor(recorded.position), answer)
        }
    })
}

/// Waits until an import has ended and the tables show it; none where the service stops before. It is accepted all the
/// same, so that is no failure.
async fn wait(
    app: &App,
    ending: &mut watch::Receiver<Ending>,
) -> Result<Option<eventlog::Position>, Problem> {
    let ended = ending.wait_for(|ending| *ending != Ending::Running).await.map(|ending| *ending);
    match ended {
        Ok(Ending::Ended(position)) => {
            app.settled(position).await?;
            Ok(Some(position))
        }
        Ok(Ending::Running | Ending::Interrupted) | Err(_) => Ok(None),
    }
}

fn read(app: &App, import_id: Uuid, personal: bool) -> Result<ImportView, Problem> {
    let found = app.follower.store().import(import_id)?;
    let line = found.ok_or_else(|| {
        Problem::new(ProblemKind::ImportUnknown, format!("there is no import {import_id}"))
    })?;
    Ok(view(app, line, personal))
}

/// As it is shown: first in the queue with no batch recorded yet, it runs all the same.
fn view(app: &App, line: ImportLine, personal: bool) -> ImportView {
    let runs = line.state == ImportState::Queued && app.imports.is_running(line.started.import_id);
    let mut view = ImportView::new(line, personal);
    if runs {
        view.state = ImportState::Running.name();
    }
    view
}

/// Imports, newest first.
#[utoipa::path(get, path = "/v1/imports", tag = "imports", params(
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
), responses((status = 200, body = Page<ImportView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<ImportView>>, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let before = params.one("cursor")?.map(|cursor| app.position(cursor)).transpose()?;
    let lines =
        app.follower.store().imports_page(before.map(|position| position.number()), limit + 1)?;
    let more = lines.len() > limit;
    let last = lines.iter().take(limit).next_back().filter(|_| more);
    let next = last.map(|line| app.cursor(eventlog::Position::single(line.ordinal)));
    let personal = credential.sees_personal();
    let items = lines.into_iter().take(limit).map(|line| view(&app, line, personal)).collect();
    Ok(Json(Page { items, next }))
}

/// One import: state, progress, report.
#[utoipa::path(get, path = "/v1/imports/{id}", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
    ("wait" = Option<bool>, Query, description = "answer when it has ended"),
), responses((status = 200, body = ImportView), (status = 404, description = "import_unknown")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Json<ImportView>, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    let params = Params::read(&uri, &["wait"])?;
    let import: Uuid = id(&import)?;
    if params.flag("wait", false)?
        && let Some(mut ending) = app.imports.watch(import)
    {
        wait(&app, &mut ending).await?;
    }
    read(&app, import, credential.sees_personal()).map(Json)
}
