//! Orders of the table: each column by what its values are.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use domain::csv_header::{BUILT_IN_FIELDS, COMPUTED_COLUMNS, EMAIL_COLUMN};
use domain::fold::fold;
use domain::property::Properties;
use domain::time_range::start_of_day;
use domain::value::ValueType;
use projections::glance::{Count, Glance, Needs};
use projections::table::FoundAt;
use projections::users::UserLine;

use super::filter::Member;
use super::key::{Key, SortValue};
use crate::access::Credential;
use crate::problem::{Problem, ProblemKind};

/// The order where none is asked for.
pub const DEFAULT_SORT: &str = "member_since";
/// Bytes of a folded text that are compared; texts that differ later only are ordered by id.
const TEXT_BYTES: usize = 256;

/// The column that an order is by, and whether the greatest comes first.
pub fn split(said: &str) -> (&str, bool) {
    said.strip_prefix('-').map_or((said, false), |column| (column, true))
}

/// What users are ordered by.
#[derive(Debug)]
enum By {
    MemberSince,
    LastActive,
    ChallengesCompleted,
    DigitalAssets,
    PerksUsed,
    Id,
    /// The address or a field that users are found by.
    Found {
        name: String,
        place: FoundAt,
    },
    Field {
        id: String,
        member: Member,
        kind: ValueType,
    },
}

impl By {
    /// A built-in field or the address: a text.
    fn text(name: &str) -> By {
        match FoundAt::of(name) {
            Some(place) => By::Found { name: name.to_owned(), place },
            None => By::field(name, ValueType::Text),
        }
    }

    fn field(id: &str, kind: ValueType) -> By {
        By::Field { id: id.to_owned(), member: Member::new(id), kind }
    }

    fn count(&self) -> Option<Count> {
        match self {
            By::LastActive => Some(Count::LastActiveAt),
            By::ChallengesCompleted => Some(Count::ChallengesCompleted),
            By::DigitalAssets => Some(Count::DigitalAssets),
            By::PerksUsed => Some(Count::PerksUsed),
            By::MemberSince | By::Id | By::Found { .. } | By::Field { .. } => None,
        }
    }
}

/// An order of users.
#[derive(Debug)]
pub struct Sort {
    by: By,
    /// The greatest first.
    pub descending: bool,
    said: String,
    zone: Tz,
}

impl Sort {
    /// Reads `sort`: a column, with `-` before it for the greatest first; without it by member since.
    ///
    /// # Errors
    /// `personal_data_required`, `column_unknown`.
    pub fn read(
        said: Option<&str>,
        known: &Properties,
        zone: Tz,
        credential: &Credential,
    ) -> Result<Sort, Problem> {
        let said = said.unwrap_or(DEFAULT_SORT);
        let (column, descending) = split(said);
        if !COMPUTED_COLUMNS.contains(&column) {
            credential.needs_personal("the order would tell values")?;
        }
        let by = match column {
            "member_since" => By::MemberSince,
            "last_active_at" => By::LastActive,
            "challenges_completed" => By::ChallengesCompleted,
            "digital_assets" => By::DigitalAssets,
            "perks_used" => By::PerksUsed,
            "user_id" => By::Id,
            name if name == EMAIL_COLUMN || BUILT_IN_FIELDS.contains(&name) => By::text(name),
            name => {
                let property = known.by_reference_id(name);
                let property = property.ok_or_else(|| unknown(name, known))?;
                By::field(&property.id, property.kind)
            }
        };
        Ok(Sort { by, descending, said: said.to_owned(), zone })
    }

    /// Whether it is the order the table is kept in.
    pub fn is_kept(&self) -> bool {
        matches!(self.by, By::MemberSince)
    }

    /// Whether an index has users in it, those who have a value.
    pub(super) fn is_by_activity(&self) -> bool {
        matches!(self.by, By::LastActive)
    }

    /// As it was asked for.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// What of a user is read for it.
    pub(super) fn needs(&self) -> Needs {
        Needs {
            since: matches!(self.by, By::MemberSince),
            found: matches!(self.by, By::Found { .. }),
            fields: matches!(self.by, By::Field { .. }),
            count: self.by.count(),
            ..Needs::default()
        }
    }

    /// The place of a user.
    pub(super) fn key(&self, user: &Glance<'_>) -> Key {
        let value = match &self.by {
            By::MemberSince => Some(SortValue::Whole(user.member_since)),
            By::LastActive | By::ChallengesCompleted | By::DigitalAssets | By::PerksUsed => {
                user.count.map(SortValue::Whole)
            }
            By::Id => Some(SortValue::Whole(0)),
            By::Found { place, .. } => {
                found(*place, user).map(|text| SortValue::Text(text.to_owned()))
            }
            By::Field { member, kind, .. } => {
                member.of(user.fields).and_then(|value| self.typed(*kind, &value))
            }
        };
        Key { value, id: user.id }
    }

    /// The same of a whole line.
    pub fn key_of(&self, user: &UserLine) -> Key {
        let count = |count: u64| Some(SortValue::Whole(count.cast_signed()));
        let value = match &self.by {
            By::MemberSince => Some(SortValue::Whole(user.member_since)),
            By::LastActive => user.last_active_at.map(SortValue::Whole),
            By::ChallengesCompleted => count(user.challenges_completed),
            By::DigitalAssets => count(user.digital_assets),
            By::PerksUsed => count(user.perks_used),
            By::Id => Some(SortValue::Whole(0)),
            By::Found { name, .. } => {
                user.text(name).and_then(|value| self.typed(ValueType::Text, value))
            }
            By::Field { id, kind, .. } => user.text(id).and_then(|value| self.typed(*kind, value)),
        };
        Key { value, id: user.id }
    }

    /// Whether a user comes after a place, where that is told without keeping anything of the user.
    pub(super) fn is_surely_after(&self, user: &Glance<'_>, place: &Key) -> bool {
        match (&self.by, &place.value) {
            (By::Found { place: at, .. }, Some(SortValue::Text(text))) => {
                let order = found(*at, user).map(|value| value.cmp(text));
                let order = order.map(|order| order.then_with(|| user.id.cmp(&place.id)));
                order == Some(if self.descending { Ordering::Less } else { Ordering::Greater })
            }
            _ => false,
        }
    }

    fn typed(&self, kind: ValueType, value: &str) -> Option<SortValue> {
        match kind {
            ValueType::Text => Some(SortValue::Text(cut(&fold(value)).to_owned())),
            ValueType::Number => value.parse().ok().map(SortValue::Decimal),
            ValueType::Boolean => Some(SortValue::Whole(i64::from(value == "true"))),
            ValueType::Date => match value.parse::<NaiveDate>() {
                Ok(day) => Some(start_of_day(day, self.zone).timestamp_micros()),
                Err(_) => DateTime::parse_from_rfc3339(value).ok().map(|at| at.timestamp_micros()),
            }
            .map(SortValue::Whole),
        }
    }

    /// Which of two comes first. Who has no value comes last, whatever the order.
    pub fn order(&self, one: &Key, other: &Key) -> Ordering {
        let turn = |order: Ordering| if self.descending { order.reverse() } else { order };
        let ids = || turn(one.id.cmp(&other.id));
        match (&one.value, &other.value) {
            (None, None) => ids(),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) => turn(one.compare(other)).then_with(ids),
        }
    }
}

/// A folded value that a user is found by, as far as it is compared.
fn found<'a>(place: FoundAt, user: &Glance<'a>) -> Option<&'a str> {
    place.value(user.found).map(cut)
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES)]
}

fn unknown(name: &str, known: &Properties) -> Problem {
    let all: Vec<&str> = std::iter::once(EMAIL_COLUMN)
        .chain(COMPUTED_COLUMNS)
        .chain(BUILT_IN_FIELDS)
        .chain(known.iter().map(|property| property.reference_id.as_str()))
        .collect();
    let detail = format!("there is no column {name:?} to sort by");
    Problem::new(ProblemKind::ColumnUnknown, detail).with("known", all)
}
