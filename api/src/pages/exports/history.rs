//! The history of exports: who had what, when, and which files are there.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;

use super::line::Export;
use super::offer::Known;
use super::words::Range;
use crate::pages::when::When;
use crate::pages::{Frame, Newest, Page, Texts, Viewer, html, with_query};
use crate::params::Params;

/// One of them.
struct Row {
    export: Export,
    asked: Vec<String>,
    range: Option<Range>,
    when: When,
    as_of: Option<When>,
    may_fetch: bool,
}

/// A choice of which are shown.
struct Choice {
    text: String,
    href: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "exports/history.html")]
struct HistoryPage {
    t: Texts,
    frame: Frame,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
    all: bool,
}

/// Exports, newest first, as the address says.
///
/// # Errors
/// The API's no.
pub async fn history(viewer: Viewer, uri: Uri) -> Page {
    let params = Params::read(&uri, &["kept", "cursor"])?;
    let kept = params.one("kept")?.unwrap_or_default();
    let page = Newest::<Export>::ask(&viewer, "/exports", &params, &["kept"]);
    let (page, known) = tokio::try_join!(page, Known::ask(&viewer))?;
    let users = page.items.iter().flat_map(Export::users).collect();
    let imports = page.items.iter().flat_map(Export::imports).collect();
    let known = known.with_users(&viewer, users).await.with_imports(&viewer, imports).await;
    let row = |export: Export| Row {
        asked: export.asked(&known),
        range: export.range(&viewer),
        when: viewer.when(&export.requested_at),
        as_of: export.as_of.as_ref().map(|moment| viewer.when(&moment.at)),
        may_fetch: export.may_be_fetched(&viewer),
        export,
    };
    html(&HistoryPage {
        t: Texts,
        frame: Frame::new(&viewer, "/exports"),
        choices: choices(kept),
        rows: page.items.into_iter().map(row).collect(),
        first: page.first,
        next: page.next,
        all: viewer.may(Scope::Admin),
    })
}

fn choices(kept: &str) -> Vec<Choice> {
    let choice = |name: &str, text: String| Choice {
        href: with_query("/exports", &[("kept", name)]),
        current: name == kept,
        text,
    };
    vec![
        choice("", Texts.say("exports-all")),
        choice("true", Texts.say("exports-kept")),
        choice("false", Texts.say("exports-at-once")),
    ]
}
