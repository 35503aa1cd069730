//! Around every request: an id, a line in the log without personal data, numbers for `/metrics`.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use eventlog::Context;
use uuid::Uuid;

use crate::access::Credential;
use crate::routes;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// On every answer that does not say otherwise.
const FIXED: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// The methods of RFC 9110, and PATCH.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];

/// Names one request; the correlation of every fact it leads to.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// Who asked, how, and in which request.
    pub fn context(self, credential: &Credential) -> Arc<Context> {
        Arc::new(Context {
            actor: credential.actor(),
            origin: credential.origin(),
            correlation: self.0,
            cause: None,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<RequestId, Self::Rejection> {
        Ok(parts
            .extensions
            .get::<RequestId>()
            .copied()
            .unwrap_or_else(|| RequestId(Uuid::now_v7())))
    }
}

/// A method as the log and the numbers name it: whoever invents methods writes nothing there, and adds no series.
fn named(method: &Method) -> &'static str {
    let known = METHODS.iter().find(|known| **known == method.as_str());
    known.copied().unwrap_or("other")
}

/// The outermost layer. Logs the route, never the path or the query: those can hold an address.
pub async fn around_all(mut request: Request, next: Next) -> Response {
    let id = RequestId(Uuid::now_v7());
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let begun = Instant::now();
    // A HEAD would do all the work of the GET for an answer that nobody reads.
    let heavy = ["/v1/exports/", "/v1/operations/"].iter().any(|prefix| route.starts_with(prefix))
        || route.ends_with("/export.zip");
    let heavy = heavy && route != "/v1/exports/{id}/file"; // it is there already, and programs ask how long it is
    let mut response = if method == Method::HEAD && heavy {
        routes::method_not_allowed(method.clone()).await.into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in FIXED {
        response.headers_mut().entry(name).or_insert(value);
    }
    if let Ok(value) = HeaderValue::from_str(&id.0.to_string()) {
        response.headers_mut().insert(HEADER, value);
    }
    let (status, seconds) = (response.status().as_u16(), begun.elapsed().as_secs_f64());
    let method = named(&method);
    let labels =
        [("method", method.to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("cohort_http_requests_total", &labels).increment(1);
    metrics::histogram!("cohort_http_request_seconds", "route" => route.clone()).record(seconds);
    tracing::info!(request = %id.0, method, route, status, ms = (seconds * 1e3) as u64, "answered");
    response
}
