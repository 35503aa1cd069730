//! The admin interface: pages of HTML, each a client of `/v1` in this process. Nothing is decided here.

pub mod account;
pub mod answer;
pub mod ask;
pub mod assets;
pub mod chart;
pub mod form;
pub mod frame;
pub mod sign_in;
pub mod team;
pub mod texts;
pub mod users;
pub mod viewer;
pub mod when;

use std::sync::Arc;

use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{Router, middleware};

pub use self::answer::{Page, back, html, refused_html};
pub use self::ask::{Refused, at, with_query};
pub use self::form::Form;
pub use self::frame::Frame;
pub use self::texts::Texts;
pub use self::viewer::Viewer;
use crate::app::App;
use crate::idempotency;

fn team_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/team", get(team::list).post(team::invite))
        .route("/team/{id}", post(team::change))
        .route("/team/{id}/link", post(team::link))
        .route("/team/{id}/remove", post(team::remove))
}

/// Pages of who is not known yet. What they begin is finished, though the browser may be gone.
fn open_pages() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/join/{link}", get(sign_in::show_join).post(sign_in::join))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/sign-out-everywhere", post(sign_in::sign_out_everywhere))
        .route_layer(middleware::from_fn(idempotency::to_its_end))
        .route_layer(middleware::from_fn(answer::around_open_pages))
}

/// Every page, by address; `api` is what they ask.
pub fn router(app: &Arc<App>, api: Router) -> Router<Arc<App>> {
    let house = viewer::House { app: app.clone(), api };
    let around = middleware::from_fn_with_state(house, answer::around_pages);
    Router::new()
        .route("/users", get(users::list::list))
        .route("/account", get(account::show).post(account::change))
        .route("/account/password", post(account::password))
        .route("/account/sessions/{id}/end", post(account::end_session))
        .merge(team_pages())
        .route_layer(around)
        .merge(open_pages())
        .route("/", get(async || Redirect::to("/users")))
        .route("/assets/{version}/{name}", get(assets::asset))
}
