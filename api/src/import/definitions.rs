//! The properties and the list that an import needs and nobody has made yet: made just before it starts.

use std::sync::Arc;

use domain::csv_header::{BUILT_IN_FIELDS, is_reserved};
use domain::event::{Column, ImportPlan, ListCreated, Named, Target};
use domain::fold::fold;
use domain::id::DEFINITION_ID_BYTES_MAX;
use domain::property::{NAME_CHARS_MAX, Properties, Property, define};
use domain::{DefinitionId, Event};
use eventlog::{Context, Entry, Expected, Stream};
use projections::Store;

use crate::app::{self, App};
use crate::problem::{Problem, ProblemKind};

/// Makes what is missing. Where somebody else made it in between, theirs must be of the same type.
///
/// # Errors
/// `too_many_properties`, `property_type_immutable`, `property_unknown` and `list_unknown` for what was deleted since, or
/// what the log says.
pub async fn make_missing(
    app: &App,
    context: &Arc<Context>,
    plan: &ImportPlan,
) -> Result<(), Problem> {
    let _defining = app.defining.lock().await;
    let entries = missing(&app.follower.store(), context, plan)?;
    if entries.is_empty() {
        return Ok(());
    }
    let outcomes = app.log.append(entries).await?;
    let made = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    if let Some(last) = made.map(|made| made.position).max() {
        app.settled(last).await?;
    }
    if outcomes.iter().any(Result::is_err) {
        app.settled(app.log.head()).await?; // somebody else made one of them
    }
    let known = app.follower.store().properties()?;
    plan.columns.iter().try_for_each(|column| of_its_type(&known, column))
}

fn missing(
    store: &Store,
    context: &Arc<Context>,
    plan: &ImportPlan,
) -> Result<Vec<Entry>, Problem> {
    let (mut known, mut entries) = (store.properties()?, Vec::new());
    let mut add = |stream: Stream, event: &Event| {
        entries.push(app::entry(stream, Expected::New, event, None, context));
    };
    for column in &plan.columns {
        let Target::Field(id) = &column.target else { continue };
        if !known.is_gone(id) && !is_new(&known, &column.target) {
            of_its_type(&known, column)?;
            continue;
        }
        if known.is_gone(id) {
            let detail = format!("the property {id:?} was deleted; say anew where its column goes");
            return Err(Problem::new(ProblemKind::PropertyUnknown, detail));
        }
        let created = define(&known, is_reserved, property(id, column))?;
        known.add(created.clone().into());
        add(Stream::named("property", id), &Event::PropertyCreated(created));
    }
    if let Some(Named { id, name }) = &plan.list {
        match store.list_called(id)? {
            Some((_, false)) => {}
            Some((_, true)) => return Err(list_gone(id)),
            None => {
                let name = name.clone().unwrap_or_else(|| id.to_string());
                let created = ListCreated { list_id: id.clone(), name };
                add(Stream::named("list", id), &Event::ListCreated(created));
            }
        }
    }
    Ok(entries)
}

fn property(id: &str, column: &Column) -> Property {
    let name = if column.header.is_empty() { id } else { &column.header };
    Property {
        id: id.to_owned(),
        reference_id: column.reference_id.clone().unwrap_or_else(|| id.to_owned()),
        name: name.chars().take(NAME_CHARS_MAX).collect(),
        kind: column.rule.kind,
    }
}

/// A column must be read as the values of its property are.
fn of_its_type(known: &Properties, column: &Column) -> Result<(), Problem> {
    let Target::Field(id) = &column.target else { return Ok(()) };
    match known.by_id(id) {
        Some(property) if property.kind != column.rule.kind => {
            let (reference_id, kind) = (&property.reference_id, property.kind.name());
            let detail = format!("the values of {reference_id:?} are of type {kind}");
            Err(Problem::new(ProblemKind::PropertyTypeImmutable, detail)
                .with("property_type", kind))
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a target is a property that nobody has made yet.
pub fn is_new(known: &Properties, target: &Target) -> bool {
    let Target::Field(id) = target else { return false };
    !BUILT_IN_FIELDS.contains(&id.as_str()) && known.by_id(id).is_none() && !known.is_gone(id)
}

/// Whether a column can be read as the values of its property are, and goes to none that is gone.
pub fn is_of_its_type(known: &Properties, column: &Column) -> bool {
    let gone = matches!(&column.target, Target::Field(id) if known.is_gone(id));
    !gone && of_its_type(known, column).is_ok()
}

/// The properties as they will be once an import with these columns has made those that are missing.
pub fn as_made(mut known: Properties, columns: &[Column]) -> Properties {
    for column in columns {
        if let Target::Field(id) = &column.target
            && is_new(&known, &column.target)
        {
            known.add(property(id, column));
        }
    }
    known
}

/// The list that somebody names: one there is, or with a `name` one that is to be made.
///
/// # Errors
/// `list_unknown`, `body_invalid`.
pub fn list(
    store: &Store,
    id: Option<DefinitionId>,
    name: Option<String>,
) -> Result<Option<Named>, Problem> {
    let name = name.map(|name| read_name(&name)).transpose()?;
    let id = match (id, &name) {
        (Some(id), _) => id,
        (None, Some(name)) => unused_list_id(store, name)?,
        (None, None) => return Ok(None),
    };
    match (store.list_called(&id)?, name) {
        (Some((_, true)), _) => Err(list_gone(&id)),
        (Some((name, false)), _) => Ok(Some(Named { id, name: Some(name) })),
        (None, Some(name)) => Ok(Some(Named { id, name: Some(name) })),
        (None, None) => Err(list_unmade(&id)),
    }
}

/// The refusal of a list that nobody made.
pub fn list_unknown(id: &DefinitionId) -> Problem {
    let id = id.as_str();
    let detail = format!(
        "there is no list {id:?}; take one of GET /v1/lists, or make it with POST /v1/lists"
    );
    Problem::new(ProblemKind::ListUnknown, detail)
}

/// The same of one that an import should fill.
fn list_unmade(id: &DefinitionId) -> Problem {
    let detail = format!(
        "there is no list {:?}; make it first, or have it made with new_list= (in a mapping: a name)",
        id.as_str()
    );
    Problem::new(ProblemKind::ListUnknown, detail)
}

/// The refusal of a list that was deleted.
fn list_gone(id: &DefinitionId) -> Problem {
    let detail = format!(
        "the list {:?} was deleted, and no other list has its id; take another",
        id.as_str()
    );
    Problem::new(ProblemKind::ListUnknown, detail)
}

/// A name as people read it.
///
/// # Errors
/// `body_invalid` where it is empty or too long.
pub fn read_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let detail = format!("a name has 1 to {NAME_CHARS_MAX} characters, all of them on one line");
    Err(Problem::new(ProblemKind::BodyInvalid, detail))
}

/// An id for a list made of its name; `_2`, `_3` where a list has or had that.
///
/// # Errors
/// What the tables say.
pub fn unused_list_id(store: &Store, name: &str) -> Result<DefinitionId, Problem> {
    id_of_name(name, "list", |id| Ok(store.list_called(id)?.is_some()))
}

/// The id that the name of a new list, segment, badge or challenge makes (`sort` says which), where none was said. One that is
/// `taken` by another that is there is refused: two would be called alike without anybody having wanted it. Where only
/// something that is gone had it, or the name has no letters for it, it is `_2`, `_3`.
///
/// # Errors
/// `reference_id_taken`, or what `taken` says.
pub fn id_for_new(
    name: &str,
    sort: &str,
    (is_there, taken): (&Taken<'_>, &Taken<'_>),
) -> Result<DefinitionId, Problem> {
    let free = id_of_name(name, sort, taken)?;
    match letters(name).parse() {
        Ok(first) if is_there(&first)? => {
            let (first, free) = (first.as_str(), free.as_str());
            let detail = format!(
                "the name makes the id {first:?}, and there is a {sort} {first:?} already; take another name, or say an id as well, such as \"id\": {free:?}"
            );
            let problem = Problem::new(ProblemKind::ReferenceIdTaken, detail);
            Err(problem.with("id", first).with("free_id", free))
        }
        Ok(_) | Err(_) => Ok(free),
    }
}

/// Says whether an id is taken.
pub type Taken<'a> = dyn Fn(&DefinitionId) -> Result<bool, Problem> + 'a;

/// An id made of a name, or of `otherwise` where the name has no letters for it; `_2`, `_3` where that is taken.
///
/// # Errors
/// What `taken` says.
pub fn id_of_name(
    name: &str,
    otherwise: &str,
    taken: impl Fn(&DefinitionId) -> Result<bool, Problem>,
) -> Result<DefinitionId, Problem> {
    let letters = letters(name);
    let base = if letters.is_empty() { otherwise } else { letters.as_str() };
    let (mut candidate, mut number) = (base.to_owned(), 2);
    loop {
        let id: DefinitionId = candidate.parse().map_err(Problem::internal)?;
        if !taken(&id)? {
            return Ok(id);
        }
        candidate = format!("{base}_{number}");
        number += 1;
    }
}

/// What of a name can stand in an id, with room for a number.
fn letters(name: &str) -> String {
    let words = fold(name).replace(|c: char| !c.is_ascii_alphanumeric(), " ");
    let mut letters = words.split_whitespace().collect::<Vec<_>>().join("_");
    letters.truncate(DEFINITION_ID_BYTES_MAX - 8);
    letters
}
