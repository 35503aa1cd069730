//! How filters of the table of users are written: values that may name a person stand apart.

use serde::{Deserialize, Serialize};

use crate::event::FilterPart;

#[derive(Serialize, Deserialize)]
pub(super) struct FilterPartV1 {
    name: String,
    /// None where it may name a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// The filters, and the values that are not public, in their order.
pub(super) fn write_filter(parts: Vec<FilterPart>) -> (Vec<FilterPartV1>, Vec<String>) {
    let mut apart = Vec::new();
    let part = |part: FilterPart| {
        let personal = part.is_personal();
        let FilterPart { name, value } = part;
        if personal {
            apart.extend(value);
            return FilterPartV1 { name, value: None };
        }
        FilterPartV1 { name, value }
    };
    let parts = parts.into_iter().map(part).collect();
    (parts, apart)
}

/// The same, read again; without a value where that was erased.
pub(super) fn read_filter(parts: Vec<FilterPartV1>, apart: Vec<String>) -> Vec<FilterPart> {
    let mut apart = apart.into_iter();
    let part = |FilterPartV1 { name, value }| {
        let mut part = FilterPart { name, value };
        if part.is_personal() {
            part.value = apart.next();
        }
        part
    };
    parts.into_iter().map(part).collect()
}
