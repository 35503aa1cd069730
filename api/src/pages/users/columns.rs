//! The columns of the Users page: heads that sort, and cells.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::filters::Filters;
use crate::pages::when::When;
use crate::pages::{Asked, Texts, Viewer, at};
use crate::table::sort::split;

/// Columns that every table has.
const FIXED: [&str; 6] = [
    "email",
    "member_since",
    "last_active_at",
    "challenges_completed",
    "digital_assets",
    "perks_used",
];
/// Those of them, and the id, by which anybody may sort; the others would tell values.
const TELLS_NOTHING: [&str; 6] = [
    "member_since",
    "last_active_at",
    "challenges_completed",
    "digital_assets",
    "perks_used",
    "user_id",
];

/// A user as `/v1/users` shows one.
#[derive(Debug, Deserialize)]
pub struct UserLine {
    /// The user's id.
    pub id: String,
    email: Option<String>,
    member_since: String,
    last_active_at: Option<String>,
    challenges_completed: u64,
    digital_assets: u64,
    perks_used: u64,
    fields: BTreeMap<String, String>,
    state: String,
}

/// The head of a column.
#[derive(Debug)]
pub struct Head {
    /// Its name.
    pub label: String,
    /// Where a click leads, where the viewer may sort by it.
    pub sorted: Option<String>,
    /// `ascending` or `descending`, where the table is sorted by it.
    pub order: Option<&'static str>,
    /// Whether numbers stand in it.
    pub number: bool,
}

/// What stands in a cell.
#[derive(Debug)]
pub enum Cell {
    /// The address, which leads to the user.
    User(String),
    /// Text as it is.
    Text(String),
    /// A number.
    Number(String),
    /// An instant.
    Time(When),
    /// Nothing.
    Empty,
    /// Something that the viewer may not see.
    Withheld,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// The user's id.
    pub id: String,
    /// The user's page.
    pub href: String,
    /// How the user is called: the address, or the id where that is withheld.
    pub name: String,
    /// Cells in the order of the heads.
    pub cells: Vec<Cell>,
}

/// Names of all columns, in order.
pub fn names(chosen: &[String]) -> Vec<String> {
    FIXED.iter().map(|name| (*name).to_owned()).chain(chosen.iter().cloned()).collect()
}

/// The heads of these columns.
pub fn heads(
    names: &[String],
    filters: &Filters,
    asked: &Asked,
    (said, personal): (&str, bool),
) -> Vec<Head> {
    let (by, descending) = split(said);
    let head = |name: &String| {
        let current = by == name;
        let turned = if current && !descending { format!("-{name}") } else { name.clone() };
        let may = personal || TELLS_NOTHING.contains(&name.as_str());
        Head {
            label: filters.column(name),
            sorted: may.then(|| asked.sorted(&turned)),
            order: current.then_some(if descending { "descending" } else { "ascending" }),
            number: is_number(name, filters),
        }
    };
    names.iter().map(head).collect()
}

fn is_number(name: &str, filters: &Filters) -> bool {
    matches!(name, "challenges_completed" | "digital_assets" | "perks_used")
        || filters.kind(name) == "number"
}

/// A user's row.
pub fn row(user: UserLine, names: &[String], filters: &Filters, viewer: &Viewer) -> Row {
    let href = at("/users/{}", &[&user.id]);
    let cells = names.iter().map(|name| cell(&user, name, filters, viewer)).collect();
    let name = user.email.clone().unwrap_or_else(|| user.id.clone());
    Row { href, name, cells, id: user.id }
}

fn cell(user: &UserLine, name: &str, filters: &Filters, viewer: &Viewer) -> Cell {
    let withheld = user.state == "withheld";
    match name {
        "email" if withheld => Cell::Withheld,
        "email" => user.email.clone().map_or(Cell::Empty, Cell::User),
        "member_since" => Cell::Time(viewer.when(&user.member_since)),
        "last_active_at" => {
            let at = user.last_active_at.as_deref();
            at.map_or(Cell::Empty, |at| Cell::Time(viewer.when(at)))
        }
        "challenges_completed" => Cell::Number(Texts.count(user.challenges_completed)),
        "digital_assets" => Cell::Number(Texts.count(user.digital_assets)),
        "perks_used" => Cell::Number(Texts.count(user.perks_used)),
        "user_id" => Cell::Text(user.id.clone()),
        _ if withheld => Cell::Withheld,
        _ => match user.fields.get(name) {
            None => Cell::Empty,
            Some(value) => value_cell(value, filters.kind(name), viewer),
        },
    }
}

/// A value, as values of its type are read.
pub fn value_cell(value: &str, kind: &str, viewer: &Viewer) -> Cell {
    match kind {
        "number" => Cell::Number(value.to_owned()),
        "boolean" => Cell::Text(Texts.named("boolean", value)),
        "date" if value.contains('T') => Cell::Time(viewer.when(value)),
        _ => Cell::Text(value.to_owned()),
    }
}
