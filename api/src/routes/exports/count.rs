//! How much an export would hold, asked before it is made.

use std::sync::Arc;

use axum::Json;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::export::asked::{Asked, EventsExport};
use crate::export::past::Moment;
use crate::problem::Problem;
use crate::routes::{at_position, shown};

/// How much an export would hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportCount {
    /// Exactly so many rows, after the header.
    pub rows: u64,
    /// About so many bytes; of users exactly, but for workbooks.
    pub bytes_estimate: u64,
    /// Cursor of the last fact it could hold.
    pub position: String,
    /// The time that was asked for, of user events.
    pub range: Option<RangeView>,
}

/// Half-open, in UTC; null where it is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RangeView {
    /// The first moment inside.
    pub from: Option<String>,
    /// The first moment after it.
    pub to: Option<String>,
}

impl RangeView {
    /// Shows bounds in microseconds since 1970.
    pub fn new(from: Option<i64>, to: Option<i64>) -> RangeView {
        RangeView { from: from.map(shown), to: to.map(shown) }
    }
}

/// Counts an export of users.
pub(super) async fn users(
    app: Arc<App>,
    asked: Asked,
    past: Option<Moment>,
) -> Result<Response, Problem> {
    let measured = asked.users_at(&app, past, |_, users, store| Ok(users.measure(store)?)).await?;
    let position = app.cursor(measured.written.position);
    let (rows, bytes_estimate) = (measured.written.rows, measured.bytes);
    let count = ExportCount { rows, bytes_estimate, position: position.clone(), range: None };
    Ok(at_position(&position, Json(count)))
}

/// Counts an export of user events.
pub(super) async fn events(app: Arc<App>, export: EventsExport) -> Result<Response, Problem> {
    let (position, range) = (app.cursor(export.slice.through), export.range);
    let counted = tokio::task::spawn_blocking(move || {
        let rows = export.count(&app.log)?.rows();
        Ok::<_, Problem>((rows, export.estimate(&app.log, rows)?))
    });
    let (rows, bytes_estimate) = counted.await.map_err(Problem::internal)??;
    let range = Some(RangeView::new(range.from, range.to));
    let count = ExportCount { rows, bytes_estimate, position: position.clone(), range };
    Ok(at_position(&position, Json(count)))
}
