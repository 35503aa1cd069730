//! Importing users: the body is the file itself.

mod asked;
pub mod check;
pub mod progress;
mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::Event;
use domain::event::ImportStarted;
use domain::scope::Scope;
use eventlog::{Expected, Stream};
use projections::imports::{ImportLine, ImportState};
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;
use uuid::Uuid;

use self::asked::Asked;
use self::view::ImportView;
use super::{InPath, PAGE_DEFAULT, PAGE_MAX, Page, at_position, id};
use crate::access::Credential;
use crate::app::{self, App};
use crate::export::in_order::InOrder;
use crate::export::ledger::Ledger;
use crate::idempotency::{self, Begin};
use crate::import::duplicates::Sheet;
use crate::import::inspect::inspect;
use crate::import::queue::{Ending, Place};
use crate::import::rejected;
use crate::import::spool::{Spooled, spool, too_large};
use crate::import::text::{Confidence, to_utf8};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

/// The report of an import; with `dry_run=true`, what one would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "names the two answers in the document")]
enum Answered {
    Import(ImportView),
    Check(check::CheckView),
}

/// How long a cancel waits for the batch at hand.
const CANCEL_WAIT_MAX: Duration = Duration::from_secs(10);

/// Imports a CSV file. With `wait=true` answers the report once the table is current, else `202` at once.
#[utoipa::path(post, path = "/v1/imports", tag = "imports", params(
    ("start" = Option<bool>, Query, description = "true: import"),
    ("dry_run" = Option<bool>, Query, description = "true: only say what it would do (a `CheckView`); nothing is kept"),
    ("wait" = Option<bool>, Query, description = "answer when it is done"),
    ("filename" = Option<String>, Query, description = "the file's name"),
    ("columns" = Option<String>, Query, description = "headers to take, comma-separated or repeated; the e-mail is always taken"),
    ("encoding" = Option<String>, Query, description = "read it in this encoding, unless a byte order mark says another; without it, UTF-8 or what its bytes look like"),
    ("delimiter" = Option<String>, Query, description = "comma, semicolon, tab or pipe; else the one that fits best"),
    ("header" = Option<bool>, Query, description = "whether the first row names the columns: else true, for text/plain false where it holds an address"),
    ("Idempotency-Key" = Option<String>, Header, description = "the same file under the same key is imported once"),
), request_body(content = String, content_type = "text/csv"), responses(
    (status = 200, body = Answered), (status = 202, body = ImportView),
    (status = 413, description = "file_too_large"),
    (status = 422, description = "empty_file, not_text, gzip_damaged, invalid_bytes_at, unterminated_quote, record_too_long, too_many_rows, too_many_columns, email_column_missing, email_mapped_twice, field_mapped_twice, column_unknown"),
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
    // A look changes nothing, so it may simply be taken again.
    let key = idempotency::key(&headers)?.filter(|_| !asked.dry_run);
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
    mut place: Place,
) -> Result<Response, Problem> {
    let (wait_for_end, dry_run) = (asked.wait, asked.dry_run);
    let started = inspected(&app, import_id, asked, &spooled).await?;
    if dry_run {
        return check::answer(&app, started, spooled, credential.sees_personal()).await;
    }
    let event = Event::ImportStarted(started);
    // In its place before the fact speaks of it.
    let file = spooled.move_to(app.folder.upload(import_id)).await?;
    let mut ending = place.announce(import_id);
    let stream = Stream::named("import", import_id);
    let recorded = app
        .record(app::entry(stream, Expected::New, &event, None, &request.context(&credential)))
        .await?;
    file.keep();
    place.take();
    app.settled(recorded.position).await?;
    let done = if wait_for_end { wait(&app, &mut ending).await? } else { None };
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

/// Makes the file UTF-8 and reads it whole: what its first fact will say of it.
async fn inspected(
    app: &App,
    import_id: Uuid,
    asked: Asked,
    spooled: &Spooled,
) -> Result<ImportStarted, Problem> {
    let (path, reading, encoding) = (spooled.path().to_owned(), asked.reading, asked.encoding);
    let (bytes_max, rows_max) = (app.config.import_bytes_max, app.config.import_rows_max);
    let inspected = tokio::task::spawn_blocking(move || {
        let found = to_utf8(&path, encoding, bytes_max)?;
        Ok::<_, Problem>((found, inspect(&path, &reading, rows_max)?))
    });
    let ((encoding, confidence), structure) = inspected.await.map_err(Problem::internal)??;
    Ok(ImportStarted {
        import_id,
        bytes: spooled.bytes,
        sha256: spooled.sha256.clone(),
        rows: structure.rows,
        delimiter: structure.delimiter,
        encoding: encoding.name(),
        encoding_guessed: confidence == Confidence::Likely,
        header: structure.header,
        columns: structure.columns,
        filename: asked.filename,
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
    Ok(view(app, found.ok_or_else(|| unknown(import_id))?, personal))
}

fn unknown(import_id: Uuid) -> Problem {
    Problem::new(ProblemKind::ImportUnknown, format!("there is no import {import_id}"))
}

/// Where it is: first in the queue with no batch recorded yet, it runs all the same.
fn state(app: &App, line: &ImportLine) -> ImportState {
    let runs = line.state == ImportState::Queued && app.imports.is_running(line.started.import_id);
    if runs { ImportState::Running } else { line.state }
}

fn view(app: &App, line: ImportLine, personal: bool) -> ImportView {
    let state = state(app, &line).name();
    ImportView { state, ..ImportView::new(line, personal) }
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

/// Stops an import that waits or runs, after the batch at hand. What was recorded stays. Answers 202 where it still waits
/// for its turn to be stopped.
#[utoipa::path(post, path = "/v1/imports/{id}/cancel", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), responses((status = 200, body = ImportView), (status = 202, body = ImportView),
    (status = 404, description = "import_unknown"), (status = 409, description = "import_already_ended, import_interrupted")))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    Params::read(&uri, &[])?;
    let import: Uuid = id(&import)?;
    if let Some(mut ending) = app.imports.cancel(import) {
        let ended = tokio::time::timeout(CANCEL_WAIT_MAX, wait(&app, &mut ending)).await;
        if !matches!(ended, Ok(Ok(Some(_)))) {
            let view = read(&app, import, credential.sees_personal())?;
            return Ok((StatusCode::ACCEPTED, Json(view)).into_response());
        }
    }
    app.settled(app.log.head()).await?; // its last fact may be younger than the tables
    let view = read(&app, import, credential.sees_personal())?;
    if view.state == ImportState::Cancelled.name() {
        return Ok(Json(view).into_response());
    }
    let detail = format!("the import is {}", view.state);
    let ended = view.finished_at.is_some();
    let kind = if ended { ProblemKind::ImportAlreadyEnded } else { ProblemKind::ImportInterrupted };
    Err(Problem::new(kind, detail).with("state", view.state))
}

/// The rejected rows of an import: line, code and reason, then the cells as they stood. Mended, it imports again. It gives
/// back what was sent and shows nothing that is stored, so it is no export and no fact; it takes a place among the exports.
#[utoipa::path(get, path = "/v1/imports/{id}/rejected.csv", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), responses((status = 200, content_type = "text/csv"), (status = 403, description = "personal_data_required"),
    (status = 404, description = "import_unknown"), (status = 410, description = "import_file_gone"),
    (status = 503, description = "too_many_exports")))]
pub async fn rejected_csv(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    credential.needs_personal("rejected rows are shown as they stood")?;
    Params::read(&uri, &[])?;
    let import: Uuid = id(&import)?;
    let line = app.follower.store().import(import)?.ok_or_else(|| unknown(import))?;
    let (started, through) = (line.started, line.row);
    let path = app.folder.upload(import);
    if !path.exists() {
        return Err(Problem::new(ProblemKind::ImportFileGone, "its rows cannot be read any more"));
    }
    let permit = Ledger::reserve(&app)?;
    let (chunks, outs) = InOrder::new(1, 1, Bytes::new(), Arc::default());
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let sheet = Sheet::new(&path, &started, &app.key);
        for out in outs {
            if let Err(error) = rejected::write(sheet, through, &out) {
                tracing::warn!(%import, %error, "rejected rows were not written to their end");
            }
        }
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, kind);
    let name = format!("attachment; filename=\"rejected_{import}.csv\"");
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&name).map_err(Problem::internal)?,
    );
    Ok(response)
}
