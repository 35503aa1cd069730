//! How definitions are written.

use serde::{Deserialize, Serialize};

use super::{Read, read, write};
use crate::event::{
    ListCreated, ListNamed, PropertyChanged, PropertyCreated, PropertyDeleted, TableChanged,
};
use crate::value::ValueType;

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct PropertyCreatedV1 {
    property_id: String,
    reference_id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

pub(super) fn write_property_created(fact: &PropertyCreated) -> Parts {
    let PropertyCreated { property_id, reference_id, name, kind } = fact.clone();
    let kind = kind.name().to_owned();
    (write(&PropertyCreatedV1 { property_id, reference_id, name, kind }), None)
}

pub(super) fn read_property_created(data: &[u8]) -> Read<PropertyCreated> {
    let PropertyCreatedV1 { property_id, reference_id, name, kind } = read(data)?;
    let kind = ValueType::from_name(&kind)
        .ok_or_else(|| "a type of values this version does not know".to_owned())?;
    Ok(PropertyCreated { property_id, reference_id, name, kind })
}

#[derive(Serialize, Deserialize)]
struct PropertyChangedV1 {
    property_id: String,
    reference_id: String,
    name: String,
}

pub(super) fn write_property_changed(fact: &PropertyChanged) -> Parts {
    let PropertyChanged { property_id, reference_id, name } = fact.clone();
    (write(&PropertyChangedV1 { property_id, reference_id, name }), None)
}

pub(super) fn read_property_changed(data: &[u8]) -> Read<PropertyChanged> {
    let PropertyChangedV1 { property_id, reference_id, name } = read(data)?;
    Ok(PropertyChanged { property_id, reference_id, name })
}

#[derive(Serialize, Deserialize)]
struct PropertyDeletedV1 {
    property_id: String,
    reference_id: String,
}

pub(super) fn write_property_deleted(fact: &PropertyDeleted) -> Parts {
    let PropertyDeleted { property_id, reference_id } = fact.clone();
    (write(&PropertyDeletedV1 { property_id, reference_id }), None)
}

pub(super) fn read_property_deleted(data: &[u8]) -> Read<PropertyDeleted> {
    let PropertyDeletedV1 { property_id, reference_id } = read(data)?;
    Ok(PropertyDeleted { property_id, reference_id })
}

#[derive(Serialize, Deserialize)]
struct ListCreatedV1 {
    list_id: String,
    name: String,
}

pub(super) fn write_list_created(fact: &ListCreated) -> Parts {
    let (list_id, name) = (fact.list_id.as_str().to_owned(), fact.name.clone());
    (write(&ListCreatedV1 { list_id, name }), None)
}

pub(super) fn read_list_created(data: &[u8]) -> Read<ListCreated> {
    let ListCreatedV1 { list_id, name } = read(data)?;
    let list_id = list_id.parse().map_err(|_| "an id of another form".to_owned())?;
    Ok(ListCreated { list_id, name })
}

#[derive(Serialize, Deserialize)]
struct ListNamedV1 {
    list_id: String,
    name: String,
}

pub(super) fn write_list_named(fact: &ListNamed) -> Parts {
    let (list_id, name) = (fact.list_id.as_str().to_owned(), fact.name.clone());
    (write(&ListNamedV1 { list_id, name }), None)
}

pub(super) fn read_list_named(data: &[u8]) -> Read<ListNamed> {
    let ListNamedV1 { list_id, name } = read(data)?;
    let list_id = list_id.parse().map_err(|_| "an id of another form".to_owned())?;
    Ok(ListNamed { list_id, name })
}

#[derive(Serialize, Deserialize)]
struct TableChangedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
}

pub(super) fn write_table_changed(fact: &TableChanged) -> Parts {
    let TableChanged { token_id, columns } = fact.clone();
    (write(&TableChangedV1 { token_id, columns }), None)
}

pub(super) fn read_table_changed(data: &[u8]) -> Read<TableChanged> {
    let TableChangedV1 { token_id, columns } = read(data)?;
    Ok(TableChanged { token_id, columns })
}
