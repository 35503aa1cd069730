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
pub mod upload;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::app::App;

/// The pages of imports, by address.
pub fn routes() -> Router<Arc<App>> {
    // A file is as large as the API takes it: it is handed on as it comes, and the API counts. Before it, `upload` does.
    let upload = post(new::create).layer(DefaultBodyLimit::disable());
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
