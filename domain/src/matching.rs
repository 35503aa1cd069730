//! Which user a row is about, and whether what it says of an address or an external id can be: what is somebody else's
//! stays with them.

use std::collections::HashSet;

use crate::csv_row::{RowKey, TakenRow};
use crate::email::Email;
use crate::event::{EXTERNAL_ID, ImportMode};
use crate::id::UserId;
use crate::identity::InstanceKey;
use crate::import::UserFault;
use crate::user::User;

/// A user, unless it is gone, and the revision its stream is at; none: nothing was ever recorded there.
pub type Known = Option<(Option<User>, u64)>;

/// Users that one address may have made, one after another: each time but the first, a person released it.
pub const GENERATIONS_MAX: u32 = 1_000;

/// Who is there.
pub trait Registry {
    /// Why it cannot be told.
    type Error;

    /// What the stream of this id holds.
    ///
    /// # Errors
    /// When it cannot be read.
    fn known(&self, id: UserId) -> Result<Known, Self::Error>;

    /// Who claimed the address whose stream has this id and is still there.
    ///
    /// # Errors
    /// When it cannot be read.
    fn claimed_by(&self, address: UserId) -> Result<Option<UserId>, Self::Error>;

    /// Whether the user whose stream this is released the address it began with: from then on that has another stream.
    ///
    /// # Errors
    /// When it cannot be read.
    fn released(&self, id: UserId) -> Result<bool, Self::Error>;

    /// The users with this external id: one, unless something went wrong; of several, two.
    ///
    /// # Errors
    /// When it cannot be read.
    fn with_external_id(&self, external_id: &str) -> Result<Vec<UserId>, Self::Error>;

    /// Another user who has this external id, or had it when the work began: what that work takes from one user it gives
    /// to no other, so that nothing depends on the order of rows.
    ///
    /// # Errors
    /// When it cannot be read.
    fn another_with_external_id(
        &self,
        external_id: &str,
        but: UserId,
    ) -> Result<Option<UserId>, Self::Error>;
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aim {
    /// The user, there or to be made.
    pub id: UserId,
    /// What is known of it.
    pub known: Known,
    /// The address it is to have instead of the one it has.
    pub move_to: Option<Move>,
}

impl Aim {
    /// The user, where it is there.
    pub fn user(&self) -> Option<&User> {
        self.known.as_ref().and_then(|(user, _)| user.as_ref())
    }

    /// The revision of its stream, where that has any.
    pub fn revision(&self) -> Option<u64> {
        self.known.as_ref().map(|(_, revision)| *revision)
    }
}

/// Another address for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The address.
    pub email: Email,
    /// Its stream; none: the user's own.
    pub address: Option<UserId>,
    /// Where it has to be claimed first: the revision that stream is at, if it has any.
    pub claim: Option<Option<u64>>,
}

/// What several users of one file are to have: none of them gets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contested {
    /// Addresses, by their keys' [`short`].
    pub emails: HashSet<u64>,
    /// External ids, by their [`short`].
    pub external_ids: HashSet<u64>,
}

/// What is looked at to find out.
#[derive(Debug)]
pub struct Matching<'a, R> {
    /// Recognises addresses.
    pub key: &'a InstanceKey,
    /// Who is there.
    pub registry: &'a R,
    /// What the file gives to several.
    pub contested: &'a Contested,
    /// Which users may be touched.
    pub mode: ImportMode,
}

/// Eight bytes that tell texts apart as well as eight bytes can.
pub fn short(text: &str) -> u64 {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(text.as_bytes());
    u64::from_be_bytes(digest[..8].try_into().expect("a digest has more"))
}

impl<R: Registry> Matching<'_, R> {
    /// The user of a row and the address that becomes its own, or why there is none.
    ///
    /// # Errors
    /// What the registry says.
    pub fn aim(
        &self,
        key: &RowKey,
        row: &TakenRow<'_>,
    ) -> Result<Result<Aim, UserFault>, R::Error> {
        let aim = match key {
            RowKey::Email(email) => self.whose(email)?,
            RowKey::UserId(id) => {
                let known = self.registry.known(*id)?;
                let there = matches!(known, Some((Some(_), _)));
                there
                    .then_some(Aim { id: *id, known, move_to: None })
                    .ok_or(UserFault::UserNotFound)
            }
            RowKey::ExternalId(external_id) => {
                match self.registry.with_external_id(external_id)?.as_slice() {
                    [id] => Ok(Aim { id: *id, known: self.registry.known(*id)?, move_to: None }),
                    [] if self.mode == ImportMode::UpdateOnly => Err(UserFault::UserNotFound),
                    [] => self.nobodys(row.email.as_ref())?,
                    [_, ..] => Err(UserFault::ExternalIdAmbiguous),
                }
            }
        };
        let aim = match (aim, row.email.as_ref()) {
            (Ok(aim), Some(email)) => self.moved(aim, email)?,
            (aim, _) => aim,
        };
        match aim {
            Ok(aim) => Ok(self.external_id_is_free(&aim, row)?.map(|()| aim)),
            fault => Ok(fault),
        }
    }

    /// The stream an address has now, and what is known of it: of the first user it made, unless a person released it
    /// since; then of the second, and so on.
    fn stream_of(&self, email: &Email) -> Result<(UserId, Known), R::Error> {
        let mut generation = 0;
        loop {
            let id = self.key.user_id(email, generation);
            let known = self.registry.known(id)?;
            let its = match &known {
                None => true,
                Some((Some(user), _)) if has(user, email) => true,
                Some(_) => !self.registry.released(id)?,
            };
            if its || generation == GENERATIONS_MAX {
                return Ok((id, known));
            }
            generation += 1;
        }
    }

    /// The user whose address this is, or the one it would make.
    fn whose(&self, email: &Email) -> Result<Result<Aim, UserFault>, R::Error> {
        let (id, known) = self.stream_of(email)?;
        match &known {
            Some((Some(user), _)) if !has(user, email) => {
                return Ok(Err(UserFault::EmailWasChanged(Some(id))));
            }
            Some((None, _)) => {
                if let Some(owner) = self.registry.claimed_by(id)? {
                    let known = self.registry.known(owner)?;
                    let user = known.as_ref().and_then(|(user, _)| user.as_ref());
                    return Ok(match user.is_some_and(|user| has(user, email)) {
                        true => Ok(Aim { id: owner, known, move_to: None }),
                        false => Err(UserFault::EmailWasChanged(Some(owner))),
                    });
                }
            }
            Some((Some(_), _)) | None => {}
        }
        Ok(Ok(Aim { id, known, move_to: None }))
    }

    /// A user that is to be made with an address, which nobody may have or have had.
    fn nobodys(&self, email: Option<&Email>) -> Result<Result<Aim, UserFault>, R::Error> {
        let Some(email) = email else { return Ok(Err(UserFault::EmailMissing)) };
        if self.contested.emails.contains(&short(email.key())) {
            return Ok(Err(UserFault::EmailContested));
        }
        Ok(match self.whose(email)? {
            Ok(Aim { id, known: Some((Some(_), _)), .. })
            | Err(UserFault::EmailWasChanged(Some(id))) => Err(UserFault::EmailTaken(Some(id))),
            aim => aim,
        })
    }

    /// The same, with the address as its own where it is another than before.
    fn moved(&self, aim: Aim, email: &Email) -> Result<Result<Aim, UserFault>, R::Error> {
        let Some(user) = aim.user() else { return Ok(Ok(aim)) };
        if has(user, email) {
            return Ok(Ok(aim));
        }
        if self.contested.emails.contains(&short(email.key())) {
            return Ok(Err(UserFault::EmailContested));
        }
        let (address, known) = self.stream_of(email)?;
        let claim = if address == aim.id {
            None // what its stream began with
        } else {
            match known {
                None => Some(None),
                Some((Some(_), _)) => return Ok(Err(UserFault::EmailTaken(Some(address)))),
                Some((None, revision)) => match self.registry.claimed_by(address)? {
                    None => Some(Some(revision)),
                    Some(owner) if owner == aim.id => None,
                    Some(owner) => return Ok(Err(UserFault::EmailTaken(Some(owner)))),
                },
            }
        };
        let address = Some(address).filter(|address| *address != aim.id);
        let move_to = Some(Move { email: email.clone(), address, claim });
        Ok(Ok(Aim { move_to, ..aim }))
    }

    fn external_id_is_free(
        &self,
        aim: &Aim,
        row: &TakenRow<'_>,
    ) -> Result<Result<(), UserFault>, R::Error> {
        let Some(external_id) = row.external_id() else { return Ok(Ok(())) };
        let has = aim.user().and_then(|user| user.fields.get(EXTERNAL_ID));
        if has.is_some_and(|has| has == external_id) {
            return Ok(Ok(()));
        }
        if self.contested.external_ids.contains(&short(external_id)) {
            return Ok(Err(UserFault::ExternalIdContested));
        }
        let another = self.registry.another_with_external_id(external_id, aim.id)?;
        Ok(another.map_or(Ok(()), |other| Err(UserFault::ExternalIdTaken(Some(other)))))
    }
}

/// Whether this is the user's address now. The first spelling stays, so most rows have the very same.
fn has(user: &User, email: &Email) -> bool {
    match user.email.as_deref() {
        None => true, // not known any more: the stream says whose it is
        Some(stored) => {
            stored == email.spelling()
                || Email::parse(stored).is_ok_and(|stored| stored.key() == email.key())
        }
    }
}

#[cfg(test)]
mod tests;
