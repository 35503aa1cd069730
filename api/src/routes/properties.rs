//! Properties: what is known of users beside their address.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::Event;
use domain::csv_header::is_reserved;
use domain::event::{BulkDeed, PropertyDeleted, Target};
use domain::property::{Property, define, is_property_id, rename};
use domain::scope::Scope;
use domain::segment::Test;
use domain::value::ValueType;
use eventlog::{Expected, Stream};
use projections::definitions::PropertyLine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::defining::{Definer, named};
use super::versions::with_etag;
use super::{InPath, Page, SmallBody, read_json};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// A property.
#[derive(Debug, Serialize, ToSchema)]
pub struct PropertyView {
    /// Names it in every fact, for ever.
    pub id: String,
    /// Names it in files and answers.
    pub reference_id: String,
    /// As people read it.
    pub name: String,
    /// `text`, `number`, `boolean` or `date`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Revision of its stream; also the ETag.
    pub revision: u64,
}

impl From<PropertyLine> for PropertyView {
    fn from(PropertyLine { property, revision }: PropertyLine) -> PropertyView {
        let Property { id, reference_id, name, kind } = property;
        PropertyView { id, reference_id, name, kind: kind.name(), revision }
    }
}

/// What a new property should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPropertyBody {
    /// Names it in files and answers: letters and digits in lower case, `_` and `-`.
    pub reference_id: String,
    /// As people read it; without it, the reference id.
    pub name: Option<String>,
    /// `text`, `number`, `boolean` or `date`. It never changes.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What a property should be called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PropertyBody {
    /// Its id, which never changes; it may be left out.
    pub id: Option<String>,
    /// Names it in files and answers: letters and digits in lower case, `_` and `-`.
    pub reference_id: String,
    /// As people read it.
    pub name: String,
    /// `text`, `number`, `boolean` or `date`. It never changes; it may be left out.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

fn invalid(detail: &str) -> Problem {
    Problem::new(ProblemKind::BodyInvalid, detail)
}

fn read_kind(name: &str) -> Result<ValueType, Problem> {
    ValueType::from_name(name).ok_or_else(|| invalid("type takes text, number, boolean or date"))
}

fn read_reference_id(said: String) -> Result<String, Problem> {
    if is_property_id(&said) {
        return Ok(said);
    }
    let detail = format!("{said:?} cannot be the name of a property");
    Err(Problem::new(ProblemKind::ReferenceIdInvalid, detail))
}

fn stream(property: &str) -> Stream {
    Stream::named("property", property)
}

fn find(app: &App, id: &str) -> Result<PropertyLine, Problem> {
    let mut lines = app.follower.store().property_lines()?.into_iter();
    lines.find(|line| line.property.id == id).ok_or_else(|| {
        let detail = format!("there is no property with the id {id:?}");
        Problem::new(ProblemKind::PropertyNotFound, detail)
    })
}

fn view(app: &App, id: &str) -> Result<(u64, Json<PropertyView>), Problem> {
    let line = find(app, id)?;
    Ok((line.revision, Json(line.into())))
}

/// Every property, in the order they were made.
#[utoipa::path(get, path = "/v1/properties", tag = "definitions", responses((status = 200, body = Page<PropertyView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<PropertyView>>, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let properties = app.follower.store().property_lines()?;
    Ok(Json(Page { items: properties.into_iter().map(PropertyView::from).collect(), next: None }))
}

/// Makes a property. Its type never changes.
#[utoipa::path(post, path = "/v1/properties", tag = "definitions", request_body = NewPropertyBody, responses(
    (status = 201, body = PropertyView), (status = 409, description = "reference_id_taken"),
    (status = 422, description = "reference_id_reserved, reference_id_invalid, too_many_properties")))]
pub async fn create(definer: Definer, SmallBody(body): SmallBody) -> Result<Response, Problem> {
    let app = &definer.app;
    let body: NewPropertyBody = read_json(&body)?;
    let kind = read_kind(&body.kind)?;
    let reference_id = read_reference_id(body.reference_id)?;
    let name = body.name.map_or_else(|| Ok(reference_id.clone()), |name| named(&name))?;
    let _defining = definer.begin().await?;
    let known = app.follower.store().properties()?;
    let id = known.unused_id(&reference_id, |_| false);
    let created =
        define(&known, is_reserved, Property { id: id.clone(), reference_id, name, kind })?;
    let event = Event::PropertyCreated(created);
    let taken = || "somebody else has just made it".to_owned();
    let position = definer.make((stream(&id), Expected::New), &event, taken).await?;
    Ok(definer.made(position, view(app, &id)?))
}

/// One property.
#[utoipa::path(get, path = "/v1/properties/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the property's id"),
), responses((status = 200, body = PropertyView), (status = 404, description = "property_not_found")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(property): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let (revision, view) = view(&app, &property)?;
    Ok(with_etag(revision, view))
}

/// Calls a property otherwise, from now on and everywhere but in facts and exports of facts: those speak of its id.
#[utoipa::path(put, path = "/v1/properties/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the property's id"), ("If-Match" = String, Header, description = "its ETag"),
), request_body = PropertyBody, responses((status = 200, body = PropertyView),
    (status = 404, description = "property_not_found"),
    (status = 409, description = "reference_id_taken, property_type_immutable"),
    (status = 412, description = "version_conflict"),
    (status = 422, description = "reference_id_reserved, reference_id_invalid"),
    (status = 428, description = "if_match_missing")))]
pub async fn change(
    definer: Definer,
    InPath(property): InPath<String>,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let app = &definer.app;
    let body: PropertyBody = read_json(&body)?;
    if body.id.is_some_and(|said| said != property) {
        return Err(invalid("the id of a property never changes"));
    }
    let said = body.kind.as_deref().map(read_kind).transpose()?;
    let (reference_id, name) = (read_reference_id(body.reference_id)?, named(&body.name)?);
    let _defining = definer.begin().await?;
    let PropertyLine { property: before, revision } = find(app, &property)?;
    let expected = definer.expected(revision)?;
    if said.is_some_and(|said| said != before.kind) {
        let kind = before.kind.name();
        let detail = format!("the values of {property:?} are of type {kind}");
        return Err(
            Problem::new(ProblemKind::PropertyTypeImmutable, detail).with("property_type", kind)
        );
    }
    let known = app.follower.store().properties()?;
    let position = match rename(&known, is_reserved, &before, reference_id, name)? {
        None => app.log.head(),
        Some(changed) => {
            let event = Event::PropertyChanged(changed);
            definer.record((stream(&property), expected), &event).await?
        }
    };
    Ok(definer.changed(position, view(app, &property)?))
}

/// Takes a property away. Its values are not shown any more, nor taken; facts stay as they are. A property that is called
/// the same later is another one.
#[utoipa::path(delete, path = "/v1/properties/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the property's id"), ("If-Match" = String, Header, description = "its ETag"),
), responses((status = 204), (status = 404, description = "property_not_found"),
    (status = 409, description = "property_in_use"), (status = 412, description = "version_conflict"),
    (status = 428, description = "if_match_missing")))]
pub async fn remove(
    definer: Definer,
    InPath(property): InPath<String>,
) -> Result<Response, Problem> {
    let app = &definer.app;
    let _defining = definer.begin().await?;
    let PropertyLine { property: before, revision } = find(app, &property)?;
    let expected = definer.expected(revision)?;
    no_segment_asks(app, &before.id)?;
    no_import_takes(app, &before.id)?;
    let Property { id: property_id, reference_id, .. } = before;
    let event = Event::PropertyDeleted(PropertyDeleted { property_id, reference_id });
    let position = definer.record((stream(&property), expected), &event).await?;
    Ok(definer.removed(position))
}

/// Refuses to take away what an import is about to give or gives.
fn no_import_takes(app: &App, id: &str) -> Result<(), Problem> {
    let takes = |target: &Target| matches!(target, Target::Field(field) if field == id);
    let imports = app.follower.store().unfinished_imports()?.into_iter();
    let taking =
        imports.filter(|line| line.plan.columns.iter().any(|column| takes(&column.target)));
    let taking: Vec<String> = taking.map(|line| line.plan.import_id.to_string()).collect();
    let gives = |deed: &BulkDeed| matches!(deed, BulkDeed::SetProperty { property_id, .. } if property_id == id);
    let bulk = app.follower.store().unfinished_bulk_actions()?.into_iter().map(|line| line.plan);
    let bulk = bulk.filter(|plan| gives(&plan.deed)).map(|plan| plan.bulk_action_id.to_string());
    let bulk: Vec<String> = bulk.collect();
    if taking.is_empty() && bulk.is_empty() {
        return Ok(());
    }
    let detail = "an import or a bulk action that waits or runs gives its values; wait for its end, or cancel it";
    Err(Problem::new(ProblemKind::PropertyInUse, detail)
        .with("imports", taking)
        .with("bulk_actions", bulk))
}

/// Refuses to take away what conditions ask about.
fn no_segment_asks(app: &App, id: &str) -> Result<(), Problem> {
    let asks = |test: &Test| matches!(test, Test::Property { id: asked, .. } if asked == id);
    let segments = app.follower.store().segments()?.into_iter().map(|line| line.defined);
    let asking = segments
        .filter(|segment| segment.conditions.conditions().any(|condition| asks(&condition.test)))
        .map(|segment| segment.segment_id.to_string());
    let asking: Vec<String> = asking.collect();
    if asking.is_empty() {
        return Ok(());
    }
    let detail = format!("segments ask about it: {}", asking.join(", "));
    Err(Problem::new(ProblemKind::PropertyInUse, detail).with("segments", asking))
}
