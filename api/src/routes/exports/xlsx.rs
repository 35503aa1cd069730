//! Exports as spreadsheets. A workbook is whole before its first byte, also of user events: so it is known what it holds, and
//! what does not fit is refused by name.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use domain::event::{ExportContent, ExportStarted};
use tokio::sync::OwnedSemaphorePermit;

use super::asking::Asking;
use super::count::ExportCount;
use super::handed;
use super::parameters::{
    EventColumnsQuery, FilterQuery, OnlyQuery, ReasonQuery, SliceQuery, UsersQuery,
};
use crate::app::App;
use crate::export::asked::{EventsExport, Format};
use crate::export::ledger::{Holds, Ledger, Taker};
use crate::export::waits::Waits;
use crate::problem::Problem;

/// All users, or those that the filters leave, as a workbook. Text is text, whatever it looks like; numbers, booleans, days
/// and instants (UTC, to the microsecond) are what they are.
#[utoipa::path(get, path = "/v1/exports/users.xlsx", tag = "exports", params(UsersQuery, FilterQuery, ReasonQuery, OnlyQuery), responses(
    (status = 200, content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (ExportCount = "application/json"))),
    (status = 422, description = "xlsx_cannot_hold, column_unknown"), (status = 503, description = "projection_behind, too_many_exports")))]
pub async fn users_xlsx(asking: Asking) -> Result<Response, Problem> {
    asking.answer(ExportContent::Users, Format::Xlsx).await
}

/// User events as a workbook, format `user-events/1`. It is written before its first byte: what takes long is better asked
/// for as a file (`POST /v1/exports`).
#[utoipa::path(get, path = "/v1/exports/user-events.xlsx", tag = "exports", params(SliceQuery, EventColumnsQuery, ReasonQuery, OnlyQuery), responses(
    (status = 200, content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (ExportCount = "application/json"))),
    (status = 400, description = "unknown_event_type, unknown_zone, to_and_through, time_unreadable, range_inverted, cursor_invalid"),
    (status = 422, description = "xlsx_cannot_hold, column_unknown"), (status = 503, description = "too_many_exports")))]
pub async fn user_events_xlsx(asking: Asking) -> Result<Response, Problem> {
    asking.answer(ExportContent::UserEvents, Format::Xlsx).await
}

/// Collects user events and hands them out. Writing ends early where nobody waits any more.
pub(super) async fn collected(
    app: Arc<App>,
    permit: OwnedSemaphorePermit,
    taker: Taker,
    headers: HeaderMap,
    (asked, mut opens): (EventsExport, (ExportStarted, Option<Holds>)),
) -> Result<Response, Problem> {
    let ((_waits, awaited), looking) = (Waits::begin(), app.clone());
    let spooled = tokio::task::spawn_blocking(move || {
        asked.spool(&looking.log, &looking.folder.scratch(), &mut || awaited.or_stop(&looking))
    });
    let file = spooled.await.map_err(Problem::internal)??;
    if let Some(resolved) = &mut opens.0.resolved {
        resolved.rows = Some(file.rows);
    }
    let ledger = Ledger::open(&app, permit, taker, opens).await?;
    handed(&app, ledger, headers, file)
}
