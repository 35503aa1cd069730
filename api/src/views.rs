//! Saved views of the table of users: how one is written down, and what a request means that names one.

use std::collections::{BTreeMap, BTreeSet};

use domain::DefinitionId;
use domain::event::FilterPart;
use domain::property::Properties;
use projections::Store;
use projections::fields::Field;
use projections::views::ViewLine;

use crate::displayed;
use crate::export::users::LEADING_NAMES;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::id;

/// Most views there are: they are shown together.
pub const VIEWS_MAX: usize = 500;

/// A view as the table of users is asked for it: by what everything is called now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// Columns after those that every table has; none: those that each is shown anyway.
    pub columns: Option<Vec<String>>,
    /// The order; none: as it is anyway.
    pub sort: Option<String>,
    /// Filters, each with its value; none where that was erased.
    pub filter: Vec<(String, Option<String>)>,
}

/// A filter's name with the property in it called otherwise: `property.town.is` for `property.city.is`.
fn called(
    name: &str,
    otherwise: impl Fn(&str) -> Result<String, Problem>,
) -> Result<String, Problem> {
    match name.strip_prefix("property.").and_then(|asked| asked.rsplit_once('.')) {
        Some((property, operator)) => Ok(format!("property.{}.{operator}", otherwise(property)?)),
        None => Ok(name.to_owned()),
    }
}

/// An order with its column called otherwise; the sign before it stays.
fn ordered(
    sort: &str,
    otherwise: impl Fn(&str) -> Result<String, Problem>,
) -> Result<String, Problem> {
    match sort.strip_prefix('-') {
        Some(column) => Ok(format!("-{}", otherwise(column)?)),
        None => otherwise(sort),
    }
}

/// Filters and order as facts have them: properties by their ids, so that what they say never changes.
///
/// # Errors
/// None that the table had not refused before.
pub fn written(
    known: &Properties,
    params: &Params,
    sort: Option<&str>,
) -> Result<(Vec<FilterPart>, Option<String>), Problem> {
    let by_id = |name: &str| {
        let property = known.by_reference_id(name).map(|property| property.id.clone());
        Ok(property.unwrap_or_else(|| name.to_owned()))
    };
    let part = |(name, value): (&str, &str)| {
        Ok(FilterPart { name: called(name, by_id)?, value: Some(value.to_owned()) })
    };
    let filter = params.pairs().map(part).collect::<Result<_, Problem>>()?;
    Ok((filter, sort.map(|sort| ordered(sort, by_id)).transpose()?))
}

/// Fields and properties as they are called now, and what else a filter can name and miss.
#[derive(Debug)]
pub struct Known {
    properties: Properties,
    fields: Vec<Field>,
    gone_lists: BTreeMap<DefinitionId, String>,
    segments: BTreeSet<DefinitionId>,
}

impl Known {
    /// Reads them.
    ///
    /// # Errors
    /// What the tables say.
    pub fn of(store: &Store) -> Result<Known, Problem> {
        let segments = store.segments()?.into_iter().map(|line| line.defined.segment_id);
        Ok(Known {
            properties: store.properties()?,
            fields: store.fields()?,
            gone_lists: store.gone_lists()?,
            segments: segments.collect(),
        })
    }

    /// What a filter names that is no more; badges and challenges stay.
    fn missed(&self, part: &FilterPart) -> Option<&'static str> {
        let id: DefinitionId = part.value.as_deref()?.parse().ok()?;
        match part.name.as_str() {
            "list" if self.gone_lists.contains_key(&id) => {
                Some("it asks for a list that is no more")
            }
            "segment" if !self.segments.contains(&id) => {
                Some("it asks for a segment that is no more")
            }
            _ => None,
        }
    }
}

/// A view by what everything in it is called now. Columns that are gone drop out, as they do of every table.
///
/// # Errors
/// `view_outdated`, where it asks for a property, a list or a segment that is no more.
pub fn read(known: &Known, line: &ViewLine) -> Result<View, Problem> {
    if let Some(why) = line.filter.iter().find_map(|part| known.missed(part)) {
        return Err(outdated(line, why));
    }
    let by_name = |id: &str| match known.properties.name_of(id) {
        None => Err(outdated(line, "it asks for a property that is no more")),
        Some(name) => Ok(name.to_owned()),
    };
    let part =
        |FilterPart { name, value }: &FilterPart| Ok((called(name, by_name)?, value.clone()));
    let columns = line.columns.as_deref().map(|ids| {
        let fields = displayed::columns(Some(ids), known.fields.clone()).into_iter();
        fields.map(|field| field.reference_id).collect()
    });
    Ok(View {
        columns,
        sort: line.sort.as_deref().map(|sort| ordered(sort, by_name)).transpose()?,
        filter: line.filter.iter().map(part).collect::<Result<_, Problem>>()?,
    })
}

fn outdated(line: &ViewLine, why: &str) -> Problem {
    let detail = format!("the view {:?} cannot be used: {why}; save it anew", line.id.as_str());
    Problem::new(ProblemKind::ViewOutdated, detail)
}

/// The view of this id.
///
/// # Errors
/// `view_unknown`.
pub fn find(store: &Store, view: &DefinitionId) -> Result<ViewLine, Problem> {
    store.view(view)?.ok_or_else(|| {
        let detail =
            format!("there is no view {:?}; GET /v1/views shows those there are", view.as_str());
        Problem::new(ProblemKind::ViewUnknown, detail)
    })
}

/// What a request asks for that may name a view: with its filters, beside the request's own; all have to hold. The request's own
/// order and columns go before the view's.
///
/// # Errors
/// `id_invalid`, `view_unknown`, `view_outdated`.
pub fn applied(store: &Store, params: Params) -> Result<(Params, Option<View>), Problem> {
    let Some(named) = params.one("view")? else { return Ok((params, None)) };
    let line = find(store, &id(named)?)?;
    let view = read(&Known::of(store)?, &line)?;
    let mut params = params.without("view");
    for (name, value) in &view.filter {
        let value =
            value.as_deref().ok_or_else(|| outdated(&line, "what it asked for was erased"))?;
        // Words that are searched for are said once, all of them.
        let both = match (name.as_str(), params.one("search")?) {
            ("search", Some(own)) => format!("{own} {value}"),
            _ => value.to_owned(),
        };
        if name == "search" {
            params = params.without("search");
        }
        params.add(name, both);
    }
    Ok((params, Some(view)))
}

/// The same for an export of users, which is then asked for as if no view were named: what it held can be told for ever. Of a
/// past moment it has to be said in full: things were called otherwise then.
///
/// # Errors
/// As [`applied`]; `parameter_invalid`.
pub fn of_export(store: &Store, params: Params) -> Result<Params, Problem> {
    if params.one("view")?.is_some() && params.one("as_of")?.is_some() {
        let takes =
            "no as_of beside it: say its filters, order and columns, by what they were called then";
        return Err(Problem::parameter("view", takes));
    }
    let (mut params, view) = applied(store, params)?;
    let View { columns, sort, .. } = view.unwrap_or_default();
    if let Some(sort) = sort.filter(|_| params.all("sort").next().is_none()) {
        params.add("sort", sort);
    }
    if let Some(columns) = columns.filter(|_| params.all("columns").next().is_none()) {
        let leading = LEADING_NAMES.iter().map(|name| (*name).to_owned());
        params.add("columns", leading.chain(columns).collect::<Vec<_>>().join(","));
    }
    Ok(params)
}
