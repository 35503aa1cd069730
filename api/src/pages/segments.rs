//! The Segments section: who fulfils conditions, put together with a count of who would be in.

pub mod act;
pub mod count;
pub mod draft;
pub mod fields;
pub mod list;
pub mod one;
pub mod row;
pub mod subjects;
pub mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

const PATH: &str = "/segments";

/// The pages of segments, by address.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/segments", get(list::list))
        .route("/segments/new", get(act::new).post(act::create))
        .route("/segments/{id}", get(act::show).post(act::change))
        .route("/segments/{id}/remove", post(act::remove))
}
