//! Which column is what: names are matched exactly or by a short list of aliases, never guessed.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::email::Email;
use crate::event::{Column, Target};
use crate::fold::fold;

/// Most columns a file may have.
pub const COLUMNS_MAX: usize = 500;
/// Longest header, in characters.
pub const HEADER_CHARS_MAX: usize = 256;
/// Longest reference id made from a header, in characters.
const REFERENCE_ID_CHARS_MAX: usize = 64;

/// Columns of our own users export that are computed: recognised on the way in, and left out.
pub const COMPUTED_COLUMNS: [&str; 6] = [
    "user_id",
    "member_since",
    "last_active_at",
    "challenges_completed",
    "digital_assets",
    "perks_used",
];
/// Columns of a file of rejected rows that say where each was and why: recognised on the way in, and left out.
pub const REJECT_COLUMNS: [&str; 3] = ["_line", "_code", "_reason"];
/// Text fields every user has, beside the properties.
pub const BUILT_IN_FIELDS: [&str; 4] = ["first_name", "last_name", "lang", "external_id"];
/// The column of the address in every file we write.
pub const EMAIL_COLUMN: &str = "email";

const EMAIL_ALIASES: [&str; 13] = [
    "email",
    "e mail",
    "mail",
    "email address",
    "e mail address",
    "adresse e mail",
    "adresse email",
    "adresse mail",
    "courriel",
    "adresse courriel",
    "adresse electronique",
    "user email",
    "contact email",
];
const FIRST_NAME_ALIASES: [&str; 4] = ["first name", "firstname", "given name", "prenom"];
const LAST_NAME_ALIASES: [&str; 6] =
    ["last name", "lastname", "surname", "family name", "nom", "nom de famille"];

/// Why a header cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// No column is the address.
    #[error("{}", email_missing(.headers))]
    EmailMissing {
        /// What the first line holds.
        headers: Vec<String>,
    },
    /// More than one column is the address.
    #[error("{} columns are the e-mail ({}); keep one, or name the columns to take with columns=", .headers.len(), .headers.join(", "))]
    EmailTwice {
        /// Which.
        headers: Vec<String>,
    },
    /// Two columns are the same built-in field.
    #[error("the columns {} all are {field}; keep one, or name the columns to take with columns=", .headers.join(", "))]
    FieldTwice {
        /// The field's reference id.
        field: String,
        /// Which.
        headers: Vec<String>,
    },
    /// A column asked for is not in the file.
    #[error("the file has no column {name:?}; it has: {}", .headers.join(", "))]
    ColumnUnknown {
        /// As asked.
        name: String,
        /// What the file has.
        headers: Vec<String>,
    },
    /// A header longer than [`HEADER_CHARS_MAX`].
    #[error("the header of column {column} has more than {HEADER_CHARS_MAX} characters")]
    TooLong {
        /// Ordinal of the column, from 1.
        column: usize,
    },
    /// More than [`COLUMNS_MAX`].
    #[error("the file has {count} columns; at most {COLUMNS_MAX} are read")]
    TooMany {
        /// How many.
        count: usize,
    },
}

/// A first line that holds an address is a row, and is not repeated: it names a person.
fn email_missing(headers: &[String]) -> String {
    if headers.iter().any(|header| header.contains('@')) {
        return "the first line holds an address; it must name the columns, and one of them Email"
            .to_owned();
    }
    format!(
        "no column is the e-mail; name one of them Email. The first line holds: {}",
        headers.join(", ")
    )
}

/// Names for the columns of a file whose first line names none, from that first row: the first cell that holds an
/// address is the e-mail, the first two others are the names; what comes after has a number.
pub fn name_columns(first_row: &[&str]) -> Vec<String> {
    let email = first_row.iter().position(|cell| Email::parse(cell).is_ok()).unwrap_or(0);
    let mut names = ["First Name", "Last Name"].into_iter();
    let name = |index: usize| {
        if index == email {
            return "Email".to_owned();
        }
        names.next().map_or_else(|| format!("Column {}", index + 1), str::to_owned)
    };
    (0..first_row.len()).map(name).collect()
}

/// Says where each column goes. With `only`, every column not named there is left out (the e-mail is always taken).
///
/// # Errors
/// See [`HeaderFault`].
pub fn map_columns(headers: &[&str], only: Option<&[String]>) -> Result<Vec<Column>, HeaderFault> {
    if headers.len() > COLUMNS_MAX {
        return Err(HeaderFault::TooMany { count: headers.len() });
    }
    let headers: Vec<String> = headers.iter().map(|header| header.trim().nfc().collect()).collect();
    if let Some(name) = only.into_iter().flatten().find(|name| !headers.contains(name)) {
        return Err(HeaderFault::ColumnUnknown { name: name.clone(), headers });
    }
    if let Some(index) = headers.iter().position(|header| header.chars().count() > HEADER_CHARS_MAX)
    {
        return Err(HeaderFault::TooLong { column: index + 1 });
    }
    let taken = |header: &String| only.is_none_or(|only| only.contains(header));
    let email = email_column(&headers, &taken)?;
    let mut used: BTreeSet<String> = BTreeSet::new();
    for field in BUILT_IN_FIELDS {
        let named: Vec<String> = headers
            .iter()
            .filter(|header| taken(header) && built_in(header) == Some(field))
            .cloned()
            .collect();
        if named.len() > 1 {
            return Err(HeaderFault::FieldTwice { field: field.to_owned(), headers: named });
        }
        used.insert(field.to_owned());
    }
    used.extend(left_out().map(str::to_owned));
    used.insert(EMAIL_COLUMN.to_owned());
    let target = |(index, header): (usize, &String)| {
        if index == email {
            Target::Email
        } else if !taken(header) || left_out().any(|name| name == header) {
            Target::Ignored
        } else if let Some(field) = built_in(header) {
            Target::Field(field.to_owned())
        } else {
            Target::Field(unused_reference_id(header, index, &mut used))
        }
    };
    let targets: Vec<Target> = headers.iter().enumerate().map(target).collect();
    Ok(headers.into_iter().zip(targets).map(|(header, target)| Column { header, target }).collect())
}

/// Columns we write ourselves that are no fields.
fn left_out() -> impl Iterator<Item = &'static str> {
    COMPUTED_COLUMNS.into_iter().chain(REJECT_COLUMNS)
}

/// The one column that is the address: among the taken ones if it is there, else the only one of the file.
fn email_column(headers: &[String], taken: &dyn Fn(&String) -> bool) -> Result<usize, HeaderFault> {
    let all: Vec<usize> = (0..headers.len())
        .filter(|&index| EMAIL_ALIASES.contains(&plain(&headers[index]).as_str()))
        .collect();
    let among_taken: Vec<usize> =
        all.iter().copied().filter(|&index| taken(&headers[index])).collect();
    let candidates = if among_taken.is_empty() { all } else { among_taken };
    match candidates.as_slice() {
        [one] => Ok(*one),
        [] => Err(HeaderFault::EmailMissing { headers: headers.to_vec() }),
        many => Err(HeaderFault::EmailTwice {
            headers: many.iter().map(|&index| headers[index].clone()).collect(),
        }),
    }
}

fn built_in(header: &str) -> Option<&'static str> {
    let plain = plain(header);
    if let Some(field) = BUILT_IN_FIELDS.into_iter().find(|field| field.replace('_', " ") == plain)
    {
        return Some(field);
    }
    if FIRST_NAME_ALIASES.contains(&plain.as_str()) {
        Some("first_name")
    } else if LAST_NAME_ALIASES.contains(&plain.as_str()) {
        Some("last_name")
    } else {
        None
    }
}

/// Folded, with every run of other characters than letters and digits as one space.
fn plain(header: &str) -> String {
    words(header).join(" ")
}

fn words(header: &str) -> Vec<String> {
    let folded = fold(header);
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The header in snake_case; `_2`, `_3` where that is taken or reserved.
fn unused_reference_id(header: &str, index: usize, used: &mut BTreeSet<String>) -> String {
    let base: String = words(header).join("_").chars().take(REFERENCE_ID_CHARS_MAX).collect();
    let base = if base.is_empty() { format!("column_{}", index + 1) } else { base };
    let mut candidate = base.clone();
    let mut number = 2;
    while !used.insert(candidate.clone()) {
        candidate = format!("{base}_{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(headers: &[&str]) -> Vec<String> {
        map_columns(headers, None)
            .unwrap()
            .into_iter()
            .map(|column| match column.target {
                Target::Email => "@".to_owned(),
                Target::Field(reference_id) => reference_id,
                Target::Ignored => "-".to_owned(),
            })
            .collect()
    }

    #[test]
    fn aliases_are_known_in_english_and_french() {
        for email in ["Email", "E-mail", "EMAIL ADDRESS", "Adresse e-mail", "Courriel", " e_mail "]
        {
            assert_eq!(
                targets(&[email, "Prénom", "Nom de famille"]),
                ["@", "first_name", "last_name"],
                "{email}"
            );
        }
        assert_eq!(targets(&["Nom", "Courriel", "First Name"]), ["last_name", "@", "first_name"]);
    }

    #[test]
    fn everything_else_becomes_a_property_with_a_name_of_its_own() {
        assert_eq!(
            targets(&[
                "Email",
                "Birth Date",
                "birth-date",
                "",
                "Perks Used",
                "城市",
                "Ville (naissance)"
            ]),
            [
                "@",
                "birth_date",
                "birth_date_2",
                "column_4",
                "perks_used_2",
                "城市",
                "ville_naissance"
            ]
        );
    }

    #[test]
    fn columns_without_names_are_named_by_what_the_first_row_holds() {
        for (row, names) in [
            (vec!["a@b.org"], vec!["Email"]),
            (vec!["a@b.org", "Anna", "K"], vec!["Email", "First Name", "Last Name"]),
            (vec!["Anna", "K", "a@b.org"], vec!["First Name", "Last Name", "Email"]),
            (vec!["a@b.org", "A", "K", "x"], vec!["Email", "First Name", "Last Name", "Column 4"]),
            (vec!["nobody", "Anna"], vec!["Email", "First Name"]),
        ] {
            assert_eq!(name_columns(&row), names);
        }
    }

    #[test]
    fn the_columns_of_our_own_export_come_back_as_they_are() {
        assert_eq!(
            targets(&["email", "member_since", "perks_used", "first_name", "lang", "birth_date"]),
            ["@", "-", "-", "first_name", "lang", "birth_date"]
        );
        assert_eq!(
            targets(&["_line", "_code", "_reason", "Email", "Code"]),
            ["-", "-", "-", "@", "code"]
        );
    }

    #[test]
    fn columns_takes_only_those_named_and_always_the_address() {
        let only = ["City".to_owned()];
        let columns = map_columns(&["Email", "City", "Notes"], Some(&only)).unwrap();
        let targets: Vec<_> = columns.into_iter().map(|column| column.target).collect();
        assert_eq!(targets, [Target::Email, Target::Field("city".to_owned()), Target::Ignored]);
        let unknown = map_columns(&["Email", "City"], Some(&["Citty".to_owned()])).unwrap_err();
        assert_eq!(unknown.to_string(), "the file has no column \"Citty\"; it has: Email, City");
    }

    #[test]
    fn a_header_without_exactly_one_address_is_refused() {
        assert!(matches!(
            map_columns(&["Name", "City"], None),
            Err(HeaderFault::EmailMissing { .. })
        ));
        assert!(matches!(
            map_columns(&["Email", "Courriel"], None),
            Err(HeaderFault::EmailTwice { .. })
        ));
        assert!(map_columns(&["Email", "Courriel"], Some(&["Courriel".to_owned()])).is_ok());
        assert!(matches!(
            map_columns(&["Email", "First Name", "Prénom"], None),
            Err(HeaderFault::FieldTwice { .. })
        ));
    }
}
