//! How saved views of the table of users are written.

use serde::{Deserialize, Serialize};

use super::filter::{FilterPartV1, read_filter, write_filter};
use super::{Read, read, read_personal, write};
use crate::event::{ViewRemoved, ViewSaved};
use crate::id::DefinitionId;

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct ViewSavedV1 {
    view_id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sort: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    filter: Vec<FilterPartV1>,
}

#[derive(Default, Serialize, Deserialize)]
struct ViewSavedPersonalV1 {
    /// Of those filters whose value is not public, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    filter_values: Vec<String>,
}

fn id(text: &str) -> Read<DefinitionId> {
    text.parse().map_err(|_| "an id of another form".to_owned())
}

pub(super) fn write_saved(fact: &ViewSaved) -> Parts {
    let ViewSaved { view_id, name, columns, sort, filter } = fact.clone();
    let (filter, filter_values) = write_filter(filter);
    let personal =
        (!filter_values.is_empty()).then(|| write(&ViewSavedPersonalV1 { filter_values }));
    let view_id = view_id.as_str().to_owned();
    (write(&ViewSavedV1 { view_id, name, columns, sort, filter }), personal)
}

pub(super) fn read_saved(data: &[u8], personal: Option<&[u8]>) -> Read<ViewSaved> {
    let ViewSavedV1 { view_id, name, columns, sort, filter } = read(data)?;
    let ViewSavedPersonalV1 { filter_values } = read_personal(personal)?;
    let filter = read_filter(filter, filter_values);
    Ok(ViewSaved { view_id: id(&view_id)?, name, columns, sort, filter })
}

#[derive(Serialize, Deserialize)]
struct ViewRemovedV1 {
    view_id: String,
    name: String,
}

pub(super) fn write_removed(fact: &ViewRemoved) -> Parts {
    let (view_id, name) = (fact.view_id.as_str().to_owned(), fact.name.clone());
    (write(&ViewRemovedV1 { view_id, name }), None)
}

pub(super) fn read_removed(data: &[u8]) -> Read<ViewRemoved> {
    let ViewRemovedV1 { view_id, name } = read(data)?;
    Ok(ViewRemoved { view_id: id(&view_id)?, name })
}
