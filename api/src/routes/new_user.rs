//! Making one user by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;
use domain::DefinitionId;
use domain::email::Email;
use domain::event::Named;
use domain::scope::Scope;
use projections::Store;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::actions::ActionAnswer;
use super::one_user::{said, take_external_id, values};
use super::{SmallBody, at_position, id, read_json};
use crate::access::Credential;
use crate::app::App;
use crate::by_hand::{Asker, create};
use crate::import::definitions::list_unknown;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

/// Lists a user may be made on.
const LISTS_MAX: usize = 100;

/// A user to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUserBody {
    /// The address, which nobody has or had.
    pub email: String,
    /// The id another system knows the user by, which no other user has. Also taken among `fields`.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub external_id: Option<Value>,
    /// By reference id: text, number or boolean as the property's type is, dates as text.
    #[schema(value_type = Object)]
    #[serde(default)]
    pub fields: BTreeMap<String, Value>,
    /// Ids of lists to put the user on.
    #[serde(default)]
    pub lists: Vec<String>,
}

/// Makes a user, on these lists from the beginning.
#[utoipa::path(post, path = "/v1/users", tag = "actions", request_body = NewUserBody, responses(
    (status = 201, body = ActionAnswer, headers(("Location" = String, description = "the user"))),
    (status = 404, description = "list_unknown"), (status = 409, description = "email_taken, email_was_changed, external_id_taken"),
    (status = 422, description = "email_invalid, property_unknown, value_invalid")))]
pub async fn make(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersWrite)?;
    Params::read(&uri, &[])?;
    let mut body: NewUserBody = read_json(&body)?;
    let email = read_email(&body.email)?;
    let store = app.follower.store();
    let external_id = take_external_id(body.external_id.take(), &mut body.fields)?;
    let mut values = values(&store.properties()?, &body.fields)?;
    values.extend(external_id);
    let lists = named(&store, &body.lists)?;
    let asker =
        Asker { personal: credential.sees_personal(), context: request.context(&credential) };
    let (user, appended) = create(&app, &asker, &email, &values, &lists).await?;
    let (position, revision) = (app.cursor(appended.position), Some(appended.revision));
    let answer =
        ActionAnswer { user_id: user.0, recorded: true, position: position.clone(), revision };
    let location = [(header::LOCATION, format!("/v1/users/{user}"))];
    Ok(at_position(&position, (StatusCode::CREATED, location, Json(answer))))
}

/// An address somebody sent.
pub(crate) fn read_email(text: &str) -> Result<Email, Problem> {
    Email::parse(text).map_err(|fault| {
        Problem::new(ProblemKind::EmailInvalid, fault.to_string()).with("field", "email")
    })
}

fn named(store: &Store, lists: &[String]) -> Result<Vec<Named>, Problem> {
    if lists.len() > LISTS_MAX {
        let detail = format!("lists: at most {LISTS_MAX}");
        return Err(Problem::new(ProblemKind::BodyInvalid, detail));
    }
    let named = |said: &String| {
        let list: DefinitionId = id(said)?;
        let found = store.list(&list)?.ok_or_else(|| list_unknown(&list))?;
        Ok(Named { id: found.id, name: Some(found.name) })
    };
    lists.iter().map(named).collect()
}
