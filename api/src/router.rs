//! All routes on one screen, grouped by who calls them.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;
use crate::problem::Problem;
use crate::routes::{
    actions, activity, badge_history, badges, bulk_actions, causes, challenges, event_types,
    events, exports, former_emails, imports, indicators, lists, me, new_user, one_user, operations,
    properties, segments, service, settings, table, taking_part, team, tokens, totals, user_events,
    user_properties, users, views,
};
use crate::{idempotency, pages, request};

/// The document's head; the routes add themselves, but for pages that it speaks of.
#[derive(OpenApi)]
#[openapi(
    info(title = "Cohort", description = "Users of a loyalty programme as facts in an append-only log. Every no is an RFC 9457 problem; /problems explains each.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    paths(pages::problems::list, pages::problems::one),
    servers((url = "/")), modifiers(&Bearer), security(("token" = []))
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme =
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        openapi.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

fn api(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    let look = OpenApiRouter::new()
        .routes(routes!(users::list))
        .routes(routes!(users::show))
        .routes(routes!(user_events::list))
        .routes(routes!(user_properties::list))
        .routes(routes!(user_properties::history))
        .routes(routes!(causes::causes))
        .routes(routes!(badge_history::history))
        .routes(routes!(totals::totals))
        .routes(routes!(event_types::list))
        .routes(routes!(events::list))
        .routes(routes!(indicators::users::users))
        .routes(routes!(indicators::events::events))
        .routes(routes!(indicators::badges::badge))
        .routes(routes!(indicators::challenges::challenge));
    let act = OpenApiRouter::new()
        .routes(routes!(actions::award_badge, actions::withdraw_badge))
        .routes(routes!(taking_part::join_challenge))
        .routes(routes!(taking_part::complete_step))
        .routes(routes!(taking_part::complete_challenge))
        .routes(routes!(activity::receive_perk))
        .routes(routes!(activity::use_perk))
        .routes(routes!(activity::receive_digital_asset))
        .routes(routes!(activity::connect_app, activity::disconnect_app))
        .routes(routes!(activity::was_there))
        .routes(routes!(lists::join, lists::leave))
        .routes(routes!(lists::list, lists::create))
        .routes(routes!(lists::show, lists::change, lists::remove))
        .routes(routes!(properties::list, properties::create))
        .routes(routes!(table::show, table::change))
        .routes(routes!(views::list, views::create))
        .routes(routes!(views::show, views::change, views::remove))
        .routes(routes!(properties::show, properties::change, properties::remove))
        .routes(routes!(segments::list, segments::create))
        .routes(routes!(badges::list, badges::create))
        .routes(routes!(badges::show, badges::change))
        .routes(routes!(badges::publish))
        .routes(routes!(badges::archive))
        .routes(routes!(challenges::list, challenges::create))
        .routes(routes!(challenges::show, challenges::change))
        .routes(routes!(challenges::funnel::funnel))
        .routes(routes!(challenges::publish))
        .routes(routes!(challenges::end))
        .routes(routes!(challenges::archive))
        .routes(routes!(segments::preview::preview))
        .routes(routes!(segments::show, segments::change, segments::remove))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(new_user::make))
                .routes(routes!(one_user::change, one_user::remove))
                .routes(routes!(bulk_actions::create, bulk_actions::list))
                .routes(routes!(bulk_actions::cancel))
                .routes(routes!(bulk_actions::revert::revert))
                .routes(routes!(former_emails::release))
                .routes(routes!(imports::drafts::put_reading))
                .routes(routes!(imports::drafts::put_mapping))
                .routes(routes!(imports::start::start))
                .routes(routes!(imports::drafts::again))
                .routes(routes!(imports::checked::check, imports::checked::found))
                .routes(routes!(imports::revert::revert))
                .routes(routes!(imports::cancel::cancel))
                .routes(routes!(exports::stored::create, exports::stored::list))
                .routes(routes!(exports::cancel::cancel))
                .layer(middleware::from_fn(idempotency::to_its_end)),
        )
        .layer(middleware::from_fn_with_state(app.clone(), idempotency::around_commands));
    let move_data = OpenApiRouter::new()
        .routes(routes!(bulk_actions::show))
        .routes(routes!(bulk_actions::progress::progress))
        .routes(routes!(imports::create, imports::list))
        .routes(routes!(imports::limits::limits))
        .routes(routes!(imports::show))
        .routes(routes!(imports::preview::preview))
        .routes(routes!(imports::rejected::rejected_csv))
        .routes(routes!(imports::revert::kept_csv))
        .routes(routes!(imports::progress::progress))
        .routes(routes!(exports::stored::show, exports::stored::remove))
        .routes(routes!(exports::progress::progress))
        .routes(routes!(exports::file::file))
        .routes(routes!(exports::manifest::manifest))
        .routes(routes!(exports::users_csv))
        .routes(routes!(exports::users_ndjson))
        .routes(routes!(exports::xlsx::users_xlsx))
        .routes(routes!(exports::user_events_csv))
        .routes(routes!(exports::user_events_ndjson))
        .routes(routes!(exports::xlsx::user_events_xlsx))
        .routes(routes!(exports::person::person_zip));
    let manage = OpenApiRouter::new()
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(team::list, team::invite))
                .routes(routes!(team::change, team::remove))
                .routes(routes!(team::link))
                .routes(routes!(team::link_for_an_admin))
                .routes(routes!(me::show, me::change))
                .routes(routes!(me::password))
                .routes(routes!(me::sessions, me::end_sessions))
                .routes(routes!(me::end_session))
                .layer(middleware::from_fn(idempotency::to_its_end)),
        )
        .routes(routes!(settings::settings))
        .routes(routes!(operations::check))
        .routes(routes!(operations::rebuild))
        .routes(routes!(operations::backup));
    let service = OpenApiRouter::new()
        .routes(routes!(service::livez))
        .routes(routes!(service::readyz))
        .routes(routes!(service::version))
        .routes(routes!(service::metrics));
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(look)
        .merge(act)
        .merge(move_data)
        .merge(manage)
        .merge(service)
}

/// The service as a router, so that tests need no socket.
pub fn router(app: Arc<App>) -> Router {
    let (router, document) = api(&app).split_for_parts();
    let limit = DefaultBodyLimit::max(idempotency::COMMAND_BYTES_MAX);
    let asked = router.clone().layer(limit).with_state(app.clone());
    let missing = pages::Missing::new(&app, asked.clone());
    let no_method = missing.clone();
    router
        .merge(pages::router(&app, asked))
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document))
        .fallback(move |request: Request| missing.nothing(request))
        .method_not_allowed_fallback(move |request: Request| no_method.no_method(request))
        .layer(DefaultBodyLimit::max(idempotency::COMMAND_BYTES_MAX)) // imports read their body by themselves
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(Problem::internal("a handler panicked"))
        }))
        .layer(middleware::from_fn(request::around_all))
        .with_state(app)
}
