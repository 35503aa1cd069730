//! Addresses that move from user to user, and ids that do not.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::*;

/// Users, claims and external ids as a table has them.
#[derive(Default)]
struct Table {
    streams: BTreeMap<UserId, (Option<User>, u64)>,
    claims: BTreeMap<UserId, UserId>,
    released: BTreeSet<UserId>,
    external_ids: BTreeMap<String, UserId>,
}

impl Registry for Table {
    type Error = Infallible;

    fn known(&self, id: UserId) -> Result<Known, Infallible> {
        Ok(self.streams.get(&id).cloned())
    }

    fn claimed_by(&self, address: UserId) -> Result<Option<UserId>, Infallible> {
        Ok(self.claims.get(&address).copied())
    }

    fn released(&self, id: UserId) -> Result<bool, Infallible> {
        Ok(self.released.contains(&id))
    }

    fn with_external_id(&self, external_id: &str) -> Result<Vec<UserId>, Infallible> {
        Ok(self.external_ids.get(external_id).copied().into_iter().collect())
    }

    fn another_with_external_id(
        &self,
        external_id: &str,
        but: UserId,
    ) -> Result<Option<UserId>, Infallible> {
        Ok(self.external_ids.get(external_id).copied().filter(|id| *id != but))
    }
}

fn key() -> InstanceKey {
    InstanceKey::new(&[3; 32])
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// The stream an address has.
fn of(text: &str) -> UserId {
    key().user_id(&email(text), 0)
}

impl Table {
    /// A user whose first address was `first` and who has `now`.
    fn user(&mut self, first: &str, now: &str, external_id: Option<&str>) {
        let mut user = User { email: Some(now.to_owned()), ..User::default() };
        if let Some(external_id) = external_id {
            user.fields.insert(EXTERNAL_ID.to_owned(), external_id.to_owned());
            self.external_ids.insert(external_id.to_owned(), of(first));
        }
        self.streams.insert(of(first), (Some(user), 4));
        if of(now) != of(first) {
            self.claim(now, first);
        }
    }

    fn claim(&mut self, address: &str, owner: &str) {
        self.streams.insert(of(address), (None, 0));
        self.claims.insert(of(address), of(owner));
    }

    fn aim(
        &self,
        key: RowKey,
        address: Option<&str>,
        external_id: Option<&str>,
    ) -> Result<Aim, UserFault> {
        let contested = Contested {
            emails: HashSet::from([short("both@example.org")]),
            external_ids: HashSet::from([short("BOTH")]),
        };
        let cell = |id| (EXTERNAL_ID, Some(Cow::Borrowed(id)));
        let row = TakenRow {
            cells: external_id.into_iter().map(cell).collect(),
            email: address.map(email),
            ..TakenRow::default()
        };
        let Ok(aim) = Matching {
            key: &self::key(),
            registry: self,
            contested: &contested,
            mode: ImportMode::default(),
        }
        .aim(&key, &row);
        aim
    }

    fn by_email(&self, address: &str) -> Result<UserId, UserFault> {
        self.aim(RowKey::Email(email(address)), None, None).map(|aim| aim.id)
    }

    /// How the address of the user with the external id `A` moves.
    fn moves(&self, to: &str) -> Result<Option<Option<Option<u64>>>, UserFault> {
        let aim = self.aim(RowKey::ExternalId("A".to_owned()), Some(to), None)?;
        Ok(aim.move_to.map(|move_to| move_to.claim))
    }
}

#[test]
fn an_address_leads_to_who_has_it_now_and_a_former_one_to_nobody() {
    let mut table = Table::default();
    table.user("anna@example.org", "anna@new.example", None);
    assert_eq!(table.by_email("Anna@New.example"), Ok(of("anna@example.org")));
    let former = UserFault::EmailWasChanged(Some(of("anna@example.org")));
    assert_eq!(table.by_email("anna@example.org"), Err(former));
    table.claim("anna@older.example", "anna@example.org");
    assert_eq!(table.by_email("anna@older.example"), Err(former));
    assert_eq!(table.by_email("ben@example.org"), Ok(of("ben@example.org")));
}

#[test]
fn an_address_moves_only_where_nobody_has_or_had_it() {
    let mut table = Table::default();
    table.user("anna@example.org", "anna@new.example", Some("A"));
    table.user("ben@example.org", "ben@new.example", Some("B"));
    table.claim("anna@older.example", "anna@example.org");
    table.streams.insert(of("gone@example.org"), (None, 7));
    assert_eq!(table.moves("ANNA@new.example"), Ok(None), "it has it already");
    assert_eq!(table.moves("anna@example.org"), Ok(Some(None)), "its first");
    assert_eq!(table.moves("anna@older.example"), Ok(Some(None)), "claimed before");
    assert_eq!(table.moves("anna@free.example"), Ok(Some(Some(None))));
    assert_eq!(table.moves("gone@example.org"), Ok(Some(Some(Some(7)))));
    let taken = Err(UserFault::EmailTaken(Some(of("ben@example.org"))));
    assert_eq!(table.moves("ben@new.example"), taken);
    assert_eq!(table.moves("ben@example.org"), taken);
    assert_eq!(table.moves("both@example.org"), Err(UserFault::EmailContested));
}

#[test]
fn an_address_that_was_released_is_the_next_ones() {
    let mut table = Table::default();
    let next = |n| key().user_id(&email("anna@example.org"), n);
    table.user("anna@example.org", "anna@new.example", Some("A"));
    table.released.insert(next(0));
    assert_eq!(table.by_email("anna@example.org"), Ok(next(1)), "who is to be made");
    assert_eq!(table.moves("anna@example.org"), Ok(Some(Some(None))), "claimed as any other");
    table.streams.insert(next(1), (Some(User { email: None, ..User::default() }), 0));
    assert_eq!(table.by_email("anna@example.org"), Ok(next(1)), "who was made");
    assert_eq!(table.moves("anna@example.org"), Err(UserFault::EmailTaken(Some(next(1)))));
    // Whoever is gone, the first stream is never the address's again.
    table.streams.insert(next(0), (None, 9));
    assert_eq!(table.by_email("anna@example.org"), Ok(next(1)));
    let moved = User { email: Some("anna@third.example".to_owned()), ..User::default() };
    table.streams.insert(next(1), (Some(moved), 4));
    table.released.insert(next(1));
    assert_eq!(table.by_email("anna@example.org"), Ok(next(2)));
    // Who released it and has it again by a claim is found by it.
    table.user("anna@example.org", "anna@example.org", None);
    assert_eq!(table.by_email("anna@example.org"), Ok(next(0)));
}

#[test]
fn an_id_finds_its_user_and_an_external_id_makes_one_with_an_address_of_its_own() {
    let mut table = Table::default();
    table.user("anna@example.org", "anna@new.example", Some("A"));
    let by_id = |id| table.aim(RowKey::UserId(id), None, None).map(|aim| aim.id);
    assert_eq!(by_id(of("anna@example.org")), Ok(of("anna@example.org")));
    assert_eq!(by_id(of("anna@new.example")), Err(UserFault::UserNotFound), "only a claim");
    assert_eq!(by_id(of("ben@example.org")), Err(UserFault::UserNotFound));
    let make = |address| {
        table.aim(RowKey::ExternalId("C".to_owned()), address, Some("C")).map(|aim| aim.id)
    };
    assert_eq!(make(None), Err(UserFault::EmailMissing));
    assert_eq!(make(Some("carl@example.org")), Ok(of("carl@example.org")));
    let anna = UserFault::EmailTaken(Some(of("anna@example.org")));
    assert_eq!(make(Some("anna@example.org")), Err(anna));
    assert_eq!(make(Some("anna@new.example")), Err(anna));
    assert_eq!(make(Some("both@example.org")), Err(UserFault::EmailContested));
}

#[test]
fn no_two_users_have_one_external_id() {
    let mut table = Table::default();
    table.user("anna@example.org", "anna@example.org", Some("A"));
    let says = |address: &str, external_id| {
        table.aim(RowKey::Email(email(address)), None, Some(external_id)).map(|aim| aim.id)
    };
    assert_eq!(says("anna@example.org", "A"), Ok(of("anna@example.org")));
    assert_eq!(says("anna@example.org", "N"), Ok(of("anna@example.org")));
    let taken = UserFault::ExternalIdTaken(Some(of("anna@example.org")));
    assert_eq!(says("ben@example.org", "A"), Err(taken));
    assert_eq!(says("ben@example.org", "BOTH"), Err(UserFault::ExternalIdContested));
}
