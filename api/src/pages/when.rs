//! Instants as people read them: in the viewer's zone, with UTC on hover.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// An instant, for `part::time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// For programs: `2026-01-31T09:00:00Z`.
    pub utc: String,
    /// On hover: `2026-01-31 09:00:00 UTC`.
    pub exactly: String,
    /// In the viewer's zone: `2026-01-31 10:00`.
    pub shown: String,
}

impl When {
    /// An instant as the API writes it; what is none is shown as it is.
    pub fn new(instant: &str, zone: Tz) -> When {
        let Ok(at) = DateTime::parse_from_rfc3339(instant) else {
            let as_it_is = || instant.to_owned();
            return When { utc: as_it_is(), exactly: as_it_is(), shown: as_it_is() };
        };
        let utc = at.with_timezone(&Utc);
        When {
            utc: utc.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            exactly: utc.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            shown: at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_shown_in_the_zone_and_told_in_utc() {
        let when = When::new("2026-01-31T23:30:05.123456Z", chrono_tz::Europe::Paris);
        assert_eq!(when.shown, "2026-02-01 00:30");
        assert_eq!(when.exactly, "2026-01-31 23:30:05 UTC");
        assert_eq!(when.utc, "2026-01-31T23:30:05Z");
        assert_eq!(When::new("soon", chrono_tz::UTC).shown, "soon");
    }
}
