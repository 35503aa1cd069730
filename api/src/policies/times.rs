//! When things happened to a user, as the log tells.

use domain::policy::Times;
use domain::{DefinitionId, Event, EventKind, UserId};
use eventlog::{Log, LogError, Stream};

/// A user's history as rules ask about it.
#[derive(Debug)]
pub struct LogTimes(Vec<(EventKind, Option<DefinitionId>, i64)>);

/// Facts of one user read at most; more are refused, never left out.
const FACTS_MAX: usize = 1_000_000;

impl LogTimes {
    /// Reads it.
    ///
    /// # Errors
    /// What the log says.
    pub fn read(log: &Log, user: UserId) -> Result<LogTimes, LogError> {
        let facts = log.read_stream(&Stream::User(user), None, FACTS_MAX)?;
        let mut times = Vec::with_capacity(facts.len());
        for fact in facts {
            let event = fact.as_row().event();
            let event = event.map_err(|unreadable| LogError::Read(unreadable.to_string()))?;
            if matches!(event, Event::UserDeleted(_)) {
                break; // what lies before was another life
            }
            let at = fact.occurred_at.unwrap_or(fact.recorded_at);
            times.push((event.kind(), event.about().cloned(), at));
        }
        Ok(LogTimes(times))
    }
}

impl Times for LogTimes {
    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64> {
        let is = |(known, about, _): &&(EventKind, Option<DefinitionId>, i64)| {
            *known == kind && (of.is_none() || about.as_ref() == of)
        };
        self.0.iter().filter(is).map(|(_, _, at)| *at).collect()
    }
}
