//! The admin interface: pages of HTML, each a client of `/v1` in this process. Nothing is decided here.

pub mod account;
pub mod actor;
pub mod answer;
pub mod ask;
pub mod asked;
pub mod assets;
pub mod badges;
pub mod bulk_actions;
pub mod challenges;
pub mod chart;
pub mod events;
pub mod exports;
pub mod follows;
pub mod form;
pub mod frame;
pub mod imports;
pub mod indicators;
pub mod lists;
pub mod missing;
pub mod newest;
pub mod problems;
pub mod properties;
pub mod segments;
pub mod settings;
pub mod sign_in;
pub mod team;
pub mod texts;
pub mod tokens;
pub mod told;
pub mod users;
pub mod viewer;
pub mod when;

use std::sync::Arc;

use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{Router, middleware};

pub use self::answer::{Page, back, html, ours, refused_html};
pub use self::ask::{Refused, at, with_query};
pub use self::asked::Asked;
pub use self::form::Form;
pub use self::frame::Frame;
pub use self::missing::Missing;
pub use self::newest::Newest;
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

/// Pages that are the same for everybody.
fn common_pages(house: viewer::House) -> Router<Arc<App>> {
    Router::new()
        .route("/problems", get(problems::list))
        .route("/problems/{code}", get(problems::one))
        .route_layer(middleware::from_fn_with_state(house, answer::around_common_pages))
}

/// Every page, by address; `api` is what they ask.
pub fn router(app: &Arc<App>, api: Router) -> Router<Arc<App>> {
    let house = viewer::House { app: app.clone(), api };
    let around = middleware::from_fn_with_state(house.clone(), answer::around_pages);
    Router::new()
        .route("/users", get(users::list::list))
        .route("/indicators", get(indicators::show))
        .route("/events", get(events::show))
        .route("/properties", get(properties::list).post(properties::create))
        .route("/properties/{id}", get(properties::show).post(properties::change))
        .route("/properties/{id}/remove", post(properties::remove))
        .route("/settings", get(settings::show))
        .route("/tokens", get(tokens::list).post(tokens::create))
        .route("/tokens/{id}/revoke", post(tokens::revoke))
        .route("/users/columns", get(users::shown::show).post(users::shown::change))
        .route("/users/new", get(users::new::show).post(users::new::make))
        .route("/users/many", post(users::many::step))
        .route("/users/views", post(users::views::save))
        .route("/users/views/{id}/remove", post(users::views::remove))
        .route("/bulk-actions", get(bulk_actions::list::list))
        .route("/bulk-actions/{id}", get(bulk_actions::show))
        .route("/bulk-actions/{id}/cancel", post(bulk_actions::cancel))
        .route("/bulk-actions/{id}/undo", get(bulk_actions::undo).post(bulk_actions::revert))
        .route("/users/{id}", get(users::one::show))
        .route("/users/{id}/acts", post(users::one::act))
        .route("/users/{id}/delete", get(users::removal::show).post(users::removal::remove))
        .route("/users/{id}/properties", get(users::values::show).post(users::values::change))
        .route("/users/{id}/activity", get(users::activity::show))
        .route("/users/{id}/activity/{position}", get(users::activity::causes))
        .route("/account", get(account::show).post(account::change))
        .route("/account/password", post(account::password))
        .route("/account/sessions/{id}/end", post(account::end_session))
        .merge(team_pages())
        .merge(imports::routes())
        .merge(exports::router())
        .merge(lists::routes())
        .merge(segments::routes())
        .merge(badges::routes())
        .merge(challenges::router())
        .route_layer(around)
        .merge(open_pages())
        .merge(common_pages(house))
        .route("/", get(async || Redirect::to("/users")))
        .route("/assets/{version}/{name}", get(assets::asset))
}
