//! Taking an import back.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use domain::Event;
use domain::event::ImportRevertStarted;
use domain::property::Properties;
use domain::scope::Scope;
use eventlog::Expected;
use projections::imports::{ImportLine, ImportState};
use uuid::Uuid;

use super::rejected::csv_file;
use super::view::{ImportView, KeptView, RevertView};
use super::{accepted_or_done, line, wait};
use crate::access::Credential;
use crate::app::App;
use crate::export::cells::Dialect;
use crate::export::in_order::{InOrder, NobodyThere, Out};
use crate::export::ledger::Ledger;
use crate::import::queue::Work;
use crate::import::revert::{Sum, Undo, forecast, look};
use crate::import::start::record;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::routes::{InPath, id};

/// Bytes collected before a chunk is handed out.
const CHUNK_BYTES: usize = 64 * 1024;
const DIALECT: Dialect = Dialect { delimiter: b',', safe: false };
const COLUMNS: [&str; 7] = ["user_id", "email", "field", "code", "set", "now", "reason"];

/// Takes an import back: users it made are removed unless they have a history since then, values go back where they are
/// still what it set, its list is left. Everything that stays is told with its reason. With `dry_run=true` only counts.
#[utoipa::path(post, path = "/v1/imports/{id}/revert", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
    ("dry_run" = Option<bool>, Query, description = "true: only say what it would do (a `RevertView`)"),
    ("wait" = Option<bool>, Query, description = "answer when it is done"),
), responses((status = 200, body = ImportView), (status = 202, body = ImportView),
    (status = 404, description = "import_unknown"), (status = 409, description = "import_not_revertible, import_changed"),
    (status = 503, description = "too_many_imports")))]
pub async fn revert(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    let params = Params::read(&uri, &["dry_run", "wait"])?;
    let (dry_run, waits) = (params.flag("dry_run", false)?, params.flag("wait", false)?);
    let import: Uuid = id(&import)?;
    app.settled(app.log.head()).await?;
    let line = revertible(line(&app, import)?)?;
    if dry_run {
        return Ok(Json(would(&app, line).await?).into_response());
    }
    let mut place = app.imports.reserve()?;
    let mut ending = place.announce(import)?;
    let event = Event::ImportRevertStarted(ImportRevertStarted { import_id: import });
    let expected = Expected::Revision(line.revision);
    let accepted = record(&app, &request.context(&credential), &event, import, expected).await?;
    place.take(Work::Revert);
    app.settled(accepted).await?;
    let done = if waits { wait(&app, &mut ending).await? } else { None };
    accepted_or_done(&app, import, &credential, accepted, done)
}

async fn would(app: &Arc<App>, line: ImportLine) -> Result<RevertView, Problem> {
    let turn = app.looks.clone().acquire_owned().await.map_err(Problem::internal)?;
    let looking = app.clone();
    let sum = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        forecast(&looking, &line)
    });
    let Sum { counts, kept } = sum.await.map_err(Problem::internal)??;
    let kept_first = KeptView::all(kept, &app.follower.store().properties()?);
    Ok(RevertView { counts: counts.into(), rows: None, kept_first })
}

/// Only what has ended and did something can be taken back, and only once.
fn revertible(line: ImportLine) -> Result<ImportLine, Problem> {
    let (state, counts) = (line.state, line.counts);
    let ended =
        matches!(state, ImportState::Completed | ImportState::Cancelled | ImportState::Failed);
    if ended && counts.created + counts.updated + counts.joined > 0 {
        return Ok(line);
    }
    let detail = match ended {
        true => "it has changed nothing".to_owned(),
        false => format!("it is {}", state.name()),
    };
    Err(Problem::new(ProblemKind::ImportNotRevertible, detail).with("state", state.name()))
}

/// Everything an import did that stays when it is taken back, with the reason: before, what would; after, what did.
#[utoipa::path(get, path = "/v1/imports/{id}/kept.csv", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), responses((status = 200, content_type = "text/csv"), (status = 404, description = "import_unknown"),
    (status = 409, description = "import_not_revertible"), (status = 503, description = "too_many_exports")))]
pub async fn kept_csv(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    Params::read(&uri, &[])?;
    let import: Uuid = id(&import)?;
    let line = line(&app, import)?;
    let back = matches!(line.state, ImportState::Reverting | ImportState::Reverted);
    let line = if back { line } else { revertible(line)? };
    let personal = credential.sees_personal();
    let permit = Ledger::reserve(&app)?;
    let (chunks, outs) = InOrder::new(1, 1, Bytes::new(), Arc::default());
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        for out in outs {
            if let Err(error) = write(&app, &line, personal, &out) {
                tracing::warn!(%import, %error, "what stays was not written to its end");
            }
        }
    });
    csv_file(chunks, &format!("kept_{import}.csv"))
}

fn write(
    app: &App,
    line: &ImportLine,
    personal: bool,
    out: &Out,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut chunk = Vec::new();
    DIALECT.row(&mut chunk, COLUMNS.into_iter());
    let known = app.follower.store().properties()?;
    let (mut rows, mut gone) = (0, false);
    look(app, line, &mut |undo| {
        rows += kept_rows(&mut chunk, undo, &known, personal);
        if chunk.len() >= CHUNK_BYTES {
            gone = out.chunk(std::mem::take(&mut chunk), std::mem::take(&mut rows)).is_err();
        }
        if gone { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let told = |NobodyThere| "the client is gone";
    if gone {
        return Err("the client is gone".into());
    }
    out.chunk(chunk, rows).map_err(told)?;
    Ok(out.segment_end().map_err(told)?)
}

fn kept_rows(chunk: &mut Vec<u8>, undo: &Undo, known: &Properties, personal: bool) -> u64 {
    let user = undo.user.to_string();
    let email = undo.email.as_deref().filter(|_| personal).unwrap_or_default();
    for kept in &undo.reverted.kept {
        let id = kept.field.as_deref().unwrap_or_default();
        let (field, shows) = (known.name_of(id).unwrap_or(id), personal && !known.is_gone(id));
        let shown = |value: &Option<String>| value.clone().filter(|_| shows).unwrap_or_default();
        let (set, now, reason) = (shown(&kept.set), shown(&kept.now), kept.because.to_string());
        let cells = [user.as_str(), email, field, kept.because.code(), &set, &now, &reason];
        DIALECT.row(chunk, cells.into_iter());
    }
    undo.reverted.kept.len() as u64
}
