//! How far users come in a challenge, over time.

use std::collections::BTreeMap;
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
use super::{Period, RangeQuery, Series};
use crate::access::Credential;
use crate::app::App;
use crate::problem::Problem;

/// A challenge over some days: how many came how far.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeIndicator {
    /// Whose days these are.
    pub zone: String,
    /// Users who joined.
    pub joined: u64,
    /// Users who completed each step, by the step's id.
    pub steps: BTreeMap<String, u64>,
    /// Users who completed it.
    pub completed: u64,
    /// Day by day, those that have begun.
    pub days: Vec<ChallengeDay>,
}

/// A challenge on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeDay {
    /// Which day.
    pub day: String,
    /// Users who joined.
    pub joined: u64,
    /// Users who completed each step; steps that nobody completed on the day are left out.
    pub steps: BTreeMap<String, u64>,
    /// Users who completed it.
    pub completed: u64,
}

/// How many join a challenge, complete each step and complete it, on all the days and on each.
#[utoipa::path(get, path = "/v1/indicators/challenges/{id}", tag = "indicators", params(
    ("id" = String, Path, description = "the challenge's id"), RangeQuery,
), responses((status = 200, body = ChallengeIndicator),
    (status = 400, description = "range_too_long, range_inverted, to_and_through, time_unreadable, unknown_zone")))]
pub async fn challenge(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(challenge): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    let challenge: DefinitionId = id(&challenge)?;
    let (_, period) = Period::read(&app, &uri, &[]).await?;
    let [join, step, complete] = [
        EventKind::ChallengeJoined,
        EventKind::ChallengeStepCompleted,
        EventKind::ChallengeCompleted,
    ]
    .map(Measure::Facts);
    let (mut counts, at) = period
        .count(&app, vec![join, step, complete], challenge.as_str().to_owned(), false)
        .await?;
    let (joined, completed) = (counts.whole(join), counts.whole(complete));
    let steps: BTreeMap<String, Series> =
        counts.0.into_iter().map(|((_, part), series)| (part, series)).collect();
    let days = period.begun().map(|(place, day)| ChallengeDay {
        day,
        joined: joined.on(place),
        steps: steps
            .iter()
            .map(|(step, series)| (step.clone(), series.on(place)))
            .filter(|(_, completed)| *completed > 0)
            .collect(),
        completed: completed.on(place),
    });
    let days = days.collect();
    let view = ChallengeIndicator {
        zone: period.zone.name().to_owned(),
        joined: joined.sum(),
        steps: steps.iter().map(|(step, series)| (step.clone(), series.sum())).collect(),
        completed: completed.sum(),
        days,
    };
    period.answer(&app, at, view)
}
