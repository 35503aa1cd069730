//! What was done to many users, newest first.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;
use serde::Deserialize;

use super::Bulk;
use crate::pages::users::filters::Filters;
use crate::pages::when::When;
use crate::pages::{Frame, Page, Texts, Viewer, at, html, with_query};
use crate::params::Params;

/// Bulk actions on a page.
const PAGE: &str = "50";

#[derive(Deserialize)]
struct BulksPage {
    items: Vec<Bulk>,
    next: Option<String>,
}

struct Row {
    href: String,
    deed: String,
    bulk: Bulk,
    started: When,
}

#[derive(Template)]
#[template(path = "bulk_actions/list.html")]
struct ListPage {
    t: Texts,
    frame: Frame,
    rows: Vec<Row>,
    first: Option<&'static str>,
    next: Option<String>,
}

/// The history of bulk actions.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    let params = Params::read(&uri, &["cursor"])?;
    let cursor = params.one("cursor")?.unwrap_or_default();
    let path = with_query("/v1/bulk-actions", &[("limit", PAGE), ("cursor", cursor)]);
    let page: BulksPage = viewer.ask().get(&path).await?;
    let names = Filters::ask(&viewer).await?;
    let row = |bulk: Bulk| Row {
        href: at("/bulk-actions/{}", &[&bulk.id]),
        deed: bulk.deed(&names, viewer.may(Scope::PersonalRead)),
        started: viewer.when(&bulk.started_at),
        bulk,
    };
    html(&ListPage {
        t: Texts,
        frame: Frame::new(&viewer, "/users"),
        rows: page.items.into_iter().map(row).collect(),
        first: (!cursor.is_empty()).then_some("/bulk-actions"),
        next: page.next.map(|cursor| with_query("/bulk-actions", &[("cursor", cursor)])),
    })
}
