//! The Badges section: what badges are, whose members hold them, and what becomes of holders where that changes.

pub mod act;
pub mod form;
pub mod list;
pub mod one;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

const PATH: &str = "/badges";

/// The pages of badges, by address.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/badges", get(list::list))
        .route("/badges/new", get(act::new).post(act::create))
        .route("/badges/{id}", get(act::show).post(act::change))
        .route("/badges/{id}/publish", post(act::publish))
        .route("/badges/{id}/archive", post(act::archive))
}
