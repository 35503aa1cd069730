//! Addresses at which there is nothing: a page for who looks for one, with a way on; a problem for programs.

use std::sync::Arc;

use axum::extract::{Extension, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use tower::ServiceExt as _;

use super::answer;
use super::ask::Refused;
use super::frame::Frame;
use super::texts::Texts;
use super::viewer::House;
use crate::app::App;
use crate::problem::{Problem, ProblemKind};
use crate::routes;

/// What there is one of at an address with an id, by where that begins.
const SOUGHT: [(&str, ProblemKind); 10] = [
    ("users", ProblemKind::UserUnknown),
    ("imports", ProblemKind::ImportUnknown),
    ("exports", ProblemKind::ExportUnknown),
    ("lists", ProblemKind::ListUnknown),
    ("segments", ProblemKind::SegmentUnknown),
    ("badges", ProblemKind::BadgeUnknown),
    ("challenges", ProblemKind::ChallengeUnknown),
    ("properties", ProblemKind::PropertyNotFound),
    ("bulk-actions", ProblemKind::BulkActionUnknown),
    ("team", ProblemKind::TeamMemberUnknown),
];

/// What answers there.
#[derive(Debug, Clone)]
pub struct Missing(Router);

impl Missing {
    /// Its pages are as all others: within the frame, and only for who is signed in.
    pub fn new(app: &Arc<App>, api: Router) -> Missing {
        let house = House { app: app.clone(), api };
        let around = middleware::from_fn_with_state(house, answer::around_pages);
        Missing(Router::new().fallback(page).layer(around))
    }

    /// There is nothing at an address.
    pub async fn nothing(self, request: Request) -> Response {
        let problem = routes::not_found(request.uri().clone()).await;
        self.answer(request, problem).await
    }

    /// There is something, but not to be looked at or sent to.
    pub async fn no_method(self, request: Request) -> Response {
        let problem = routes::method_not_allowed(request.method().clone()).await;
        self.answer(request, problem).await
    }

    async fn answer(self, mut request: Request, problem: Problem) -> Response {
        if !wants_a_page(request.uri().path(), request.headers()) {
            return problem.into_response();
        }
        request.extensions_mut().insert(Refused::from(problem));
        self.0.oneshot(request).await.into_response()
    }
}

/// What looking at something comes to whose id, in the address, none can have: there is no such thing. `route` is the address
/// as it is known.
pub(super) fn nothing_of(path: &str, route: &str, refused: Refused) -> Refused {
    let mut parts = path.split('/').skip(1);
    let (Some(section), Some(id)) = (parts.next(), parts.next()) else { return refused };
    let sought = SOUGHT.iter().find(|(known, _)| *known == section);
    let is_of_the_id = refused.code == ProblemKind::IdInvalid.code() && refused.field.is_none();
    match sought {
        Some((_, kind)) if is_of_the_id && route.contains("/{id}") => {
            Problem::new(*kind, Texts.one("missing-id", "id", id)).into()
        }
        Some(_) | None => refused,
    }
}

/// Where to go from an address at which there is nothing: to the section it would be in, where that may be opened.
pub(super) fn way_on(path: &str, frame: &Frame) -> Option<(String, String)> {
    let begin = path.split('/').nth(1).unwrap_or_default();
    let users = frame.sections.iter().any(|section| section.path == "/users");
    if begin == "bulk-actions" && users {
        return Some(("/bulk-actions".to_owned(), Texts.say("bulk-all")));
    }
    let here = frame.sections.iter().find(|section| section.path.trim_start_matches('/') == begin);
    let section = here.or(frame.sections.first())?;
    Some((section.path.to_owned(), section.text.clone()))
}

async fn page(Extension(refused): Extension<Refused>) -> Refused {
    refused
}

/// Browsers say that they take HTML, when somebody goes somewhere; what is of the API is a program's all the same.
pub(super) fn wants_a_page(path: &str, headers: &HeaderMap) -> bool {
    let of_the_api = path == "/v1" || path.starts_with("/v1/");
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    !of_the_api && accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_page_is_for_browsers_and_never_below_the_api() {
        let accepting = |accepted: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accepted))])
        };
        let browser = accepting("text/html,application/xhtml+xml,*/*;q=0.8");
        assert!(wants_a_page("/nothing", &browser) && wants_a_page("/v10", &browser));
        assert!(!wants_a_page("/v1", &browser) && !wants_a_page("/v1/nothing", &browser));
        assert!(!wants_a_page("/nothing", &accepting("*/*")));
        assert!(!wants_a_page("/nothing", &HeaderMap::new()));
    }
}
