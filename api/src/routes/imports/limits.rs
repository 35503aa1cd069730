//! What an import takes at most.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use domain::scope::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;

/// What an import takes at most: to be told before a file is chosen.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitsView {
    /// Bytes of a file, as it is sent and as UTF-8.
    pub bytes_max: u64,
    /// Rows of a file.
    pub rows_max: u64,
}

/// What an import takes at most, as this service is set.
#[utoipa::path(get, path = "/v1/imports/limits", tag = "imports", responses((status = 200, body = LimitsView)))]
pub async fn limits(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<LimitsView>, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    Params::read(&uri, &[])?;
    let (bytes_max, rows_max) = (app.config.import_bytes_max, app.config.import_rows_max);
    Ok(Json(LimitsView { bytes_max, rows_max }))
}
