//! Facts of definitions: what users can have and be in.

use crate::id::DefinitionId;
use crate::value::ValueType;

/// See [`super::Event::PropertyCreated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyCreated {
    /// Names it in every fact, for ever. Like the reference id it begins with, it may hold letters of any script.
    pub property_id: String,
    /// Names it in files and answers.
    pub reference_id: String,
    /// As people read it.
    pub name: String,
    /// What its values are.
    pub kind: ValueType,
}

/// See [`super::Event::ListCreated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCreated {
    /// Names it in every fact, for ever.
    pub list_id: DefinitionId,
    /// As people read it.
    pub name: String,
}
