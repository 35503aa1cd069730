//! One export: how far it is, its file, what it was asked for.

use askama::Template;
use axum::http::{Method, Uri};
use serde_json::Value;

use super::line::Export;
use super::offer::Known;
use super::words::{self, Range};
use crate::pages::when::When;
use crate::pages::{Frame, Page, Texts, Viewer, at, back, html};
use crate::params::Params;
use crate::routes::InPath;

#[derive(Template)]
#[template(path = "exports/one.html")]
struct OnePage<'a> {
    t: Texts,
    frame: Frame,
    export: &'a Export,
    asked: Vec<String>,
    range: Option<Range>,
    size: String,
    as_of: Option<When>,
    requested: When,
    finished: Option<When>,
    expires: Option<When>,
    may_fetch: bool,
    /// Whether the file is to be fetched by itself once it is there: right after it was asked for.
    fetch: bool,
}

/// An export.
///
/// # Errors
/// The API's no.
pub async fn one(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    let fetch = Params::read(&uri, &["fetch"])?.flag("fetch", false)?;
    let path = at("/v1/exports/{}", &[&id]);
    let (export, known) = tokio::try_join!(viewer.ask().get::<Export>(&path), Known::ask(&viewer))?;
    let (users, imports) = (export.users().collect(), export.imports().collect());
    let known = known.with_users(&viewer, users).await.with_imports(&viewer, imports).await;
    let when = |instant: &Option<String>| instant.as_deref().map(|at| viewer.when(at));
    html(&OnePage {
        t: Texts,
        frame: Frame::new(&viewer, "/exports"),
        asked: export.asked(&known),
        range: export.range(&viewer),
        size: words::size(export.bytes),
        as_of: export.as_of.as_ref().map(|moment| viewer.when(&moment.at)),
        requested: viewer.when(&export.requested_at),
        finished: when(&export.finished_at),
        expires: when(&export.expires_at),
        may_fetch: export.may_be_fetched(&viewer),
        export: &export,
        fetch,
    })
}

/// Stops an export.
///
/// # Errors
/// The API's no.
pub async fn cancel(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/exports/{}/cancel", &[&id]);
    viewer.ask().act::<Value>(Method::POST, &path, None).await?;
    back(&at("/exports/{}", &[&id]), "export-cancelled", 0)
}

/// Takes the file back.
///
/// # Errors
/// The API's no.
pub async fn take_back(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/exports/{}", &[&id]);
    viewer.ask().act::<Value>(Method::DELETE, &path, None).await?;
    back(&at("/exports/{}", &[&id]), "export-taken-back", 0)
}
