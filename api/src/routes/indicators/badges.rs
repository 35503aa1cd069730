//! Who holds a badge, over time.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::scope::Scope;
use domain::{DefinitionId, EventKind};
use projections::indicators::Measure;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{InPath, id};
use super::{Period, RangeQuery};
use crate::access::Credential;
use crate::app::App;
use crate::problem::Problem;

/// A badge over some days.
#[derive(Debug, Serialize, ToSchema)]
pub struct BadgeIndicator {
    /// Whose days these are.
    pub zone: String,
    /// How often it was gained on them.
    pub gained: u64,
    /// How often it was lost.
    pub lost: u64,
    /// Day by day, those that have begun.
    pub days: Vec<BadgeDay>,
}

/// A badge on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct BadgeDay {
    /// Which day.
    pub day: String,
    /// How often it was gained.
    pub gained: u64,
    /// How often it was lost.
    pub lost: u64,
    /// Users who hold it at the day's end.
    pub held: u64,
}

/// How often a badge is gained and lost on each day, and how many hold it at its end.
#[utoipa::path(get, path = "/v1/indicators/badges/{id}", tag = "indicators", params(
    ("id" = String, Path, description = "the badge's id"), RangeQuery,
), responses((status = 200, body = BadgeIndicator),
    (status = 400, description = "range_too_long, range_inverted, to_and_through, time_unreadable, unknown_zone")))]
pub async fn badge(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(badge): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    let badge: DefinitionId = id(&badge)?;
    let (_, period) = Period::read(&app, &uri, &[]).await?;
    let [gain, loss] = [EventKind::BadgeGained, EventKind::BadgeLost].map(Measure::Facts);
    let (mut counts, at) =
        period.count(&app, vec![gain, loss], badge.as_str().to_owned(), true).await?;
    let (gained, lost) = (counts.whole(gain), counts.whole(loss));
    let mut held = gained.before.saturating_sub(lost.before);
    let days = period.begun().map(|(place, day)| {
        let (gained, lost) = (gained.on(place), lost.on(place));
        held = (held + gained).saturating_sub(lost);
        BadgeDay { day, gained, lost, held }
    });
    let days = days.collect();
    let zone = period.zone.name().to_owned();
    let view = BadgeIndicator { zone, gained: gained.sum(), lost: lost.sum(), days };
    period.answer(&app, at, view)
}
