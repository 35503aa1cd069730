//! What each no means and what to do about it: pages for everybody, signed in or not.

use askama::Template;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::ask::Refused;
use super::missing::wants_a_page;
use super::{Frame, Page, Texts, Viewer, html};
use crate::problem::rows::ROW_CODES;
use crate::problem::{Problem, ProblemKind};
use crate::routes::InPath;

/// A no as a row shows it.
struct Line {
    code: &'static str,
    title: &'static str,
    /// What it is answered with; none of what is said of rows.
    status: Option<String>,
}

#[derive(Template)]
#[template(path = "problems/list.html")]
struct ListPage {
    t: Texts,
    frame: Frame,
    answers: Vec<Line>,
    rows: Vec<Line>,
}

#[derive(Template)]
#[template(path = "problems/one.html")]
struct OnePage {
    t: Texts,
    frame: Frame,
    line: Line,
    /// What it means and what to do, each piece with whether it is code.
    text: Vec<(bool, &'static str)>,
}

/// Who is known finds the sections beside the page.
fn frame(parts: &Parts) -> Frame {
    parts.extensions.get().map(|viewer: &Viewer| Frame::new(viewer, "")).unwrap_or_default()
}

fn answer(kind: &ProblemKind) -> Line {
    let status = Some(kind.status().to_string());
    Line { code: kind.code(), title: kind.title(), status }
}

/// What each problem means and what to do about it.
#[utoipa::path(get, path = "/problems", tag = "service", security(()), responses((status = 200, content_type = "text/html")))]
pub async fn list(parts: Parts) -> Page {
    let row = |&(code, title, _): &(_, _, _)| Line { code, title, status: None };
    html(&ListPage {
        t: Texts,
        frame: frame(&parts),
        answers: ProblemKind::ALL.iter().map(answer).collect(),
        rows: ROW_CODES.iter().map(row).collect(),
    })
}

/// One problem.
#[utoipa::path(get, path = "/problems/{code}", tag = "service", security(()), params(("code" = String, Path, description = "a problem's code")),
    responses((status = 200, content_type = "text/html"), (status = 404)))]
pub async fn one(InPath(code): InPath<String>, parts: Parts) -> Response {
    let row = ROW_CODES.iter().copied().find(|(known, _, _)| *known == code);
    let kind = ProblemKind::ALL.iter().find(|kind| kind.code() == code);
    let (line, text) = match (row, kind) {
        (Some((code, title, text)), _) => (Line { code, title, status: None }, text),
        (None, Some(kind)) => (answer(kind), kind.page()),
        (None, None) => {
            let detail = "there is no problem of this name";
            let nothing = Problem::new(ProblemKind::RouteUnknown, detail);
            return match wants_a_page(parts.uri.path(), &parts.headers) {
                true => Refused::from(nothing).into_response(),
                false => nothing.into_response(),
            };
        }
    };
    html(&OnePage { t: Texts, frame: frame(&parts), line, text: marked(text) }).into_response()
}

/// The texts are our own and hold code in backticks.
fn marked(text: &'static str) -> Vec<(bool, &'static str)> {
    text.split('`').enumerate().map(|(place, piece)| (place % 2 == 1, piece)).collect()
}
