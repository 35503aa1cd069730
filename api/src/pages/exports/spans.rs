//! Spans of days that are chosen by a name rather than by dates.

use chrono::{Datelike, Days, NaiveDate};

/// Their names, as the form offers them.
pub const NAMED: [&str; 6] = ["today", "7", "30", "90", "month", "last_month"];

/// The first and the last day of one, seen from a day; none of what is not known.
pub fn days(name: &str, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let first = match name {
        "today" => today,
        "month" => today.with_day(1)?,
        "last_month" => {
            let last = today.with_day(1)?.pred_opt()?;
            return Some((last.with_day(1)?, last));
        }
        "7" | "30" | "90" => {
            today.checked_sub_days(Days::new(name.parse::<u64>().ok()?.checked_sub(1)?))?
        }
        _ => return None,
    };
    Some((first, today))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_month_is_all_of_its_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (today, first, last) in
            [("2028-03-31", "2028-02-01", "2028-02-29"), ("2026-01-01", "2025-12-01", "2025-12-31")]
        {
            assert_eq!(days("last_month", day(today)), Some((day(first), day(last))), "{today}");
        }
    }

    #[test]
    fn a_span_ends_today_and_has_as_many_days_as_it_says() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-03-05");
        for (name, first) in [
            ("today", "2026-03-05"),
            ("7", "2026-02-27"),
            ("30", "2026-02-04"),
            ("90", "2025-12-06"),
            ("month", "2026-03-01"),
        ] {
            assert_eq!(days(name, today), Some((day(first), today)), "{name}");
        }
        assert!(NAMED.iter().all(|name| days(name, today).is_some()));
        assert_eq!(days("8", today), None);
    }
}
