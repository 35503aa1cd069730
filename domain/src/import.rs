//! Importing one row: non-empty cells override, a row that changes nothing writes no fact.

use uuid::Uuid;

use crate::email::Email;
use crate::event::{Change, UserImported};
use crate::user::User;

/// One accepted row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow<'a> {
    /// The import it belongs to.
    pub import_id: Uuid,
    /// Ordinal of the record, from 1.
    pub row: u64,
    /// Who it is about.
    pub email: &'a Email,
    /// Reference id and value of every taken cell that is not empty, in column order.
    pub cells: &'a [(&'a str, &'a str)],
}

/// Says what follows from a row: the fact to record, or none where the user stays as stored.
///
/// Empty cells were left out before: they are skipped, never clear a value. When one column's target is named
/// twice, the later cell wins.
pub fn decide(user: Option<&User>, row: &ImportRow<'_>) -> Option<UserImported> {
    let mut changes: Vec<Change> =
        Vec::with_capacity(if user.is_some() { 0 } else { row.cells.len() });
    for (field, value) in row.cells {
        let old = user.and_then(|user| user.fields.get(*field));
        if old.is_some_and(|old| old == value) {
            continue;
        }
        changes.push(Change {
            field: (*field).to_owned(),
            old: old.cloned(),
            new: Some((*value).to_owned()),
        });
    }
    if user.is_some() && changes.is_empty() {
        return None;
    }
    let email =
        user.and_then(|user| user.email.clone()).unwrap_or_else(|| row.email.spelling().to_owned());
    Some(UserImported {
        import_id: row.import_id,
        row: row.row,
        created: user.is_none(),
        email: Some(email),
        changes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::user::replay;

    fn import(user: Option<&User>, cells: &[(&str, &str)]) -> Option<UserImported> {
        let email = Email::parse("Anna@example.org").unwrap();
        decide(user, &ImportRow { import_id: Uuid::nil(), row: 1, email: &email, cells })
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
    fn the_first_spelling_of_an_address_stays() {
        let mut user = stored(&[]);
        user.email = Some("ANNA@example.org".into());
        assert_eq!(
            import(Some(&user), &[("city", "Lyon")]).unwrap().email.as_deref(),
            Some("ANNA@example.org")
        );
    }
}
