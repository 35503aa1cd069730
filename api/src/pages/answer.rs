//! Answers of pages: HTML with its headers, refusals as pages, notices, the way to signing in.

use askama::Template;
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::ask::{Ask, Refused, with_query};
use super::frame::Frame;
use super::missing;
use super::texts::Texts;
use super::viewer::{House, Viewer};
use crate::access::Credential;
use crate::problem::Problem;
use crate::request::RequestId;

/// What a handler of a page answers.
pub type Page = Result<Response, Refused>;

/// On every page: nothing but our own files, no code or style inside a page, no frame around it.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];
/// Where a page leaves a notice for the next.
const NOTICE_COOKIE: &str = "cohort_notice";
/// How long it waits there, in seconds.
const NOTICE_SECONDS: u32 = 60;

/// What a page has to tell about what was just done: a text of the catalogue, and how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    key: String,
    count: u64,
}

impl Notice {
    /// In words, where the catalogue has them.
    pub fn text(&self) -> Option<String> {
        Texts.find("notice", &self.key, self.count)
    }

    fn read(headers: &HeaderMap) -> Option<Notice> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut cookies = cookies.flat_map(|line| line.split(';'));
        let said =
            cookies.find_map(|one| one.trim().strip_prefix(NOTICE_COOKIE)?.strip_prefix('='));
        let (key, count) = said?.split_once('.')?;
        Some(Notice { key: key.to_owned(), count: count.parse().ok()? })
    }
}

fn cookie(value: &str, seconds: u32) -> Option<HeaderValue> {
    let text =
        format!("{NOTICE_COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    HeaderValue::from_str(&text).ok()
}

/// A page.
///
/// # Errors
/// When the template cannot be written, which is ours to mend.
pub fn html(template: &impl Template) -> Page {
    Ok(Html(template.render().map_err(Refused::internal)?).into_response())
}

/// A page with the form that was refused, under the refusal's own status. A fault of the service is a page of its own.
///
/// # Errors
/// As [`html`]; and the refusal, where there is nothing to mend.
pub fn refused_html(refused: &Refused, template: &impl Template) -> Page {
    if refused.is_fault() {
        return Err(refused.clone());
    }
    let mut response = html(template)?;
    *response.status_mut() = refused.status;
    Ok(response)
}

/// Back to a page once something was done, with the text `notice-<key>`, in which `count` is how many.
///
/// # Errors
/// None.
pub fn back(to: &str, key: &str, count: u64) -> Page {
    let mut response = Redirect::to(to).into_response();
    if let Some(cookie) = cookie(&format!("{key}.{count}"), NOTICE_SECONDS) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// An address of ours that a form carries along, to go back to; else another.
pub fn ours<'a>(said: &'a str, otherwise: &'a str) -> &'a str {
    // Browsers leave out tabs and take a backslash for a slash: two of those at first name a host.
    let plain = said.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let inside = plain && said.starts_with('/') && !said.starts_with("//");
    if inside { said } else { otherwise }
}

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage<'a> {
    t: Texts,
    frame: Frame,
    refused: &'a Refused,
    /// Whether what was wanted is not there.
    missing: bool,
    /// Where to go from there.
    way: Option<(String, String)>,
}

/// Around every page: who looks is recognised or sent to sign in, what is refused becomes a page.
pub async fn around_pages(State(house): State<House>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let (viewer, response) = match recognised(house, &mut parts).await {
        Err(problem) => {
            let refused = Refused::from(problem);
            if refused.is_unknown_viewer() {
                return sign_in(&parts.method, &parts.uri.to_string());
            }
            (None, refused.into_response())
        }
        Ok(viewer) => {
            let looks = matches!(parts.method, Method::GET | Method::HEAD);
            let route = parts.extensions.get::<MatchedPath>().filter(|_| looks).cloned();
            let response = next.run(Request::from_parts(parts, body)).await;
            (Some(viewer), in_words(response, &path, route.as_ref().map(MatchedPath::as_str)))
        }
    };
    finished(viewer.as_ref(), &path, response)
}

/// Who looks, which the page is told too.
async fn recognised(house: House, parts: &mut Parts) -> Result<Viewer, Problem> {
    let credential = Credential::from_request_parts(parts, &house.app).await?;
    let request = parts.extensions.get::<RequestId>().copied();
    let request = request.unwrap_or_else(|| RequestId(uuid::Uuid::now_v7()));
    let ask = Ask::new((house.app.clone(), house.api), credential.clone(), request);
    let notice = Notice::read(&parts.headers);
    let own = credential.member().and_then(|member| member.zone.as_deref()?.parse().ok());
    let zone = own.unwrap_or(house.app.config.zone);
    let viewer = Viewer::new(credential, ask, zone, notice);
    parts.extensions.insert(viewer.clone());
    Ok(viewer)
}

/// Around the pages of who is not known yet: what is refused becomes a page too.
pub async fn around_open_pages(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    finished(None, &path, next.run(request).await)
}

/// Around pages that are the same for everybody: who is known finds the sections beside them.
pub async fn around_common_pages(
    State(house): State<House>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let viewer = recognised(house, &mut parts).await.ok();
    finished(viewer.as_ref(), &path, next.run(Request::from_parts(parts, body)).await)
}

/// A no in words for who looks, whoever said it: a handler, or what read the address before it.
fn in_words(mut response: Response, path: &str, route: Option<&str>) -> Response {
    let extensions = response.extensions_mut();
    let early = extensions.remove::<Problem>().map(Refused::from);
    let Some(refused) = early.or_else(|| extensions.remove::<Refused>()) else { return response };
    match route {
        Some(route) => missing::nothing_of(path, route, refused).into_response(),
        None => refused.into_response(),
    }
}

fn finished(viewer: Option<&Viewer>, path: &str, mut response: Response) -> Response {
    if let Some(refused) = response.extensions_mut().remove::<Refused>() {
        let frame = viewer.map(|viewer| Frame::new(viewer, "")).unwrap_or_default();
        let missing = matches!(refused.status.as_u16(), 404 | 405 | 410);
        let way = missing::way_on(path, &frame).filter(|_| missing);
        let page = RefusedPage { t: Texts, frame, refused: &refused, missing, way };
        let mut page = html(&page).unwrap_or_else(IntoResponse::into_response);
        *page.status_mut() = refused.status;
        response = page;
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    let told = viewer.is_some_and(|viewer| viewer.notice().is_some());
    if told && response.headers().get(header::LOCATION).is_none() {
        response.headers_mut().extend(cookie("", 0).map(|cookie| (header::SET_COOKIE, cookie)));
    }
    response
}

/// To sign in, and back to what was wanted where it can be asked for again.
fn sign_in(method: &Method, wanted: &str) -> Response {
    let wanted = if method == Method::GET { wanted } else { "" };
    let mut response = Redirect::to(&with_query("/sign-in", &[("to", wanted)])).into_response();
    response.headers_mut().extend(HEADERS.map(|(name, value)| (name, value)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_pages_of_ours_only() {
        assert_eq!(ours("/users?sort=email", "/users"), "/users?sort=email");
        assert_eq!(ours("/imports/1#rows", "/users"), "/imports/1#rows");
        for elsewhere in [
            "",
            "users",
            "https://example.org/",
            "//example.org",
            "/\\example.org",
            "/\t/example.org",
            "/a\nb",
            "/é",
        ] {
            assert_eq!(ours(elsewhere, "/users"), "/users", "{elsewhere}");
        }
    }
}
