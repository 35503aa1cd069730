//! The table of users: which columns it shows after those that every table has.

use crate::csv_header::BUILT_IN_FIELDS;
use crate::property::Properties;

/// The column of a user's id, which can be shown as fields can.
pub const USER_ID_COLUMN: &str = "user_id";

/// Columns that cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableFault {
    /// There is none of this name.
    #[error("there is no column {name:?} to choose")]
    Unknown {
        /// As asked.
        name: String,
    },
    /// One is named more than once.
    #[error("the column {name:?} is named twice")]
    Twice {
        /// As asked.
        name: String,
    },
}

/// What can be shown, as it is called now.
pub fn choices(known: &Properties) -> Vec<&str> {
    let own = BUILT_IN_FIELDS.into_iter().chain([USER_ID_COLUMN]);
    own.chain(known.iter().map(|property| property.reference_id.as_str())).collect()
}

/// Whether a field that is no property can be shown.
pub fn is_own(id: &str) -> bool {
    BUILT_IN_FIELDS.contains(&id) || id == USER_ID_COLUMN
}

/// The ids of columns, by what they are called now: so a table stays what it is when a property is called otherwise.
///
/// # Errors
/// [`TableFault`].
pub fn choose(known: &Properties, names: &[String]) -> Result<Vec<String>, TableFault> {
    let mut ids: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let property = known.by_reference_id(name).map(|property| property.id.clone());
        let id = property.or(is_own(name).then(|| name.clone()));
        let id = id.ok_or_else(|| TableFault::Unknown { name: name.clone() })?;
        if ids.contains(&id) {
            return Err(TableFault::Twice { name: name.clone() });
        }
        ids.push(id);
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::property::Property;
    use crate::value::ValueType;

    #[test]
    fn columns_are_chosen_by_what_they_are_called_now_and_kept_by_id() {
        let town = Property {
            id: "city".to_owned(),
            reference_id: "town".to_owned(),
            name: "Town".to_owned(),
            kind: ValueType::Text,
        };
        let known = Properties::new([town], BTreeSet::from(["age".to_owned()]));
        let choose = |names: &[&str]| {
            choose(&known, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(choose(&["town", "lang", "user_id"]).unwrap(), ["city", "lang", "user_id"]);
        assert_eq!(choose(&[]).unwrap(), [""; 0]);
        for name in ["city", "age", "email", "member_since"] {
            assert_eq!(choose(&[name]), Err(TableFault::Unknown { name: name.to_owned() }));
        }
        let twice = TableFault::Twice { name: "town".to_owned() };
        assert_eq!(choose(&["town", "lang", "town"]), Err(twice));
        assert_eq!(choices(&known).last(), Some(&"town"));
    }
}
