//! The form that says where the columns of a file go, and the mapping that the API takes.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::known::{Column, Import, Preview, Sampled};
use crate::pages::users::filters::{Named, Property};
use crate::pages::{Form, Refused, Viewer};
use crate::problem::ProblemKind;

/// The target of a property that is to be made.
pub const NEW: &str = "new";
/// What targets that are fields begin with.
pub const FIELD: &str = "field:";

/// What there is that columns and users can go to.
#[derive(Debug, Default)]
pub struct Known {
    /// The properties.
    pub properties: Vec<Property>,
    /// The lists.
    pub lists: Vec<Named>,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Items { items: Vec::new() }
    }
}

impl Known {
    /// Asks what there is. To who may not look at users nothing is named.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer) -> Result<Known, Refused> {
        let (properties, lists) = tokio::join!(
            viewer.ask().get::<Items<Property>>("/v1/properties"),
            viewer.ask().get::<Items<Named>>("/v1/lists?limit=1000"),
        );
        let (properties, lists) = (seen(properties)?.items, seen(lists)?.items);
        Ok(Known { properties, lists })
    }

    fn kind(&self, reference_id: &str) -> &str {
        let property = self.properties.iter().find(|known| known.reference_id == reference_id);
        property.map_or("text", |property| &property.kind)
    }
}

/// What was answered; nothing, where the right to see it is missing.
pub fn seen<T: Default>(answered: Result<T, Refused>) -> Result<T, Refused> {
    let blind = [ProblemKind::ScopeMissing, ProblemKind::PersonalDataRequired];
    match answered {
        Err(refused) if blind.iter().any(|kind| kind.code() == refused.code) => Ok(T::default()),
        answered => answered,
    }
}

/// What a field of a column is called in the form.
pub fn named(name: &str, column: usize) -> String {
    format!("{name}-{column}")
}

/// The form as an import is mapped. A draft's columns are taken where it is known what they are; with `all`, those too that
/// would make a property.
pub fn filled(import: &Import, preview: &Preview, known: &Known, all: bool) -> Form {
    let mut typed = Vec::new();
    for column in &import.columns {
        let sampled = preview.columns.get(column.column.wrapping_sub(1));
        fill(&mut typed, column, sampled, known, (import.state == "draft", all));
    }
    let list = match &import.list {
        None => ("", ""),
        Some(list) if known.lists.iter().any(|known| known.id == list.id) => (&*list.id, ""),
        Some(list) => (NEW, list.name.as_deref().unwrap_or(&list.id)),
    };
    for (name, value) in [
        ("match_by", &*import.match_by),
        ("mode", &import.mode),
        ("bad_cells", &import.bad_cells),
        ("list", list.0),
        ("list_name", list.1),
    ] {
        typed.push((name.to_owned(), value.to_owned()));
    }
    Form::filled(typed)
}

fn fill(
    typed: &mut Vec<(String, String)>,
    column: &Column,
    sampled: Option<&Sampled>,
    known: &Known,
    (draft, all): (bool, bool),
) {
    let proposed = sampled.and_then(|sampled| sampled.reference_id.as_deref());
    let is_known = |name: &str| {
        let built_in = super::columns::FIELDS.contains(&name);
        built_in || known.properties.iter().any(|property| property.reference_id == name)
    };
    let field = |name: &str| format!("{FIELD}{name}");
    let own = column.reference_id.as_deref();
    let (taken, target) = match (column.target.as_str(), own, proposed) {
        ("ignored", _, Some(name)) if is_known(name) => (all, field(name)),
        ("ignored", _, proposed) => (all && proposed.is_some(), NEW.to_owned()),
        (_, Some(_), _) if column.new => (!draft || all, NEW.to_owned()),
        (_, Some(name), _) => (true, field(name)),
        (target, None, _) => (true, target.to_owned()),
    };
    let orders = sampled.map(|sampled| sampled.date_orders.as_slice()).unwrap_or_default();
    let only_order = match orders {
        [only] if draft || column.target == "ignored" => Some(only.as_str()),
        _ => None,
    };
    let kind = column.kind.as_deref().filter(|_| column.new);
    let kind = kind.or(sampled.map(|sampled| sampled.proposed_type.as_str())).unwrap_or("text");
    let name = own.filter(|_| column.new).or(proposed).unwrap_or_default();
    let mut put = |name: &str, value: &str| {
        typed.push((named(name, column.column), value.to_owned()));
    };
    put("target", &target);
    put("reference_id", name);
    put("type", kind);
    put("date_order", column.date_order.as_deref().or(only_order).unwrap_or_default());
    put("zone", column.zone.as_deref().unwrap_or_default());
    put("clear_token", column.clear_token.as_deref().unwrap_or_default());
    for (name, ticked) in [
        ("take", taken),
        ("empty", column.empty.is_some()),
        ("decimal_comma", column.decimal_comma),
        ("grouped", column.grouped),
        ("guarded", column.guarded),
    ] {
        if ticked {
            put(name, "on");
        }
    }
}

/// What the form says, as the API takes it. What is of another type than the column's is left out: the form shows it, but it
/// means nothing.
pub fn mapping(form: &Form, import: &Import, known: &Known) -> Value {
    let columns = import.columns.iter().filter_map(|column| taken(form, column.column, known));
    let mut mapping = Map::new();
    mapping.insert("columns".to_owned(), columns.collect());
    for name in ["match_by", "mode", "bad_cells"] {
        if let Some(value) = form.text(name) {
            mapping.insert(name.to_owned(), value.into());
        }
    }
    let list = match form.value("list") {
        "" => None,
        NEW => Some(json!({ "name": form.value("list_name") })),
        id => Some(json!({ "id": id })),
    };
    mapping.extend(list.map(|list| ("list".to_owned(), list)));
    Value::Object(mapping)
}

/// Whether the form says something else than how the import is mapped.
pub fn differs(form: &Form, import: &Import, known: &Known) -> bool {
    let stands = filled(import, &Preview::default(), known, false);
    mapping(form, import, known) != mapping(&stands, import, known)
}

fn taken(form: &Form, number: usize, known: &Known) -> Option<Value> {
    let value = |name: &str| form.value(&named(name, number)).trim();
    let ticked = |name: &str| form.has(&named(name, number), "on");
    if !ticked("take") {
        return None;
    }
    let target = value("target");
    let field = target.strip_prefix(FIELD);
    let mut column = json!({ "column": number, "target": target });
    let kind = match field {
        Some(reference_id) => {
            column["target"] = "field".into();
            column["reference_id"] = reference_id.into();
            known.kind(reference_id)
        }
        None if target == NEW => {
            column["target"] = "field".into();
            column["reference_id"] = value("reference_id").into();
            column["type"] = value("type").into();
            value("type")
        }
        None if target == "member_since" => "date",
        None => "text",
    };
    let is_field = field.is_some() || target == NEW;
    for (name, means) in
        [("date_order", kind == "date"), ("zone", kind == "date"), ("clear_token", is_field)]
    {
        if means && !value(name).is_empty() {
            column[name] = value(name).into();
        }
    }
    for (name, means, said) in [
        ("decimal_comma", kind == "number", json!(true)),
        ("grouped", kind == "number", json!(true)),
        ("empty", is_field, json!("clear")),
        ("guarded", true, json!(true)),
    ] {
        if means && ticked(name) {
            column[name] = said;
        }
    }
    Some(column)
}
