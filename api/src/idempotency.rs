//! `Idempotency-Key`: the same request sent twice gets the first answer, and happens once.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::access::Credential;
use crate::app::App;
use crate::problem::{Problem, ProblemKind};
use crate::work::{KeptAnswer, KeyState};

/// The request header.
pub const HEADER: &str = "idempotency-key";
/// Says that an answer was kept from the first time.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Largest body of a command, in bytes.
pub const COMMAND_BYTES_MAX: usize = 64 * 1024;
/// Largest answer kept, in bytes. A report of an import lists at most 200 rows.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
const KEY_CHARS_MAX: usize = 255;

/// What to do with a request that carries a key.
#[derive(Debug)]
pub enum Begin {
    /// It is the first: do it, then [`Reserved::finish`].
    First(Reserved),
    /// It was done: this is the answer.
    Again(Response),
}

/// A key in use. Freed when dropped without an answer.
#[derive(Debug)]
pub struct Reserved {
    app: Arc<App>,
    token_id: String,
    key: String,
    finished: bool,
}

/// The key of a request, if it has one.
///
/// # Errors
/// `idempotency_key_invalid`.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let visible = text.chars().all(|c| c.is_ascii_graphic());
    if text.is_empty() || text.len() > KEY_CHARS_MAX || !visible {
        return Err(Problem::new(
            ProblemKind::IdempotencyKeyInvalid,
            "a key is 1 to 255 visible ASCII characters",
        ));
    }
    Ok(Some(text.to_owned()))
}

/// Looks a key up. `request` says what the request is: method, address, and a hash of the body.
///
/// # Errors
/// `idempotency_key_reused`, `idempotency_key_in_flight`.
pub fn begin(
    app: &Arc<App>,
    credential: &Credential,
    key: &str,
    request: &str,
) -> Result<Begin, Problem> {
    let token_id = credential.token_id.clone();
    let fingerprint = hex::encode(Sha256::digest(request.as_bytes()));
    match app.work.reserve(&token_id, key, &fingerprint, app.now()).map_err(Problem::internal)? {
        KeyState::Reserved => Ok(Begin::First(Reserved {
            app: app.clone(),
            token_id,
            key: key.to_owned(),
            finished: false,
        })),
        KeyState::Answered(answer) => Ok(Begin::Again(replay(answer))),
        KeyState::InFlight => {
            Err(Problem::new(ProblemKind::IdempotencyKeyInFlight, "wait for its answer"))
        }
        KeyState::Reused => Err(Problem::new(
            ProblemKind::IdempotencyKeyReused,
            "this key named another request within 24 hours",
        )),
    }
}

fn replay(KeptAnswer { status, body }: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    (status, headers, body).into_response()
}

impl Reserved {
    /// Keeps the answer. Faults of the service are not kept: the request may be sent again.
    ///
    /// # Errors
    /// When the answer cannot be read or kept.
    pub async fn finish(mut self, response: Response) -> Result<Response, Problem> {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, ANSWER_BYTES_MAX).await.map_err(Problem::internal)?;
        if !parts.status.is_server_error() {
            let answer = KeptAnswer { status: parts.status.as_u16(), body: body.to_vec() };
            self.app.work.keep(&self.token_id, &self.key, &answer).map_err(Problem::internal)?;
            self.finished = true;
        }
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.finished {
            let _ = self.app.work.release(&self.token_id, &self.key);
        }
    }
}

/// Around every command whose body is small. Imports, whose body is a file, do the same by themselves.
///
/// # Errors
/// As [`begin`].
pub async fn around_commands(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(key) = key(request.headers())?.filter(|_| request.method() == Method::POST) else {
        return Ok(next.run(request).await);
    };
    let (mut parts, body) = request.into_parts();
    let credential =
        <Credential as axum::extract::FromRequestParts<_>>::from_request_parts(&mut parts, &app)
            .await?;
    let body = read_small(body).await?;
    let named = format!("{} {} {}", parts.method, parts.uri, hex::encode(Sha256::digest(&body)));
    match begin(&app, &credential, &key, &named)? {
        Begin::Again(response) => Ok(response),
        Begin::First(reserved) => {
            // On a task of its own: once begun it is finished and its answer kept, though the client may be gone.
            let request = Request::from_parts(parts, Body::from(body));
            let done = tokio::spawn(async move { reserved.finish(next.run(request).await).await });
            done.await.map_err(Problem::internal)?
        }
    }
}

async fn read_small(body: Body) -> Result<Bytes, Problem> {
    let detail = format!("a command has at most {COMMAND_BYTES_MAX} bytes");
    to_bytes(body, COMMAND_BYTES_MAX)
        .await
        .map_err(|_| Problem::new(ProblemKind::BodyTooLarge, detail))
}
