//! Exports whose files are kept: asking for them, seeing them, taking the file back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::event::{ExportContent, ExportRemoval};
use domain::scope::Scope;
use projections::exports::ExportState;
use serde_json::{Map, Value};
use tokio::sync::watch;
use utoipa::ToSchema;
use uuid::Uuid;

use super::parameters;
use super::view::{ExportView, line};
use crate::access::Credential;
use crate::app::App;
use crate::export::asked::{Asked, Format, REASON_CHARS_MAX, reason};
use crate::export::stored::begin::{Begun, begin};
use crate::export::stored::{Ending, retention};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::routes::actors::Actors;
use crate::routes::{InPath, PAGE_DEFAULT, PAGE_MAX, Page, SmallBody, id, read_json};
use crate::views;

/// An export to be made. All parameters of the streaming route of that content stand beside these members, by their own
/// names: `{"content": "users", "format": "csv", "list": ["vip"], "safe": true}`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "names the members in the document")]
struct NewExport {
    /// `users` or `user_events`.
    content: String,
    /// `csv`, `ndjson` or `xlsx`.
    format: String,
    /// Why it is wanted, in words; kept with the export.
    reason: Option<String>,
}

/// Reads the body of a request for an export.
fn read(app: &App, body: &[u8], credential: Credential) -> Result<Asked, Problem> {
    let invalid = |detail: String| Problem::new(ProblemKind::BodyInvalid, detail);
    let mut members: Map<String, Value> = read_json(body)?;
    let mut text = |name: &str| match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(format!("{name} is a text"))),
    };
    let content = match text("content")?.as_deref() {
        Some("users") => ExportContent::Users,
        Some("user_events") => ExportContent::UserEvents,
        Some(_) | None => return Err(invalid("content is users or user_events".to_owned())),
    };
    let format = text("format")?.and_then(|name| Format::named(&name));
    let format = format.ok_or_else(|| invalid("format is csv, ndjson or xlsx".to_owned()))?;
    let too_long = |_| invalid(format!("reason has at most {REASON_CHARS_MAX} characters"));
    let reason = reason(&text("reason")?.unwrap_or_default()).map_err(too_long)?;
    let params = parameters::read_object(&Value::Object(members), (content, format))?;
    let params = views::of_export(&app.follower.store(), params)?;
    let query = params.to_text();
    Ok(Asked { reason, ..Asked::read((content, format), credential, params, query)? })
}

/// Asks for an export whose file is kept, and answers at once; with `wait=true` once it has ended. The same request by the
/// same token, while nothing was recorded that could change its file, is answered with the same export.
#[utoipa::path(post, path = "/v1/exports", tag = "exports", request_body = NewExport, params(
    ("wait" = Option<bool>, Query, description = "answer when it has ended"),
), responses((status = 200, body = ExportView), (status = 202, body = ExportView), (status = 400, description = "body_invalid, parameter_unknown, parameter_invalid"),
    (status = 503, description = "too_many_exports, projection_behind")))]
pub async fn create(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let waits = Params::read(&uri, &["wait"])?.flag("wait", false)?;
    credential.needs(Scope::ExportsCreate)?;
    let asked = read(&app, &body, credential.clone())?;
    let Begun { id, new } = begin(&app, asked, request.context(&credential)).await?;
    if waits && let Some(live) = app.stored.live(id) {
        wait(&mut live.ending()).await;
    }
    let view = ExportView::shown_to(&credential, &app, line(&app, &credential, id)?)?;
    let over = !matches!(view.state, "queued" | "running");
    let status = if !new || waits && over { StatusCode::OK } else { StatusCode::ACCEPTED };
    let location = [(header::LOCATION, format!("/v1/exports/{id}"))];
    Ok((status, location, Json(view)).into_response())
}

/// Waits until an export has ended and the tables show it, or the service stops.
pub(super) async fn wait(ending: &mut watch::Receiver<Ending>) {
    let _ = ending.wait_for(|ending| *ending != Ending::Running).await;
}

/// Exports, newest first: those this token asked for; for an admin all. Also those that were handed out at once.
#[utoipa::path(get, path = "/v1/exports", tag = "exports", params(
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ("kept" = Option<bool>, Query, description = "true: only those with a file; false: only those that were handed out at once"),
), responses((status = 200, body = Page<ExportView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<ExportView>>, Problem> {
    credential.needs(Scope::ExportsCreate)?;
    let params = Params::read(&uri, &["limit", "cursor", "kept"])?;
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let kept = params.one("kept")?.map(|_| params.flag("kept", true)).transpose()?;
    let before = params.one("cursor")?.map(|cursor| app.position(cursor)).transpose()?;
    let whose = Some(credential.id.as_str()).filter(|_| !credential.may(Scope::Admin));
    let before = before.map(|position| position.number());
    let lines = app.follower.store().exports_page(whose, kept, before, limit + 1)?;
    let more = lines.len() > limit;
    let last = lines.iter().take(limit).next_back().filter(|_| more);
    let next = last.map(|line| app.cursor(eventlog::Position::single(line.ordinal)));
    let personal = credential.sees_personal();
    let items = lines.into_iter().take(limit);
    let actors = Actors::known_to(&app, &credential)?;
    let items = items.map(|line| ExportView::new(&app, line, &actors, personal)).collect();
    Ok(Json(Page { items, next }))
}

/// One export: how far it is, what it came to.
#[utoipa::path(get, path = "/v1/exports/{id}", tag = "exports", params(
    ("id" = Uuid, Path, description = "the export's id"),
    ("wait" = Option<bool>, Query, description = "answer when it has ended"),
), responses((status = 200, body = ExportView), (status = 404, description = "export_unknown")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(export): InPath<String>,
    uri: Uri,
) -> Result<Json<ExportView>, Problem> {
    let export: Uuid = id(&export)?;
    let waits = Params::read(&uri, &["wait"])?.flag("wait", false)?;
    let mut found = line(&app, &credential, export)?;
    if waits && let Some(live) = app.stored.live(export) {
        wait(&mut live.ending()).await;
        found = line(&app, &credential, export)?;
    }
    Ok(Json(ExportView::shown_to(&credential, &app, found)?))
}

/// Takes the file of an export back: it is gone, what it was stays known. Again, it changes nothing.
#[utoipa::path(delete, path = "/v1/exports/{id}", tag = "exports", params(
    ("id" = Uuid, Path, description = "the export's id"),
), responses((status = 204), (status = 404, description = "export_unknown"), (status = 409, description = "export_not_completed")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(export): InPath<String>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let export: Uuid = id(&export)?;
    Params::read(&uri, &[])?;
    let found = line(&app, &credential, export)?;
    if found.state == ExportState::Open {
        let detail = "the export has not ended; /cancel stops one whose file is kept";
        return Err(Problem::new(ProblemKind::ExportNotCompleted, detail));
    }
    if found.has_file() {
        let context = request.context(&credential);
        let gone = retention::remove(&app, export, ExportRemoval::Revoked, &context).await?;
        app.settled(gone).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
