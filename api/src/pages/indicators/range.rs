//! The days that the Indicators page is about.

use axum::http::Uri;
use chrono::{Days, NaiveDate};

use crate::pages::Refused;
use crate::params::Params;
use crate::problem::Problem;

/// Ranges that are a click away, in days with today.
pub const PRESETS: [u64; 4] = [7, 30, 90, 365];
/// Where nobody says otherwise; it is what the API takes too.
const DEFAULT: u64 = 30;

/// A range, as the address says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// So many days with today.
    Last(u64),
    /// From and through a day; an empty one is left to the API.
    Between(String, String),
}

impl Range {
    /// Reads the address.
    ///
    /// # Errors
    /// What is none of its parameters, and a number of days that no link has.
    pub fn read(uri: &Uri) -> Result<Range, Refused> {
        let params = Params::read(uri, &["days", "from", "through"])?;
        let said = |name| -> Result<String, Problem> {
            Ok(params.one(name)?.unwrap_or_default().to_owned())
        };
        let (from, through) = (said("from")?, said("through")?);
        if !from.is_empty() || !through.is_empty() {
            return Ok(Range::Between(from, through));
        }
        let choices = PRESETS.map(|days| (days.to_string(), days));
        let choices: Vec<(&str, u64)> =
            choices.iter().map(|(text, days)| (text.as_str(), *days)).collect();
        let days = params.choice("days", &choices, "7, 30, 90 or 365")?;
        Ok(Range::Last(days.unwrap_or(DEFAULT)))
    }

    /// Whether it is the link of so many days.
    pub fn is_preset(&self, days: u64) -> bool {
        *self == Range::Last(days)
    }

    /// Whether it is what the API tells unasked.
    pub fn is_default(&self) -> bool {
        self.is_preset(DEFAULT)
    }

    /// What was typed for it.
    pub fn typed(&self) -> [(&'static str, String); 2] {
        match self {
            Range::Last(_) => [("from", String::new()), ("through", String::new())],
            Range::Between(from, through) => [("from", from.clone()), ("through", through.clone())],
        }
    }

    /// As the API takes it; `today` is the day it is there.
    pub fn query(&self, today: NaiveDate) -> [(&'static str, String); 2] {
        match self {
            Range::Last(days) => {
                let from = today.checked_sub_days(Days::new(days - 1)).unwrap_or(today);
                [("from", from.to_string()), ("through", today.to_string())]
            }
            Range::Between(from, through) => [("from", from.clone()), ("through", through.clone())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_days_ends_today() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let week = Range::read(&Uri::from_static("/indicators?days=7")).unwrap();
        assert_eq!(week.query(today).map(|(_, day)| day), ["2026-02-23", "2026-03-01"]);
        assert!(Range::read(&Uri::from_static("/indicators")).unwrap().is_default());
        assert!(Range::read(&Uri::from_static("/indicators?days=8")).is_err());
        assert!(Range::read(&Uri::from_static("/indicators?colour=red")).is_err());
        let said = Range::read(&Uri::from_static("/indicators?from=2026-01-01")).unwrap();
        assert_eq!(said.query(today).map(|(_, day)| day), ["2026-01-01", ""]);
    }
}
