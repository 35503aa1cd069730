//! Properties: what is known of users beside their address, each with a type that never changes.

use crate::event::PropertyCreated;
use crate::refusal::Refusal;
use crate::value::ValueType;

/// Longest id and reference id of a property, in characters.
pub const PROPERTY_ID_CHARS_MAX: usize = 64;
/// Longest name of a property or a list, in characters.
pub const NAME_CHARS_MAX: usize = 256;
/// Properties there may be.
pub const PROPERTIES_MAX: usize = 2_000;

/// A property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Names it in every fact.
    pub id: String,
    /// Names it in files and answers.
    pub reference_id: String,
    /// As people read it.
    pub name: String,
    /// What its values are.
    pub kind: ValueType,
}

impl From<PropertyCreated> for Property {
    fn from(PropertyCreated { property_id, reference_id, name, kind }: PropertyCreated) -> Self {
        Property { id: property_id, reference_id, name, kind }
    }
}

/// Whether text can be the id or reference id of a property: letters and digits of any script in lower case, `_` and
/// `-`, at most [`PROPERTY_ID_CHARS_MAX`] of them. That is what becomes of a header, so files come back as they went.
pub fn is_property_id(text: &str) -> bool {
    let fits = (1..=PROPERTY_ID_CHARS_MAX).contains(&text.chars().count());
    fits && text
        .chars()
        .all(|c| matches!(c, '_' | '-') || (c.is_alphanumeric() && !c.is_uppercase()))
}

/// Defines a property.
///
/// # Errors
/// [`Refusal::ReferenceIdReserved`], [`Refusal::ReferenceIdTaken`], [`Refusal::TooManyProperties`].
pub fn define(
    known: &[Property],
    reserved: impl Fn(&str) -> bool,
    property: Property,
) -> Result<PropertyCreated, Refusal> {
    let Property { id, reference_id, name, kind } = property;
    if let Some(taken) = [&id, &reference_id].into_iter().find(|name| reserved(name)) {
        return Err(Refusal::ReferenceIdReserved { reference_id: taken.clone() });
    }
    if known.iter().any(|known| known.id == id || known.reference_id == reference_id) {
        return Err(Refusal::ReferenceIdTaken { reference_id });
    }
    if known.len() >= PROPERTIES_MAX {
        return Err(Refusal::TooManyProperties);
    }
    Ok(PropertyCreated { property_id: id, reference_id, name, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city() -> Property {
        let text = |text: &str| text.to_owned();
        Property {
            id: text("city"),
            reference_id: text("city"),
            name: text("City"),
            kind: ValueType::Text,
        }
    }

    #[test]
    fn a_name_is_given_once() {
        assert!(define(&[], |_| false, city()).is_ok());
        let taken = Refusal::ReferenceIdTaken { reference_id: "city".to_owned() };
        assert_eq!(define(&[city()], |_| false, city()), Err(taken));
        let reserved = Refusal::ReferenceIdReserved { reference_id: "city".to_owned() };
        assert_eq!(define(&[], |name| name == "city", city()), Err(reserved));
        let full: Vec<Property> = (0..PROPERTIES_MAX)
            .map(|n| Property { id: n.to_string(), reference_id: n.to_string(), ..city() })
            .collect();
        assert_eq!(define(&full, |_| false, city()), Err(Refusal::TooManyProperties));
    }

    #[test]
    fn ids_are_what_headers_become() {
        for good in ["city", "birth_date_2", "城市", "prénom", "a-b"] {
            assert!(is_property_id(good), "{good}");
        }
        for bad in ["", "City", "a b", "a/b", &"x".repeat(65)] {
            assert!(!is_property_id(bad), "{bad}");
        }
    }
}
