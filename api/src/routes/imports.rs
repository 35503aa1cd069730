//! Importing users: the body is the file itself.

mod asked;
pub mod cancel;
pub mod check;
pub mod checked;
mod consequences;
pub mod drafts;
pub mod limits;
pub mod preview;
pub mod progress;
pub mod rejected;
pub mod revert;
pub mod start;
mod view;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::property::Properties;
use domain::scope::Scope;
use eventlog::{Expected, Position};
use projections::imports::{ImportLine, ImportState};
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;
use uuid::Uuid;

use self::asked::{Asked, Then};
pub(super) use self::cancel::ended;
use self::view::ImportView;
use super::actors::Actors;
use super::{InPath, PAGE_DEFAULT, PAGE_MAX, Page, at_position, id};
use crate::access::Credential;
use crate::app::App;
use crate::idempotency::{self, Begin};
use crate::import::queue::{Ending, Place};
use crate::import::spool::{Spooled, spool, too_large};
use crate::import::start::start as accept;
use crate::import::upload::Upload;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

/// The report of an import; with `dry_run=true`, what one would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "names the two answers in the document")]
enum Answered {
    Import(Box<ImportView>),
    Check(Box<check::CheckView>),
}

/// Takes a CSV file. It becomes a draft that somebody maps, checks and starts; or with `start=true` it is imported at once,
/// each column into the field or property that its header names. With `wait=true` that answers the report once the table is
/// current, else `202` at once.
#[utoipa::path(post, path = "/v1/imports", tag = "imports", params(
    ("start" = Option<bool>, Query, description = "true: import at once"),
    ("dry_run" = Option<bool>, Query, description = "true: only say what it would do (a `CheckView`); nothing is kept"),
    ("wait" = Option<bool>, Query, description = "answer when it is done"),
    ("filename" = Option<String>, Query, description = "the file's name"),
    ("columns" = Option<String>, Query, description = "headers to take, comma-separated or repeated; the column that rows are matched by is always taken"),
    ("encoding" = Option<String>, Query, description = "read it in this encoding, unless a byte order mark says another; without it, UTF-8 or what its bytes look like"),
    ("delimiter" = Option<String>, Query, description = "comma, semicolon, tab or pipe; else the one that fits best"),
    ("header" = Option<bool>, Query, description = "whether the first row names the columns: else true, for text/plain false where it holds an address"),
    ("match_by" = Option<String>, Query, description = "by what rows find their users: email (default), user_id or external_id; with an id, an e-mail that differs becomes the user's"),
    ("mode" = Option<String>, Query, description = "both (default), create_only or update_only"),
    ("bad_cells" = Option<String>, Query, description = "what becomes of a row with a cell that cannot be read: reject_row (default) or drop_cell"),
    ("list" = Option<String>, Query, description = "id of a list that every user of an accepted row joins"),
    ("new_list" = Option<String>, Query, description = "name of a list to make for them"),
    ("guarded" = Option<bool>, Query, description = "true: take off the ' that an export with safe=true puts before cells"),
    ("Idempotency-Key" = Option<String>, Header, description = "the same file under the same key is imported once"),
), request_body(content = String, content_type = "text/csv"), responses(
    (status = 200, body = Answered), (status = 201, body = ImportView), (status = 202, body = ImportView),
    (status = 404, description = "list_unknown"), (status = 413, description = "file_too_large"),
    (status = 422, description = "empty_file, not_text, gzip_damaged, invalid_bytes_at, unterminated_quote, record_too_long, too_many_rows, too_many_columns, header_too_long, email_column_missing, match_column_missing, match_by_makes_nobody, email_mapped_twice, field_mapped_twice, column_unknown, too_many_properties"),
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
    let key = idempotency::key(&headers)?.filter(|_| asked.then != Then::Look);
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|bytes| bytes > app.config.import_bytes_max) {
        return Err(too_large(app.config.import_bytes_max));
    }
    let place = if asked.then == Then::Start { Some(app.imports.reserve()?) } else { None };
    let _room = match asked.then {
        Then::Start => None,
        Then::Look => Some(drafts::room_to_look(&app)?),
        Then::Draft => Some(drafts::room(&app)?),
    };
    let import_id = Uuid::now_v7();
    let path = app.folder.scratch().join(format!("{import_id}.upload"));
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
    place: Option<Place>,
) -> Result<Response, Problem> {
    let (then, wait_for_end, context) = (asked.then, asked.wait, request.context(&credential));
    let said = asked.said(&app.follower.store())?;
    let mut upload = Upload::read(&app, import_id, spooled, said).await?;
    let place = match (then, place) {
        (Then::Look, _) => return check::answer(&app, upload, credential.sees_personal()).await,
        (Then::Start, Some(place)) => place,
        (Then::Start | Then::Draft, _) => {
            return drafts::keep(&app, &context, upload, &credential).await;
        }
    };
    // In their places before the fact speaks of them.
    upload.put(&app.folder).await?;
    let plan = upload.plan.clone();
    let keep = || upload.keep();
    let (accepted, mut ending) = accept(&app, context, plan, Expected::New, place, keep).await?;
    let done = if wait_for_end { wait(&app, &mut ending).await? } else { None };
    accepted_or_done(&app, import_id, &credential, accepted, done)
}

/// The answer to who started an import: its report where it has ended, else `202` and where to look.
fn accepted_or_done(
    app: &App,
    import_id: Uuid,
    credential: &Credential,
    accepted: Position,
    done: Option<Position>,
) -> Result<Response, Problem> {
    let location = format!("/v1/imports/{import_id}");
    let view = read(app, import_id, credential)?;
    Ok(match done {
        Some(position) => {
            at_position(&app.cursor(position), ([(header::CONTENT_LOCATION, location)], Json(view)))
        }
        None => {
            let answer = (StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(view));
            at_position(&app.cursor(accepted), answer)
        }
    })
}

/// Waits until a job has ended and the tables show it; none where the service stops before. It is accepted all the
/// same, so that is no failure.
pub(super) async fn wait(
    app: &App,
    ending: &mut watch::Receiver<Ending>,
) -> Result<Option<Position>, Problem> {
    let ended = ending.wait_for(|ending| *ending != Ending::Running).await.map(|ending| *ending);
    match ended {
        Ok(Ending::Ended(position)) => {
            app.settled(position).await?;
            Ok(Some(position))
        }
        Ok(Ending::Running | Ending::Interrupted) | Err(_) => Ok(None),
    }
}

fn read(app: &App, import_id: Uuid, credential: &Credential) -> Result<ImportView, Problem> {
    let known = app.follower.store().properties()?;
    let actors = Actors::known_to(app, credential)?;
    Ok(view(app, line(app, import_id)?, (&known, &actors), credential.sees_personal()))
}

fn unknown(import_id: Uuid) -> Problem {
    Problem::new(ProblemKind::ImportUnknown, format!("there is no import {import_id}"))
}

/// Where it is: first in the queue with no batch recorded yet, it runs all the same.
fn state(app: &App, line: &ImportLine) -> ImportState {
    let runs = line.state == ImportState::Queued && app.imports.is_running(line.plan.import_id);
    if runs { ImportState::Running } else { line.state }
}

/// One import, or the refusal.
fn line(app: &App, import_id: Uuid) -> Result<ImportLine, Problem> {
    app.follower.store().import(import_id)?.ok_or_else(|| unknown(import_id))
}

fn view(app: &App, line: ImportLine, known: (&Properties, &Actors), personal: bool) -> ImportView {
    let state = state(app, &line).name();
    ImportView { state, ..ImportView::new(line, known, personal) }
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
    let known = app.follower.store().properties()?;
    let actors = Actors::known_to(&app, &credential)?;
    let known = (&known, &actors);
    let items =
        lines.into_iter().take(limit).map(|line| view(&app, line, known, personal)).collect();
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
    if params.flag("wait", false)? {
        match app.imports.watch(import) {
            Some(mut ending) => wait(&app, &mut ending).await.map(|_| ())?,
            None => app.settled(app.log.head()).await?, // its last fact may be younger than the tables
        }
    }
    read(&app, import, &credential).map(Json)
}
