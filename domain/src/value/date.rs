//! Dates: a calendar day, or an instant. The order of day and month is never guessed.

use std::borrow::Cow;

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::ValueFault;

/// Which part of a written day comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// 31/01/2026
    DayMonthYear,
    /// 01/31/2026
    MonthDayYear,
    /// 2026/01/31
    YearMonthDay,
}

impl DateOrder {
    /// All of them.
    pub const ALL: [DateOrder; 3] =
        [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            DateOrder::DayMonthYear => "dmy",
            DateOrder::MonthDayYear => "mdy",
            DateOrder::YearMonthDay => "ymd",
        }
    }

    /// The order of this name.
    pub fn from_name(name: &str) -> Option<DateOrder> {
        DateOrder::ALL.into_iter().find(|known| known.name() == name)
    }
}

enum Read {
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

/// Reads a day or an instant; the first is kept as `2026-01-31`, the second in UTC as `2026-01-31T09:00:00Z`.
pub(super) fn read(
    cell: &str,
    order: Option<DateOrder>,
    zone: Option<Tz>,
) -> Result<Cow<'_, str>, ValueFault> {
    if is_kept_so(cell) {
        return Ok(Cow::Borrowed(cell));
    }
    let text = match parse(cell, order, zone)? {
        Read::Day(day) => day.format("%Y-%m-%d").to_string(),
        Read::Instant(instant) => instant.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string(),
    };
    Ok(if text == cell { Cow::Borrowed(cell) } else { Cow::Owned(text) })
}

/// The moment: of a day its beginning, in the zone or UTC.
pub(super) fn moment(
    cell: &str,
    order: Option<DateOrder>,
    zone: Option<Tz>,
) -> Result<i64, ValueFault> {
    match parse(cell, order, zone)? {
        Read::Instant(instant) => Ok(instant.timestamp_micros()),
        Read::Day(day) => {
            let midnight = day.and_time(NaiveTime::MIN);
            local(midnight, zone.unwrap_or(Tz::UTC)).map(|instant| instant.timestamp_micros())
        }
    }
}

fn parse(cell: &str, order: Option<DateOrder>, zone: Option<Tz>) -> Result<Read, ValueFault> {
    let at = cell.find(['T', ' ']).unwrap_or(cell.len());
    let (day, time) = (&cell[..at], cell[at..].trim_start_matches(['T', ' ']));
    let date = match order {
        Some(order) => numbered(day, order).or_else(|| iso(day)).ok_or(ValueFault::DateInvalid)?,
        None => iso(day).ok_or_else(|| unclear(day))?,
    };
    if time.is_empty() {
        // "2026-01-31T" is a day cut short, not a day.
        return if at == cell.len() { Ok(Read::Day(date)) } else { Err(ValueFault::DateInvalid) };
    }
    let instant = match (zoned(date, time), zone) {
        (Some(instant), _) => instant,
        (None, Some(zone)) => local(date.and_time(clock(time)?), zone)?,
        (None, None) => return Err(ValueFault::DateInvalid),
    };
    Ok(Read::Instant(instant))
}

/// Whether it is a day, or a second in UTC, written as it is kept: most are, and need no second look.
fn is_kept_so(cell: &str) -> bool {
    let Some((day, time)) = cell.split_at_checked(10) else { return false };
    let below = |at: usize, end: u32| digits(&time.as_bytes()[at..at + 2]).is_some_and(|n| n < end);
    let second = || match time.as_bytes() {
        [] => true,
        [b'T', _, _, b':', _, _, b':', _, _, b'Z'] => below(1, 24) && below(4, 60) && below(7, 60),
        _ => false,
    };
    second() && iso(day).is_some()
}

/// A four-digit year, month and day with dashes between them.
fn iso(day: &str) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = day.as_bytes() else { return None };
    let year = i32::try_from(digits(&[*y1, *y2, *y3, *y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)
}

/// A number of a few digits and nothing else.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| 10 * number + u32::from(byte - b'0'))
    })
}

/// Three numbers parted by `/`, `.` or `-`. A year has four digits: what century others mean nobody knows.
fn numbered(day: &str, order: DateOrder) -> Option<NaiveDate> {
    let mark = day.chars().find(|c| matches!(c, '/' | '.' | '-'))?;
    let mut parts = day.splitn(3, mark);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = match order {
        DateOrder::DayMonthYear => (c, b, a),
        DateOrder::MonthDayYear => (c, a, b),
        DateOrder::YearMonthDay => (a, b, c),
    };
    let number = |text: &str, digits_of: std::ops::RangeInclusive<usize>| {
        digits_of.contains(&text.len()).then(|| digits(text.as_bytes())).flatten()
    };
    let year = i32::try_from(number(year, 4..=4)?).ok()?;
    NaiveDate::from_ymd_opt(year, number(month, 1..=2)?, number(day, 1..=2)?)
}

/// Why a day that is not ISO cannot be read without an order.
fn unclear(day: &str) -> ValueFault {
    let day_first = numbered(day, DateOrder::DayMonthYear);
    let month_first = numbered(day, DateOrder::MonthDayYear);
    match (day_first, month_first) {
        (Some(one), Some(other)) if one != other => ValueFault::DateAmbiguous,
        _ => ValueFault::DateInvalid,
    }
}

/// A time of day with its offset.
fn zoned(date: NaiveDate, time: &str) -> Option<DateTime<Utc>> {
    let text = format!("{}T{}", date.format("%Y-%m-%d"), time.replace(' ', ""));
    DateTime::parse_from_rfc3339(&text).ok().map(|instant| instant.to_utc())
}

/// A time of day without one: hours and minutes, perhaps seconds.
fn clock(time: &str) -> Result<NaiveTime, ValueFault> {
    let forms = ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"];
    let read = forms.iter().find_map(|form| NaiveTime::parse_from_str(time, form).ok());
    read.ok_or(ValueFault::DateInvalid)
}

/// A wall-clock time that a zone has once. One it skips or has twice is no instant.
fn local(time: NaiveDateTime, zone: Tz) -> Result<DateTime<Utc>, ValueFault> {
    match zone.from_local_datetime(&time) {
        LocalResult::Single(instant) => Ok(instant.to_utc()),
        LocalResult::None | LocalResult::Ambiguous(..) => Err(ValueFault::DateInvalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(cell: &str, order: Option<DateOrder>, zone: Option<Tz>) -> Result<String, ValueFault> {
        read(cell, order, zone).map(Cow::into_owned)
    }

    #[test]
    fn iso_is_read_without_a_word() {
        for (cell, kept) in [
            ("2026-01-31", "2026-01-31"),
            ("2026-01-31T09:00:00Z", "2026-01-31T09:00:00Z"),
            ("2026-01-31T10:00:00+01:00", "2026-01-31T09:00:00Z"),
            ("2026-01-31 09:00:00.250Z", "2026-01-31T09:00:00.250Z"),
        ] {
            assert_eq!(date(cell, None, None).unwrap(), kept, "{cell}");
        }
        for cell in [
            "",
            "2026-02-30",
            "2026-1-31",
            "20260131",
            "2026-01-31T",
            "2026-01-31T25:00:00Z",
            "yesterday",
        ] {
            assert_eq!(date(cell, None, None), Err(ValueFault::DateInvalid), "{cell}");
        }
    }

    #[test]
    fn the_order_of_day_and_month_is_said_not_guessed() {
        assert_eq!(date("03/04/2026", None, None), Err(ValueFault::DateAmbiguous));
        assert_eq!(date("03/04/2026", Some(DateOrder::DayMonthYear), None).unwrap(), "2026-04-03");
        assert_eq!(date("03/04/2026", Some(DateOrder::MonthDayYear), None).unwrap(), "2026-03-04");
        assert_eq!(date("2026.4.3", Some(DateOrder::YearMonthDay), None).unwrap(), "2026-04-03");
        // Only one order fits this one, and still nobody said which.
        assert_eq!(date("13/04/2026", None, None), Err(ValueFault::DateInvalid));
        assert_eq!(date("03/03/2026", None, None), Err(ValueFault::DateInvalid));
        assert_eq!(
            date("13/04/2026", Some(DateOrder::MonthDayYear), None),
            Err(ValueFault::DateInvalid)
        );
        assert_eq!(
            date("03/04/26", Some(DateOrder::DayMonthYear), None),
            Err(ValueFault::DateInvalid)
        );
    }

    #[test]
    fn a_time_without_an_offset_needs_the_columns_zone() {
        let paris = Some(chrono_tz::Europe::Paris);
        assert_eq!(date("2026-07-01 12:00", None, None), Err(ValueFault::DateInvalid));
        assert_eq!(date("2026-07-01 12:00", None, paris).unwrap(), "2026-07-01T10:00:00Z");
        assert_eq!(
            date("01/07/2026 12:00:30", Some(DateOrder::DayMonthYear), paris).unwrap(),
            "2026-07-01T10:00:30Z"
        );
        // Skipped in spring, twice in autumn.
        assert_eq!(date("2026-03-29 02:30", None, paris), Err(ValueFault::DateInvalid));
        assert_eq!(date("2026-10-25 02:30", None, paris), Err(ValueFault::DateInvalid));
    }

    #[test]
    fn a_day_begins_in_its_zone() {
        let at = |zone| moment("2026-01-31", None, zone).unwrap();
        assert_eq!(at(None) - at(Some(chrono_tz::Europe::Paris)), 3_600_000_000);
    }
}
