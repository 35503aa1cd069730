//! How badges are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Read, read, write};
use crate::event::{BadgeDefined, BadgeState, BadgeText, BadgeVisibility};
use crate::segment::Membership;

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct BadgeV1 {
    badge_id: String,
    name: String,
    version: u64,
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segment_id: Option<String>,
    visibility: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    texts: BTreeMap<String, BadgeTextV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    visual: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct BadgeTextV1 {
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locked_description: Option<String>,
}

pub(super) fn write_defined(fact: &BadgeDefined) -> Parts {
    let (list_id, segment_id) = match &fact.audience {
        None | Some(Membership::Badge(_) | Membership::App(_)) => (None, None),
        Some(Membership::List(id)) => (Some(id.as_str().to_owned()), None),
        Some(Membership::Segment(id)) => (None, Some(id.as_str().to_owned())),
    };
    let text = |(lang, text): (&String, &BadgeText)| {
        let BadgeText { title, description, locked_description } = text.clone();
        (lang.clone(), BadgeTextV1 { title, description, locked_description })
    };
    let data = BadgeV1 {
        badge_id: fact.badge_id.as_str().to_owned(),
        name: fact.name.clone(),
        version: fact.version,
        state: fact.state.name().to_owned(),
        list_id,
        segment_id,
        visibility: fact.visibility.name().to_owned(),
        texts: fact.texts.iter().map(text).collect(),
        visual: fact.visual.clone(),
    };
    (write(&data), None)
}

pub(super) fn read_defined(data: &[u8]) -> Read<BadgeDefined> {
    let data: BadgeV1 = read(data)?;
    let id = |text: String| text.parse().map_err(|_| "an id of another form".to_owned());
    let unknown = |what: &str| format!("{what} this version does not know");
    let list = data.list_id.map(id).transpose()?.map(Membership::List);
    let segment = data.segment_id.map(id).transpose()?.map(Membership::Segment);
    let state = BadgeState::ALL.into_iter().find(|state| state.name() == data.state);
    let visibility = BadgeVisibility::ALL.into_iter().find(|known| known.name() == data.visibility);
    let text = |(lang, text): (String, BadgeTextV1)| {
        let BadgeTextV1 { title, description, locked_description } = text;
        (lang, BadgeText { title, description, locked_description })
    };
    Ok(BadgeDefined {
        badge_id: id(data.badge_id)?,
        name: data.name,
        version: data.version,
        state: state.ok_or_else(|| unknown("a state"))?,
        audience: list.or(segment),
        visibility: visibility.ok_or_else(|| unknown("a visibility"))?,
        texts: data.texts.into_iter().map(text).collect(),
        visual: data.visual,
    })
}
