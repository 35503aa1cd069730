//! Acting for a user: badges by hand, challenges.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::scope::Scope;
use domain::{DefinitionId, Event, Refusal, User, UserId, badge, challenge};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InPath, SmallBody, at_position, id};
use crate::access::Credential;
use crate::app::App;
use crate::command::{Done, execute};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

/// What may be said about an action; the body may also be empty.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionBody {
    /// When it happened, if earlier than now: an instant such as 2026-01-31T09:00:00Z.
    pub occurred_at: Option<String>,
}

/// What an action came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionAnswer {
    /// Whose.
    pub user_id: Uuid,
    /// Whether a fact was recorded; false: everything was as asked already.
    pub recorded: bool,
    /// Cursor of the fact, or of the log where there is none: give it as `min_position` to read your own write.
    pub position: String,
    /// Revision of the recorded fact.
    pub revision: Option<u64>,
}

/// What every action starts from.
struct Action {
    app: Arc<App>,
    credential: Credential,
    request: RequestId,
    user: UserId,
    occurred_at: Option<i64>,
}

impl Action {
    fn new(
        app: Arc<App>,
        credential: Credential,
        request: RequestId,
        user: &str,
        uri: &Uri,
        body: &Bytes,
    ) -> Result<Action, Problem> {
        credential.needs(Scope::UsersWrite)?;
        Params::read(uri, &[])?;
        let body: ActionBody = if body.is_empty() {
            ActionBody::default()
        } else {
            serde_json::from_slice(body)
                .map_err(|error| Problem::new(ProblemKind::BodyInvalid, error.to_string()))?
        };
        let occurred_at = body.occurred_at.map(|text| occurred_at(&text, app.now())).transpose()?;
        Ok(Action { user: id(user)?, app, credential, request, occurred_at })
    }

    async fn run(
        self,
        decide: impl Fn(Option<&User>) -> Result<Option<Event>, Refusal>,
    ) -> Result<Response, Problem> {
        let context = self.request.context(&self.credential);
        let done = execute(&self.app, self.user, self.occurred_at, context, decide).await?;
        let (recorded, position, revision) = match done {
            Done::Recorded(appended) => (true, appended.position, Some(appended.revision)),
            Done::Nothing => (false, self.app.log.head(), None),
        };
        let position = self.app.cursor(position);
        let answer =
            ActionAnswer { user_id: self.user.0, recorded, position: position.clone(), revision };
        Ok(at_position(&position, Json(answer)))
    }
}

fn occurred_at(text: &str, now: i64) -> Result<i64, Problem> {
    let problem = |detail: &str| Problem::new(ProblemKind::OccurredAtInvalid, detail);
    let instant = chrono::DateTime::parse_from_rfc3339(text).map_err(|_| {
        problem("occurred_at is an instant with its offset, such as 2026-01-31T09:00:00Z or 2026-01-31T10:00:00+01:00")
    })?;
    let micros = instant.timestamp_micros();
    if micros > now { Err(problem("occurred_at lies in the future")) } else { Ok(micros) }
}

/// Awards a badge by hand. A held one stays as it is.
#[utoipa::path(post, path = "/v1/users/{id}/badges/{badge}", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("badge" = String, Path, description = "the badge's id"),
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer)))]
pub async fn award_badge(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath((user, badge)): InPath<(String, String)>,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let action = Action::new(app, credential, request, &user, &uri, &body)?;
    let badge: DefinitionId = id(&badge)?;
    action.run(|user| badge::award(user, &badge)).await
}

/// Withdraws a badge by hand.
#[utoipa::path(delete, path = "/v1/users/{id}/badges/{badge}", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("badge" = String, Path, description = "the badge's id"),
), request_body = Option<ActionBody>,
responses((status = 200, body = ActionAnswer), (status = 409, description = "badge_not_held")))]
pub async fn withdraw_badge(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath((user, badge)): InPath<(String, String)>,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let action = Action::new(app, credential, request, &user, &uri, &body)?;
    let badge: DefinitionId = id(&badge)?;
    action.run(|user| badge::withdraw(user, &badge)).await
}

/// Joins a challenge.
#[utoipa::path(post, path = "/v1/users/{id}/challenges/{challenge}/join", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("challenge" = String, Path, description = "the challenge's id"),
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer)))]
pub async fn join_challenge(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath((user, challenge)): InPath<(String, String)>,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let action = Action::new(app, credential, request, &user, &uri, &body)?;
    let challenge: DefinitionId = id(&challenge)?;
    action.run(|user| challenge::join(user, &challenge)).await
}

/// Completes a step of a challenge.
#[utoipa::path(post, path = "/v1/users/{id}/challenges/{challenge}/steps/{step}/complete", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("challenge" = String, Path, description = "the challenge's id"),
    ("step" = String, Path, description = "the step's id"),
), request_body = Option<ActionBody>,
responses((status = 200, body = ActionAnswer), (status = 409, description = "challenge_not_joined, challenge_already_completed")))]
pub async fn complete_step(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath((user, challenge, step)): InPath<(String, String, String)>,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let action = Action::new(app, credential, request, &user, &uri, &body)?;
    let (challenge, step): (DefinitionId, DefinitionId) = (id(&challenge)?, id(&step)?);
    action.run(|user| challenge::complete_step(user, &challenge, &step)).await
}

/// Completes a challenge.
#[utoipa::path(post, path = "/v1/users/{id}/challenges/{challenge}/complete", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("challenge" = String, Path, description = "the challenge's id"),
), request_body = Option<ActionBody>,
responses((status = 200, body = ActionAnswer), (status = 409, description = "challenge_not_joined")))]
pub async fn complete_challenge(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath((user, challenge)): InPath<(String, String)>,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let action = Action::new(app, credential, request, &user, &uri, &body)?;
    let challenge: DefinitionId = id(&challenge)?;
    action.run(|user| challenge::complete(user, &challenge)).await
}
