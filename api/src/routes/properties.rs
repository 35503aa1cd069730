//! Properties: what is known of users beside their address.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use domain::Event;
use domain::csv_header::is_reserved;
use domain::property::{Property, define, is_property_id};
use domain::scope::Scope;
use domain::value::ValueType;
use eventlog::{Expected, Stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Page, SmallBody, at_position, read_json};
use crate::access::Credential;
use crate::app::{self, App};
use crate::import::definitions::read_name;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

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
}

impl From<Property> for PropertyView {
    fn from(Property { id, reference_id, name, kind }: Property) -> PropertyView {
        PropertyView { id, reference_id, name, kind: kind.name() }
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

/// Every property, in the order they were made.
#[utoipa::path(get, path = "/v1/properties", tag = "definitions", responses((status = 200, body = Page<PropertyView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<PropertyView>>, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let properties = app.follower.store().properties()?;
    Ok(Json(Page { items: properties.into_iter().map(PropertyView::from).collect(), next: None }))
}

/// Makes a property. Its type never changes.
#[utoipa::path(post, path = "/v1/properties", tag = "definitions", request_body = NewPropertyBody, responses(
    (status = 201, body = PropertyView), (status = 409, description = "reference_id_taken"),
    (status = 422, description = "reference_id_reserved, reference_id_invalid, too_many_properties")))]
pub async fn create(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    credential.needs(Scope::DefinitionsWrite)?;
    Params::read(&uri, &[])?;
    let invalid = |detail: String| Problem::new(ProblemKind::BodyInvalid, detail);
    let body: NewPropertyBody = read_json(&body)?;
    let kind = ValueType::from_name(&body.kind)
        .ok_or_else(|| invalid("type takes text, number, boolean or date".to_owned()))?;
    let reference_id = body.reference_id;
    if !is_property_id(&reference_id) {
        let detail = format!("{reference_id:?} cannot be the name of a property");
        return Err(Problem::new(ProblemKind::ReferenceIdInvalid, detail));
    }
    let name = body.name.map_or_else(|| Ok(reference_id.clone()), |name| read_name(&name))?;
    app.settled(app.log.head()).await?;
    let known = app.follower.store().properties()?;
    let property = Property { id: reference_id.clone(), reference_id, name, kind };
    let created = define(&known, is_reserved, property)?;
    let view = PropertyView::from(Property::from(created.clone()));
    let (stream, event) =
        (Stream::named("property", &created.property_id), Event::PropertyCreated(created));
    let entry = app::entry(stream, Expected::New, &event, None, &request.context(&credential));
    let appended = app.log.append(vec![entry]).await?.remove(0).map_err(|_conflict| {
        Problem::new(ProblemKind::ReferenceIdTaken, "somebody else has just made it")
    })?;
    app.settled(appended.position).await?;
    Ok(at_position(&app.cursor(appended.position), (StatusCode::CREATED, Json(view))))
}
