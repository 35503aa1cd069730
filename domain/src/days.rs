//! The days of a range in a zone: what is counted day by day is counted by these.

use chrono::{DateTime, Days, NaiveDate};
use chrono_tz::Tz;

use crate::time_range::{RangeFault, TimeRange, start_of_day};

/// A day, or the part of one that is inside a range; in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Which one.
    pub date: NaiveDate,
    /// Its first instant inside.
    pub from: i64,
    /// The first instant after it.
    pub to: i64,
}

/// A range that is closed, and its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The first instant inside.
    pub from: i64,
    /// The first instant after it.
    pub to: i64,
    /// In order, without a gap.
    pub days: Vec<Day>,
}

/// The days of a range, `max` at most. Where the range is open it ends with the day of `now`, and begins `last` days
/// before its end.
///
/// # Errors
/// [`RangeFault::Inverted`], [`RangeFault::TooLong`].
pub fn days_of(
    range: TimeRange,
    zone: Tz,
    now: i64,
    (last, max): (u64, u64),
) -> Result<Calendar, RangeFault> {
    let to = range.to.unwrap_or_else(|| begin(after(date(now, zone), 1), zone));
    let end = date(to - 1, zone);
    let from = range.from.unwrap_or_else(|| {
        let first = end.checked_sub_days(Days::new(last - 1)).unwrap_or(end);
        begin(first, zone)
    });
    if from > to {
        return Err(RangeFault::Inverted);
    }
    let first = date(from, zone);
    let count = (end - first).num_days() + 1;
    if count > max.cast_signed() {
        return Err(RangeFault::TooLong { days: count.cast_unsigned(), max });
    }
    let bounds = (0..count.max(0).cast_unsigned()).map(|index| {
        let date = after(first, index);
        let (from, to) = (begin(date, zone).max(from), begin(after(date, 1), zone).min(to));
        Day { date, from, to }
    });
    let days = bounds.filter(|day| day.from < day.to).collect(); // a zone can leave a day out
    Ok(Calendar { from, to, days })
}

fn date(micros: i64, zone: Tz) -> NaiveDate {
    DateTime::from_timestamp_micros(micros).unwrap_or_default().with_timezone(&zone).date_naive()
}

fn after(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

fn begin(date: NaiveDate, zone: Tz) -> i64 {
    start_of_day(date, zone).timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time_range::{RangeAsked, resolve};

    const HOUR: i64 = 3_600_000_000;

    fn days(from: Option<&str>, to: Option<&str>, zone: Tz) -> Result<Vec<Day>, RangeFault> {
        let range = resolve(RangeAsked { from, to, through: None }, zone).unwrap();
        let now = DateTime::parse_from_rfc3339("2026-03-31T22:30:00Z").unwrap();
        days_of(range, zone, now.timestamp_micros(), (30, 3_700)).map(|calendar| calendar.days)
    }

    #[test]
    fn days_have_the_length_they_have() {
        let paris = chrono_tz::Europe::Paris;
        let found = days(Some("2026-03-28"), Some("2026-03-31"), paris).unwrap();
        let hours: Vec<i64> = found.iter().map(|day| (day.to - day.from) / HOUR).collect();
        assert_eq!(hours, [24, 23, 24]);
        assert!(found.windows(2).all(|pair| pair[0].to == pair[1].from));
        // Samoa had no 30 December 2011.
        let found = days(Some("2011-12-29"), Some("2012-01-01"), chrono_tz::Pacific::Apia).unwrap();
        let dates: Vec<String> = found.iter().map(|day| day.date.to_string()).collect();
        assert_eq!(dates, ["2011-12-29", "2011-12-31"]);
    }

    #[test]
    fn an_open_range_is_the_last_days_with_today() {
        let found = days(None, None, chrono_tz::Europe::Paris).unwrap();
        assert_eq!(found.len(), 30);
        assert_eq!(found[29].date.to_string(), "2026-04-01", "it is the 1st of April in Paris");
        let found = days(None, Some("2026-01-03T12:00:00Z"), Tz::UTC).unwrap();
        assert_eq!((found.len(), found[29].date.to_string()), (30, "2026-01-03".to_owned()));
        assert_eq!((found[29].to - found[29].from) / HOUR, 12, "a part of a day");
        assert_eq!(days(Some("2026-03-30"), None, Tz::UTC).unwrap().len(), 2);
    }

    #[test]
    fn what_cannot_be_counted_is_named() {
        let empty = days(Some("2026-01-01"), Some("2026-01-01"), Tz::UTC).unwrap();
        assert!(empty.is_empty());
        assert_eq!(days(Some("2027-01-01"), None, Tz::UTC), Err(RangeFault::Inverted));
        let long = days(Some("2000-01-01"), Some("2026-01-01"), Tz::UTC);
        assert_eq!(long, Err(RangeFault::TooLong { days: 9_497, max: 3_700 }));
    }
}
