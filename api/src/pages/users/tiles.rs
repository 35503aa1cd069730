//! The totals above the table.

use serde::Deserialize;

use crate::pages::chart::{self, Line};
use crate::pages::{Refused, Texts, Viewer};

#[derive(Deserialize)]
struct Totals {
    users: u64,
    daily_active: u64,
    weekly_active: u64,
    monthly_active: u64,
}

#[derive(Deserialize)]
struct Indicator {
    days: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    day: String,
    total: u64,
}

/// One total.
#[derive(Debug)]
pub struct Tile {
    /// What is counted.
    pub label: String,
    /// How many, as people read it.
    pub count: String,
    /// How it went.
    pub chart: Option<Chart>,
}

/// How a total went.
#[derive(Debug)]
pub struct Chart {
    /// Its line.
    pub line: Line,
    /// The same in words.
    pub text: String,
}

/// Users there are and how they went in 30 days; those who did something today, in 7 and in 30 days.
///
/// # Errors
/// The API's no.
pub async fn tiles(viewer: &Viewer) -> Result<Vec<Tile>, Refused> {
    let ask = viewer.ask();
    let (totals, indicator) = tokio::try_join!(
        ask.get::<Totals>("/v1/totals"),
        ask.get::<Indicator>("/v1/indicators/users"),
    )?;
    let tile = |label: &str, count: u64, chart| Tile {
        label: label.to_owned(),
        count: Texts.count(count),
        chart,
    };
    Ok(vec![
        tile(&Texts.say("tile-users"), totals.users, chart(&indicator)),
        tile(&Texts.say("tile-daily"), totals.daily_active, None),
        tile(&Texts.say("tile-weekly"), totals.weekly_active, None),
        tile(&Texts.say("tile-monthly"), totals.monthly_active, None),
    ])
}

fn chart(indicator: &Indicator) -> Option<Chart> {
    let totals: Vec<u64> = indicator.days.iter().map(|day| day.total).collect();
    let (first, last) = (indicator.days.first()?, indicator.days.last()?);
    let text = Texts.with(
        "tile-users-chart",
        &[
            ("from", &first.day),
            ("to", &last.day),
            ("before", &first.total),
            ("after", &last.total),
        ],
    );
    Some(Chart { line: chart::line(&totals)?, text })
}
