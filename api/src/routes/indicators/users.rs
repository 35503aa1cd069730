//! Users over time.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::EventKind;
use domain::scope::Scope;
use projections::indicators::Measure;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Period, RangeQuery};
use crate::access::Credential;
use crate::app::App;
use crate::problem::Problem;

/// Users over some days.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsersIndicator {
    /// Whose days these are.
    pub zone: String,
    /// Users made on them.
    pub made: u64,
    /// Users removed on them.
    pub removed: u64,
    /// Day by day, those that have begun.
    pub days: Vec<UsersDay>,
}

/// Users on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsersDay {
    /// Which day.
    pub day: String,
    /// Users made on it.
    pub made: u64,
    /// Users removed on it.
    pub removed: u64,
    /// Users there are at its end.
    pub total: u64,
}

/// Users made and removed on each day, and how many there are at its end.
#[utoipa::path(get, path = "/v1/indicators/users", tag = "indicators", params(RangeQuery), responses(
    (status = 200, body = UsersIndicator), (status = 400, description = "range_too_long, range_inverted, to_and_through, time_unreadable, unknown_zone")))]
pub async fn users(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    let (_, period) = Period::read(&app, &uri, &[]).await?;
    let gone = Measure::Facts(EventKind::UserDeleted);
    let asked = vec![Measure::Made, gone];
    let (mut counts, at) = period.count(&app, asked, String::new(), true).await?;
    let (made, removed) = (counts.whole(Measure::Made), counts.whole(gone));
    let mut total = made.before.saturating_sub(removed.before);
    let days = period.begun().map(|(place, day)| {
        let (made, removed) = (made.on(place), removed.on(place));
        total = (total + made).saturating_sub(removed);
        UsersDay { day, made, removed, total }
    });
    let days = days.collect();
    let zone = period.zone.name().to_owned();
    let view = UsersIndicator { zone, made: made.sum(), removed: removed.sum(), days };
    period.answer(&app, at, view)
}
