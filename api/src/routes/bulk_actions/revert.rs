//! Taking a bulk action back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use domain::Event;
use domain::event::{BulkActionRevertStarted, BulkDeed};
use domain::scope::Scope;
use eventlog::{Expected, Stream};
use projections::bulk_actions::BulkLine;
use projections::imports::ImportState;
use uuid::Uuid;

use super::view::{BulkActionView, BulkRevertView};
use super::{accepted_or_done, line};
use crate::access::Credential;
use crate::app::{self, App};
use crate::bulk::revert::{Sum, forecast};
use crate::bulk::start::context;
use crate::import::queue::Work;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::imports::wait;
use crate::routes::{InPath, id};

/// Takes a bulk action back: who is still as it left them is as before, who was changed since stays, and is told with the
/// reason. Users that were removed do not come back. With `dry_run=true` only counts, which needs `users:read` too.
#[utoipa::path(post, path = "/v1/bulk-actions/{id}/revert", tag = "bulk actions", params(
    ("id" = Uuid, Path, description = "the bulk action's id"),
    ("dry_run" = Option<bool>, Query, description = "true: only say what it would do (a `BulkRevertView`)"),
    ("wait" = Option<bool>, Query, description = "answer when it is done"),
), responses((status = 200, body = BulkActionView), (status = 202, body = BulkActionView),
    (status = 403, description = "scope_missing"),
    (status = 404, description = "bulk_action_unknown"),
    (status = 409, description = "bulk_action_not_revertible, bulk_action_changed"),
    (status = 503, description = "too_many_imports")))]
pub async fn revert(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(bulk_action): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersWrite)?;
    let params = Params::read(&uri, &["dry_run", "wait"])?;
    let (dry_run, waits) = (params.flag("dry_run", false)?, params.flag("wait", false)?);
    if dry_run {
        credential.needs(Scope::UsersRead)?; // it tells how users are now
    }
    let bulk_action: Uuid = id(&bulk_action)?;
    app.settled(app.log.head()).await?;
    let line = revertible(line(&app, bulk_action)?)?;
    if dry_run {
        return Ok(Json(would(&app, line).await?).into_response());
    }
    let changed = || Problem::new(ProblemKind::BulkActionChanged, "nothing was recorded");
    let mut place = app.imports.reserve()?;
    let mut ending = place.announce(bulk_action).map_err(|_| changed())?;
    let event =
        Event::BulkActionRevertStarted(BulkActionRevertStarted { bulk_action_id: bulk_action });
    let (stream, expected) =
        (Stream::named("bulk", bulk_action), Expected::Revision(line.revision));
    let entry = app::entry(stream, expected, &event, None, &context(&credential, bulk_action));
    let appended = app.log.append(vec![entry]).await?.remove(0);
    let accepted = appended.map_err(|_conflict| changed())?.position;
    place.take(Work::BulkRevert);
    app.settled(accepted).await?;
    let done = if waits { wait(&app, &mut ending).await? } else { None };
    accepted_or_done(&app, bulk_action, &credential, accepted, done)
}

async fn would(app: &Arc<App>, line: BulkLine) -> Result<BulkRevertView, Problem> {
    let turn = app.looks.clone().acquire_owned().await.map_err(Problem::internal)?;
    let looking = app.clone();
    let sum = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        forecast(&looking, &line)
    });
    let Sum { counts, kept } = sum.await.map_err(Problem::internal)??;
    Ok(BulkRevertView::new(counts, kept, &app.follower.store().properties()?))
}

/// Only what has ended and changed somebody can be taken back, and only once.
fn revertible(line: BulkLine) -> Result<BulkLine, Problem> {
    let state = line.state;
    let ended =
        matches!(state, ImportState::Completed | ImportState::Cancelled | ImportState::Failed);
    let detail = match (&line.plan.deed, ended) {
        (_, false) => format!("it is {}", state.name()),
        (BulkDeed::Delete, true) => "users that were removed do not come back".to_owned(),
        (_, true) if line.outcome.changed == 0 => "it has changed nobody".to_owned(),
        (
            BulkDeed::JoinList(_)
            | BulkDeed::LeaveList(_)
            | BulkDeed::GainBadge(_)
            | BulkDeed::LoseBadge(_)
            | BulkDeed::SetProperty { .. },
            true,
        ) => return Ok(line),
    };
    let problem = Problem::new(ProblemKind::BulkActionNotRevertible, detail);
    Err(problem.with("state", state.name()))
}
