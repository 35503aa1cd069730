//! A JSON value that is read into what a route takes, and says in plain words where that fails.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::pointer;

/// Why a value is not what is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where, as a JSON pointer such as `/steps/0/title`; empty: the whole.
    pub(super) place: String,
    /// What is wanted there, or what is there that is not.
    pub(super) what: String,
}

impl Fault {
    fn new(what: impl Into<String>) -> Fault {
        Fault { place: String::new(), what: what.into() }
    }

    /// The fault of something as the fault of what it is part of.
    fn within(self, part: &str) -> Fault {
        Fault { place: format!("{}{}", pointer(&[part]), self.place), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.what)
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn custom<T: fmt::Display>(what: T) -> Fault {
        Fault::new(what.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Fault {
        Fault::new(format!("{} is wanted, and this is {}", in_words(wanted), named(&found)))
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Fault {
        let found = if let Unexpected::Signed(number) = found {
            number.to_string()
        } else if let Unexpected::Unsigned(number) = found {
            number.to_string()
        } else {
            named(&found).to_owned()
        };
        Fault::new(format!("{} is wanted, and this is {found}", in_words(wanted)))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Fault {
        Fault::new(format!("there is no member {name:?} here; {}", taken(known)))
    }

    fn missing_field(name: &'static str) -> Fault {
        Fault::new(format!("the member {name:?} is missing"))
    }
}

fn taken(known: &[&str]) -> String {
    match known {
        [] => "it takes none".to_owned(),
        known => format!("it takes {}", known.join(", ")),
    }
}

/// What is wanted. Serde says it in the words of the language it is written in.
fn in_words(wanted: &dyn Expected) -> String {
    let wanted = wanted.to_string();
    match wanted.as_str() {
        "a string" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        _ if wanted.starts_with("struct ") => "an object".to_owned(),
        _ => wanted,
    }
}

fn named(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(true) => "true",
        Unexpected::Bool(false) => "false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a text",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "an object",
        Unexpected::Bytes(_)
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => "something else",
    }
}

/// A value, to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a>(&'a Value);

impl<'a> Told<'a> {
    pub(super) fn whole(value: &'a Value) -> Told<'a> {
        Told(value)
    }
}

impl<'de> Deserializer<'de> for Told<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { items: items.iter(), at: 0 }),
            Value::Object(members) => visitor.visit_map(Members::of(members)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// An object and nothing else: a list of its values in order would be taken for it.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Value::Object(said) = self.0 else {
            let found = named(&self.unexpected());
            let what = format!("an object is wanted, and this is {found}; {}", taken(members));
            return Err(Fault::new(what));
        };
        visitor.visit_map(Members::of(said)).map_err(|fault| {
            let missing = fault.place.is_empty() && fault.what.ends_with("is missing");
            if missing { Fault::new(format!("{}; {}", fault.what, taken(members))) } else { fault }
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

impl<'a> Told<'a> {
    fn unexpected(self) -> Unexpected<'a> {
        match self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(truth) => Unexpected::Bool(*truth),
            Value::Number(_) => Unexpected::Float(0.0),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        }
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Value>,
    at: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let read = seed.deserialize(Told(item));
        let read = read.map_err(|fault| fault.within(&self.at.to_string()))?;
        self.at += 1;
        Ok(Some(read))
    }
}

struct Members<'a> {
    members: serde_json::map::Iter<'a>,
    at: Option<(&'a str, &'a Value)>,
}

impl<'a> Members<'a> {
    fn of(members: &'a Map<String, Value>) -> Members<'a> {
        Members { members: members.iter(), at: None }
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.at = Some((name, value));
        let name: StrDeserializer<'_, Fault> = name.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, value) =
            self.at.take().ok_or_else(|| Fault::new("a member without its name"))?;
        seed.deserialize(Told(value)).map_err(|fault| fault.within(name))
    }
}

#[cfg(test)]
mod tests;
