//! Imports there were, newest first.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;

use super::known::Import;
use crate::pages::when::When;
use crate::pages::{Frame, Newest, Page, Texts, Viewer, at, html};
use crate::params::Params;

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
    first: Option<String>,
    next: Option<String>,
}

/// The history of imports.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    let params = Params::read(&uri, &["cursor"])?;
    let page = Newest::<Import>::ask(&viewer, "/imports", &params, &[]).await?;
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
        first: page.first,
        next: page.next,
    })
}
