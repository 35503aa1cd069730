//! What would follow by rules if a file were imported: which segments users would enter and leave, which badges they would
//! gain and lose. The rules are asked about each user as it would be.

use std::collections::BTreeMap;

use domain::event::Trigger;
use domain::policy::{Happening, Rules, Times, Why, reconcile};
use domain::segment::{Membership, Moment, Now};
use domain::{DefinitionId, EventKind, User, UserId};
use eventlog::Log;
use projections::Store;
use projections::users::Profiles;

use super::check::CheckError;
use super::future::Future;
use crate::app::App;
use crate::policies::{Life, Lives};

/// Users of each consequence that are named.
const FIRST_MAX: usize = 5;

/// A consequence for some users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequences {
    /// Entered or left, gained or lost.
    pub kind: EventKind,
    /// Which segment or badge.
    pub of: Membership,
    /// What it is called.
    pub name: Option<String>,
    /// How many users.
    pub users: u64,
    /// The first of them, in the order of the file, with their addresses as they would be.
    pub first: Vec<(UserId, Option<String>)>,
}

/// Rules that are asked, and what they answered so far.
pub struct Forecast<'a> {
    log: &'a Log,
    rules: Rules,
    /// Of all users, once they are asked for: the file says only row by row who is.
    lives: Option<Lives>,
    now: Now,
    found: BTreeMap<(Membership, EventKind), Consequences>,
}

impl<'a> Forecast<'a> {
    /// By the rules there are now.
    ///
    /// # Errors
    /// What the tables say.
    pub fn new(app: &'a App, store: &Store) -> Result<Forecast<'a>, CheckError> {
        let rules = store.rules()?;
        let now = Now { micros: app.now(), zone: app.config.zone };
        Ok(Forecast { log: &app.log, rules, lives: None, now, found: BTreeMap::new() })
    }

    /// Asks about a user that the file would make or change; `joins` names the list it would join.
    pub(super) fn look(
        &mut self,
        profiles: &Profiles,
        (id, future): (UserId, &Future),
        joins: Option<&DefinitionId>,
    ) -> Result<(), CheckError> {
        if self.rules.is_empty() {
            return Ok(());
        }
        let changes = future.stored.is_none() || !future.leaves_as_stored();
        let facts = if changes { future.facts.as_slice() } else { &[] };
        if facts.is_empty() && joins.is_none() {
            return Ok(());
        }
        let mut added: Vec<_> = facts.iter().map(|kind| (*kind, None)).collect();
        added.extend(joins.map(|list| (EventKind::ListJoined, Some(list.clone()))));
        let user = whole(profiles, id, future)?;
        let Some((mut user, revision)) = user else { return Ok(()) };
        user.lists.extend(joins.cloned());
        // Who is made begins anew, whoever had the address before.
        let life = match future.stored.is_some() {
            true => {
                let lives = match self.lives.take() {
                    Some(lives) => lives,
                    None => Lives::of_all(&self.rules, profiles, self.now.micros)?,
                };
                let lives = self.lives.insert(lives);
                lives.of::<CheckError>(self.log, profiles, (id, revision))?
            }
            false => Life::begun(future.member_since.unwrap_or(self.now.micros)),
        };
        let times = FutureTimes { life, added, now: self.now.micros };
        let email = user.email.clone();
        let why = Why::only(Trigger::Fact);
        for consequence in reconcile(&self.rules, user, &times, self.now, &why).consequences {
            let moved = Happening::of(&consequence.event).and_then(|happening| happening.moved);
            let Some(of) = moved else { continue };
            let kind = consequence.event.kind();
            let name = self.rules.get(&of).map(|rule| rule.name().to_owned());
            let found = self.found.entry((of.clone(), kind)).or_insert(Consequences {
                kind,
                of,
                name,
                users: 0,
                first: Vec::new(),
            });
            found.users += 1;
            if found.first.len() < FIRST_MAX {
                found.first.push((id, email.clone()));
            }
        }
        Ok(())
    }

    /// What they answered.
    pub(super) fn found(self) -> Vec<Consequences> {
        self.found.into_values().collect()
    }
}

/// The user as the file leaves it, with all it belongs to, and the revision it is at.
fn whole(
    profiles: &Profiles,
    id: UserId,
    future: &Future,
) -> Result<Option<(User, u64)>, projections::ProjectionError> {
    let Some(after) = future.user.clone() else { return Ok(None) };
    if future.stored.is_none() {
        return Ok(Some((after, 0)));
    }
    let Some((Some(stored), revision)) = profiles.belonging(id)? else {
        return Ok(Some((after, 0)));
    };
    Ok(Some((User { email: after.email, fields: after.fields, ..stored }, revision)))
}

/// What happened, and what would happen now.
struct FutureTimes {
    life: Life,
    added: Vec<(EventKind, Option<DefinitionId>)>,
    now: i64,
}

impl Times for FutureTimes {
    fn moment(&self, moment: Moment) -> Option<i64> {
        self.life.moment(moment)
    }

    fn times(&self, kind: EventKind, of: Option<&DefinitionId>) -> Vec<i64> {
        let mut times = self.life.times(kind, of);
        let added = self.added.iter();
        let added =
            added.filter(|(added, about)| *added == kind && (of.is_none() || about.as_ref() == of));
        times.extend(added.map(|_| self.now));
        times
    }
}
