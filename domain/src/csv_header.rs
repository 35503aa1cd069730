//! Which column is what: names are matched exactly or by a short list of aliases, never guessed.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::email::Email;
use crate::event::{Column, EXTERNAL_ID, MatchBy, Target};
use crate::fold::without_accents;
use crate::property::{PROPERTY_ID_CHARS_MAX, Properties};
use crate::value::{CellRule, ValueType};

mod fault;

pub use self::fault::HeaderFault;

/// Most columns a file may have.
pub const COLUMNS_MAX: usize = 500;
/// Longest header, in characters.
pub const HEADER_CHARS_MAX: usize = 256;

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
pub const BUILT_IN_FIELDS: [&str; 4] = ["first_name", "last_name", "lang", EXTERNAL_ID];
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

/// Says where each column goes: into the field or the `known` property whose name it has, else into a new property of
/// text. With `only`, every column not named there is left out (the key is always taken).
///
/// # Errors
/// See [`HeaderFault`].
pub fn map_columns(
    headers: &[&str],
    only: Option<&[String]>,
    match_by: MatchBy,
    known: &Properties,
) -> Result<Vec<Column>, HeaderFault> {
    if headers.len() > COLUMNS_MAX {
        return Err(HeaderFault::TooMany { count: headers.len() });
    }
    let headers: Vec<String> = headers.iter().map(|header| name(header)).collect();
    if let Some(index) = headers.iter().position(|header| header.chars().count() > HEADER_CHARS_MAX)
    {
        return Err(HeaderFault::TooLong { column: index + 1 });
    }
    if let Some(name) = only.into_iter().flatten().find(|name| !headers.contains(name)) {
        return Err(HeaderFault::ColumnUnknown { name: name.clone(), headers: told(&headers) });
    }
    let is_key =
        |header: &str| match_by != MatchBy::Email && plain(header) == plain(match_by.name());
    let taken = |header: &String| only.is_none_or(|only| only.contains(header)) || is_key(header);
    let none_asked = only.is_some() && match_by != MatchBy::Email;
    let email = match email_column(&headers, &taken) {
        Ok(index) if none_asked && !taken(&headers[index]) => None,
        Err(HeaderFault::EmailMissing { .. }) if headers.iter().any(|header| is_key(header)) => {
            None
        }
        Err(HeaderFault::EmailMissing { headers }) if match_by != MatchBy::Email => {
            return Err(HeaderFault::KeyMissing { key: match_by.name(), headers });
        }
        email => Some(email?),
    };
    let keys: Vec<String> = headers.iter().filter(|header| is_key(header)).cloned().collect();
    if match_by == MatchBy::UserId && keys.len() > 1 {
        return Err(HeaderFault::FieldTwice { field: "user_id".to_owned(), headers: keys });
    }
    let mut used = Used::default();
    for field in BUILT_IN_FIELDS {
        let named: Vec<String> = headers
            .iter()
            .filter(|header| taken(header) && built_in(header) == Some(field))
            .cloned()
            .collect();
        if named.len() > 1 {
            return Err(HeaderFault::FieldTwice { field: field.to_owned(), headers: named });
        }
    }
    let mut column = |(index, header): (usize, &String)| {
        if Some(index) == email {
            Column::text(header, Target::Email)
        } else if match_by == MatchBy::UserId && is_key(header) {
            Column::text(header, Target::UserId)
        } else if !taken(header) || left_out().any(|name| name == header) {
            Column::text(header, Target::Ignored)
        } else if let Some(field) = built_in(header) {
            Column::text(header, Target::Field(field.to_owned()))
        } else {
            property(header, index, known, &mut used)
        }
    };
    let columns: Vec<Column> = headers.iter().enumerate().map(&mut column).collect();
    if !columns.iter().any(|column| column.target == match_by.target()) {
        return Err(HeaderFault::KeyMissing { key: match_by.name(), headers: told(&headers) });
    }
    Ok(columns)
}

/// A header as it is kept: without white space around it and without what no text has.
fn name(header: &str) -> String {
    header.trim().chars().filter(|c| !c.is_control()).nfc().collect()
}

/// The headers as a refusal tells them. A first line that holds an address is a row and is not repeated: it names a person.
fn told(headers: &[String]) -> Vec<String> {
    if headers.iter().any(|header| header.contains('@')) { Vec::new() } else { headers.to_vec() }
}

/// Where each column goes that can be told without doubt; the others are left out until somebody says it.
///
/// # Errors
/// [`HeaderFault::TooMany`], [`HeaderFault::TooLong`]; [`HeaderFault::EmailMissing`] where the names are a row: it names a
/// person and is not kept as a header.
pub fn suggest_columns(headers: &[&str], known: &Properties) -> Result<Vec<Column>, HeaderFault> {
    if headers.iter().any(|header| header.contains('@')) {
        return Err(HeaderFault::EmailMissing { headers: Vec::new() }); // a row, not names
    }
    match map_columns(headers, None, MatchBy::Email, known) {
        Err(
            HeaderFault::FieldTwice { .. }
            | HeaderFault::EmailTwice { .. }
            | HeaderFault::EmailMissing { .. },
        ) => Ok(without_doubtful(headers, known)),
        mapped => mapped,
    }
}

/// What several columns could be is left out.
fn without_doubtful(headers: &[&str], known: &Properties) -> Vec<Column> {
    let is_email = |header: &str| EMAIL_ALIASES.contains(&plain(header).as_str());
    let another = |header: &str| {
        let same = |other: &&&str| match built_in(header) {
            None => is_email(header) && is_email(other),
            field => built_in(other) == field,
        };
        headers.iter().filter(same).count() > 1
    };
    // Mapped as if one more column held the address, where none or several do.
    let email = headers.iter().filter(|header| is_email(header)).count();
    let before: &[&str] = if email == 1 { &[] } else { &["email"] };
    let left: Vec<&str> =
        headers.iter().map(|header| if another(header) { "_line" } else { *header }).collect();
    let mapped =
        map_columns(&[before, &left].concat(), None, MatchBy::Email, known).unwrap_or_default();
    let columns = mapped.into_iter().skip(before.len()).zip(headers);
    columns.map(|(column, header)| Column { header: name(header), ..column }).collect()
}

/// Whether a name is one of ours, which no property can have.
pub fn is_reserved(reference_id: &str) -> bool {
    reference_id == EMAIL_COLUMN
        || left_out().any(|name| name == reference_id)
        || BUILT_IN_FIELDS.contains(&reference_id)
}

/// Whether a column is one that a file of rejected rows has beside those of the file it came from.
pub fn is_of_rejects(column: &Column) -> bool {
    REJECT_COLUMNS.contains(&column.header.as_str())
}

/// The columns of a file, mapped as those of a file with the same columns were; what a file of rejected rows has beside
/// them is left out. None where they are not the same.
pub fn mapped_as(columns: &[Column], before: &[Column]) -> Option<Vec<Column>> {
    let mut mapped = before.iter().filter(|column| !is_of_rejects(column)).cloned();
    let same = columns.iter().map(|column| {
        if is_of_rejects(column) {
            return Some(Column::text(column.header.clone(), Target::Ignored));
        }
        mapped.next().filter(|mapped| mapped.header == column.header)
    });
    let same = same.collect::<Option<Vec<Column>>>()?;
    mapped.next().is_none().then_some(same)
}

/// Says of two files whether they have the same columns: those of one are mapped as those of the other were. A file of
/// rejected rows has those of the file it came from.
pub fn fingerprint(columns: &[Column]) -> String {
    let mut hasher = Sha256::new();
    for column in columns.iter().filter(|column| !is_of_rejects(column)) {
        hasher.update(column.header.as_bytes());
        hasher.update([0]);
    }
    hex::encode(&hasher.finalize()[..16])
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
        [] => Err(HeaderFault::EmailMissing { headers: told(headers) }),
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
    let folded = without_accents(header);
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What the columns before have taken.
#[derive(Default)]
struct Used {
    /// Ids of properties.
    ids: BTreeSet<String>,
    /// What properties that are made will be called.
    names: BTreeSet<String>,
}

/// The column of a property that a header names: of one there is, by its reference id or its name, else of a new one of
/// text. It is called by the header in snake_case; `_2`, `_3` where that is taken or reserved.
fn property(header: &str, index: usize, known: &Properties, used: &mut Used) -> Column {
    let base: String = words(header).join("_").chars().take(PROPERTY_ID_CHARS_MAX - 4).collect();
    let base = if base.is_empty() { format!("column_{}", index + 1) } else { base };
    let of = |id: &str, kind| {
        let target = Target::Field(id.to_owned());
        Column { rule: CellRule::of(kind), ..Column::text(header, target) }
    };
    let named = known.iter().find(|property| property.name == *header);
    if let Some(property) = named
        && known.by_reference_id(&base).is_none()
        && used.ids.insert(property.id.clone())
    {
        return of(&property.id, property.kind);
    }
    let mut candidate = base.clone();
    let mut number = 2;
    loop {
        match known.by_reference_id(&candidate) {
            Some(property) if used.ids.insert(property.id.clone()) => {
                return of(&property.id, property.kind);
            }
            None if !is_reserved(&candidate) && used.names.insert(candidate.clone()) => {
                let id = known.unused_id(&candidate, |id| used.ids.contains(id));
                used.ids.insert(id.clone());
                let reference_id = (id != candidate).then_some(candidate);
                return Column { reference_id, ..of(&id, ValueType::Text) };
            }
            Some(_) | None => candidate = format!("{base}_{number}"),
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests;
