//! Changing one user by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use domain::csv_header::BUILT_IN_FIELDS;
use domain::event::EXTERNAL_ID;
use domain::property::Properties;
use domain::scope::Scope;
use domain::user::{remove as removal, set};
use domain::value::{CellRule, ValueType};
use domain::{Event, User, UserId};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::actions::ActionAnswer;
use super::new_user::read_email;
use super::versions::as_seen;
use super::{InPath, SmallBody, at_position, id, read_json};
use crate::access::Credential;
use crate::app::App;
use crate::by_hand::{self, Asker};
use crate::command::{Done, execute_all};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

/// Another address, and values to give or to take away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatchBody {
    /// The address the user is to have from now on.
    pub email: Option<String>,
    /// The id another system knows the user by, which no other user has; null takes it away. Also taken among `fields`.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub external_id: Option<Value>,
    /// By reference id: text, number or boolean as the property's type is, dates as text; null takes a value away.
    #[schema(value_type = Object)]
    #[serde(default)]
    pub fields: BTreeMap<String, Value>,
}

/// A member that was sent, also where it is null.
pub(super) fn said<'d, D: Deserializer<'d>>(member: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(member).map(Some)
}

/// Takes the external id out of a body, where it gives one or takes one away: beside the values or among them.
pub(super) fn take_external_id(
    beside: Option<Value>,
    fields: &mut BTreeMap<String, Value>,
) -> Result<Option<(String, Option<String>)>, Problem> {
    let said = match (beside, fields.remove(EXTERNAL_ID)) {
        (Some(_), Some(_)) => {
            let detail = "external_id stands beside fields and among them; say it once";
            return Err(Problem::new(ProblemKind::BodyInvalid, detail));
        }
        (beside, among) => beside.or(among),
    };
    let value = match said {
        None => return Ok(None),
        Some(Value::Null) => None,
        Some(Value::String(text)) => Some(kept(EXTERNAL_ID, text.trim(), ValueType::Text)?),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            let detail = "external_id: a text is wanted, or null";
            return Err(Problem::new(ProblemKind::ValueInvalid, detail).with("field", EXTERNAL_ID));
        }
    };
    Ok(Some((EXTERNAL_ID.to_owned(), value)))
}

/// Values in the form they are kept in.
pub(super) fn values(
    known: &Properties,
    said: &BTreeMap<String, Value>,
) -> Result<Vec<(String, Option<String>)>, Problem> {
    said.iter().map(|(name, said)| value(known, name, said)).collect()
}

/// A value in the form it is kept in.
///
/// # Errors
/// `property_unknown`, `value_invalid`.
pub(crate) fn value(
    known: &Properties,
    name: &str,
    said: &Value,
) -> Result<(String, Option<String>), Problem> {
    let property = known.by_reference_id(name);
    if name == EXTERNAL_ID {
        let detail = "external_id is given to one user at a time, or by an import: no two users have the same";
        return Err(Problem::new(ProblemKind::ValueInvalid, detail));
    }
    let (id, kind) = match property {
        Some(property) => (property.id.clone(), property.kind),
        None if BUILT_IN_FIELDS.contains(&name) => (name.to_owned(), ValueType::Text),
        None => {
            let detail = format!("there is no property {name:?}");
            return Err(Problem::new(ProblemKind::PropertyUnknown, detail));
        }
    };
    let text = match said {
        Value::Null => return Ok((id, None)),
        Value::String(text) => text.clone(),
        Value::Number(number) if kind == ValueType::Number => number.to_string(),
        Value::Bool(yes) if kind == ValueType::Boolean => yes.to_string(),
        Value::Number(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            let detail = format!("{name}: a value of type {} is wanted", kind.name());
            return Err(Problem::new(ProblemKind::ValueInvalid, detail));
        }
    };
    Ok((id, Some(kept(name, &text, kind)?)))
}

/// A text in the form in which a value of this type is kept.
fn kept(name: &str, text: &str, kind: ValueType) -> Result<String, Problem> {
    let fault = |what: &str| {
        Problem::new(ProblemKind::ValueInvalid, format!("{name}: {what}")).with("field", name)
    };
    if text.len() > domain::csv_row::CELL_BYTES_MAX || text.contains('\0') {
        return Err(fault("at most 65,536 bytes of text without NUL"));
    }
    if text.is_empty() {
        return Err(fault("an empty text is no value; null takes a value away"));
    }
    let kept = CellRule::of(kind).read(text).map_err(|wrong| fault(&wrong.to_string()))?;
    Ok(kept.into_owned())
}

async fn act(
    app: &App,
    user: UserId,
    (credential, request): (&Credential, &RequestId),
    headers: &HeaderMap,
    decide: impl Fn(Option<&User>) -> Result<Vec<Event>, Problem>,
) -> Result<Response, Problem> {
    let seen = |user: Option<&User>, revision| {
        as_seen(headers, revision)?;
        decide(user)
    };
    let done = execute_all(app, user, None, request.context(credential), seen).await?;
    Ok(answer(app, user, done))
}

fn answer(app: &App, user: UserId, done: Done) -> Response {
    let (recorded, position, revision) = match done {
        Done::Recorded(appended) => (true, appended.position, Some(appended.revision)),
        Done::Nothing => (false, app.log.head(), None),
    };
    let position = app.cursor(position);
    let answer = ActionAnswer { user_id: user.0, recorded, position: position.clone(), revision };
    at_position(&position, Json(answer))
}

/// Gives a user values, or takes them away, another address, and an external id. What is as it should be yields no fact. An
/// address that another user has or had is refused, and so is an external id that another user has.
#[utoipa::path(patch, path = "/v1/users/{id}", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"),
    ("If-Match" = Option<String>, Header, description = "the user's ETag: refused where somebody was faster"),
), request_body = UserPatchBody, responses((status = 200, body = ActionAnswer), (status = 404, description = "user_unknown"),
    (status = 409, description = "email_taken, external_id_taken"), (status = 412, description = "version_conflict"),
    (status = 422, description = "email_invalid, property_unknown, value_invalid")))]
pub async fn change(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(user): InPath<String>,
    uri: Uri,
    headers: HeaderMap,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersWrite)?;
    Params::read(&uri, &[])?;
    let mut body: UserPatchBody = read_json(&body)?;
    let external_id = take_external_id(body.external_id.take(), &mut body.fields)?;
    let mut values = values(&app.follower.store().properties()?, &body.fields)?;
    if body.email.is_some() || external_id.is_some() {
        values.extend(external_id);
        let (user, email) = (id(&user)?, body.email.as_deref().map(read_email).transpose()?);
        let asker =
            Asker { personal: credential.sees_personal(), context: request.context(&credential) };
        let seen = |revision| as_seen(&headers, revision);
        let done = by_hand::change(&app, &asker, user, (email.as_ref(), &values), seen).await?;
        return Ok(answer(&app, user, done));
    }
    if values.is_empty() {
        let detail = "say an email, an external_id, or fields to give or to take away";
        return Err(Problem::new(ProblemKind::BodyInvalid, detail));
    }
    let decide = |user: Option<&User>| Ok(set(user, &values)?.into_iter().collect());
    act(&app, id(&user)?, (&credential, &request), &headers, decide).await
}

/// Removes a user: what it holds and is in goes first, in the same moment. Its past events stay; the same address begins
/// anew.
#[utoipa::path(delete, path = "/v1/users/{id}", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"),
    ("If-Match" = Option<String>, Header, description = "the user's ETag: refused where somebody was faster"),
), responses((status = 200, body = ActionAnswer), (status = 404, description = "user_unknown"),
    (status = 412, description = "version_conflict")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(user): InPath<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersWrite)?;
    Params::read(&uri, &[])?;
    let decide = |user: Option<&User>| Ok(removal(user)?);
    act(&app, id(&user)?, (&credential, &request), &headers, decide).await
}
