//! Asking `/v1` in this process, as any client would over HTTP: so rights, withholding and names of refusals are the API's.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt as _;

use super::texts::Texts;
use crate::access::Credential;
use crate::app::App;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::routes::POSITION;

/// Longest answer that a page reads, in bytes; what is longer is for programs.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The API, asked on somebody's behalf.
#[derive(Debug, Clone)]
pub struct Ask {
    app: Arc<App>,
    api: Router,
    credential: Credential,
    request: RequestId,
}

/// What was answered, and of which version.
#[derive(Debug, Clone)]
pub struct Answered<T> {
    /// The body.
    pub value: T,
    /// Its ETag: forms carry it along and send it back as `If-Match`.
    pub etag: Option<String>,
}

impl Ask {
    /// Asks for somebody, in one request of theirs.
    pub fn new((app, api): (Arc<App>, Router), credential: Credential, request: RequestId) -> Ask {
        Ask { app, api, credential, request }
    }

    /// GET.
    ///
    /// # Errors
    /// The API's no.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        Ok(self.get_versioned(path).await?.value)
    }

    /// GET, with the version.
    ///
    /// # Errors
    /// The API's no.
    pub async fn get_versioned<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Answered<T>, Refused> {
        self.send(Method::GET, path, None, &[]).await
    }

    /// A command, with its JSON.
    ///
    /// # Errors
    /// The API's no.
    pub async fn act<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, Refused> {
        Ok(self.send(method, path, body, &[]).await?.value)
    }

    /// A command on what was seen as `etag` says; without one, on whatever there is.
    ///
    /// # Errors
    /// The API's no.
    pub async fn act_on<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        etag: &str,
    ) -> Result<T, Refused> {
        let etag = if etag.is_empty() { "*" } else { etag };
        Ok(self.send(method, path, body, &[(header::IF_MATCH, etag)]).await?.value)
    }

    /// POST of a body that is no JSON, of a media type, as it comes.
    ///
    /// # Errors
    /// The API's no.
    pub async fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        kind: &str,
        body: Body,
    ) -> Result<T, Refused> {
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.extension(self.credential.clone()).extension(self.request);
        let request = request.header(header::CONTENT_TYPE, kind).body(body);
        let request = request.map_err(Refused::internal)?;
        let answer = self.api.clone().oneshot(request).await.map_err(Refused::internal)?;
        Ok(read(answer).await?.value)
    }

    /// Any request.
    ///
    /// # Errors
    /// The API's no.
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(HeaderName, &str)],
    ) -> Result<Answered<T>, Refused> {
        let commands = method != Method::GET;
        let mut request = Request::builder().method(method).uri(path);
        request = request.extension(self.credential.clone()).extension(self.request);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.body(body).map_err(Refused::internal)?;
        // A task of its own: what a page asks at once is read on as many cores as there are.
        let answer = tokio::spawn(self.api.clone().oneshot(request)).await;
        let answer = answer.map_err(Refused::internal)?.map_err(Refused::internal)?;
        let recorded = answer.headers().get(POSITION).filter(|_| commands);
        let recorded = recorded.and_then(|cursor| self.app.position(cursor.to_str().ok()?).ok());
        // A no was decided on the log, where the tables may be behind: the form is shown again as things are now.
        let refused = (commands && answer.status().is_client_error()).then(|| self.app.log.head());
        if let Some(position) = recorded.or(refused) {
            // The next page shows what was done; what takes too long is shown a little later.
            let _ = self.app.settled(position).await;
        }
        read(answer).await
    }
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<Answered<T>, Refused> {
    let status = answer.status();
    let etag = answer.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
    let etag = etag.map(str::to_owned);
    let body = to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await.map_err(Refused::internal)?;
    if !status.is_success() {
        return Err(Refused::read(status, &body));
    }
    let body: &[u8] = if body.is_empty() { b"null" } else { &body };
    let value = serde_json::from_slice(body).map_err(Refused::internal)?;
    Ok(Answered { value, etag })
}

/// A no of the API, as a page shows it. A handler that answers one shows it as a page of its own; a form shows it beside
/// what was typed.
#[derive(Debug, Clone)]
pub struct Refused {
    /// As the API chose it.
    pub status: StatusCode,
    /// Stable name, explained at `/problems/<code>`.
    pub code: String,
    /// One line.
    pub title: String,
    /// About this request.
    pub detail: String,
    /// Which field it is about, where it is about one.
    pub field: Option<String>,
    /// The whole document.
    pub document: Box<Value>,
}

impl Refused {
    fn read(status: StatusCode, body: &[u8]) -> Refused {
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let (code, detail) = (text("code").unwrap_or_default(), text("detail").unwrap_or_default());
        // Titles that speak of requests are for programs, as is where in a body it is: a field says that by itself.
        let title = Texts.find("refused", &code, 0).or_else(|| text("title"));
        let place = document["pointer"].as_str().map(|pointer| format!("{pointer}: "));
        let told = place.and_then(|place| detail.strip_prefix(&place).map(str::to_owned));
        Refused {
            status,
            title: title.unwrap_or_else(|| status.to_string()),
            detail: told.unwrap_or(detail),
            code,
            field: text("field").or_else(|| text("pointer")).or_else(|| text("parameter")),
            document: Box::new(document),
        }
    }

    /// Something only the service's log may know.
    pub fn internal(cause: impl std::fmt::Display) -> Refused {
        Problem::internal(cause).into()
    }

    /// Whether who asks is not known.
    pub fn is_unknown_viewer(&self) -> bool {
        self.code == ProblemKind::Unauthenticated.code()
    }

    /// Whether it is the service's fault rather than the request's: a form has nothing to mend then.
    pub fn is_fault(&self) -> bool {
        self.status.is_server_error()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused::read(problem.kind().status(), problem.document().to_string().as_bytes())
    }
}

impl IntoResponse for Refused {
    /// Its status; `answer::around_pages` makes a page of it.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A path whose `{}` stand for these segments, each escaped: a slash in an id is no further segment.
pub fn at(path: &str, segments: &[&str]) -> String {
    let mut pieces = path.split("{}");
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for (piece, segment) in pieces.zip(segments) {
        whole.push_str(&escaped(segment));
        whole.push_str(piece);
    }
    whole
}

fn escaped(segment: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~".contains(&byte);
    let shown = |byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    segment.bytes().map(shown).collect()
}

/// A path with a query, escaped; what has no value is left out.
pub fn with_query<N: AsRef<str>, V: AsRef<str>>(path: &str, pairs: &[(N, V)]) -> String {
    let said = pairs.iter().filter(|(_, value)| !value.as_ref().is_empty());
    match Url::parse_with_params("http://localhost/", said) {
        Ok(url) => match url.query().filter(|query| !query.is_empty()) {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        },
        Err(_) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment_and_a_value_one_value() {
        assert_eq!(
            at("/v1/users/{}/badges/{}", &["a/b?c", "ü"]),
            "/v1/users/a%2Fb%3Fc/badges/%C3%BC"
        );
        assert_eq!(at("/v1/users/{}", &[".."]), "/v1/users/%2E%2E");
        let pairs = [("search", "a&b=c d"), ("sort", "")];
        assert_eq!(with_query("/users", &pairs), "/users?search=a%26b%3Dc+d");
        assert_eq!(with_query("/users", &[("sort", "")]), "/users");
    }
}
