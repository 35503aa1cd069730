//! The facts that follow from one row.

use std::sync::Arc;

use domain::csv_row::{RowKey, TakenRow};
use domain::event::{EmailClaimed, UserEmailChanged};
use domain::identity::{
    import_claim_event_id, import_email_event_id, import_event_id, import_join_event_id,
};
use domain::import::{ImportRow, decide};
use domain::matching::{Aim, Known, Move};
use domain::user::evolve;
use domain::{Event, User, UserId, list};
use eventlog::{Entry, Expected, NewFact, Stream};
use uuid::Uuid;

use super::Rows;
use crate::import::future::address;
use crate::import::run::RunError;
use crate::import::run::batch::{RowOutcome, Values};

/// A row to decide on.
pub(super) struct Said<'r> {
    pub(super) row: u64,
    pub(super) key: &'r RowKey,
    pub(super) taken: &'r TakenRow<'r>,
    /// It changes no value, whatever it says.
    pub(super) quiet: bool,
    /// Whether somebody will ask for the user after it.
    pub(super) track: bool,
}

/// What follows from a row.
pub(super) struct Decided {
    /// On another stream, before all else.
    pub(super) claim: Option<Claim>,
    pub(super) facts: Vec<NewFact>,
    pub(super) outcome: RowOutcome,
    /// The user after it, where that was tracked, and the revision.
    pub(super) after: Known,
}

/// The claim on an address.
pub(super) struct Claim {
    pub(super) address: UserId,
    pub(super) entry: Entry,
}

/// Where a user was found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// In the tables, which keep lists elsewhere.
    Tables,
    /// In the log, whole.
    Log,
}

impl Rows<'_> {
    /// What follows from a row for the user as known.
    pub(super) fn decide(
        &self,
        said: &Said<'_>,
        aim: Aim,
        found: Found,
    ) -> Result<Decided, RunError> {
        let TakenRow { cells, member_since, .. } = said.taken;
        let (import_id, row, id) = (self.import_id, said.row, aim.id);
        let (user, mut revision) = aim.known.map_or((None, None), |(user, at)| (user, Some(at)));
        let list = self.list.as_ref();
        let (mut facts, mut after) = (Vec::with_capacity(1), user);
        let move_to = aim.move_to.filter(|_| !said.quiet);
        let tracks = said.track || list.is_some() || move_to.is_some();
        let mut record = |event: Event, event_id: Uuid, after: &mut Option<User>| {
            facts.push(self.fact(event_id, &event));
            revision = Some(Expected::after(revision).next());
            if tracks {
                *after = evolve(after.take(), &event);
            }
        };
        let mut claim = None;
        if let Some(to) = &move_to {
            claim = self.claim(id, to, row);
            let changed = changed(after.as_ref(), to, (import_id, row));
            record(changed, import_email_event_id(import_id, row), &mut after);
        }
        let (email, member_since) = (address(said.key, said.taken), *member_since);
        let asked = ImportRow { import_id, row, email, cells, member_since };
        let imported = if said.quiet { None } else { decide(after.as_ref(), &asked) };
        let values = match &imported {
            None if move_to.is_some() => Values::Updated,
            None => Values::Unchanged,
            Some(imported) if imported.created => Values::Created,
            Some(_) => Values::Updated,
        };
        if let Some(imported) = imported {
            record(Event::UserImported(imported), import_event_id(import_id, row), &mut after);
        }
        let mut joined = None;
        if let (Some(list), Some(user)) = (list, &after) {
            let in_tables = found == Found::Tables && values != Values::Created;
            if !(in_tables && self.profiles.is_on_list(id, &list.id)?) {
                joined = list::joined(user, list, Some((import_id, row)));
            }
        }
        let outcome = RowOutcome { values, joined: joined.is_some() };
        if let Some(joined) = joined {
            record(Event::ListJoined(joined), import_join_event_id(import_id, row), &mut after);
        }
        let after = revision.map(|revision| (after, revision));
        Ok(Decided { claim, facts, outcome, after })
    }

    /// The fact that keeps an address for a user, where it is not kept already.
    fn claim(&self, owner: UserId, to: &Move, row: u64) -> Option<Claim> {
        let (revision, address) = (to.claim?, to.address?);
        let email = Some(to.email.spelling().to_owned());
        let event = Event::EmailClaimed(EmailClaimed { owner, email });
        let fact = self.fact(import_claim_event_id(self.import_id, row), &event);
        let (stream, expected) = (Stream::User(address), Expected::after(revision));
        Some(Claim { address, entry: Entry { stream, expected, facts: vec![fact] } })
    }

    fn fact(&self, event_id: Uuid, event: &Event) -> NewFact {
        let (stored, context) = (domain::codec::encode(event), Arc::clone(&self.context));
        NewFact { event_id, stored, occurred_at: None, context }
    }
}

fn changed(user: Option<&User>, to: &Move, imported: (Uuid, u64)) -> Event {
    Event::UserEmailChanged(UserEmailChanged {
        address: to.address,
        imported: Some(imported),
        reverted_import: None,
        old: user.and_then(|user| user.email.clone()),
        email: Some(to.email.spelling().to_owned()),
    })
}
