//! One thing done to many users.

pub mod progress;
pub mod revert;
mod view;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::scope::Scope;
use eventlog::Position;
use projections::bulk_actions::BulkLine;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use self::view::{BulkActionView, BulkForecastView};
use super::actors::Actors;
use super::imports::{ended, wait};
use super::{InPath, PAGE_DEFAULT, PAGE_MAX, Page, SmallBody, at_position, id, read_json};
use crate::access::Credential;
use crate::app::App;
use crate::bulk::ask::{Asked, BulkBody};
use crate::bulk::forecast::forecast;
use crate::bulk::start::start;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// The report of a bulk action; with `dry_run=true`, what one would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "names the two answers in the document")]
enum BulkAnswered {
    Action(Box<BulkActionView>),
    Forecast(Box<BulkForecastView>),
}

/// Puts users on a list or takes them off it, awards or withdraws a badge, gives or takes a value, or removes them: by the
/// rules of the same done to one, each user once. Who they are is fixed when it is accepted. It waits for its turn among
/// imports; with `wait=true` that answers the report, else `202` at once. With `dry_run=true` only says what it would do.
/// A dry run tells about users, and so does whom a filter finds: both need `users:read` too.
#[utoipa::path(post, path = "/v1/bulk-actions", tag = "bulk actions", params(
    ("dry_run" = Option<bool>, Query, description = "true: only say what it would do (a `BulkForecastView`); nothing is kept"),
    ("wait" = Option<bool>, Query, description = "answer when it is done"),
    ("Idempotency-Key" = Option<String>, Header, description = "the same request under the same key is done once"),
), request_body = BulkBody, responses((status = 200, body = BulkAnswered), (status = 202, body = BulkActionView),
    (status = 400, description = "body_invalid, id_invalid, parameter_unknown, parameter_invalid"),
    (status = 403, description = "scope_missing, personal_data_required"),
    (status = 404, description = "list_unknown, badge_unknown, challenge_unknown, segment_unknown"),
    (status = 409, description = "badge_follows_audience, badge_not_published"),
    (status = 422, description = "property_unknown, value_invalid, too_many_users, condition_invalid, condition_type_mismatch"),
    (status = 503, description = "too_many_imports")))]
pub async fn create(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersWrite)?;
    let params = Params::read(&uri, &["dry_run", "wait"])?;
    let (dry_run, waits) = (params.flag("dry_run", false)?, params.flag("wait", false)?);
    let body: BulkBody = read_json(&body)?;
    let looks = dry_run || body.filter.is_some();
    if looks {
        credential.needs(Scope::UsersRead)?;
    }
    if dry_run && body.property.is_some() {
        credential.needs_personal("what it would do tells whose values are the same already")?;
    }
    let place = if dry_run { None } else { Some(app.imports.reserve()?) };
    app.settled(app.log.head()).await?;
    // A filter looks at everybody, a dry run decides on them: one at a time, as looks at files. Chosen users need not wait.
    let turn = match looks {
        true => Some(app.looks.clone().acquire_owned().await.map_err(Problem::internal)?),
        false => None,
    };
    let (reading, asking) = (app.clone(), credential.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let asked = Asked::read(&reading, &asking, body)?;
        let would = if dry_run { Some(forecast(&reading, &asked)?) } else { None };
        Ok::<_, Problem>((asked, would))
    });
    let (asked, would) = looked.await.map_err(Problem::internal)??;
    let personal = credential.sees_personal();
    let (Some(place), None) = (place, &would) else {
        let would = would.ok_or_else(|| Problem::internal("a look without an answer"))?;
        return Ok(Json(BulkForecastView::new(&app, would, personal)).into_response());
    };
    let (bulk_action, accepted, mut ending) = start(&app, &credential, asked, place).await?;
    let done = if waits { wait(&app, &mut ending).await? } else { None };
    accepted_or_done(&app, bulk_action, &credential, accepted, done)
}

/// The answer to who started one: its report where it has ended, else `202` and where to look.
fn accepted_or_done(
    app: &App,
    bulk_action: Uuid,
    credential: &Credential,
    accepted: Position,
    done: Option<Position>,
) -> Result<Response, Problem> {
    let location = format!("/v1/bulk-actions/{bulk_action}");
    let view = read(app, bulk_action, credential)?;
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

/// One bulk action, or the refusal.
fn line(app: &App, bulk_action: Uuid) -> Result<BulkLine, Problem> {
    app.follower.store().bulk_action(bulk_action)?.ok_or_else(|| {
        let detail = format!("there is no bulk action {bulk_action}");
        Problem::new(ProblemKind::BulkActionUnknown, detail)
    })
}

fn read(app: &App, bulk_action: Uuid, credential: &Credential) -> Result<BulkActionView, Problem> {
    let known = app.follower.store().properties()?;
    let known = (&known, &Actors::known_to(app, credential)?);
    Ok(BulkActionView::new(app, line(app, bulk_action)?, known, credential.sees_personal()))
}

/// Bulk actions, newest first.
#[utoipa::path(get, path = "/v1/bulk-actions", tag = "bulk actions", params(
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
), responses((status = 200, body = Page<BulkActionView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<BulkActionView>>, Problem> {
    credential.needs(Scope::UsersWrite)?;
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let before = params.one("cursor")?.map(|cursor| app.position(cursor)).transpose()?;
    let store = app.follower.store();
    let mut lines = store.bulk_actions_page(before.map(Position::number), limit + 1)?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let last = lines.last().filter(|_| more);
    let next = last.map(|line| app.cursor(Position::single(line.ordinal)));
    let (known, personal) = (store.properties()?, credential.sees_personal());
    let known = (&known, &Actors::known_to(&app, &credential)?);
    let view =
        |line| BulkActionView { users: None, ..BulkActionView::new(&app, line, known, personal) };
    Ok(Json(Page { items: lines.into_iter().map(view).collect(), next }))
}

/// One bulk action: state, progress, report.
#[utoipa::path(get, path = "/v1/bulk-actions/{id}", tag = "bulk actions", params(
    ("id" = Uuid, Path, description = "the bulk action's id"),
    ("wait" = Option<bool>, Query, description = "answer when it has ended"),
), responses((status = 200, body = BulkActionView), (status = 404, description = "bulk_action_unknown")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(bulk_action): InPath<String>,
    uri: Uri,
) -> Result<Json<BulkActionView>, Problem> {
    credential.needs(Scope::UsersWrite)?;
    let params = Params::read(&uri, &["wait"])?;
    let bulk_action: Uuid = id(&bulk_action)?;
    if params.flag("wait", false)? {
        match app.imports.watch(bulk_action) {
            Some(mut ending) => wait(&app, &mut ending).await.map(|_| ())?,
            None => app.settled(app.log.head()).await?, // its last fact may be younger than the tables
        }
    }
    read(&app, bulk_action, &credential).map(Json)
}

/// Stops a bulk action that waits or runs, after the batch at hand; what was recorded stays. Answers 202 where it still waits
/// for its turn to be stopped.
#[utoipa::path(post, path = "/v1/bulk-actions/{id}/cancel", tag = "bulk actions", params(
    ("id" = Uuid, Path, description = "the bulk action's id"),
), responses((status = 200, body = BulkActionView), (status = 202, body = BulkActionView),
    (status = 404, description = "bulk_action_unknown"),
    (status = 409, description = "bulk_action_already_ended, bulk_action_interrupted")))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(bulk_action): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersWrite)?;
    Params::read(&uri, &[])?;
    let bulk_action = id(&bulk_action)?;
    let open = line(&app, bulk_action)?;
    if !ended(&app, bulk_action, open.state).await {
        return Ok(
            (StatusCode::ACCEPTED, Json(read(&app, bulk_action, &credential)?)).into_response()
        );
    }
    app.settled(app.log.head()).await?; // its last fact may be younger than the tables
    let view = read(&app, bulk_action, &credential)?;
    let (kind, detail) = match view.state {
        "cancelled" => return Ok(Json(view).into_response()),
        "queued" | "running" => (ProblemKind::BulkActionInterrupted, "it is not at work"),
        _ => (ProblemKind::BulkActionAlreadyEnded, "it has ended"),
    };
    Err(Problem::new(kind, format!("{detail}: it is {}", view.state)).with("state", view.state))
}
