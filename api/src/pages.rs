//! The admin interface: pages of HTML, each a client of `/v1` in this process. Nothing is decided here.

pub mod answer;
pub mod ask;
pub mod assets;
pub mod chart;
pub mod exports;
pub mod form;
pub mod frame;
pub mod texts;
pub mod users;
pub mod viewer;
pub mod when;

use std::sync::Arc;

use axum::response::Redirect;
use axum::routing::get;
use axum::{Router, middleware};

pub use self::answer::{Page, back, html, refused_html};
pub use self::ask::{Refused, at, with_query};
pub use self::form::Form;
pub use self::frame::Frame;
pub use self::texts::Texts;
pub use self::viewer::Viewer;
use crate::app::App;

/// Every page, by address; `api` is what they ask.
pub fn router(app: &Arc<App>, api: Router) -> Router<Arc<App>> {
    let house = viewer::House { app: app.clone(), api };
    let around = middleware::from_fn_with_state(house, answer::around_pages);
    Router::new()
        .route("/users", get(users::list::list))
        .merge(exports::router())
        .route_layer(around)
        .route("/", get(async || Redirect::to("/users")))
        .route("/assets/{version}/{name}", get(assets::asset))
}
