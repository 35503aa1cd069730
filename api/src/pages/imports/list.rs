//! Imports there were, newest first.

use askama::Template;
use axum::http::Uri;
use serde::Deserialize;

use super::known::Import;
use crate::pages::when::When;
use crate::pages::{Frame, Page, Texts, Viewer, at, html, with_query};
use crate::params::Params;

use domain::scope::Scope;

/// Imports on a page.
const PAGE: &str = "50";

#[derive(Deserialize)]
struct ImportsPage {
    items: Vec<Import>,
    next: Option<String>,
}

struct Row {
    href: String,
    name: String,
    import: Import,
    uploaded: When,
}

#[derive(Template)]
#[template(path = "imports/list.html")]
struct ListPage {
    t: Texts,
    frame: Frame,
    rows: Vec<Row>,
    first: Option<&'static str>,
    next: Option<String>,
}

/// The history of imports.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    let params = Params::read(&uri, &["cursor"])?;
    let cursor = params.one("cursor")?.unwrap_or_default();
    let path = with_query("/v1/imports", &[("limit", PAGE), ("cursor", cursor)]);
    let page: ImportsPage = viewer.ask().get(&path).await?;
    let personal = viewer.may(Scope::PersonalRead);
    let row = |import: Import| Row {
        href: at("/imports/{}", &[&import.id]),
        name: import.name(personal),
        uploaded: viewer.when(&import.uploaded_at),
        import,
    };
    html(&ListPage {
        t: Texts,
        frame: Frame::new(&viewer, "/imports"),
        rows: page.items.into_iter().map(row).collect(),
        first: (!cursor.is_empty()).then_some("/imports"),
        next: page.next.map(|cursor| with_query("/imports", &[("cursor", cursor)])),
    })
}
