//! The columns of a file as the form of its mapping shows them.

use super::known::{Import, Preview};
use super::mapping::{FIELD, Known, NEW, named};
use crate::pages::{Form, Texts};

/// Fields that every user has.
pub const FIELDS: [&str; 4] = ["first_name", "last_name", "lang", "external_id"];
/// Types of new properties.
const TYPES: [&str; 4] = ["text", "number", "boolean", "date"];
/// Orders of day, month and year.
const ORDERS: [&str; 3] = ["dmy", "mdy", "ymd"];
/// Properties offered on a page, over all its columns; who has more names one as if it were new.
const OFFERED_MAX: usize = 1500;

/// Something that can be chosen.
#[derive(Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub text: String,
    /// The type of its values, where it is a field.
    pub kind: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Choice {
    /// Choices, with what each is called.
    pub fn all(values: &[&str], chosen: &str, called: impl Fn(&str) -> String) -> Vec<Choice> {
        let choice = |value: &&str| Choice {
            value: (*value).to_owned(),
            text: called(value),
            kind: String::new(),
            chosen: *value == chosen,
        };
        values.iter().map(choice).collect()
    }
}

/// A column.
#[derive(Debug)]
pub struct ColumnRow {
    /// Which, from 1.
    pub number: usize,
    /// As the first line has it.
    pub name: String,
    /// Values in it.
    pub samples: Vec<String>,
    /// Whether it is taken.
    pub taken: bool,
    /// What every user has.
    pub fields: Vec<Choice>,
    /// What this service has beside.
    pub properties: Vec<Choice>,
    /// Whether it makes a property.
    pub is_new: bool,
    /// What that would be called.
    pub reference_id: String,
    /// Of which type.
    pub types: Vec<Choice>,
    /// Orders of day, month and year.
    pub orders: Vec<Choice>,
    /// Whether several orders fit and none is chosen.
    pub in_doubt: bool,
    /// Zone of times without an offset.
    pub zone: String,
    /// Decimals stand behind a comma.
    pub decimal_comma: bool,
    /// Digits in groups.
    pub grouped: bool,
    /// An empty cell clears.
    pub clears: bool,
    /// Text that clears.
    pub clear_token: String,
    /// One `'` is taken off.
    pub guarded: bool,
}

/// The columns, as a form says where they go.
pub fn rows(form: &Form, import: &Import, preview: &Preview, known: &Known) -> Vec<ColumnRow> {
    let most = OFFERED_MAX / import.columns.len().max(1);
    let row = |column: &super::known::Column| {
        let number = column.column;
        let value = |name: &str| form.value(&named(name, number)).to_owned();
        let ticked = |name: &str| form.has(&named(name, number), "on");
        let sampled = preview.columns.get(number.wrapping_sub(1)).cloned().unwrap_or_default();
        let (target, order) = (value("target"), value("date_order"));
        let name = match column.header.as_str() {
            "" => Texts.one("import-column-number", "number", number),
            header => header.to_owned(),
        };
        ColumnRow {
            number,
            name,
            taken: ticked("take"),
            fields: fields(&target),
            properties: properties(&target, known, most),
            is_new: target == NEW,
            reference_id: value("reference_id"),
            types: Choice::all(&TYPES, &value("type"), |name| Texts.named("type", name)),
            in_doubt: sampled.date_orders.len() > 1 && order.is_empty(),
            orders: Choice::all(&ORDERS, &order, |name| Texts.named("order", name)),
            samples: sampled.samples,
            zone: value("zone"),
            decimal_comma: ticked("decimal_comma"),
            grouped: ticked("grouped"),
            clears: ticked("empty"),
            clear_token: value("clear_token"),
            guarded: ticked("guarded"),
        }
    };
    import.columns.iter().map(row).collect()
}

fn fields(target: &str) -> Vec<Choice> {
    let choice = |name: &str, value: String, kind: &str| Choice {
        text: Texts.named("column", name),
        kind: kind.to_owned(),
        chosen: value == target,
        value,
    };
    let mut all = vec![choice("email", "email".to_owned(), "")];
    all.extend(FIELDS.map(|name| choice(name, format!("{FIELD}{name}"), "text")));
    all.push(choice("member_since", "member_since".to_owned(), "date"));
    all.push(choice("user_id", "user_id".to_owned(), ""));
    all
}

fn properties(target: &str, known: &Known, most: usize) -> Vec<Choice> {
    let own = target.strip_prefix(FIELD).filter(|own| !FIELDS.contains(own));
    let mut all: Vec<Choice> = known
        .properties
        .iter()
        .map(|property| {
            let value = format!("{FIELD}{}", property.reference_id);
            let (text, kind) = (property.name.clone(), property.kind.clone());
            Choice { chosen: value == target, text, kind, value }
        })
        .collect();
    if let Some(own) = own.filter(|_| !all.iter().any(|choice| choice.chosen)) {
        let (text, kind) = (own.to_owned(), "text".to_owned());
        all.push(Choice { value: target.to_owned(), text, kind, chosen: true });
    }
    let mut left = most;
    all.retain(|choice| {
        left = left.saturating_sub(1);
        choice.chosen || left > 0
    });
    all
}
