//! How a file, its reading and its mapping are written: the body of every fact that changes one of them.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Read, read, read_personal, write};
use crate::event::{BadCells, Column, ImportMode, ImportPlan, MatchBy, Named, Target};
use crate::value::{CellRule, DateOrder, ValueType};

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct ColumnV1 {
    header: String,
    /// `email`, `user_id`, `field` (then `reference_id` is set), `member_since` or `ignored`.
    target: String,
    /// The property's id, which is what reference ids are when they are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference_id: Option<String>,
    /// What a property that the import makes is called, where not as its id is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_reference_id: Option<String>,
    #[serde(flatten)]
    rule: CellRuleV1,
}

/// What is not text as it stands, with empty cells skipped.
#[derive(Default, Serialize, Deserialize)]
struct CellRuleV1 {
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date_order: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    decimal_comma: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    grouped: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    empty_clears: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clear_token: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    guarded: bool,
}

#[derive(Serialize, Deserialize)]
struct ImportPlanV1 {
    import_id: Uuid,
    bytes: u64,
    sha256: String,
    rows: u64,
    delimiter: char,
    #[serde(default = "utf_8", skip_serializing_if = "is_utf_8")]
    encoding: String,
    #[serde(default, skip_serializing_if = "is_false")]
    encoding_guessed: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    without_header: bool,
    columns: Vec<ColumnV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    match_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    drop_bad_cells: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    again: Option<Uuid>,
}

fn utf_8() -> String {
    "utf-8".to_owned()
}

fn is_utf_8(encoding: &str) -> bool {
    encoding == "utf-8"
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

#[derive(Default, Serialize, Deserialize)]
struct ImportPlanPersonalV1 {
    filename: Option<String>,
}

impl From<&CellRule> for CellRuleV1 {
    fn from(rule: &CellRule) -> CellRuleV1 {
        CellRuleV1 {
            kind: (rule.kind != ValueType::Text).then(|| rule.kind.name().to_owned()),
            date_order: rule.date_order.map(|order| order.name().to_owned()),
            zone: rule.zone.map(|zone| zone.name().to_owned()),
            decimal_comma: rule.decimal_comma,
            grouped: rule.grouped,
            empty_clears: rule.empty_clears,
            clear_token: rule.clear_token.clone(),
            guarded: rule.guarded,
        }
    }
}

impl CellRuleV1 {
    fn read(self) -> Read<CellRule> {
        let unknown = |what: &str| format!("{what} this version does not know");
        let kind = self.kind.as_deref().map_or(Some(ValueType::Text), ValueType::from_name);
        let order = self
            .date_order
            .as_deref()
            .map(|name| DateOrder::from_name(name).ok_or_else(|| unknown("an order of dates")));
        let zone =
            self.zone.as_deref().map(|name| name.parse::<Tz>().map_err(|_| unknown("a zone")));
        Ok(CellRule {
            kind: kind.ok_or_else(|| unknown("a type of values"))?,
            date_order: order.transpose()?,
            zone: zone.transpose()?,
            decimal_comma: self.decimal_comma,
            grouped: self.grouped,
            empty_clears: self.empty_clears,
            clear_token: self.clear_token,
            guarded: self.guarded,
        })
    }
}

fn write_column(column: &Column) -> ColumnV1 {
    let (target, reference_id) = match &column.target {
        Target::Email => ("email", None),
        Target::UserId => ("user_id", None),
        Target::Field(field) => ("field", Some(field.clone())),
        Target::MemberSince => ("member_since", None),
        Target::Ignored => ("ignored", None),
    };
    let (header, target) = (column.header.clone(), target.to_owned());
    let new_reference_id = column.reference_id.clone();
    ColumnV1 {
        header,
        target,
        reference_id,
        new_reference_id,
        rule: CellRuleV1::from(&column.rule),
    }
}

fn read_column(column: ColumnV1) -> Read<Column> {
    let target = match (column.target.as_str(), column.reference_id) {
        ("email", None) => Target::Email,
        ("user_id", None) => Target::UserId,
        ("field", Some(field)) => Target::Field(field),
        ("member_since", None) => Target::MemberSince,
        ("ignored", None) => Target::Ignored,
        _ => return Err("a column target this version does not know".to_owned()),
    };
    let (header, reference_id) = (column.header, column.new_reference_id);
    Ok(Column { header, target, rule: column.rule.read()?, reference_id })
}

pub(super) fn write_plan(plan: &ImportPlan) -> Parts {
    let mode = (plan.mode != ImportMode::default()).then(|| plan.mode.name().to_owned());
    let match_by = (plan.match_by != MatchBy::default()).then(|| plan.match_by.name().to_owned());
    let data = ImportPlanV1 {
        import_id: plan.import_id,
        bytes: plan.bytes,
        sha256: plan.sha256.clone(),
        rows: plan.rows,
        delimiter: char::from(plan.delimiter),
        encoding: plan.encoding.clone(),
        encoding_guessed: plan.encoding_guessed,
        without_header: !plan.header,
        columns: plan.columns.iter().map(write_column).collect(),
        match_by,
        mode,
        drop_bad_cells: plan.bad_cells == BadCells::DropCell,
        list_id: plan.list.as_ref().map(|list| list.id.as_str().to_owned()),
        list_name: plan.list.as_ref().and_then(|list| list.name.clone()),
        again: plan.again,
    };
    let personal =
        plan.filename.clone().map(|filename| ImportPlanPersonalV1 { filename: Some(filename) });
    (write(&data), personal.map(|personal| write(&personal)))
}

pub(super) fn read_plan(data: &[u8], personal: Option<&[u8]>) -> Read<ImportPlan> {
    let data: ImportPlanV1 = read(data)?;
    let ImportPlanPersonalV1 { filename } = read_personal(personal)?;
    let mode = match data.mode {
        None => Some(ImportMode::default()),
        Some(name) => ImportMode::ALL.into_iter().find(|mode| mode.name() == name),
    };
    let match_by = match data.match_by {
        None => Some(MatchBy::default()),
        Some(name) => MatchBy::ALL.into_iter().find(|known| known.name() == name),
    };
    let id = data.list_id.map(|id| id.parse().map_err(|_| "an id of another form".to_owned()));
    let name = data.list_name;
    Ok(ImportPlan {
        import_id: data.import_id,
        bytes: data.bytes,
        sha256: data.sha256,
        rows: data.rows,
        delimiter: u8::try_from(data.delimiter)
            .map_err(|_| "a delimiter is one byte".to_owned())?,
        encoding: data.encoding,
        encoding_guessed: data.encoding_guessed,
        header: !data.without_header,
        columns: data.columns.into_iter().map(read_column).collect::<Result<_, _>>()?,
        match_by: match_by.ok_or_else(|| "a key this version does not know".to_owned())?,
        mode: mode.ok_or_else(|| "a mode this version does not know".to_owned())?,
        bad_cells: if data.drop_bad_cells { BadCells::DropCell } else { BadCells::RejectRow },
        list: id.transpose()?.map(|id| Named { id, name }),
        again: data.again,
        filename,
    })
}
