//! What the file of an export is called: it says what it holds.

use chrono::DateTime;
use chrono_tz::Tz;
use domain::time_range::TimeRange;
use uuid::Uuid;

use crate::export::past::Moment;

/// Where a range has no beginning.
const BEGINNING: &str = "beginning";

/// Of users, as they were on a day; of a past moment, as they were then.
pub fn users(past: Option<&Moment>, now: i64, zone: Tz, id: Uuid, suffix: &str) -> String {
    let stem = users_stem(past, zone);
    match past {
        Some(_) => format!("{stem}_{}{suffix}", short(id)),
        None => format!("{stem}_{}_{}{suffix}", day(now, zone), short(id)),
    }
}

/// What the name of a file of users begins with: a past moment as the day and zone that were asked for, else in UTC.
pub fn users_stem(past: Option<&Moment>, zone: Tz) -> String {
    let Some(past) = past else { return "users".to_owned() };
    let last = day(past.micros, zone);
    if past.asked == last {
        return format!("users_as-of_{last}_{}", zone.name().replace('/', "-"));
    }
    let time = DateTime::from_timestamp_micros(past.micros).unwrap_or_default();
    format!("users_as-of_{}", time.format("%Y-%m-%dT%H%M%S%.6fZ"))
}

/// Of user events: the first and the last day inside, and the zone they are of.
pub fn user_events(range: TimeRange, now: i64, zone: Tz, id: Uuid, suffix: &str) -> String {
    let first = range.from.map_or_else(|| BEGINNING.to_owned(), |from| day(from, zone));
    let last = day(range.to.map_or(now, |to| to - 1), zone);
    let zone = zone.name().replace('/', "-");
    format!("user-events_{first}_{last}_{zone}_{}{suffix}", short(id))
}

fn day(micros: i64, zone: Tz) -> String {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    time.with_timezone(&zone).format("%Y-%m-%d").to_string()
}

/// The end of an id: its beginning is the time, which neighbours share.
fn short(id: Uuid) -> String {
    id.simple().to_string().split_off(24)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Paris;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0190_b3c4_5d6e_7f70_8123_4567_89ab_cdef);

    fn micros(instant: &str) -> i64 {
        DateTime::parse_from_rfc3339(instant).unwrap().timestamp_micros()
    }

    #[test]
    fn a_name_says_which_days_of_which_zone() {
        let now = micros("2026-10-02T23:30:00Z");
        let range = TimeRange {
            from: Some(micros("2026-06-30T22:00:00Z")),
            to: Some(micros("2026-09-30T22:00:00Z")),
        };
        let name = user_events(range, now, Paris, ID, ".csv");
        assert_eq!(name, "user-events_2026-07-01_2026-09-30_Europe-Paris_89abcdef.csv");
        let name = user_events(TimeRange::default(), now, Paris, ID, ".ndjson.gz");
        assert_eq!(name, "user-events_beginning_2026-10-03_Europe-Paris_89abcdef.ndjson.gz");
        assert_eq!(users(None, now, Paris, ID, ".safe.csv"), "users_2026-10-03_89abcdef.safe.csv");
    }

    #[test]
    fn a_name_says_which_moment() {
        let moment = |asked: &str, instant| Moment {
            asked: asked.to_owned(),
            position: eventlog::Position::START,
            micros: micros(instant),
        };
        let day = moment("2026-09-30", "2026-09-30T21:59:59.999999Z");
        let name = users(Some(&day), 0, Paris, ID, ".csv");
        assert_eq!(name, "users_as-of_2026-09-30_Europe-Paris_89abcdef.csv");
        let instant = moment("2026-09-30T12:00:00+02:00", "2026-09-30T10:00:00Z");
        assert_eq!(users_stem(Some(&instant), Paris), "users_as-of_2026-09-30T100000.000000Z");
    }
}
