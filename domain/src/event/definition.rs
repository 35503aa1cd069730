//! Facts of definitions: what users can have and be in.

use std::collections::BTreeMap;

use super::FilterPart;
use crate::id::DefinitionId;
use crate::segment::{Conditions, Membership};
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

/// A property, as it is called from now on. See [`super::Event::PropertyChanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyChanged {
    /// Which.
    pub property_id: String,
    /// Names it in files and answers.
    pub reference_id: String,
    /// As people read it.
    pub name: String,
}

/// See [`super::Event::PropertyDeleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyDeleted {
    /// Which. No other property ever has this id.
    pub property_id: String,
    /// As it was called in files and answers.
    pub reference_id: String,
}

/// See [`super::Event::ListCreated`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCreated {
    /// Names it in every fact, for ever.
    pub list_id: DefinitionId,
    /// As people read it.
    pub name: String,
}

/// A list and its name: the new one, or the last. See [`super::Event::ListChanged`] and [`super::Event::ListDeleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListNamed {
    /// Which.
    pub list_id: DefinitionId,
    /// As people read it.
    pub name: String,
}

/// See [`super::Event::TableChanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableChanged {
    /// The token whose table it is; none: the team's.
    pub token_id: Option<String>,
    /// Fields by their ids, in order, after the columns that every table has; none: as nobody had chosen.
    pub columns: Option<Vec<String>>,
}

/// A saved view of the table of users, whole, as it is from now on. See [`super::Event::ViewSaved`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewSaved {
    /// Names it in every fact, for ever.
    pub view_id: DefinitionId,
    /// As people read it.
    pub name: String,
    /// Fields by their ids, in order, after the columns that every table has; none: those that each is shown anyway.
    pub columns: Option<Vec<String>>,
    /// What the table is sorted by, as the table was asked for it; none: as it is anyway.
    pub sort: Option<String>,
    /// Filters of the table, all of which hold.
    pub filter: Vec<FilterPart>,
}

/// See [`super::Event::ViewRemoved`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewRemoved {
    /// Which.
    pub view_id: DefinitionId,
    /// As people read it last.
    pub name: String,
}

/// A segment, whole, as it is from now on. See [`super::Event::SegmentCreated`] and [`super::Event::SegmentChanged`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentDefined {
    /// Names it in every fact, for ever.
    pub segment_id: DefinitionId,
    /// As people read it.
    pub name: String,
    /// Which of its definitions this is, from 1.
    pub version: u64,
    /// Who is in.
    pub conditions: Conditions,
}

/// See [`super::Event::SegmentDeleted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentDeleted {
    /// Which.
    pub segment_id: DefinitionId,
    /// As it was called.
    pub name: String,
}

/// How far a badge is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BadgeState {
    /// Nobody gains or loses it yet.
    #[default]
    Draft,
    /// Who should hold it does.
    Published,
    /// Nobody holds it any more.
    Archived,
}

impl BadgeState {
    /// All of them.
    pub const ALL: [BadgeState; 3] =
        [BadgeState::Draft, BadgeState::Published, BadgeState::Archived];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            BadgeState::Draft => "draft",
            BadgeState::Published => "published",
            BadgeState::Archived => "archived",
        }
    }
}

/// Who gets to know that a badge exists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BadgeVisibility {
    /// Everyone; who does not hold it sees it locked.
    #[default]
    Everyone,
    /// Those who hold it.
    Owners,
}

impl BadgeVisibility {
    /// All of them.
    pub const ALL: [BadgeVisibility; 2] = [BadgeVisibility::Everyone, BadgeVisibility::Owners];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            BadgeVisibility::Everyone => "everyone",
            BadgeVisibility::Owners => "owners",
        }
    }
}

/// What users read of a badge, in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BadgeText {
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// What those read who do not hold it; none: the description.
    pub locked_description: Option<String>,
}

/// A badge, whole, as it is from now on. See [`super::Event::BadgeCreated`] and those after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadgeDefined {
    /// Names it in every fact, for ever.
    pub badge_id: DefinitionId,
    /// As the team reads it.
    pub name: String,
    /// Which of its definitions this is, from 1.
    pub version: u64,
    /// How far it is.
    pub state: BadgeState,
    /// The list or segment whose members hold it; none: it is awarded and withdrawn by hand.
    pub audience: Option<Membership>,
    /// Who gets to know of it.
    pub visibility: BadgeVisibility,
    /// What users read, by language.
    pub texts: BTreeMap<String, BadgeText>,
    /// Where its picture is.
    pub visual: Option<String>,
}

/// See [`super::Event::TimePassed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimePassed {
    /// Until when, in microseconds since 1970.
    pub until: i64,
}
