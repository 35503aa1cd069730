//! Importing one row: non-empty cells override, a row that changes nothing writes no fact.

use std::borrow::Cow;

use uuid::Uuid;

use crate::email::Email;
use crate::event::{Change, ImportMode, UserImported};
use crate::id::UserId;
use crate::user::User;

/// A cell to apply: the field's id and its value; none clears it.
pub type Taken<'a> = (&'a str, Option<Cow<'a, str>>);

/// One accepted row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow<'a> {
    /// The import it belongs to.
    pub import_id: Uuid,
    /// Ordinal of the record, from 1.
    pub row: u64,
    /// The address a user it makes has.
    pub email: Option<&'a Email>,
    /// Every cell that says something, in column order.
    pub cells: &'a [Taken<'a>],
    /// When the user became a member, in microseconds since 1970.
    pub member_since: Option<i64>,
}

/// Why a row is refused because of the users there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserFault {
    /// Only new users are wanted.
    #[error("this user is there already, and the import only makes new ones")]
    UserExists,
    /// Only known users are wanted.
    #[error("there is no user with this key, and the import only changes those there are")]
    UserNotFound,
    /// No user has this external id, and one cannot be made.
    #[error("there is no user with this external id; to make one, the row needs an address")]
    EmailMissing,
    /// The address was the user's once.
    #[error("this is a former address{}, who has another now; send the row with that one, or match by an id and leave the e-mail out. Where it is somebody else's by now, release it there first", whose(.0))]
    EmailWasChanged(Option<UserId>),
    /// The address is somebody else's, or was.
    #[error("the address is one{}; a row gives a user only an address that nobody has or had. Where the row means that user, give it its external id first, matched by e-mail; where it is a former address, release it there first", whose(.0))]
    EmailTaken(Option<UserId>),
    /// Rows of the file give the address to several users.
    #[error(
        "another row of the file gives this address to another user; leave it with the one whose it is, and out of the other row"
    )]
    EmailContested,
    /// The external id is somebody else's.
    #[error("the external id is one{}, or was before this import; no two users have the same", whose(.0))]
    ExternalIdTaken(Option<UserId>),
    /// Several users have the external id.
    #[error("several users have this external id; give each one of its own, matched by e-mail")]
    ExternalIdAmbiguous,
    /// Rows of the file give the external id to several users.
    #[error(
        "another row of the file gives this external id to another user; leave it in one of them"
    )]
    ExternalIdContested,
}

fn whose(user: &Option<UserId>) -> String {
    user.map_or_else(|| " of another user".to_owned(), |user| format!(" of the user {user}"))
}

impl UserFault {
    /// All of them.
    pub const ALL: [UserFault; 9] = [
        UserFault::UserExists,
        UserFault::UserNotFound,
        UserFault::EmailMissing,
        UserFault::EmailWasChanged(None),
        UserFault::EmailTaken(None),
        UserFault::EmailContested,
        UserFault::ExternalIdTaken(None),
        UserFault::ExternalIdAmbiguous,
        UserFault::ExternalIdContested,
    ];

    /// Its stable name.
    pub fn code(self) -> &'static str {
        match self {
            UserFault::UserExists => "user_exists",
            UserFault::UserNotFound => "user_not_found",
            UserFault::EmailMissing => "email_missing",
            UserFault::EmailWasChanged(_) => "email_was_changed",
            UserFault::EmailTaken(_) => "email_taken",
            UserFault::EmailContested => "email_contested",
            UserFault::ExternalIdTaken(_) => "external_id_taken",
            UserFault::ExternalIdAmbiguous => "external_id_ambiguous",
            UserFault::ExternalIdContested => "external_id_contested",
        }
    }
}

/// Whether an import of this mode may touch a user. `own`: the import itself made the user, with an earlier row.
///
/// # Errors
/// See [`UserFault`].
pub fn allowed(mode: ImportMode, user: Option<&User>, own: bool) -> Result<(), UserFault> {
    match (mode, user) {
        (ImportMode::CreateOnly, Some(_)) if !own => Err(UserFault::UserExists),
        (ImportMode::UpdateOnly, None) => Err(UserFault::UserNotFound),
        (ImportMode::CreateAndUpdate | ImportMode::CreateOnly | ImportMode::UpdateOnly, _) => {
            Ok(())
        }
    }
}

/// Says what follows from a row: the fact to record, or none where the user stays as stored.
///
/// Empty cells were left out before unless their column clears. When one column's target is named twice, the later
/// cell wins.
pub fn decide(user: Option<&User>, row: &ImportRow<'_>) -> Option<UserImported> {
    let mut changes: Vec<Change> =
        Vec::with_capacity(if user.is_some() { 0 } else { row.cells.len() });
    for (field, value) in row.cells {
        let old = user.and_then(|user| user.fields.get(*field));
        if old.map(String::as_str) == value.as_deref() {
            continue;
        }
        changes.push(Change {
            field: (*field).to_owned(),
            old: old.cloned(),
            new: value.as_deref().map(str::to_owned),
        });
    }
    if user.is_some() && changes.is_empty() {
        return None;
    }
    let stored = user.and_then(|user| user.email.clone());
    let email = stored.or_else(|| row.email.map(|email| email.spelling().to_owned()));
    Some(UserImported {
        import_id: row.import_id,
        row: row.row,
        created: user.is_none(),
        email,
        member_since: row.member_since.filter(|_| user.is_none()),
        changes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::user::replay;

    fn import(user: Option<&User>, cells: &[(&str, &str)]) -> Option<UserImported> {
        let cells: Vec<Taken<'_>> =
            cells.iter().map(|(field, value)| (*field, Some(Cow::Borrowed(*value)))).collect();
        apply(user, &cells)
    }

    fn apply(user: Option<&User>, cells: &[Taken<'_>]) -> Option<UserImported> {
        let email = Email::parse("Anna@example.org").unwrap();
        let member_since = Some(7);
        let row =
            ImportRow { import_id: Uuid::nil(), row: 1, email: Some(&email), cells, member_since };
        decide(user, &row)
    }

    fn stored(cells: &[(&str, &str)]) -> User {
        replay([&Event::UserImported(import(None, cells).unwrap())]).unwrap()
    }

    #[test]
    fn an_unknown_address_makes_a_user_even_without_cells() {
        let fact = import(None, &[]).unwrap();
        assert!(fact.created && fact.changes.is_empty());
        assert_eq!(fact.email.as_deref(), Some("Anna@example.org"));
    }

    #[test]
    fn a_row_that_changes_nothing_writes_no_fact() {
        let user = stored(&[("city", "Lyon"), ("points", "007")]);
        assert_eq!(import(Some(&user), &[("city", "Lyon")]), None);
        assert_eq!(import(Some(&user), &[]), None);
    }

    #[test]
    fn only_what_differs_is_recorded_with_what_it_replaced() {
        let user = stored(&[("city", "Lyon"), ("points", "7")]);
        let fact =
            import(Some(&user), &[("city", "Lyon"), ("points", "007"), ("lang", "fr")]).unwrap();
        let change = |field: &str, old: Option<&str>, new: &str| Change {
            field: field.into(),
            old: old.map(Into::into),
            new: Some(new.into()),
        };
        assert_eq!(fact.changes, [change("points", Some("7"), "007"), change("lang", None, "fr")]);
        assert!(!fact.created);
    }

    #[test]
    fn a_value_is_cleared_once_and_only_where_there_is_one() {
        let user = stored(&[("city", "Lyon")]);
        let cleared = apply(Some(&user), &[("city", None), ("lang", None)]).unwrap();
        let change = Change { field: "city".into(), old: Some("Lyon".into()), new: None };
        assert_eq!(cleared.changes, [change]);
        let now = crate::user::evolve(Some(user), &Event::UserImported(cleared)).unwrap();
        assert_eq!(apply(Some(&now), &[("city", None)]), None);
        assert_eq!(apply(None, &[("city", None)]).unwrap().changes, []);
    }

    #[test]
    fn members_since_is_said_of_those_an_import_makes() {
        assert_eq!(import(None, &[]).unwrap().member_since, Some(7));
        let user = stored(&[]);
        assert_eq!(import(Some(&user), &[("city", "Lyon")]).unwrap().member_since, None);
    }

    #[test]
    fn a_mode_says_whom_an_import_may_touch() {
        use ImportMode::{CreateAndUpdate, CreateOnly, UpdateOnly};
        let anna = User::default();
        for (mode, user, own, fault) in [
            (CreateAndUpdate, Some(&anna), false, None),
            (CreateAndUpdate, None, false, None),
            (CreateOnly, Some(&anna), false, Some(UserFault::UserExists)),
            (CreateOnly, Some(&anna), true, None),
            (CreateOnly, None, false, None),
            (UpdateOnly, Some(&anna), false, None),
            (UpdateOnly, None, false, Some(UserFault::UserNotFound)),
        ] {
            assert_eq!(allowed(mode, user, own).err(), fault, "{mode:?} {own}");
        }
    }

    #[test]
    fn the_first_spelling_of_an_address_stays() {
        let mut user = stored(&[]);
        user.email = Some("ANNA@example.org".into());
        assert_eq!(
            import(Some(&user), &[("city", "Lyon")]).unwrap().email.as_deref(),
            Some("ANNA@example.org")
        );
    }
}
