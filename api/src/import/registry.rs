//! Who is there, for an import: as the tables know it beside what the import itself has done, or as the log says.

use std::collections::{HashMap, HashSet};

use domain::event::EXTERNAL_ID;
use domain::matching::{Known, Registry, short};
use domain::{Event, User, UserId};
use eventlog::{Log, LogError, Recorded, Stream};
use projections::ProjectionError;
use projections::users::Profiles;

use super::run::RunError;
use crate::app::App;
use crate::command::read_user;

/// Facts of one stream read at once.
const PAGE_FACTS: usize = 64;

/// What an import has done that the tables may not know yet. Where it is kept for the rows of a whole file, it takes a few
/// dozen bytes for each row that moves something, and whole users only for repeated ones.
#[derive(Debug, Default)]
pub struct Beside {
    /// Users of repeated keys, as it left them.
    pub own: HashMap<UserId, (Option<User>, u64)>,
    /// Users it made or changed by an external id that several rows have, by its [`short`].
    pub named: HashMap<u64, UserId>,
    /// External ids that a row took from their user.
    pub freed: HashSet<u64>,
    /// Addresses it claimed, and for whom.
    pub claimed: HashMap<UserId, UserId>,
}

impl Beside {
    /// How many things it holds.
    pub fn size(&self) -> usize {
        self.own.len() + self.named.len() + self.freed.len() + self.claimed.len()
    }

    /// Remembers the external id that a user gave up, if it did.
    pub fn free(&mut self, before: Option<&User>, after: Option<&User>) {
        let of = |user: Option<&User>| user.and_then(|user| user.fields.get(EXTERNAL_ID)).cloned();
        let (before, after) = (of(before), of(after));
        if let Some(freed) = before.filter(|before| after.as_ref() != Some(before)) {
            self.freed.insert(short(&freed));
        }
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

    fn with_external_id(&self, external_id: &str) -> Result<Option<UserId>, ProjectionError> {
        let short = short(external_id);
        match self.beside.named.get(&short) {
            Some(id) => Ok(Some(*id)),
            None if self.beside.freed.contains(&short) => Ok(None),
            None => self.profiles.with_external_id(external_id),
        }
    }
}

/// The log, which the tables may be behind; for external ids, tables that have caught up with it.
#[derive(Debug)]
pub struct Logged<'a> {
    /// The service.
    pub app: &'a App,
    /// Tables that hold what is asked of them.
    pub profiles: &'a Profiles,
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
                Ok(Event::EmailReleased(_) | Event::UserImported(_) | Event::UserDeleted(_)) => {
                    Some(None)
                }
                Ok(_) | Err(_) => None,
            }
        };
        let Some((claim, Some(owner))) = newest(&self.app.log, address, settles)? else {
            return Ok(None);
        };
        // Whoever was removed since then holds no address.
        let removed = |fact: &Recorded| {
            matches!(fact.as_row().event(), Ok(Event::UserDeleted(_))).then_some(())
        };
        let removed = newest(&self.app.log, owner, removed)?;
        Ok(removed.is_none_or(|(fact, ())| fact.position < claim.position).then_some(owner))
    }

    fn with_external_id(&self, external_id: &str) -> Result<Option<UserId>, RunError> {
        Ok(self.profiles.with_external_id(external_id)?)
    }
}

/// The newest fact of a stream for which there is an answer, and that.
fn newest<T>(
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
