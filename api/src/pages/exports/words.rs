//! Ranges, sizes and waits as people read them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use crate::pages::Texts;
use crate::pages::when::When;

/// A range of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// `1 July 2026 00:00 to 30 September 2026 24:00, Europe/Paris`.
    pub text: String,
    /// On hover: the same in UTC.
    pub exactly: String,
}

/// A range as the API writes it, by the days of a zone; none where it is open at both ends.
pub fn range(from: Option<&str>, to: Option<&str>, zone: Tz) -> Option<Range> {
    let start = from.map(|at| moment(at, zone, false));
    let end = to.map(|at| moment(at, zone, true));
    let zone = zone.name();
    let text = match (&start, &end) {
        (Some(from), Some(to)) => Texts
            .with("exports-range-both", &[("from", &from.text), ("to", &to.text), ("zone", &zone)]),
        (Some(from), None) => Texts.two("exports-range-from", "from", &from.text, "zone", zone),
        (None, Some(to)) => Texts.two("exports-range-to", "to", &to.text, "zone", zone),
        (None, None) => return None,
    };
    let utc = |end: &Option<Moment>| end.as_ref().map_or("…".to_owned(), |at| at.utc.clone());
    Some(Range { text, exactly: format!("{} – {}", utc(&start), utc(&end)) })
}

struct Moment {
    text: String,
    utc: String,
}

/// A moment; one that ends a day is 24:00 of that day, not 00:00 of the next.
fn moment(at: &str, zone: Tz, end: bool) -> Moment {
    let utc = When::new(at, zone).exactly;
    let Ok(instant) = DateTime::parse_from_rfc3339(at) else {
        return Moment { text: at.to_owned(), utc };
    };
    let local = instant.with_timezone(&zone).naive_local();
    let before = local.date().pred_opt().filter(|_| end && local.time() == NaiveTime::MIN);
    let text = match before {
        Some(day) => day_and_time(day, "24:00"),
        None if local.time().format("%S%.f").to_string() == "00" => {
            day_and_time(local.date(), &local.format("%H:%M").to_string())
        }
        None => day_and_time(local.date(), &local.format("%H:%M:%S%.f").to_string()),
    };
    Moment { text, utc }
}

fn day_and_time(day: NaiveDate, time: &str) -> String {
    let month = Texts.named("month", &day.month().to_string());
    let (year, of_month) = (day.year().to_string(), day.day().to_string());
    Texts.with(
        "exports-moment",
        &[("day", &of_month), ("month", &month), ("year", &year), ("time", &time)],
    )
}

/// A size: `1.2 MB`.
pub fn size(bytes: u64) -> String {
    let units = [("size-gb", 1e9), ("size-mb", 1e6), ("size-kb", 1e3)];
    let exact = bytes as f64;
    match units.iter().find(|(_, unit)| exact >= *unit) {
        Some((key, unit)) => {
            let size = format!("{:.1}", exact / unit);
            Texts.with(key, &[("size", &size)])
        }
        None => Texts.one("size-bytes", "count", bytes),
    }
}

/// How long something will take.
pub fn left(seconds: u64) -> String {
    if seconds < 90 {
        return Texts.one("left-seconds", "count", seconds);
    }
    Texts.one("left-minutes", "count", seconds.div_ceil(60))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Paris;

    use super::*;

    #[test]
    fn a_range_says_its_first_and_last_moment_in_the_zone() {
        let (from, to) = ("2026-06-30T22:00:00.000000Z", "2026-09-30T22:00:00.000000Z");
        let both = range(Some(from), Some(to), Paris).unwrap();
        assert_eq!(both.text, "1 July 2026 00:00 to 30 September 2026 24:00, Europe/Paris");
        assert_eq!(both.exactly, "2026-06-30 22:00:00 UTC – 2026-09-30 22:00:00 UTC");
        let from = range(Some("2026-06-30T22:00:00.5Z"), None, Paris).unwrap();
        assert_eq!(from.text, "from 1 July 2026 00:00:00.500, Europe/Paris");
        let to = range(None, Some("2026-01-31T09:00:00Z"), Paris).unwrap();
        assert_eq!(to.text, "until 31 January 2026 10:00, Europe/Paris");
        assert_eq!(range(None, None, Paris), None);
    }

    #[test]
    fn sizes_and_waits_are_short() {
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_250_000), "1.2 MB");
        assert_eq!(size(45_000), "45.0 kB");
        assert_eq!(left(1), "about 1 second left");
        assert_eq!(left(91), "about 2 minutes left");
    }
}
