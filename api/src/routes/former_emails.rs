//! Releasing addresses that users had before.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use domain::scope::Scope;
use serde::Deserialize;
use utoipa::ToSchema;

use super::actions::ActionAnswer;
use super::new_user::read_email;
use super::versions::as_seen;
use super::{InPath, SmallBody, at_position, id, read_json};
use crate::access::Credential;
use crate::app::App;
use crate::by_hand::{Asker, release as released};
use crate::params::Params;
use crate::problem::Problem;
use crate::request::RequestId;

/// The address to release.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBody {
    /// One the user had before.
    pub email: String,
}

/// Releases a former address: it is nobody's, and whoever comes with it from then on is another user. One that was released
/// before stays so.
#[utoipa::path(post, path = "/v1/users/{id}/former-emails/release", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"),
    ("If-Match" = Option<String>, Header, description = "the user's ETag: refused where somebody was faster"),
), request_body = ReleaseBody, responses((status = 200, body = ActionAnswer),
    (status = 403, description = "scope_missing, personal_data_required"),
    (status = 404, description = "user_unknown, former_email_unknown"), (status = 409, description = "email_is_current"),
    (status = 412, description = "version_conflict"), (status = 422, description = "email_invalid")))]
pub async fn release(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(user): InPath<String>,
    uri: Uri,
    headers: HeaderMap,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersWrite)?;
    credential.needs_personal("whether a user had an address is personal")?;
    Params::read(&uri, &[])?;
    let body: ReleaseBody = read_json(&body)?;
    let (user, email) = (id(&user)?, read_email(&body.email)?);
    let asker = Asker { personal: true, context: request.context(&credential) };
    let seen = |revision| as_seen(&headers, revision);
    let done = released(&app, &asker, user, &email, seen).await?;
    let position = app.cursor(done.position.unwrap_or_else(|| app.log.head()));
    let (recorded, revision) = (done.position.is_some(), done.revision);
    let answer = ActionAnswer { user_id: user.0, recorded, position: position.clone(), revision };
    Ok(at_position(&position, Json(answer)))
}
