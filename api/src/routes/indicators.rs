//! How many there are and how often things happen, day by day: counted from the facts, by when they were recorded.

pub mod badges;
pub mod challenges;
pub mod events;
pub mod users;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use chrono_tz::Tz;
use domain::days::{Calendar, days_of};
use eventlog::Position;
use projections::ProjectionError;
use projections::indicators::{Counted, Counting, Measure};
use serde::Serialize;
use utoipa::IntoParams;

use super::exports::{RANGE, range, zone};
use super::users::wait_for_position;
use super::{at_position, shown};
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;

/// Days where nobody says otherwise, with today, and at most.
const DAYS_DEFAULT: u64 = 30;
const DAYS_MAX: u64 = 3_700;

/// Of every indicator.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "names and describes parameters; Params reads them")]
struct RangeQuery {
    /// first day or instant inside; else 30 days before the end
    from: Option<String>,
    /// first day or instant after the end (excluded); else the end of today
    to: Option<String>,
    /// last day inside; not together with to
    through: Option<String>,
    /// IANA zone of days and of times without offset; else the instance's
    zone: Option<String>,
    /// wait until the tables hold this position
    min_position: Option<String>,
    /// wait until all that follows by rules from what is recorded now is there
    settled: Option<bool>,
}

/// The days that are asked for.
struct Period {
    zone: Tz,
    calendar: Calendar,
    now: i64,
}

/// How often something happened.
#[derive(Debug, Default)]
struct Series {
    before: u64,
    by_day: BTreeMap<usize, u64>,
}

impl Series {
    fn on(&self, day: usize) -> u64 {
        self.by_day.get(&day).copied().unwrap_or(0)
    }

    /// On all the days together.
    fn sum(&self) -> u64 {
        self.by_day.values().sum()
    }
}

/// What was counted: for each measure and part.
#[derive(Debug, Default)]
struct Counts(BTreeMap<(Measure, String), Series>);

impl Counts {
    fn take(&mut self, counted: Counted<'_>) {
        let series = self.0.entry((counted.measure, counted.part.to_owned())).or_default();
        match counted.day {
            Some(day) => *series.by_day.entry(day).or_default() += counted.facts,
            None => series.before += counted.facts,
        }
    }

    /// Of what has no parts.
    fn whole(&mut self, measure: Measure) -> Series {
        self.0.remove(&(measure, String::new())).unwrap_or_default()
    }
}

impl Period {
    /// Reads the range, and waits for what has to be there; `more` are the route's own parameters.
    async fn read(app: &App, uri: &Uri, more: &[&str]) -> Result<(Params, Period), Problem> {
        let mut known = vec!["from", "to", "through", "zone", "min_position", "settled"];
        known.extend(more);
        let params = Params::read(uri, &known)?;
        let (zone, now) = (zone(app, &params)?, app.now());
        let calendar = days_of(range(app, &params)?, zone, now, (DAYS_DEFAULT, DAYS_MAX))?;
        wait_for_position(app, &params).await?;
        Ok((params, Period { zone, calendar, now }))
    }

    /// The days that have begun: of those to come there is nothing to tell.
    fn begun(&self) -> impl Iterator<Item = (usize, String)> {
        let days = self.calendar.days.iter().enumerate();
        days.filter(|(_, day)| day.from <= self.now)
            .map(|(place, day)| (place, day.date.to_string()))
    }

    /// Counts `measures` of a badge or challenge, or of all; `before` the days too, where asked. Answers as of when.
    async fn count(
        &self,
        app: &Arc<App>,
        measures: Vec<Measure>,
        of: String,
        before: bool,
    ) -> Result<(Counts, Position), Problem> {
        let (reading, days) = (app.clone(), self.calendar.days.clone());
        let mut cut = Vec::new();
        for begin in (Counting { measures: &measures, of: &of, before, days: &days }).cut() {
            cut.push((begin, app.log.position_before(begin).await?));
        }
        let counted = tokio::task::spawn_blocking(move || {
            let asked = Counting { measures: &measures, of: &of, before, days: &days };
            let (store, mut counts) = (reading.follower.store(), Counts::default());
            let visit = &mut |counted: Counted<'_>| counts.take(counted);
            let at = store.counted(&reading.log, &asked, &cut, visit)?;
            Ok::<_, ProjectionError>((counts, at))
        });
        Ok(counted.await.map_err(Problem::internal)??)
    }

    /// An answer about these days.
    fn answer(&self, app: &App, at: Position, view: impl Serialize) -> Result<Response, Problem> {
        let mut response = at_position(&app.cursor(at), Json(view));
        let bounds = format!("{}/{}", shown(self.calendar.from), shown(self.calendar.to));
        let value = HeaderValue::from_str(&bounds).map_err(Problem::internal)?;
        response.headers_mut().insert(RANGE, value);
        Ok(response)
    }
}
