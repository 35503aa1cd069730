//! Work on the whole service: check, rebuild, backup. Long, so each tells how far it is.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::Response;
use domain::scope::Scope;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::access::Credential;
use crate::app::App;
use crate::check::{Progress, Report};
use crate::params::Params;
use crate::problem::Problem;
use crate::{backup, check};

/// Lines and blocks that wait for a slow client.
const WAITING: usize = 16;

type Lines = mpsc::Sender<Result<Bytes, io::Error>>;

fn line(lines: &Lines, value: &impl Serialize) {
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    text.push(b'\n');
    let _ = lines.blocking_send(Ok(Bytes::from(text)));
}

/// Runs blocking work that writes lines: any number of `progress`, then one `report` or one `problem`.
fn long_answer(
    work: impl FnOnce(&mut dyn FnMut(Progress)) -> Result<Value, Problem> + Send + 'static,
) -> Response {
    let (lines, receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let ended = work(&mut |progress| line(&lines, &json!({ "progress": progress })));
        match ended {
            Ok(report) => line(&lines, &json!({ "report": report })),
            Err(problem) => line(&lines, &json!({ "problem": problem.document() })),
        }
    });
    stream("application/x-ndjson", receiver)
}

fn stream(kind: &'static str, receiver: mpsc::Receiver<Result<Bytes, io::Error>>) -> Response {
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(receiver)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Walks the whole log and compares the tables with a replay of it. NDJSON: `{"progress":...}` lines, then one
/// `{"report":...}`.
#[utoipa::path(post, path = "/v1/operations/check", tag = "operations",
    responses((status = 200, content_type = "application/x-ndjson", body = Report)))]
pub async fn check(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::Admin)?;
    Params::read(&uri, &[])?;
    app.settled(app.log.head()).await?;
    Ok(long_answer(move |progress| {
        let store = app.follower.store();
        let scratch = tempfile::tempdir_in(app.folder.scratch()).map_err(Problem::internal)?;
        let report = check::check(&app.log, app.log_id, &store, scratch.path(), progress)?;
        serde_json::to_value(report).map_err(Problem::internal)
    }))
}

/// Builds the tables anew while the old ones serve. NDJSON: `{"progress":...}` lines, then one `{"report":...}`.
#[utoipa::path(post, path = "/v1/operations/rebuild", tag = "operations",
    responses((status = 200, content_type = "application/x-ndjson")))]
pub async fn rebuild(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::Admin)?;
    Params::read(&uri, &[])?;
    Ok(long_answer(move |progress| {
        let facts = app.follower.rebuild(&mut |at| {
            progress(Progress { part: "projections".to_owned(), done: at.done, total: at.total });
        })?;
        Ok(json!({ "facts": facts }))
    }))
}

/// A consistent copy of the running service as a tar archive; its last file is the manifest.
#[utoipa::path(get, path = "/v1/operations/backup", tag = "operations",
    responses((status = 200, content_type = "application/x-tar")))]
pub async fn backup(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::Admin)?;
    credential.needs_personal("a copy of the service holds all personal data")?;
    Params::read(&uri, &[])?;
    let copying = app.clone();
    let copied = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir_in(copying.folder.scratch())?;
        backup::write(&copying, folder.path()).map(|manifest| (folder, manifest))
    });
    let (folder, manifest) = copied.await.map_err(Problem::internal)?.map_err(Problem::internal)?;
    let (blocks, receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let out = io::BufWriter::with_capacity(256 * 1024, Blocks(blocks.clone()));
        if let Err(error) = backup::pack(folder.path(), &manifest, out) {
            tracing::warn!(%error, "a backup was cut off");
            let _ = blocks.blocking_send(Err(io::Error::other("cut off")));
        }
    });
    Ok(stream("application/x-tar", receiver))
}

/// Writes into a body.
struct Blocks(Lines);

impl io::Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
