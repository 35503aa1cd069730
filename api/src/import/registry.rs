//! Who is there, for an import: as the tables know it beside what the import itself has done, as it was when a row came by
//! in an earlier run, or as the log says.

use std::collections::HashMap;

use domain::matching::{Known, Registry};
use domain::user::evolve;
use domain::{Event, User, UserId};
use eventlog::{Log, LogError, Position, Recorded, Stream};
use projections::ProjectionError;
use projections::users::Profiles;
use uuid::Uuid;

use super::run::RunError;
use crate::app::App;
use crate::command::{read_history, read_user};

/// Facts of one stream read at once.
const PAGE_FACTS: usize = 64;

/// What an import has done that the tables may not know yet: what its repeated keys lead to.
#[derive(Debug, Default)]
pub struct Beside {
    /// Users of repeated keys, as it left them.
    pub own: HashMap<UserId, (Option<User>, u64)>,
    /// Users it made for an external id that several rows have, by that.
    pub named: HashMap<String, UserId>,
    /// Addresses it claimed for them, and for whom.
    pub claimed: HashMap<UserId, UserId>,
}

impl Beside {
    /// How many things it holds.
    pub fn size(&self) -> usize {
        self.own.len() + self.named.len() + self.claimed.len()
    }

    /// The tables know everything.
    pub fn clear(&mut self) {
        *self = Beside::default();
    }
}

/// The tables, and what goes on beside them.
#[derive(Debug)]
pub struct Tables<'a> {
    /// The tables.
    pub profiles: &'a Profiles,
    /// What they may not know.
    pub beside: &'a Beside,
    /// When the import began: external ids given up since are not free for it.
    pub began: Position,
}

impl Registry for Tables<'_> {
    type Error = ProjectionError;

    fn known(&self, id: UserId) -> Result<Known, ProjectionError> {
        if let Some(known) = self.beside.own.get(&id) {
            return Ok(Some(known.clone()));
        }
        match self.beside.claimed.contains_key(&id) {
            true => Ok(Some((None, 0))),
            false => self.profiles.get(id),
        }
    }

    fn claimed_by(&self, address: UserId) -> Result<Option<UserId>, ProjectionError> {
        match self.beside.claimed.get(&address) {
            Some(owner) => Ok(Some(*owner)),
            None => self.profiles.claimed_by(address),
        }
    }

    fn released(&self, id: UserId) -> Result<bool, ProjectionError> {
        self.profiles.released(id)
    }

    fn with_external_id(&self, external_id: &str) -> Result<Vec<UserId>, ProjectionError> {
        match self.beside.named.get(external_id) {
            Some(id) => Ok(vec![*id]),
            None => self.profiles.with_external_id(external_id),
        }
    }

    fn another_with_external_id(
        &self,
        external_id: &str,
        but: UserId,
    ) -> Result<Option<UserId>, ProjectionError> {
        self.profiles.another_with_external_id(external_id, but, self.began)
    }
}

/// What there was when a row came by that an earlier run may have decided: without what this import recorded with later
/// rows. So a row that was refused then is refused now.
#[derive(Debug)]
pub struct Then<'a> {
    /// What there is.
    pub tables: Tables<'a>,
    /// The log.
    pub log: &'a Log,
    /// The import.
    pub import_id: Uuid,
    /// The row.
    pub row: u64,
}

impl Registry for Then<'_> {
    type Error = RunError;

    fn known(&self, id: UserId) -> Result<Known, RunError> {
        if self.tables.beside.own.contains_key(&id) {
            return Ok(self.tables.known(id)?); // a row before this one led to it in this run
        }
        let facts = read_history(self.log, &Stream::User(id))?;
        let Some((_, revision)) = facts.last() else { return Ok(None) };
        let before = facts.iter().filter(|(event, _)| !self.is_later(event));
        Ok(Some((before.fold(None, |user, (event, _)| evolve(user, event)), *revision)))
    }

    fn claimed_by(&self, address: UserId) -> Result<Option<UserId>, RunError> {
        Ok(self.tables.claimed_by(address)?)
    }

    fn released(&self, id: UserId) -> Result<bool, RunError> {
        Ok(self.tables.released(id)?)
    }

    fn with_external_id(&self, external_id: &str) -> Result<Vec<UserId>, RunError> {
        let mut had = Vec::new();
        for id in self.tables.with_external_id(external_id)? {
            let there = matches!(self.known(id)?, Some((Some(_), _)));
            had.extend(there.then_some(id));
        }
        Ok(had)
    }

    fn another_with_external_id(
        &self,
        external_id: &str,
        but: UserId,
    ) -> Result<Option<UserId>, RunError> {
        Ok(self.tables.another_with_external_id(external_id, but)?)
    }
}

impl Then<'_> {
    fn is_later(&self, event: &Event) -> bool {
        imported_row(event).is_some_and(|(id, row)| id == self.import_id && row >= self.row)
    }
}

/// The import and its row behind a fact, where that is why.
pub fn imported_row(event: &Event) -> Option<(Uuid, u64)> {
    if let Event::UserImported(fact) = event {
        return Some((fact.import_id, fact.row));
    }
    if let Event::UserEmailChanged(fact) = event {
        return fact.imported;
    }
    if let Event::ListJoined(fact) = event { fact.imported } else { None }
}

/// The log, which the tables may be behind; for external ids, tables that have caught up with it.
#[derive(Debug)]
pub struct Logged<'a> {
    /// The service.
    pub app: &'a App,
    /// Tables that hold what is asked of them.
    pub profiles: &'a Profiles,
    /// When the import began.
    pub began: Position,
}

impl Registry for Logged<'_> {
    type Error = RunError;

    fn known(&self, id: UserId) -> Result<Known, RunError> {
        Ok(read_user(&self.app.log, &Stream::User(id))?)
    }

    fn claimed_by(&self, address: UserId) -> Result<Option<UserId>, RunError> {
        let settles = |fact: &Recorded| {
            let event = fact.as_row().event();
            match event {
                Ok(Event::EmailClaimed(claimed)) => Some(Some(claimed.owner)),
                Ok(
                    Event::EmailReleased(_)
                    | Event::UserCreated(_)
                    | Event::UserImported(_)
                    | Event::UserDeleted(_),
                ) => Some(None),
                Ok(_) | Err(_) => None,
            }
        };
        let Some((claim, Some(owner))) = find_back(&self.app.log, address, settles)? else {
            return Ok(None);
        };
        // Whoever was removed since then holds no address.
        let removed = |fact: &Recorded| {
            matches!(fact.as_row().event(), Ok(Event::UserDeleted(_))).then_some(())
        };
        let removed = find_back(&self.app.log, owner, removed)?;
        Ok(removed.is_none_or(|(fact, ())| fact.position < claim.position).then_some(owner))
    }

    fn released(&self, id: UserId) -> Result<bool, RunError> {
        let own = |fact: &Recorded| match fact.as_row().event() {
            Ok(Event::EmailReleased(released)) => (released.owner == id).then_some(()),
            Ok(_) | Err(_) => None,
        };
        Ok(find_back(&self.app.log, id, own)?.is_some())
    }

    fn with_external_id(&self, external_id: &str) -> Result<Vec<UserId>, RunError> {
        Ok(self.profiles.with_external_id(external_id)?)
    }

    fn another_with_external_id(
        &self,
        external_id: &str,
        but: UserId,
    ) -> Result<Option<UserId>, RunError> {
        Ok(self.profiles.another_with_external_id(external_id, but, self.began)?)
    }
}

/// The newest fact of a stream for which there is an answer, and that; reading backwards.
pub fn find_back<T>(
    log: &Log,
    id: UserId,
    answer: impl Fn(&Recorded) -> Option<T>,
) -> Result<Option<(Recorded, T)>, LogError> {
    let mut before = None;
    loop {
        let page = log.read_stream(&Stream::User(id), before, PAGE_FACTS)?;
        let Some(last) = page.last() else { return Ok(None) };
        before = Some(last.position);
        for fact in page {
            if let Some(answer) = answer(&fact) {
                return Ok(Some((fact, answer)));
            }
        }
    }
}
