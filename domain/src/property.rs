//! Properties: what is known of users beside their address, each with a type that never changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{PropertyChanged, PropertyCreated};
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

/// The properties there are, and the ids of those that are gone. Facts speak of properties by their ids, for ever; all
/// that goes out or comes in speaks of them by the reference ids they have now. Here one becomes the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    live: Vec<Property>,
    places: BTreeMap<String, usize>,
    gone: BTreeSet<String>,
}

impl Properties {
    /// These, and the ids of those that are gone.
    pub fn new(live: impl IntoIterator<Item = Property>, gone: BTreeSet<String>) -> Properties {
        let mut properties = Properties { gone, ..Properties::default() };
        live.into_iter().for_each(|property| properties.add(property));
        properties
    }

    /// One more.
    pub fn add(&mut self, property: Property) {
        self.places.insert(property.id.clone(), self.live.len());
        self.live.push(property);
    }

    /// All of them, in the order they were made.
    pub fn iter(&self) -> std::slice::Iter<'_, Property> {
        self.live.iter()
    }

    /// The one with this id.
    pub fn by_id(&self, id: &str) -> Option<&Property> {
        self.live.get(*self.places.get(id)?)
    }

    /// The one that is called this now.
    pub fn by_reference_id(&self, reference_id: &str) -> Option<&Property> {
        self.live.iter().find(|property| property.reference_id == reference_id)
    }

    /// Whether a property had this id and is no more.
    pub fn is_gone(&self, id: &str) -> bool {
        self.gone.contains(id)
    }

    /// What a field is called outward; none where it is of a property that is gone. Fields that are no properties are
    /// called by their ids.
    pub fn name_of<'a>(&'a self, id: &'a str) -> Option<&'a str> {
        match self.by_id(id) {
            Some(property) => Some(&property.reference_id),
            None if self.is_gone(id) => None,
            None => Some(id),
        }
    }

    /// Values by what their fields are called outward; those of properties that are gone are left out.
    pub fn named(&self, fields: BTreeMap<String, String>) -> BTreeMap<String, String> {
        let named = |(id, value): (String, String)| Some((self.name_of(&id)?.to_owned(), value));
        fields.into_iter().filter_map(named).collect()
    }

    /// An id for a new property: its reference id, or with `_2`, `_3` where a property has or had that id, or somebody
    /// else is about to take it.
    pub fn unused_id(&self, reference_id: &str, taken: impl Fn(&str) -> bool) -> String {
        let base: String = reference_id.chars().take(PROPERTY_ID_CHARS_MAX - 5).collect();
        let (mut id, mut number) = (reference_id.to_owned(), 2);
        while self.by_id(&id).is_some() || self.is_gone(&id) || taken(&id) {
            id = format!("{base}_{number}");
            number += 1;
        }
        id
    }
}

/// Calls a property otherwise. One that is called so already yields no fact.
///
/// # Errors
/// [`Refusal::ReferenceIdReserved`], [`Refusal::ReferenceIdTaken`].
pub fn rename(
    known: &Properties,
    reserved: impl Fn(&str) -> bool,
    before: &Property,
    reference_id: String,
    name: String,
) -> Result<Option<PropertyChanged>, Refusal> {
    if reserved(&reference_id) {
        return Err(Refusal::ReferenceIdReserved { reference_id });
    }
    if known.by_reference_id(&reference_id).is_some_and(|other| other.id != before.id) {
        return Err(Refusal::ReferenceIdTaken { reference_id });
    }
    let same = before.reference_id == reference_id && before.name == name;
    let property_id = before.id.clone();
    Ok((!same).then_some(PropertyChanged { property_id, reference_id, name }))
}

/// Defines a property.
///
/// # Errors
/// [`Refusal::ReferenceIdReserved`], [`Refusal::ReferenceIdTaken`], [`Refusal::TooManyProperties`].
pub fn define(
    known: &Properties,
    reserved: impl Fn(&str) -> bool,
    property: Property,
) -> Result<PropertyCreated, Refusal> {
    let Property { id, reference_id, name, kind } = property;
    if let Some(taken) = [&id, &reference_id].into_iter().find(|name| reserved(name)) {
        return Err(Refusal::ReferenceIdReserved { reference_id: taken.clone() });
    }
    let same_id = known.by_id(&id).is_some() || known.is_gone(&id);
    if same_id || known.by_reference_id(&reference_id).is_some() {
        return Err(Refusal::ReferenceIdTaken { reference_id });
    }
    if known.live.len() >= PROPERTIES_MAX {
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
        let none = Properties::default();
        let all = |live: Vec<Property>| Properties::new(live, BTreeSet::new());
        assert!(define(&none, |_| false, city()).is_ok());
        let taken = Refusal::ReferenceIdTaken { reference_id: "city".to_owned() };
        assert_eq!(define(&all(vec![city()]), |_| false, city()), Err(taken));
        let reserved = Refusal::ReferenceIdReserved { reference_id: "city".to_owned() };
        assert_eq!(define(&none, |name| name == "city", city()), Err(reserved));
        let full: Vec<Property> = (0..PROPERTIES_MAX)
            .map(|n| Property { id: n.to_string(), reference_id: n.to_string(), ..city() })
            .collect();
        assert_eq!(define(&all(full), |_| false, city()), Err(Refusal::TooManyProperties));
    }

    #[test]
    fn an_id_is_given_once_for_ever_and_a_name_to_one_at_a_time() {
        let town = Property { reference_id: "town".to_owned(), ..city() };
        let known = Properties::new([town.clone()], BTreeSet::from(["age".to_owned()]));
        assert_eq!(known.unused_id("city", |_| false), "city_2");
        assert_eq!(known.unused_id("age", |id| id == "age_2"), "age_3");
        assert_eq!(known.unused_id("points", |_| false), "points");
        let long = "x".repeat(PROPERTY_ID_CHARS_MAX);
        assert!(is_property_id(&known.unused_id(&long, |id| id == long)));
        let again = Property { id: "city_2".to_owned(), ..city() };
        assert!(define(&known, |_| false, again).is_ok());
        assert!(define(&known, |_| false, city()).is_err());
        let values = [("city", "Lyon"), ("age", "7"), ("lang", "fr")];
        let values = values.map(|(id, value)| (id.to_owned(), value.to_owned()));
        let named = known.named(BTreeMap::from(values));
        let named: Vec<(&str, &str)> =
            named.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(named, [("lang", "fr"), ("town", "Lyon")]);
    }

    #[test]
    fn a_property_is_renamed_to_what_nothing_else_is_called() {
        let age = Property { id: "age".to_owned(), reference_id: "age".to_owned(), ..city() };
        let known = Properties::new([city(), age], BTreeSet::new());
        let to = |reference_id: &str, name: &str| {
            let reserved = |name: &str| name == "email";
            rename(&known, reserved, &city(), reference_id.to_owned(), name.to_owned())
        };
        assert_eq!(to("city", "City"), Ok(None));
        assert_eq!(to("town", "City").unwrap().unwrap().reference_id, "town");
        assert_eq!(to("city", "Ville").unwrap().unwrap().property_id, "city");
        assert_eq!(to("age", "City").unwrap_err().code(), "reference_id_taken");
        assert_eq!(to("email", "City").unwrap_err().code(), "reference_id_reserved");
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
