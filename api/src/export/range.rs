//! Which time an export is asked for.

use axum::http::HeaderName;
use chrono_tz::Tz;
use domain::time_range::{RangeAsked, TimeRange, resolve};

use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::shown;

/// The resolved UTC bounds of a slice.
pub const RANGE: HeaderName = HeaderName::from_static("cohort-range");

/// The zone in which days are meant.
///
/// # Errors
/// `unknown_zone`.
pub fn zone(app: &App, params: &Params) -> Result<Tz, Problem> {
    let Some(name) = params.one("zone")? else { return Ok(app.config.zone) };
    name.parse::<Tz>().map_err(|_| {
        let detail = format!("{name:?} is no IANA zone; one is Europe/Paris");
        Problem::new(ProblemKind::UnknownZone, detail).with("parameter", "zone")
    })
}

/// What `from`, `to` and `through` mean in that zone.
///
/// # Errors
/// As [`resolve`].
pub fn range(app: &App, params: &Params) -> Result<TimeRange, Problem> {
    let zone = zone(app, params)?;
    let asked = RangeAsked {
        from: params.one("from")?,
        to: params.one("to")?,
        through: params.one("through")?,
    };
    Ok(resolve(asked, zone)?)
}

/// A range as the header holds it.
pub fn range_text(range: TimeRange) -> String {
    let bound = |time: Option<i64>| time.map(shown).unwrap_or_default();
    format!("{}/{}", bound(range.from), bound(range.to))
}
