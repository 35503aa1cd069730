//! When things happened to a user, as the log and the tables tell.

use domain::policy::{Rules, Times};
use domain::segment::{Moment, Moments};
use domain::{DefinitionId, Event, EventKind, UserId};
use eventlog::{Log, LogError, Stream};
use projections::ProjectionError;
use projections::users::Profiles;

/// A user's life as far as rules ask about it: what happened, from the log, and moments, from the tables.
#[derive(Debug, Default)]
pub struct Life {
    happened: Vec<(EventKind, Option<DefinitionId>, i64)>,
    /// Nothing where no rule asks.
    pub moments: Moments,
}

/// Facts of one user read at most; more are refused, never left out.
const FACTS_MAX: usize = 1_000_000;

/// What rules ask about the lives of users.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    history: bool,
    moments: bool,
}

impl Asked {
    /// By these.
    pub fn by(rules: &Rules) -> Asked {
        Asked { history: !rules.kinds().is_empty(), moments: rules.ask_moments() }
    }
}

impl Life {
    /// Reads what is asked about, no more: each part costs a look-up for every user.
    ///
    /// # Errors
    /// What the log or the tables say.
    pub fn read<E: From<LogError> + From<ProjectionError>>(
        log: &Log,
        profiles: &Profiles,
        user: UserId,
        asked: Asked,
    ) -> Result<Life, E> {
        let happened = if asked.history { Life::happened(log, user)? } else { Vec::new() };
        let moments = if asked.moments { profiles.moments(user)? } else { Moments::default() };
        Ok(Life { happened, moments })
    }

    /// Of somebody who is only just made.
    pub fn begun(member_since: i64) -> Life {
        let moments = Moments { member_since: Some(member_since), last_active_at: None };
        Life { happened: Vec::new(), moments }
    }

    fn happened(
        log: &Log,
        user: UserId,
    ) -> Result<Vec<(EventKind, Option<DefinitionId>, i64)>, LogError> {
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
        Ok(times)
    }
}

impl Times for Life {
    fn moment(&self, moment: Moment) -> Option<i64> {
        self.moments.get(moment)
    }

    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64> {
        let is = |(known, about, _): &&(EventKind, Option<DefinitionId>, i64)| {
            *known == kind && (of.is_none() || about.as_ref() == of)
        };
        self.happened.iter().filter(is).map(|(_, _, at)| *at).collect()
    }
}
