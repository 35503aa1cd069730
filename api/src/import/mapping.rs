//! A mapping as somebody asks for it, and the columns of a plan that come of it.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use domain::csv_header::{BUILT_IN_FIELDS, is_reserved};
use domain::event::{BadCells, Column, EXTERNAL_ID, ImportMode, MatchBy, Target};
use domain::property::{Properties, is_property_id};
use domain::value::{CellRule, DateOrder, ValueType};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemKind};

/// Longest text that clears a value, in characters.
const CLEAR_TOKEN_CHARS_MAX: usize = 64;

/// Where a column goes. The columns of an import, as they are shown, can be sent back as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnAsked {
    /// Which column, from 1.
    pub column: usize,
    /// Its header, as shown. Where it is given, it must be the column's.
    pub header: Option<String>,
    /// `email`, `user_id`, `external_id`, `field` (then with `reference_id`), `member_since` or `ignored`.
    pub target: String,
    /// `first_name`, `last_name`, `lang`, `external_id`, or a property. One that does not exist is made, of `type`.
    pub reference_id: Option<String>,
    /// `text`, `number`, `boolean` or `date`: needed for a new property, else the property's own.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether the property will be made: shown, and nothing to decide.
    pub new: Option<bool>,
    /// `dmy`, `mdy` or `ymd`: the order of day, month and year. Without it only ISO 8601 is read.
    pub date_order: Option<String>,
    /// IANA zone of date-times that name no offset.
    pub zone: Option<String>,
    /// Decimals stand behind a comma.
    pub decimal_comma: Option<bool>,
    /// Digits may stand in groups of three.
    pub grouped: Option<bool>,
    /// What an empty cell does: `skip` (default) or `clear`.
    pub empty: Option<String>,
    /// A cell of exactly this text clears the value.
    pub clear_token: Option<String>,
    /// Cells were guarded with a `'` against being taken for formulas, as by an export with `safe=true`: it is taken off.
    pub guarded: Option<bool>,
}

/// Ids of properties that are to be made, by what they are to be called.
type Made = BTreeMap<String, String>;

/// A list to join.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListAsked {
    /// Its id.
    pub id: Option<String>,
    /// Its name; with it a list that does not exist is made.
    pub name: Option<String>,
}

/// Where the columns of a file go, and what the import may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingAsked {
    /// The columns to take; all others are left out.
    pub columns: Vec<ColumnAsked>,
    /// By what rows find their users: `email` (default), `user_id` or `external_id`. With an id, an e-mail that differs
    /// becomes the user's.
    pub match_by: Option<String>,
    /// `both` (default), `create_only` or `update_only`.
    pub mode: Option<String>,
    /// What becomes of a row with a cell that cannot be read: `reject_row` (default) or `drop_cell`.
    pub bad_cells: Option<String>,
    /// The list that every user of an accepted row joins.
    pub list: Option<ListAsked>,
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::BodyInvalid, detail)
}

/// Reads the name of a mode.
///
/// # Errors
/// `body_invalid`.
pub fn mode(name: Option<&str>) -> Result<ImportMode, Problem> {
    let Some(name) = name else { return Ok(ImportMode::default()) };
    let found = ImportMode::ALL.into_iter().find(|mode| mode.name() == name);
    found.ok_or_else(|| invalid("mode takes both, create_only or update_only"))
}

/// Reads the name of a key; `mode` must be one it can be used with.
///
/// # Errors
/// `body_invalid`, `match_by_makes_nobody`.
pub fn match_by(name: Option<&str>, mode: ImportMode) -> Result<MatchBy, Problem> {
    let Some(name) = name else { return Ok(MatchBy::default()) };
    let found = MatchBy::ALL.into_iter().find(|key| key.name() == name);
    let found = found.ok_or_else(|| invalid("match_by takes email, user_id or external_id"))?;
    makes_somebody(found, mode)?;
    Ok(found)
}

/// A user's id is made with the user: it finds none that could be made.
///
/// # Errors
/// `match_by_makes_nobody`.
pub fn makes_somebody(match_by: MatchBy, mode: ImportMode) -> Result<(), Problem> {
    if match_by == MatchBy::UserId && mode == ImportMode::CreateOnly {
        let detail = "match_by=user_id and mode=create_only leave nothing to import";
        return Err(Problem::new(ProblemKind::MatchByMakesNobody, detail));
    }
    Ok(())
}

/// Reads what becomes of bad cells.
///
/// # Errors
/// `body_invalid`.
pub fn bad_cells(name: Option<&str>) -> Result<BadCells, Problem> {
    let Some(name) = name else { return Ok(BadCells::default()) };
    let found = BadCells::ALL.into_iter().find(|known| known.name() == name);
    found.ok_or_else(|| invalid("bad_cells takes reject_row or drop_cell"))
}

/// The columns of a file, mapped as asked; those not asked for are left out.
///
/// # Errors
/// `column_unknown`, `email_column_missing`, `match_column_missing`, `email_mapped_twice`, `field_mapped_twice`, `property_unknown`,
/// `property_type_immutable`, `reference_id_reserved`, `reference_id_invalid`, `unknown_zone`, `body_invalid`.
pub fn columns(
    file: &[Column],
    asked: &[ColumnAsked],
    match_by: MatchBy,
    known: &Properties,
) -> Result<Vec<Column>, Problem> {
    let mut mapped: Vec<Column> =
        file.iter().map(|column| Column::text(column.header.clone(), Target::Ignored)).collect();
    let mut seen = vec![false; file.len()];
    let mut made = Made::default();
    for asked in asked {
        let index = asked.column.checked_sub(1).filter(|index| *index < file.len());
        let index = index.ok_or_else(|| {
            let detail =
                format!("there is no column {}; the file has {}", asked.column, file.len());
            Problem::new(ProblemKind::ColumnUnknown, detail)
        })?;
        let header = &file[index].header;
        if asked.header.as_ref().is_some_and(|said| said != header) {
            let detail = format!("column {} is not called that in this file", asked.column);
            return Err(Problem::new(ProblemKind::ColumnUnknown, detail));
        }
        if std::mem::replace(&mut seen[index], true) {
            return Err(invalid(format!("column {} is named twice", asked.column)));
        }
        mapped[index] = Column { header: header.clone(), ..asked.read(known, &mut made)? };
    }
    one_key(&mapped, match_by)?;
    no_field_twice(&mapped)?;
    Ok(mapped)
}

fn one_key(columns: &[Column], match_by: MatchBy) -> Result<(), Problem> {
    let count = |target: &Target| columns.iter().filter(|column| column.target == *target).count();
    if match_by != MatchBy::UserId && count(&Target::UserId) > 0 {
        return Err(invalid(
            "the target user_id is for match_by user_id: a user's id is not a value",
        ));
    }
    if match_by != MatchBy::Email && count(&match_by.target()) == 0 {
        let detail =
            format!("one column must hold the {} that rows are matched by", match_by.name());
        return Err(Problem::new(ProblemKind::MatchColumnMissing, detail));
    }
    match count(&Target::Email) {
        1 => Ok(()),
        0 if match_by != MatchBy::Email => Ok(()),
        0 => Err(Problem::new(
            ProblemKind::EmailColumnMissing,
            "one column must have the target email",
        )),
        _ => Err(Problem::new(ProblemKind::EmailMappedTwice, "only one column can be the e-mail")),
    }
}

fn no_field_twice(columns: &[Column]) -> Result<(), Problem> {
    for (index, column) in columns.iter().enumerate() {
        let same =
            |other: &Column| column.target != Target::Ignored && other.target == column.target;
        if columns[..index].iter().any(same) {
            let detail = format!("columns {:?} and another have one target", column.header);
            return Err(Problem::new(ProblemKind::FieldMappedTwice, detail));
        }
    }
    Ok(())
}

impl ColumnAsked {
    fn read(&self, known: &Properties, made: &mut Made) -> Result<Column, Problem> {
        let (target, kind) = match (self.target.as_str(), &self.reference_id) {
            ("email", None) => (Target::Email, ValueType::Text),
            ("user_id", None) => (Target::UserId, ValueType::Text),
            ("ignored", None) => (Target::Ignored, ValueType::Text),
            ("external_id", None) => (Target::Field(EXTERNAL_ID.to_owned()), ValueType::Text),
            ("member_since", None) => (Target::MemberSince, ValueType::Date),
            ("field", Some(reference_id)) => {
                let (id, kind) = self.field(reference_id, known, made)?;
                (Target::Field(id), kind)
            }
            ("field", None) => return Err(invalid("the target field needs a reference_id")),
            ("email" | "user_id" | "external_id" | "ignored" | "member_since", Some(_)) => {
                return Err(invalid("only the target field takes a reference_id"));
            }
            _ => {
                return Err(invalid(
                    "target takes email, user_id, external_id, field, member_since or ignored",
                ));
            }
        };
        let rule = self.rule(&target, kind)?;
        let is_another = |name: &&String| made.get(*name).is_some_and(|id| id != *name);
        let reference_id = self.reference_id.as_ref().filter(is_another).cloned();
        Ok(Column { header: String::new(), target, rule, reference_id })
    }

    /// The field's id and type.
    fn field(
        &self,
        reference_id: &str,
        known: &Properties,
        made: &mut Made,
    ) -> Result<(String, ValueType), Problem> {
        let said = match &self.kind {
            None => None,
            Some(name) => Some(
                ValueType::from_name(name)
                    .ok_or_else(|| invalid("type takes text, number, boolean or date"))?,
            ),
        };
        let property = known.by_reference_id(reference_id);
        let has = match property {
            Some(property) => Some(property.kind),
            None => BUILT_IN_FIELDS.contains(&reference_id).then_some(ValueType::Text),
        };
        match (has, said) {
            (Some(kind), Some(said)) if kind != said => {
                let detail = format!("the values of {reference_id:?} are of type {}", kind.name());
                Err(Problem::new(ProblemKind::PropertyTypeImmutable, detail)
                    .with("property_type", kind.name()))
            }
            (Some(kind), _) => {
                Ok((property.map_or(reference_id, |property| &property.id).to_owned(), kind))
            }
            (None, _) if is_reserved(reference_id) => {
                let detail = format!("{reference_id:?} is a column that every table has");
                Err(Problem::new(ProblemKind::ReferenceIdReserved, detail))
            }
            (None, Some(_)) if !is_property_id(reference_id) => Err(Problem::new(
                ProblemKind::ReferenceIdInvalid,
                format!("{reference_id:?} cannot be the name of a property"),
            )),
            (None, Some(said)) => {
                let taken =
                    |id: &str| made.iter().any(|(name, made)| made == id && name != reference_id);
                let id = known.unused_id(reference_id, taken);
                made.insert(reference_id.to_owned(), id.clone());
                Ok((id, said))
            }
            (None, None) => {
                let detail =
                    format!("there is no property {reference_id:?}; give its type to make it");
                Err(Problem::new(ProblemKind::PropertyUnknown, detail))
            }
        }
    }

    fn rule(&self, target: &Target, kind: ValueType) -> Result<CellRule, Problem> {
        let only = |what: &str, is: bool, given: bool| match given && !is {
            true => Err(invalid(format!("column {}: {what}", self.column))),
            false => Ok(()),
        };
        let (date, number) = (kind == ValueType::Date, kind == ValueType::Number);
        let dated = self.date_order.is_some() || self.zone.is_some();
        only("date_order and zone are for dates", date, dated)?;
        let decimal_comma = self.decimal_comma.unwrap_or(false);
        let grouped = self.grouped.unwrap_or(false);
        only("decimal_comma and grouped are for numbers", number, decimal_comma || grouped)?;
        let clears = matches!(target, Target::Field(_));
        let empty_clears = match self.empty.as_deref() {
            None | Some("skip") => false,
            Some("clear") => true,
            Some(_) => return Err(invalid("empty takes skip or clear")),
        };
        only("only a field can be cleared", clears, empty_clears || self.clear_token.is_some())?;
        let token = self.clear_token.clone();
        let fits = |token: &String| (1..=CLEAR_TOKEN_CHARS_MAX).contains(&token.chars().count());
        if !token.as_ref().is_none_or(fits) {
            return Err(invalid("clear_token has 1 to 64 characters"));
        }
        let order = self.date_order.as_deref().map(|name| {
            DateOrder::from_name(name).ok_or_else(|| invalid("date_order takes dmy, mdy or ymd"))
        });
        let zone = self.zone.as_deref().map(|name| {
            let unknown =
                |_| Problem::new(ProblemKind::UnknownZone, format!("{name:?} is no zone"));
            name.parse::<Tz>().map_err(unknown)
        });
        Ok(CellRule {
            kind,
            date_order: order.transpose()?,
            zone: zone.transpose()?,
            decimal_comma,
            grouped,
            empty_clears,
            clear_token: token,
            guarded: self.guarded.unwrap_or(false),
        })
    }
}
