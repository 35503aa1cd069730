//! How far a bulk action is, as it goes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::sse::{Event, Sse};
use domain::scope::Scope;
use futures_util::Stream;
use projections::bulk_actions::BulkLine;
use projections::imports::ImportState;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::line;
use super::view::{BulkRevertCountsView, state};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;
use crate::routes::watching::{Pace, Told, watch};
use crate::routes::{InPath, id};

/// How far a bulk action is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BulkActionProgress {
    /// Its id.
    pub id: Uuid,
    /// As in its report. Only `queued`, `running` and `reverting` do not end the stream.
    pub state: &'static str,
    /// Users whose outcome is recorded; while it is taken back, users that were looked at.
    pub done: u64,
    /// Users it is about; while it is taken back, users it had changed.
    pub matched: u64,
    /// Users that were changed.
    pub changed: u64,
    /// Users that were as asked already.
    pub unchanged: u64,
    /// Users of whom it was refused.
    pub refused: u64,
    /// How far it is taken back.
    pub revert: Option<BulkRevertCountsView>,
    /// Users a second since this stream began; null before the first batch after that.
    pub users_per_second: Option<u64>,
    /// At that rate.
    pub seconds_left: Option<u64>,
}

impl Told for BulkActionProgress {
    fn so_far(&self) -> (&'static str, u64) {
        (self.state, self.done)
    }
}

impl BulkActionProgress {
    fn new(app: &App, line: &BulkLine, pace: &mut Pace) -> BulkActionProgress {
        let back = line.state == ImportState::Reverting;
        let revert = line.reverted.as_ref().map(|reverted| reverted.counts);
        let revert = revert.or(line.undone.as_ref().map(|undone| undone.counts));
        let outcome = &line.outcome;
        let (done, matched) = match back {
            true => (revert.map_or(0, |counts| counts.users()), outcome.changed),
            false => (outcome.users(), line.plan.users),
        };
        let (users_per_second, seconds_left) = pace.of(done, matched);
        BulkActionProgress {
            id: line.plan.bulk_action_id,
            state: state(app, line).name(),
            done,
            matched,
            changed: outcome.changed,
            unchanged: outcome.unchanged,
            refused: outcome.refused,
            revert: revert.map(BulkRevertCountsView::from),
            users_per_second,
            seconds_left,
        }
    }
}

/// How far a bulk action is, as it goes: `text/event-stream`, events named `progress`, each with all there is to know, so that
/// any one is enough. The first comes at once, the last when it has ended.
#[utoipa::path(get, path = "/v1/bulk-actions/{id}/progress", tag = "bulk actions", params(
    ("id" = Uuid, Path, description = "the bulk action's id"),
), responses((status = 200, content_type = "text/event-stream", body = BulkActionProgress),
    (status = 404, description = "bulk_action_unknown"), (status = 503, description = "too_many_streams")))]
pub async fn progress(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(bulk_action): InPath<String>,
    uri: Uri,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    credential.needs(Scope::UsersWrite)?;
    Params::read(&uri, &[])?;
    let bulk_action: Uuid = id(&bulk_action)?;
    line(&app, bulk_action)?;
    watch(app, bulk_action, move |app, pace| {
        let line = app.follower.store().bulk_action(bulk_action)?;
        Ok(line.map(|line| BulkActionProgress::new(app, &line, pace)))
    })
}
