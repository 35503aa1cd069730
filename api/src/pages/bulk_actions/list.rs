//! What was done to many users, newest first.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;

use super::Bulk;
use crate::pages::users::filters::Filters;
use crate::pages::when::When;
use crate::pages::{Frame, Newest, Page, Texts, Viewer, at, html};
use crate::params::Params;

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
    first: Option<String>,
    next: Option<String>,
}

/// The history of bulk actions.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    let params = Params::read(&uri, &["cursor"])?;
    let page = Newest::<Bulk>::ask(&viewer, "/bulk-actions", &params, &[]).await?;
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
        first: page.first,
        next: page.next,
    })
}
