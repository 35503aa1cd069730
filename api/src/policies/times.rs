//! When things happened to users, as the tables and the log tell.

use std::collections::HashMap;

use domain::policy::{Rules, Times};
use domain::segment::{Moment, Moments};
use domain::{DefinitionId, Event, EventKind, UserId};
use eventlog::{Log, LogError, Stream};
use projections::ProjectionError;
use projections::happened::Times as AllTimes;
use projections::users::Profiles;

/// Something that happens, and with what; none: with anything.
type What = (EventKind, Option<DefinitionId>);

/// Facts of one user read at most; more are refused, never left out.
const FACTS_MAX: usize = 1_000_000;

/// About as many entries of the tables are read in the time the log takes to tell one user's life.
const ENTRIES_A_LIFE: usize = 5_000;

/// A user's life as far as rules ask about it.
#[derive(Debug, Default)]
pub struct Life {
    /// Whenever each of the things they ask about happened.
    happened: Vec<(What, Vec<i64>)>,
    /// Nothing where no rule asks.
    pub moments: Moments,
}

/// The lives of users, as of the moment at which the tables were looked at. What is not asked about is not read: each part
/// costs a look-up for every user.
#[derive(Debug)]
pub struct Lives {
    moments: bool,
    happened: Happened,
}

/// Where it is found when something happened.
#[derive(Debug)]
enum Happened {
    /// In the tables, which lie by kind and not by user: all entries are read at once. Numbers of the users they were read
    /// of; none: of all.
    Tables(Vec<(What, AllTimes)>, Option<HashMap<UserId, i64>>),
    /// In the log, user by user: where few are looked at, so that a change to one of them is not followed by a look at what
    /// happened to all.
    Log(Vec<What>),
}

impl Lives {
    /// Of these users.
    ///
    /// # Errors
    /// What the tables say.
    pub fn read(
        rules: &Rules,
        profiles: &Profiles,
        users: &[UserId],
    ) -> Result<Lives, ProjectionError> {
        let (asked, moments) = (rules.happened(), rules.ask_moments());
        let mut entries = 0;
        for (kind, _) in &asked {
            entries += profiles.entries(*kind)?;
        }
        if entries > users.len().saturating_mul(ENTRIES_A_LIFE) {
            return Ok(Lives { moments, happened: Happened::Log(asked.into_iter().collect()) });
        }
        let mut numbers = HashMap::new();
        if entries > 0 {
            for id in users {
                numbers.extend(profiles.number(*id)?.map(|number| (*id, number)));
            }
        }
        let asked_of: Vec<i64> = numbers.values().copied().collect();
        let times = times_of(profiles, asked, &asked_of)?;
        Ok(Lives { moments, happened: Happened::Tables(times, Some(numbers)) })
    }

    /// Of everybody, where nobody knows yet who will be asked about. What is too long ago to count now is left out.
    ///
    /// # Errors
    /// What the tables say.
    pub fn of_all(rules: &Rules, profiles: &Profiles, now: i64) -> Result<Lives, ProjectionError> {
        let asked = rules.happened_after(now).into_iter();
        let times = asked.map(|((kind, of), after)| {
            let times = profiles.times_after(kind, of.as_ref(), after)?;
            Ok(((kind, of), times))
        });
        let times = times.collect::<Result<_, ProjectionError>>()?;
        Ok(Lives { moments: rules.ask_moments(), happened: Happened::Tables(times, None) })
    }

    /// The life of one of them, up to the revision at which the tables show the user.
    ///
    /// # Errors
    /// What the log or the tables say.
    pub fn of<E: From<LogError> + From<ProjectionError>>(
        &self,
        log: &Log,
        profiles: &Profiles,
        (user, revision): (UserId, u64),
    ) -> Result<Life, E> {
        let happened = match &self.happened {
            Happened::Log(asked) if asked.is_empty() => Vec::new(),
            Happened::Log(asked) => happened(log, asked, (user, revision))?,
            Happened::Tables(times, _) if times.is_empty() => Vec::new(),
            Happened::Tables(times, numbers) => {
                let number = match numbers {
                    Some(numbers) => numbers.get(&user).copied(),
                    None => profiles.number(user)?,
                };
                let number = number.unwrap_or(-1); // nobody's
                times.iter().map(|(what, all)| (what.clone(), all.of(number).to_vec())).collect()
            }
        };
        let moments = if self.moments { profiles.moments(user)? } else { Moments::default() };
        Ok(Life { happened, moments })
    }
}

impl Life {
    /// Of somebody who is only just made.
    pub fn begun(member_since: i64) -> Life {
        let moments = Moments { member_since: Some(member_since), last_active_at: None };
        Life { happened: Vec::new(), moments }
    }
}

fn times_of(
    profiles: &Profiles,
    asked: impl IntoIterator<Item = What>,
    numbers: &[i64],
) -> Result<Vec<(What, AllTimes)>, ProjectionError> {
    let read = |(kind, of): What| {
        let times = profiles.times(kind, of.as_ref(), numbers)?;
        Ok(((kind, of), times))
    };
    asked.into_iter().map(read).collect()
}

/// What the log tells of a user, up to a revision.
fn happened(
    log: &Log,
    asked: &[What],
    (user, revision): (UserId, u64),
) -> Result<Vec<(What, Vec<i64>)>, LogError> {
    let mut happened: Vec<(What, Vec<i64>)> =
        asked.iter().map(|what| (what.clone(), Vec::new())).collect();
    for fact in log.read_stream(&Stream::User(user), None, FACTS_MAX)? {
        if fact.revision > revision {
            continue; // the tables do not hold it yet: the user is looked at again when they do
        }
        let event = fact.as_row().event();
        let event = event.map_err(|unreadable| LogError::Read(unreadable.to_string()))?;
        if matches!(event, Event::UserDeleted(_)) {
            break; // what lies before was another life
        }
        let at = fact.occurred_at.unwrap_or(fact.recorded_at);
        for ((kind, of), times) in &mut happened {
            if *kind == event.kind() && (of.is_none() || of.as_ref() == event.about()) {
                times.push(at);
            }
        }
    }
    Ok(happened)
}

impl Times for Life {
    fn moment(&self, moment: Moment) -> Option<i64> {
        self.moments.get(moment)
    }

    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64> {
        let asked =
            |((known, about), _): &&(What, Vec<i64>)| *known == kind && about.as_ref() == of;
        self.happened.iter().find(asked).map(|(_, times)| times.clone()).unwrap_or_default()
    }
}
