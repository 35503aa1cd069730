//! The rejected rows of an import as a file.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::Response;
use domain::scope::Scope;
use projections::imports::ImportLine;
use uuid::Uuid;

use super::line;
use crate::access::Credential;
use crate::app::App;
use crate::export::in_order::InOrder;
use crate::export::ledger::Ledger;
use crate::import::duplicates::Sheet;
use crate::import::refused::refused_rows;
use crate::import::rejected;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::{InPath, id};

/// The file of an import as UTF-8, while it is there.
pub(super) fn file(app: &App, line: &ImportLine) -> Result<PathBuf, Problem> {
    let path = app.folder.decoded(line.plan.import_id, &line.plan.encoding);
    if line.file_gone || !path.exists() {
        return Err(Problem::new(ProblemKind::ImportFileGone, "its rows cannot be read any more"));
    }
    Ok(path)
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
    let line = line(&app, import)?;
    let path = file(&app, &line)?;
    let permit = Ledger::reserve(&app)?;
    let (chunks, outs) = InOrder::new(1, 1, Bytes::new(), Arc::default());
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let refused = match refused_rows(&app.log, import) {
            Ok(refused) => refused,
            Err(error) => return tracing::error!(%import, %error, "rejected rows cannot be read"),
        };
        let now = line.started_at.unwrap_or(line.uploaded_at);
        let sheet = Sheet { path: &path, plan: &line.plan, now, key: &app.key };
        let profiles = match app.follower.store().profiles() {
            Ok(profiles) => profiles,
            Err(error) => return tracing::error!(%import, %error, "the tables cannot be read"),
        };
        for out in outs {
            if let Err(error) = rejected::write(sheet, line.row, &refused, &profiles, &out) {
                tracing::warn!(%import, %error, "rejected rows were not written to their end");
            }
        }
    });
    csv_file(chunks, &format!("rejected_{import}.csv"))
}

/// An answer that is saved as a CSV file of this name.
pub(super) fn csv_file(chunks: InOrder, name: &str) -> Result<Response, Problem> {
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, kind);
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.map_err(Problem::internal)?);
    Ok(response)
}
