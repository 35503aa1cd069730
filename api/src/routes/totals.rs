//! How many users there are, and how many of them do something.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use chrono::{DateTime, Days};
use domain::scope::Scope;
use domain::time_range::start_of_day;
use serde::Serialize;
use utoipa::ToSchema;

use super::at_position;
use super::users::wait_for_position;
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;

/// Days of a week and of a month, with today.
const WEEK_DAYS: u64 = 7;
const MONTH_DAYS: u64 = 30;

/// Users, and those who did something lately.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotalsView {
    /// Users there are.
    pub users: u64,
    /// Of them, those who did something today.
    pub daily_active: u64,
    /// Today or on the six days before.
    pub weekly_active: u64,
    /// Today or on the 29 days before.
    pub monthly_active: u64,
    /// Whose days these are.
    pub zone: String,
}

/// Users, and those who did something today, within 7 and within 30 days, by the days of the zone in the settings.
#[utoipa::path(get, path = "/v1/totals", tag = "users", params(
    ("min_position" = Option<String>, Query, description = "wait until the tables hold this position"),
), responses((status = 200, body = TotalsView)))]
pub async fn totals(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    let params = Params::read(&uri, &["min_position", "settled"])?;
    wait_for_position(&app, &params).await?;
    let zone = app.config.zone;
    let now = DateTime::from_timestamp_micros(app.now()).unwrap_or_default();
    let today = now.with_timezone(&zone).date_naive();
    let begin = |days: u64| {
        let first = today.checked_sub_days(Days::new(days - 1)).unwrap_or(today);
        start_of_day(first, zone).timestamp_micros()
    };
    let store = app.follower.store();
    let at = store.checkpoint()?;
    let moments = [begin(1), begin(WEEK_DAYS), begin(MONTH_DAYS)];
    let (users, [daily_active, weekly_active, monthly_active]) = store.active_since(moments)?;
    let zone = zone.name().to_owned();
    let view = TotalsView { users, daily_active, weekly_active, monthly_active, zone };
    Ok(at_position(&app.cursor(at), Json(view)))
}
