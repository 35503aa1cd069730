//! A draft that is to run.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::scope::Scope;
use eventlog::Expected;
use projections::imports::ImportLine;

use super::drafts::mapped;
use super::rejected::file;
use super::view::ImportView;
use super::{accepted_or_done, wait};
use crate::access::Credential;
use crate::app::App;
use crate::backup::digest;
use crate::import::changes::users_changed;
use crate::import::duplicates::Sheet;
use crate::import::start::start as accept;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::routes::InPath;

/// Starts a mapped draft. Where it was checked and what the check said does not hold any more, says so instead, unless
/// `accept_changes=true`.
#[utoipa::path(post, path = "/v1/imports/{id}/start", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
    ("wait" = Option<bool>, Query, description = "answer when it is done"),
    ("accept_changes" = Option<bool>, Query, description = "start although users have changed since the check"),
), responses((status = 200, body = ImportView), (status = 202, body = ImportView),
    (status = 404, description = "import_unknown, list_unknown"), (status = 410, description = "import_file_gone"),
    (status = 409, description = "import_not_open, import_not_mapped, import_changed, import_changed_since_check, file_changed_since_check, reference_id_taken, property_type_immutable"),
    (status = 422, description = "property_unknown, too_many_properties"),
    (status = 503, description = "too_many_imports")))]
pub async fn start(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    let params = Params::read(&uri, &["wait", "accept_changes"])?;
    let (waits, accepts) = (params.flag("wait", false)?, params.flag("accept_changes", false)?);
    let line = mapped(&app, &import).await?;
    file(&app, &line)?;
    let place = app.imports.reserve()?;
    let line = unchanged(&app, line, accepts).await?;
    let (plan, expected) = (line.plan, Expected::Revision(line.revision));
    let (import_id, context) = (plan.import_id, request.context(&credential));
    let (accepted, mut ending) = accept(&app, context, plan, expected, place, || ()).await?;
    let done = if waits { wait(&app, &mut ending).await? } else { None };
    accepted_or_done(&app, import_id, &credential, accepted, done)
}

/// The import, where its file is the one that was uploaded and what its check said still holds.
async fn unchanged(app: &Arc<App>, line: ImportLine, accepts: bool) -> Result<ImportLine, Problem> {
    let looking = app.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let plan = &line.plan;
        let sent = std::fs::File::open(looking.folder.upload(plan.import_id)).and_then(digest);
        let (_, sha256) = sent.map_err(Problem::internal)?;
        if sha256 != plan.sha256 {
            let detail = "its SHA-256 is not that of the upload";
            return Err(Problem::new(ProblemKind::FileChangedSinceCheck, detail));
        }
        let Some(checked) = line.checked.as_ref().filter(|_| !accepts) else { return Ok(line) };
        let path = file(&looking, &line)?;
        let sheet = Sheet { path: &path, plan, now: looking.now(), key: &looking.key };
        let users = users_changed(&looking, sheet, looking.position(&checked.position)?)
            .map_err(Problem::internal)?;
        if users == 0 {
            return Ok(line);
        }
        let detail = format!("{users} users of the file have changed since the check");
        Err(Problem::new(ProblemKind::ImportChangedSinceCheck, detail).with("users", users))
    });
    looked.await.map_err(Problem::internal)?
}
