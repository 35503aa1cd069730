//! When things happened to a user, as the log tells.

use std::cell::OnceCell;

use domain::policy::{Happening, Times};
use domain::{DefinitionId, Event, EventKind, UserId};
use eventlog::{Log, Stream};

/// Facts of one user read at most: of those before, nothing is counted.
const FACTS_MAX: usize = 100_000;

/// Reads a user's history once, when somebody asks.
pub(super) struct LogTimes<'a> {
    log: &'a Log,
    user: UserId,
    read: OnceCell<Vec<(EventKind, Option<DefinitionId>, i64)>>,
}

impl<'a> LogTimes<'a> {
    pub(super) fn new(log: &'a Log, user: UserId) -> LogTimes<'a> {
        LogTimes { log, user, read: OnceCell::new() }
    }

    fn history(&self) -> &[(EventKind, Option<DefinitionId>, i64)] {
        self.read.get_or_init(|| {
            let facts = self.log.read_stream(&Stream::User(self.user), None, FACTS_MAX);
            let facts = facts.unwrap_or_else(|error| {
                tracing::error!(%error, "a user's history cannot be read");
                Vec::new()
            });
            let mut times = Vec::with_capacity(facts.len());
            for fact in facts {
                let Ok(event) = fact.as_row().event() else { continue };
                if matches!(event, Event::UserDeleted(_)) {
                    break; // what lies before was another life
                }
                let at = fact.occurred_at.unwrap_or(fact.recorded_at);
                times.push((event.kind(), about(&event), at));
            }
            times
        })
    }
}

impl Times for LogTimes<'_> {
    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64> {
        let is = |(known, about, _): &&(EventKind, Option<DefinitionId>, i64)| {
            *known == kind && (of.is_none() || about.as_ref() == of)
        };
        self.history().iter().filter(is).map(|(_, _, at)| *at).collect()
    }
}

/// With which list, segment, badge or challenge it happened.
pub fn about(event: &Event) -> Option<DefinitionId> {
    if let Event::ChallengeJoined(fact) = event {
        return Some(fact.challenge.id.clone());
    }
    if let Event::ChallengeStepCompleted(fact) = event {
        return Some(fact.challenge.id.clone());
    }
    if let Event::ChallengeCompleted(fact) = event {
        return Some(fact.challenge.id.clone());
    }
    Happening::of(event)?.moved.map(|of| of.id().clone())
}
