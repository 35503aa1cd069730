//! The Exports section: the form that asks for one, one as it goes, and their history.

pub mod asked;
pub mod first;
pub mod form;
pub mod history;
pub mod line;
pub mod offer;
pub mod one;
pub mod spans;
pub mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// Its pages, by address.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/exports", get(history::history))
        .route("/exports/new", get(form::new).post(form::start))
        .route("/exports/count", post(form::count))
        .route("/exports/{id}", get(one::one))
        .route("/exports/{id}/cancel", post(one::cancel))
        .route("/exports/{id}/take-back", post(one::take_back))
}
