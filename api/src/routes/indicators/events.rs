//! User events over time, by type.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::EventKind;
use domain::scope::Scope;
use projections::indicators::Measure;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::event_types::user_event_kind;
use super::{Period, RangeQuery};
use crate::access::Credential;
use crate::app::App;
use crate::problem::Problem;

/// User events over some days.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsIndicator {
    /// Whose days these are.
    pub zone: String,
    /// How many of each type, by public name.
    pub events: BTreeMap<&'static str, u64>,
    /// Day by day, those that have begun.
    pub days: Vec<EventsDay>,
}

/// User events on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsDay {
    /// Which day.
    pub day: String,
    /// How many of each type, by public name.
    pub events: BTreeMap<&'static str, u64>,
}

/// User events of each type on each day.
#[utoipa::path(get, path = "/v1/indicators/events", tag = "indicators", params(RangeQuery,
    ("type" = Option<String>, Query, description = "only this type (repeatable): BadgeGained or cohort.badge.gained"),
), responses((status = 200, body = EventsIndicator),
    (status = 400, description = "unknown_event_type, range_too_long, range_inverted, to_and_through, time_unreadable, unknown_zone")))]
pub async fn events(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::EventsRead)?;
    let (params, period) = Period::read(&app, &uri, &["type"]).await?;
    let chosen: Vec<EventKind> =
        params.all("type").map(user_event_kind).collect::<Result<_, _>>()?;
    let taken =
        |kind: &EventKind| kind.is_user_event() && (chosen.is_empty() || chosen.contains(kind));
    let kinds: Vec<EventKind> = EventKind::ALL.iter().copied().filter(taken).collect();
    let asked = kinds.iter().copied().map(Measure::Facts).collect();
    let (mut counts, at) = period.count(&app, asked, String::new(), false).await?;
    let series: Vec<_> = kinds
        .iter()
        .map(|kind| (kind.public_name(), counts.whole(Measure::Facts(*kind))))
        .collect();
    let days = period.begun().map(|(place, day)| EventsDay {
        day,
        events: series.iter().map(|(name, series)| (*name, series.on(place))).collect(),
    });
    let days = days.collect();
    let events = series.iter().map(|(name, series)| (*name, series.sum())).collect();
    let view = EventsIndicator { zone: period.zone.name().to_owned(), events, days };
    period.answer(&app, at, view)
}
