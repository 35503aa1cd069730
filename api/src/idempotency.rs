//! `Idempotency-Key`: the same request sent twice gets the first answer, and happens once.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};

use crate::access::Credential;
use crate::app::App;
use crate::problem::{self, Problem, ProblemKind};
use crate::routes::POSITION;
use crate::work::{KeptAnswer, KeyState, aside};

/// The request header.
pub const HEADER: &str = "idempotency-key";
/// Says that an answer was kept from the first time.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// What of an answer's head is kept beside its body.
const HEADERS_KEPT: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::LOCATION,
    header::CONTENT_LOCATION,
    POSITION,
    problem::CODE_HEADER,
];
/// Largest body of a command, in bytes.
pub const COMMAND_BYTES_MAX: usize = 512 * 1024;
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
    owner: Owner,
    finished: bool,
}

/// A key belongs to the token or the team member it was used with.
#[derive(Debug, Clone)]
struct Owner {
    id: String,
    key: String,
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

/// Refuses a key where what is answered must not be kept.
///
/// # Errors
/// `idempotency_key_invalid`.
pub fn takes_none(headers: &HeaderMap) -> Result<(), Problem> {
    if !headers.contains_key(HEADER) {
        return Ok(());
    }
    let detail = "not taken here: the answer holds a secret, which is never kept";
    Err(Problem::new(ProblemKind::IdempotencyKeyInvalid, detail))
}

/// Looks a key up. `request` says what the request is: method, address, and a hash of the body.
///
/// # Errors
/// `idempotency_key_reused`, `idempotency_key_in_flight`.
pub async fn begin(
    app: &Arc<App>,
    credential: &Credential,
    key: String,
    request: &str,
) -> Result<Begin, Problem> {
    let owner = Owner { id: credential.id.clone(), key };
    let fingerprint = hex::encode(Sha256::digest(request.as_bytes()));
    let app = app.clone();
    // The key gets its owner on that thread: where the client goes away while it is reserved, it is freed with it.
    let reserve = move || {
        let state = app.work.reserve(&owner.id, &owner.key, &fingerprint, app.now())?;
        let reserved = (state == KeyState::Reserved).then(|| Reserved {
            app: app.clone(),
            owner,
            finished: false,
        });
        Ok((state, reserved))
    };
    match aside(reserve).await? {
        (_, Some(reserved)) => Ok(Begin::First(reserved)),
        (KeyState::Answered(answer), None) => Ok(Begin::Again(replay(answer))),
        (KeyState::InFlight | KeyState::Reserved, None) => {
            Err(Problem::new(ProblemKind::IdempotencyKeyInFlight, "wait for its answer"))
        }
        (KeyState::Reused, None) => Err(Problem::new(
            ProblemKind::IdempotencyKeyReused,
            "this key named another request within 24 hours",
        )),
    }
}

fn replay(KeptAnswer { status, headers, body }: KeptAnswer) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn kept(parts: &Parts, body: &Bytes) -> KeptAnswer {
    let text = |name: &HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    };
    let headers = HEADERS_KEPT.iter().filter_map(text).collect();
    KeptAnswer { status: parts.status.as_u16(), headers, body: body.to_vec() }
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
            let (app, owner, answer) = (self.app.clone(), self.owner.clone(), kept(&parts, &body));
            aside(move || app.work.keep(&owner.id, &owner.key, &answer)).await?;
        } else {
            let (app, owner) = (self.app.clone(), self.owner.clone());
            aside(move || app.work.release(&owner.id, &owner.key)).await?;
        }
        self.finished = true;
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let (app, owner) = (self.app.clone(), self.owner.clone());
        let release = move || app.work.release(&owner.id, &owner.key);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(release);
        } else {
            let _ = release();
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
    match begin(&app, &credential, key, &named).await? {
        Begin::Again(response) => Ok(response),
        Begin::First(reserved) => {
            // On a task of its own: once begun it is finished and its answer kept, though the client may be gone.
            let request = Request::from_parts(parts, Body::from(body));
            let done = tokio::spawn(async move { reserved.finish(next.run(request).await).await });
            done.await.map_err(Problem::internal)?
        }
    }
}

/// Around what begins work: once begun it is finished, though the client may be gone.
///
/// # Errors
/// When the work panics.
pub async fn to_its_end(request: Request, next: Next) -> Result<Response, Problem> {
    tokio::spawn(next.run(request)).await.map_err(Problem::internal)
}

async fn read_small(body: Body) -> Result<Bytes, Problem> {
    let detail = format!("a command has at most {COMMAND_BYTES_MAX} bytes");
    to_bytes(body, COMMAND_BYTES_MAX)
        .await
        .map_err(|_| Problem::new(ProblemKind::BodyTooLarge, detail))
}
