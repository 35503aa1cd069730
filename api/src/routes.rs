//! The handlers, one file per resource.

pub mod actions;
pub mod activity;
pub mod actors;
pub mod badge_history;
pub mod badges;
pub mod bulk_actions;
pub mod causes;
pub mod challenges;
mod defining;
pub mod definitions;
mod event_search;
pub mod event_types;
pub mod events;
pub mod exports;
pub mod former_emails;
pub mod imports;
pub mod indicators;
pub mod lists;
pub mod me;
pub mod new_user;
pub mod one_user;
pub mod operations;
pub mod properties;
pub mod segments;
pub mod service;
pub mod settings;
mod settled;
pub mod table;
pub mod taking_part;
pub mod team;
pub mod tokens;
pub mod totals;
pub mod user_events;
pub mod user_properties;
pub mod users;
pub mod versions;
pub mod views;
mod watching;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::time_range::utc_text;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

pub use crate::body::read_json;
use crate::idempotency::COMMAND_BYTES_MAX;
use crate::problem::{Problem, ProblemKind};

/// Cursor of the last fact that an answer is about.
pub const POSITION: HeaderName = HeaderName::from_static("cohort-position");
/// Entries of a page where nobody says otherwise, and at most.
pub const PAGE_DEFAULT: usize = 100;
/// See [`PAGE_DEFAULT`].
pub const PAGE_MAX: usize = 1000;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    /// The entries.
    pub items: Vec<T>,
    /// Give it as `cursor` for the next page; null at the end.
    pub next: Option<String>,
}

/// A time as it is shown: ISO 8601, UTC, six decimals.
pub fn shown(micros: i64) -> String {
    utc_text(micros)
}

/// Adds the position an answer is about.
pub fn at_position(cursor: &str, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if let Ok(value) = HeaderValue::from_str(cursor) {
        response.headers_mut().insert(POSITION, value);
    }
    response
}

/// Reads an id of the path.
///
/// # Errors
/// `id_invalid`.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| {
        let detail = format!("{text:?} is no id here: {error}; take it as an answer gave it");
        Problem::new(ProblemKind::IdInvalid, detail)
    })
}

/// What is at no address.
pub async fn not_found(uri: Uri) -> Problem {
    Problem::new(ProblemKind::RouteUnknown, format!("there is nothing at {}", uri.path()))
}

/// What is at an address, but not with this method.
pub async fn method_not_allowed(method: axum::http::Method) -> Problem {
    Problem::new(ProblemKind::MethodNotAllowed, format!("{method} is not taken here"))
}

/// Segments of the path; what is no text is refused as an id of the wrong form.
#[derive(Debug)]
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(value)| InPath(value))
            .map_err(|no| Problem::new(ProblemKind::IdInvalid, no.body_text()))
    }
}

/// The body of a command, within its bound.
#[derive(Debug)]
pub struct SmallBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for SmallBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state).await;
        body.map(SmallBody).map_err(|no| match no.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = format!("a command has at most {COMMAND_BYTES_MAX} bytes");
                Problem::new(ProblemKind::BodyTooLarge, detail)
            }
            _ => Problem::new(ProblemKind::BodyInvalid, no.body_text()),
        })
    }
}
