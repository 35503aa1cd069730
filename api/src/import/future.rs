//! What the rows of one key would make of their user, one after another, without recording anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::csv_header::EMAIL_COLUMN;
use domain::csv_row::{RowKey, TakenRow};
use domain::event::{Change, RowCounts, UserEmailChanged};
use domain::import::{ImportRow, UserFault, allowed, decide};
use domain::matching::{Aim, Known, Matching, Registry};
use domain::user::evolve;
use domain::{Event, EventKind, User, UserId};
use uuid::Uuid;

/// See the module.
#[derive(Debug, Default)]
pub struct Future {
    /// The user they speak of, there or to be made; none while all were refused.
    pub id: Option<UserId>,
    /// As it is stored.
    pub stored: Option<User>,
    /// As the rows leave it.
    pub user: Option<User>,
    /// What became of the accepted rows.
    pub counts: RowCounts,
    /// Why others are refused, by where they stand in the file.
    pub refused: HashMap<u64, UserFault>,
    /// The facts that accepted rows would be, in order.
    pub facts: Vec<EventKind>,
    /// Since when a user to be made is a member, where a row says so: microseconds since 1970.
    pub member_since: Option<i64>,
    external_id: Option<String>,
}

/// What is there, with the future of one user in place of its present.
struct After<'a, R> {
    registry: &'a R,
    future: &'a Future,
}

impl<R: Registry> Registry for After<'_, R> {
    type Error = R::Error;

    fn known(&self, id: UserId) -> Result<Known, R::Error> {
        match self.future.id == Some(id) {
            true => Ok(Some((self.future.user.clone(), 0))),
            false => self.registry.known(id),
        }
    }

    fn claimed_by(&self, address: UserId) -> Result<Option<UserId>, R::Error> {
        self.registry.claimed_by(address)
    }

    fn released(&self, id: UserId) -> Result<bool, R::Error> {
        self.registry.released(id)
    }

    fn with_external_id(&self, external_id: &str) -> Result<Vec<UserId>, R::Error> {
        match self.future.external_id.as_deref() == Some(external_id) {
            true => Ok(self.future.id.into_iter().collect()),
            false => self.registry.with_external_id(external_id),
        }
    }

    fn another_with_external_id(
        &self,
        external_id: &str,
        but: UserId,
    ) -> Result<Option<UserId>, R::Error> {
        self.registry.another_with_external_id(external_id, but)
    }
}

impl Future {
    /// Takes the next row of the key.
    ///
    /// # Errors
    /// What the registry says.
    pub fn take<R: Registry>(
        &mut self,
        matching: &Matching<'_, R>,
        offset: u64,
        (key, taken): (&RowKey, &TakenRow<'_>),
    ) -> Result<(), R::Error> {
        let Matching { key: key_of, contested, mode, .. } = *matching;
        let registry = After { registry: matching.registry, future: self };
        let aim = Matching { key: key_of, registry: &registry, contested, mode }.aim(key, taken)?;
        let made = self.id.is_some() && self.stored.is_none();
        let aim = aim.and_then(|aim| allowed(mode, aim.user(), made).map(|()| aim));
        match aim {
            Ok(aim) => self.apply(aim, key, taken),
            Err(fault) => {
                self.refused.insert(offset, fault);
            }
        }
        Ok(())
    }

    fn apply(&mut self, aim: Aim, key: &RowKey, taken: &TakenRow<'_>) {
        if self.id.is_none() {
            let user = aim.known.and_then(|(user, _)| user);
            (self.id, self.stored, self.user) = (Some(aim.id), user.clone(), user);
            if let RowKey::ExternalId(external_id) = key {
                self.external_id = Some(external_id.clone());
            }
        }
        let moves = aim.move_to.is_some();
        if let Some(to) = aim.move_to {
            let old = self.user.as_ref().and_then(|user| user.email.clone());
            let email = Some(to.email.spelling().to_owned());
            let changed = UserEmailChanged {
                address: to.address,
                imported: None,
                reverted_import: None,
                old,
                email,
            };
            self.user = evolve(self.user.take(), &Event::UserEmailChanged(changed));
            self.facts.push(EventKind::UserEmailChanged);
        }
        // Which import and which row it is makes no difference to what follows.
        let TakenRow { cells, member_since, .. } = taken;
        let (email, member_since) = (address(key, taken), *member_since);
        let row = ImportRow { import_id: Uuid::nil(), row: 0, email, cells, member_since };
        match decide(self.user.as_ref(), &row) {
            None if moves => self.counts.updated += 1,
            None => self.counts.unchanged += 1,
            Some(imported) => {
                self.member_since = self.member_since.or(imported.member_since);
                self.counts.created += u64::from(imported.created);
                self.counts.updated += u64::from(!imported.created);
                self.user = evolve(self.user.take(), &Event::UserImported(imported));
                self.facts.push(EventKind::UserImported);
            }
        }
    }

    /// Whether the user is as it was.
    pub fn leaves_as_stored(&self) -> bool {
        self.stored == self.user
    }

    /// By field, what goes and what comes; the address of a user that is there is `email`.
    pub fn changes(&self) -> Vec<Change> {
        let none = BTreeMap::new();
        let before = self.stored.as_ref().map_or(&none, |user| &user.fields);
        let after = self.user.as_ref().map_or(&none, |user| &user.fields);
        let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let change = |field: &str, old: Option<&String>, new: Option<&String>| {
            let change =
                || Change { field: field.to_owned(), old: old.cloned(), new: new.cloned() };
            (old != new).then(change)
        };
        let email = self.stored.as_ref().and_then(|stored| {
            let now = self.user.as_ref().and_then(|user| user.email.as_ref());
            change(EMAIL_COLUMN, stored.email.as_ref(), now)
        });
        let of = |field: &String| change(field, before.get(field), after.get(field));
        email.into_iter().chain(fields.into_iter().filter_map(of)).collect()
    }
}

/// The address a user made by the row would have.
pub fn address<'a>(key: &'a RowKey, taken: &'a TakenRow<'_>) -> Option<&'a domain::email::Email> {
    match key {
        RowKey::Email(email) => Some(email),
        RowKey::UserId(_) | RowKey::ExternalId(_) => taken.email.as_ref(),
    }
}
