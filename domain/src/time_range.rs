//! Calendar days and instants to UTC bounds. Ranges are half-open: `to` is excluded, `through` names the last day
//! included, and a day means that day in a named zone, whatever its length.

use chrono::{
    DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// UTC bounds in microseconds since 1970; `None` is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The first instant inside.
    pub from: Option<i64>,
    /// The first instant after it.
    pub to: Option<i64>,
}

/// What a person asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct RangeAsked<'a> {
    /// Day or instant of the first moment.
    pub from: Option<&'a str>,
    /// Day or instant of the first moment after the end.
    pub to: Option<&'a str>,
    /// The last day inside.
    pub through: Option<&'a str>,
}

/// Why a range cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RangeFault {
    /// Both ways to say the end.
    #[error(
        "to and through both name the end; to excludes its moment, through includes its day: give one"
    )]
    ToAndThrough,
    /// Not a day or an instant.
    #[error(
        "{name}={text:?} is neither a day (2026-01-31) nor an instant (2026-01-31T09:00:00Z, or with +01:00, whose + an address writes %2B)"
    )]
    Unreadable {
        /// The parameter.
        name: &'static str,
        /// As asked.
        text: String,
    },
    /// `through` is an instant.
    #[error(
        "through={text:?} must be a day such as 2026-01-31; for an instant use to, which is excluded"
    )]
    ThroughIsNoDay {
        /// As asked.
        text: String,
    },
    /// A wall-clock time the zone skips.
    #[error("{name}={text:?} does not exist in {zone}: clocks were put forward over it")]
    DoesNotExist {
        /// The parameter.
        name: &'static str,
        /// As asked.
        text: String,
        /// The zone.
        zone: Tz,
    },
    /// A wall-clock time the zone has twice.
    #[error("{name}={text:?} happens twice in {zone}; add an offset such as +02:00")]
    HappensTwice {
        /// The parameter.
        name: &'static str,
        /// As asked.
        text: String,
        /// The zone.
        zone: Tz,
    },
    /// Ends before it begins.
    #[error("the range ends before it begins")]
    Inverted,
    /// More days than are counted at once.
    #[error("the range has {days} days; at most {max} are counted at once")]
    TooLong {
        /// How many.
        days: u64,
        /// At most.
        max: u64,
    },
}

impl RangeFault {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            RangeFault::ToAndThrough => "to_and_through",
            RangeFault::Unreadable { .. } | RangeFault::ThroughIsNoDay { .. } => "time_unreadable",
            RangeFault::DoesNotExist { .. } => "local_time_does_not_exist",
            RangeFault::HappensTwice { .. } => "local_time_ambiguous",
            RangeFault::Inverted => "range_inverted",
            RangeFault::TooLong { .. } => "range_too_long",
        }
    }
}

/// The UTC bounds of what was asked, with days and offset-less times read in `zone`.
///
/// # Errors
/// See [`RangeFault`]. A range whose ends are equal is empty, not an error.
pub fn resolve(asked: RangeAsked<'_>, zone: Tz) -> Result<TimeRange, RangeFault> {
    let from = asked.from.map(|text| instant("from", text, zone)).transpose()?;
    let to = match (asked.to, asked.through) {
        (Some(_), Some(_)) => return Err(RangeFault::ToAndThrough),
        (Some(text), None) => Some(instant("to", text, zone)?),
        (None, Some(text)) => Some(after_day(text, zone)?),
        (None, None) => None,
    };
    match (from, to) {
        (Some(from), Some(to)) if from > to => Err(RangeFault::Inverted),
        _ => Ok(TimeRange { from, to }),
    }
}

/// The first instant after what a day or an instant names: after the whole day, in its zone.
///
/// # Errors
/// [`RangeFault::Unreadable`], [`RangeFault::DoesNotExist`], [`RangeFault::HappensTwice`].
pub fn after(name: &'static str, text: &str, zone: Tz) -> Result<i64, RangeFault> {
    match day(text) {
        Some(_) => after_day(text, zone),
        None => Ok(instant(name, text, zone)?.saturating_add(1)),
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    // Exactly YYYY-MM-DD: chrono alone would also take 2026-1-3.
    let shaped = text.len() == 10 && text.is_ascii();
    shaped.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

fn after_day(text: &str, zone: Tz) -> Result<i64, RangeFault> {
    let day = day(text).ok_or_else(|| RangeFault::ThroughIsNoDay { text: text.to_owned() })?;
    let next = day.checked_add_days(Days::new(1)).ok_or(RangeFault::Inverted)?;
    Ok(micros(start_of_day(next, zone)))
}

fn instant(name: &'static str, text: &str, zone: Tz) -> Result<i64, RangeFault> {
    if let Some(day) = day(text) {
        return Ok(micros(start_of_day(day, zone)));
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(micros(instant.to_utc()));
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let local = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let local = local.ok_or_else(|| RangeFault::Unreadable { name, text: text.to_owned() })?;
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) => Ok(micros(instant.to_utc())),
        LocalResult::Ambiguous(..) => {
            Err(RangeFault::HappensTwice { name, text: text.to_owned(), zone })
        }
        LocalResult::None => Err(RangeFault::DoesNotExist { name, text: text.to_owned(), zone }),
    }
}

/// The first instant of a day in a zone. Where midnight happens twice it is the first; where clocks skip midnight,
/// the first moment that exists.
pub fn start_of_day(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let mut local = day.and_time(NaiveTime::MIN);
    // No zone has ever skipped more than a day; steps of a minute find the end of any gap to the minute.
    for _ in 0..=24 * 60 {
        match zone.from_local_datetime(&local) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => {
                return instant.to_utc();
            }
            LocalResult::None => local += TimeDelta::minutes(1),
        }
    }
    local.and_utc()
}

/// Microseconds since 1970, rounded up: the first representable instant not before it.
fn micros(instant: DateTime<Utc>) -> i64 {
    let whole = instant.timestamp_micros();
    if instant.timestamp_subsec_nanos().is_multiple_of(1_000) { whole } else { whole + 1 }
}

/// UTC with six decimals: `2026-02-03T09:14:07.000000Z`.
pub fn utc_text(micros: i64) -> String {
    match DateTime::from_timestamp_micros(micros) {
        Some(instant) => instant.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(from: &str, through: &str, zone: Tz) -> (String, String) {
        let asked = RangeAsked { from: Some(from), through: Some(through), to: None };
        let range = resolve(asked, zone).unwrap();
        (utc_text(range.from.unwrap()), utc_text(range.to.unwrap()))
    }

    fn fault(from: Option<&str>, to: Option<&str>, through: Option<&str>) -> RangeFault {
        resolve(RangeAsked { from, to, through }, chrono_tz::Europe::Paris).unwrap_err()
    }

    #[test]
    fn the_last_day_is_inside_whatever_its_length() {
        let paris = chrono_tz::Europe::Paris;
        let spring =
            ("2026-03-28T23:00:00.000000Z".to_owned(), "2026-03-29T22:00:00.000000Z".to_owned());
        assert_eq!(bounds("2026-03-29", "2026-03-29", paris), spring, "23 hours");
        let autumn =
            ("2026-10-31T04:00:00.000000Z".to_owned(), "2026-11-02T05:00:00.000000Z".to_owned());
        assert_eq!(
            bounds("2026-10-31", "2026-11-01", chrono_tz::America::New_York),
            autumn,
            "25 hours on the 1st"
        );
        let year =
            ("2025-12-31T23:00:00.000000Z".to_owned(), "2026-12-31T23:00:00.000000Z".to_owned());
        assert_eq!(bounds("2026-01-01", "2026-12-31", paris), year);
    }

    #[test]
    fn a_day_without_a_midnight_begins_when_it_begins() {
        // Brazil put clocks forward at midnight: 2018-11-04 began at 01:00.
        let day = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
        let start = start_of_day(day, chrono_tz::America::Sao_Paulo);
        assert_eq!(utc_text(start.timestamp_micros()), "2018-11-04T03:00:00.000000Z");
        // Samoa skipped 2011-12-30 whole.
        let skipped = NaiveDate::from_ymd_opt(2011, 12, 30).unwrap();
        let start = start_of_day(skipped, chrono_tz::Pacific::Apia);
        assert_eq!(utc_text(start.timestamp_micros()), "2011-12-30T10:00:00.000000Z");
    }

    #[test]
    fn instants_carry_their_own_offset_and_round_up_to_a_microsecond() {
        let asked = RangeAsked {
            from: Some("2026-01-01T00:00:00+01:00"),
            to: Some("2026-01-01T00:00:00.0000001Z"),
            through: None,
        };
        let range = resolve(asked, chrono_tz::Asia::Tokyo).unwrap();
        assert_eq!(utc_text(range.from.unwrap()), "2025-12-31T23:00:00.000000Z");
        assert_eq!(utc_text(range.to.unwrap()), "2026-01-01T00:00:00.000001Z");
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        assert_eq!(fault(None, Some("2026-01-01"), Some("2026-01-01")), RangeFault::ToAndThrough);
        assert_eq!(fault(Some("2026-02-01"), None, Some("2026-01-30")), RangeFault::Inverted);
        assert_eq!(fault(Some("2026-02-30"), None, None).code(), "time_unreadable");
        assert_eq!(fault(Some("2026-1-3"), None, None).code(), "time_unreadable");
        assert_eq!(fault(None, None, Some("2026-01-01T00:00:00Z")).code(), "time_unreadable");
        assert_eq!(
            fault(Some("2026-03-29T02:30:00"), None, None).code(),
            "local_time_does_not_exist"
        );
        assert_eq!(fault(Some("2026-10-25T02:30:00"), None, None).code(), "local_time_ambiguous");
    }

    #[test]
    fn equal_ends_are_an_empty_range() {
        let asked = RangeAsked { from: Some("2026-01-01"), to: Some("2026-01-01"), through: None };
        let range = resolve(asked, Tz::UTC).unwrap();
        assert_eq!(range.from, range.to);
    }
}
