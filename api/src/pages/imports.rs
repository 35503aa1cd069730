//! The Imports section: files uploaded, mapped, checked, imported and taken back. Where an import is stands at the service:
//! a page that was closed is as it was when it is opened again, here or elsewhere.

pub mod act;
pub mod columns;
pub mod draft;
pub mod found;
pub mod known;
pub mod list;
pub mod mapping;
pub mod new;
pub mod show;
pub mod undo;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::app::App;

/// What a form may have around the file, in bytes.
const FORM_BYTES_MAX: u64 = 64 * 1024;

/// The pages of imports, by address.
pub fn routes(app: &App) -> Router<Arc<App>> {
    // A file is as large as the API takes it, and handed on as it comes; around it there is little.
    let bytes_max = app.config.import_bytes_max.saturating_add(FORM_BYTES_MAX);
    let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let upload = post(new::create).layer(DefaultBodyLimit::max(bytes_max));
    Router::new()
        .route("/imports", get(list::list).merge(upload))
        .route("/imports/new", get(new::new))
        .route("/imports/{id}", get(show::show))
        .route("/imports/{id}/reading", post(act::reading))
        .route("/imports/{id}/check", post(act::check))
        .route("/imports/{id}/start", post(act::start))
        .route("/imports/{id}/cancel", post(act::cancel))
        .route("/imports/{id}/again", post(act::again))
        .route("/imports/{id}/undo", get(undo::ask).post(undo::undo))
}
