//! Taking an import back: what that would do, and then doing it.

use askama::Template;
use axum::http::Method;
use domain::scope::Scope;
use serde::de::IgnoredAny;

use super::known::{Import, Revert};
use crate::pages::{Frame, Page, Texts, Viewer, at, back, html};
use crate::routes::InPath;

#[derive(Template)]
#[template(path = "imports/undo.html")]
struct UndoPage {
    t: Texts,
    frame: Frame,
    name: String,
    href: String,
    kept_csv: String,
    would: Revert,
}

/// What taking it back would do.
///
/// # Errors
/// The API's no.
pub async fn ask(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let import = Import::ask(&viewer, &id).await?;
    let path = at("/v1/imports/{}/revert?dry_run=true", &[&id]);
    let would: Revert = viewer.ask().act(Method::POST, &path, None).await?;
    html(&UndoPage {
        t: Texts,
        frame: Frame::new(&viewer, "/imports"),
        name: import.name(viewer.may(Scope::PersonalRead)),
        href: at("/imports/{}", &[&id]),
        kept_csv: at("/v1/imports/{}/kept.csv", &[&id]),
        would,
    })
}

/// Takes it back.
///
/// # Errors
/// The API's no.
pub async fn undo(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/imports/{}/revert", &[&id]);
    viewer.ask().act::<IgnoredAny>(Method::POST, &path, None).await?;
    back(&at("/imports/{}", &[&id]), "import-undoing", 0)
}
