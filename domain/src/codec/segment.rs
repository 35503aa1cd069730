//! How segments and who is in them are written.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Read, read, read_personal, write};
use crate::event::{
    ConditionChanged, Named, SegmentDefined, SegmentDeleted, SegmentMoved, TimePassed, Trigger,
};
use crate::segment::form;
use crate::value::ValueType;

type Parts = (Vec<u8>, Option<Vec<u8>>);

/// Conditions speak of properties by their ids, so what they say never changes.
#[derive(Serialize, Deserialize)]
struct SegmentV1 {
    segment_id: String,
    name: String,
    version: u64,
    conditions: Value,
}

pub(super) fn write_defined(fact: &SegmentDefined) -> Parts {
    let data = SegmentV1 {
        segment_id: fact.segment_id.as_str().to_owned(),
        name: fact.name.clone(),
        version: fact.version,
        conditions: form::to_json(&fact.conditions, &|id| id.to_owned()),
    };
    (write(&data), None)
}

pub(super) fn read_defined(data: &[u8]) -> Read<SegmentDefined> {
    let SegmentV1 { segment_id, name, version, conditions } = read(data)?;
    let conditions = form::from_json(&conditions, &|id| Some((id.to_owned(), ValueType::Text)))
        .map_err(|fault| format!("conditions of another form, {}", fault.place))?;
    Ok(SegmentDefined { segment_id: id(&segment_id)?, name, version, conditions })
}

fn id<T: std::str::FromStr>(text: &str) -> Read<T> {
    text.parse().map_err(|_| "an id of another form".to_owned())
}

#[derive(Serialize, Deserialize)]
struct SegmentDeletedV1 {
    segment_id: String,
    name: String,
}

pub(super) fn write_deleted(fact: &SegmentDeleted) -> Parts {
    let (segment_id, name) = (fact.segment_id.as_str().to_owned(), fact.name.clone());
    (write(&SegmentDeletedV1 { segment_id, name }), None)
}

pub(super) fn read_deleted(data: &[u8]) -> Read<SegmentDeleted> {
    let SegmentDeletedV1 { segment_id, name } = read(data)?;
    Ok(SegmentDeleted { segment_id: id(&segment_id)?, name })
}

/// A segment is an audience, as a list is: so it stands in the same columns of an export.
#[derive(Serialize, Deserialize)]
struct MovedV1 {
    audience_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audience_name: Option<String>,
    because: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    definition_version: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changed: Vec<ChangedV1>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Serialize, Deserialize)]
struct ChangedV1 {
    group: u32,
    condition: u32,
    operator: String,
}

/// Values in the order of `changed`.
#[derive(Default, Serialize, Deserialize)]
struct MovedPersonalV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<Option<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    after: Vec<Option<String>>,
}

pub(super) fn write_moved(fact: &SegmentMoved) -> Parts {
    let changed = |changed: &ConditionChanged| ChangedV1 {
        group: changed.group,
        condition: changed.condition,
        operator: changed.operator.clone(),
    };
    let data = MovedV1 {
        audience_id: fact.segment.id.as_str().to_owned(),
        audience_name: fact.segment.name.clone(),
        because: fact.because.name().to_owned(),
        definition_version: fact.version,
        changed: fact.changed.iter().map(changed).collect(),
    };
    let personal = MovedPersonalV1 {
        email: fact.email.clone(),
        before: fact.changed.iter().map(|changed| changed.before.clone()).collect(),
        after: fact.changed.iter().map(|changed| changed.after.clone()).collect(),
    };
    let some = personal.email.is_some() || !personal.before.is_empty();
    (write(&data), some.then(|| write(&personal)))
}

pub(super) fn read_moved(data: &[u8], personal: Option<&[u8]>) -> Read<SegmentMoved> {
    let data: MovedV1 = read(data)?;
    let MovedPersonalV1 { email, before, after } = read_personal(personal)?;
    let (mut before, mut after) = (before.into_iter(), after.into_iter());
    let changed = data.changed.into_iter().map(|changed| ConditionChanged {
        group: changed.group,
        condition: changed.condition,
        operator: changed.operator,
        before: before.next().flatten(),
        after: after.next().flatten(),
    });
    let known = Trigger::ALL.into_iter().find(|known| known.name() == data.because);
    Ok(SegmentMoved {
        segment: Named { id: id(&data.audience_id)?, name: data.audience_name },
        version: data.definition_version,
        because: known.ok_or_else(|| "a cause this version does not know".to_owned())?,
        changed: changed.collect(),
        email,
    })
}

#[derive(Serialize, Deserialize)]
struct TimePassedV1 {
    until: i64,
}

pub(super) fn write_time_passed(fact: &TimePassed) -> Parts {
    (write(&TimePassedV1 { until: fact.until }), None)
}

pub(super) fn read_time_passed(data: &[u8]) -> Read<TimePassed> {
    let TimePassedV1 { until } = read(data)?;
    Ok(TimePassed { until })
}
