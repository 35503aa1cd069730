//! What the form offers, and what things are called.

use std::collections::{BTreeMap, BTreeSet};

use domain::scope::Scope;
use serde::Deserialize;

use super::asked::ABOUT;
use crate::pages::users::filters::{Filters, Named};
use crate::pages::users::{addresses, columns};
use crate::pages::{Form, Refused, Texts, Viewer, at};
use crate::params::Params;
use crate::table::sort::split;

/// Imports that the form offers: the newest. Each is asked for with the rows it refused, so they are few.
const IMPORTS: &str = "/v1/imports?limit=20";

/// A type of user event.
#[derive(Debug, Deserialize)]
pub struct EventType {
    /// As the API calls it.
    #[serde(rename = "type")]
    pub kind: String,
    /// As the log calls it.
    pub name: String,
    /// As people call it.
    pub label: String,
    /// How often it has happened.
    pub events: u64,
}

#[derive(Default, Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

/// What exports are made of, by name.
#[derive(Debug)]
pub struct Known {
    filters: Filters,
    /// Types of user event.
    pub types: Vec<EventType>,
    /// Addresses of users, by id.
    users: BTreeMap<String, String>,
}

impl Known {
    /// Asks what the viewer may know of it.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer) -> Result<Known, Refused> {
        let filters = async {
            match viewer.may(Scope::UsersRead) {
                true => Filters::ask(viewer).await,
                false => Ok(Filters::default()),
            }
        };
        let types = async {
            match viewer.may(Scope::EventsRead) {
                true => viewer.ask().get("/v1/event-types").await,
                false => Ok(Items { items: Vec::new() }),
            }
        };
        let (filters, types): (_, Items<EventType>) = tokio::try_join!(filters, types)?;
        Ok(Known { filters, types: types.items, users: BTreeMap::new() })
    }

    /// The same, with the addresses of these users, as far as the viewer may see them.
    pub async fn with_users(self, viewer: &Viewer, ids: BTreeSet<String>) -> Known {
        Known { users: addresses::of(viewer, ids).await, ..self }
    }

    /// The same, with the names of these imports, as far as the viewer may see them.
    pub async fn with_imports(mut self, viewer: &Viewer, ids: BTreeSet<String>) -> Known {
        self.filters.learn_imports(viewer, ids).await;
        self
    }

    /// Lists, segments, badges, challenges and properties.
    pub fn filters(&self) -> &Filters {
        &self.filters
    }

    /// A parameter of an export in words.
    pub fn said(&self, name: &str, value: &str) -> String {
        let kind = |value: &str| {
            let known = self.types.iter().find(|known| known.kind == value || known.name == value);
            known.map_or(value.to_owned(), |known| known.label.clone())
        };
        match name {
            "type" => kind(value),
            "not_type" => Texts.one("exports-but", "type", kind(value)),
            "user" => self.filters.said(name, self.users.get(value).map_or(value, String::as_str)),
            "basis" => Texts.named("exportbasis", value),
            "columns" => Texts.one("exports-columns-only", "columns", self.columns(value)),
            "sort" => self.order(value),
            _ => self.filters.said(name, value),
        }
    }

    fn order(&self, sort: &str) -> String {
        let (column, descending) = split(sort);
        let column = self.filters.column(column);
        match descending {
            true => Texts.one("exports-order-down", "column", column),
            false => Texts.one("exports-order-up", "column", column),
        }
    }

    fn columns(&self, names: &str) -> String {
        let names: Vec<_> = names.split(',').map(|name| self.filters.column(name)).collect();
        names.join(", ")
    }
}

/// A filter that can be left out.
#[derive(Debug)]
pub struct Filter {
    /// As the form carries it.
    pub pair: String,
    /// In words.
    pub text: String,
}

/// A thing that events can be about.
#[derive(Debug)]
pub struct About {
    /// The parameter.
    pub name: &'static str,
    /// Its name.
    pub label: String,
    /// What can be chosen.
    pub options: Vec<Named>,
}

/// What the form offers.
#[derive(Debug)]
pub struct Offer {
    /// The columns of the table, by name.
    pub columns: Vec<String>,
    /// The order of users that came along.
    pub order: Option<Filter>,
    /// Filters of users.
    pub of_users: Vec<Filter>,
    /// Filters of events that have no field.
    pub of_events: Vec<Filter>,
    /// Types of event; none for who may not look at events.
    pub types: Vec<EventType>,
    /// What events can be about.
    pub about: Vec<About>,
    /// The way back, to what was looked at.
    pub back: String,
}

#[derive(Deserialize)]
struct Table {
    effective: Vec<String>,
}

#[derive(Deserialize)]
struct View {
    columns: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Import {
    id: String,
    filename: Option<String>,
    uploaded_at: String,
}

impl Offer {
    /// Asks what there is, for this form.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer, form: &Form) -> Result<Offer, Refused> {
        let table = async {
            match viewer.may(Scope::UsersRead) {
                true => shown(viewer, form).await.map(Some),
                false => Ok(None),
            }
        };
        let imports = async {
            match viewer.may(Scope::ImportsWrite) && viewer.may(Scope::EventsRead) {
                true => viewer.ask().get(IMPORTS).await,
                false => Ok(Items::<Import> { items: Vec::new() }),
            }
        };
        let (known, table, imports) = tokio::try_join!(Known::ask(viewer), table, imports)?;
        let columns = table.map(|shown| columns::names(&shown)).unwrap_or_default();
        let filters = |content: &str| filters(&known, form, content);
        Ok(Offer {
            columns: columns.iter().map(|name| known.filters.column(name)).collect(),
            order: form
                .text("offered.sort")
                .map(|sort| Filter { pair: sort.to_owned(), text: known.said("sort", sort) }),
            of_users: filters("users"),
            of_events: filters("user_events"),
            about: about(&known, &imports.items, viewer, form),
            back: back(viewer, form),
            types: known.types,
        })
    }
}

/// The columns that the table shows, of the view it is looked at by where there is one.
async fn shown(viewer: &Viewer, form: &Form) -> Result<Vec<String>, Refused> {
    let view = form.values("filter.users").find_map(|pair| pair.strip_prefix("view="));
    if let Some(view) = view {
        let kept: View = viewer.ask().get(&at("/v1/views/{}", &[view])).await?;
        if let Some(columns) = kept.columns {
            return Ok(columns);
        }
    }
    Ok(viewer.ask().get::<Table>("/v1/table").await?.effective)
}

fn filters(known: &Known, form: &Form, content: &str) -> Vec<Filter> {
    let filter = |pair: &str| {
        let said = Params::of_text(pair);
        let (name, value) = said.pairs().next()?;
        Some(Filter { pair: pair.to_owned(), text: known.said(name, value) })
    };
    form.values(&format!("offered.{content}")).filter_map(filter).collect()
}

fn about(known: &Known, imports: &[Import], viewer: &Viewer, form: &Form) -> Vec<About> {
    let mut offered: Vec<_> =
        known.filters.offered().map(|(choice, some)| (choice.parameter, some.to_vec())).collect();
    let import = |import: &Import| {
        let when = viewer.when(&import.uploaded_at).shown;
        let file = import.filename.clone().unwrap_or_default();
        Named::new(import.id.clone(), format!("{when} {file}").trim_end().to_owned())
    };
    offered.push(("import", imports.iter().map(import).collect()));
    let about = |name: &&'static str| {
        let mut options =
            offered.iter().find(|(known, _)| known == name).map_or(Vec::new(), |(_, o)| o.clone());
        // What was chosen is there to be left out again, whatever there is more to choose.
        let chosen = form.text(name).filter(|id| !options.iter().any(|known| known.id == **id));
        options.extend(chosen.map(|id| Named::new(id.to_owned(), id.to_owned())));
        let label = Texts.named("filter", name);
        (!options.is_empty()).then_some(About { name, label, options })
    };
    ABOUT.iter().filter_map(about).collect()
}

/// The table of users as it was looked at; without the right to that, the history of exports.
fn back(viewer: &Viewer, form: &Form) -> String {
    if !viewer.may(Scope::UsersRead) {
        return at("/exports", &[]);
    }
    let sort = form.text("offered.sort").map(|sort| ("sort".to_owned(), sort.to_owned()));
    let mut pairs = Vec::from_iter(sort);
    for pair in form.values("offered.users") {
        let said = Params::of_text(pair);
        pairs.extend(said.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    let query = Params::of(pairs, &["*"]).ok().and_then(|params| params.to_text());
    query.map_or("/users".to_owned(), |query| format!("/users?{query}"))
}
