//! Acting for a user: what every action begins and ends with, and badges by hand.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::Response;
use domain::event::Named;
use domain::scope::Scope;
use domain::{DefinitionId, Event, Refusal, User, UserId, badge};
use eventlog::Stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InPath, SmallBody, at_position, id, read_json};
use crate::access::Credential;
use crate::app::App;
use crate::closed::badge_by_hand;
use crate::command::{Done, execute_all, read_user};
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

/// An action on a user that names N definitions after it in its path: the request, read and allowed.
pub struct Action<const N: usize> {
    app: Arc<App>,
    credential: Credential,
    request: RequestId,
    user: UserId,
    named: [DefinitionId; N],
    occurred_at: Option<i64>,
}

impl<const N: usize> FromRequest<Arc<App>> for Action<N> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Action<N>, Problem> {
        let (mut parts, body) = request.into_parts();
        let credential = Credential::from_request_parts(&mut parts, app).await?;
        credential.needs(Scope::UsersWrite)?;
        Params::read(&parts.uri, &[])?;
        let InPath(ids) = InPath::<Vec<String>>::from_request_parts(&mut parts, app).await?;
        let Ok(request_id) = RequestId::from_request_parts(&mut parts, app).await;
        let body = Request::from_parts(parts, body);
        let SmallBody(body) = SmallBody::from_request(body, app).await?;
        let said: ActionBody =
            if body.is_empty() { ActionBody::default() } else { read_json(&body)? };
        let (user, named) =
            ids.split_first().ok_or_else(|| Problem::internal("a path without ids"))?;
        let named: Vec<DefinitionId> =
            named.iter().map(|text| id(text)).collect::<Result<_, _>>()?;
        Ok(Action {
            user: id(user)?,
            named: named.try_into().map_err(|_| Problem::internal("another path's action"))?,
            occurred_at: said.occurred_at.map(|text| occurred_at(&text, app.now())).transpose()?,
            app: app.clone(),
            credential,
            request: request_id,
        })
    }
}

impl<const N: usize> Action<N> {
    /// The service, and what the path names after the user.
    pub(super) fn parts(&self) -> (&App, &[DefinitionId; N]) {
        (&self.app, &self.named)
    }

    /// A no about what the path names: where there is no such user either, that comes first.
    pub(super) fn user_first(&self, no: Problem) -> Problem {
        match read_user(&self.app.log, &Stream::User(self.user)) {
            Ok(Some((Some(_), _))) => no,
            Ok(Some((None, _)) | None) => Refusal::UserUnknown.into(),
            Err(error) => error.into(),
        }
    }

    /// When it happened, in microseconds since 1970.
    pub(super) fn at(&self) -> i64 {
        self.occurred_at.unwrap_or_else(|| self.app.now())
    }

    /// Decides, records, answers. What is decided may be a fact, several, or none.
    pub(super) async fn run<F: IntoIterator<Item = Event>>(
        self,
        decide: impl Fn(Option<&User>, &[DefinitionId; N]) -> Result<F, Refusal>,
    ) -> Result<Response, Problem> {
        let context = self.request.context(&self.credential);
        let decide = |user: Option<&User>, _: Option<u64>| {
            Ok(decide(user, &self.named)?.into_iter().collect())
        };
        let done = execute_all(&self.app, self.user, self.occurred_at, context, decide).await?;
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
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer),
    (status = 404, description = "user_unknown"), (status = 409, description = "badge_follows_audience, badge_not_published")))]
pub async fn award_badge(action: Action<1>) -> Result<Response, Problem> {
    let badge = by_hand(&action)?;
    action.run(|user, _| badge::award(user, &badge)).await
}

/// The badge that an action names, where it is awarded by hand. One that nobody defined is.
fn by_hand(action: &Action<1>) -> Result<Named, Problem> {
    let (app, [id]) = action.parts();
    badge_by_hand(app, id)?.map_err(|closed| action.user_first(closed.into()))
}

/// Withdraws a badge by hand.
#[utoipa::path(delete, path = "/v1/users/{id}/badges/{badge}", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("badge" = String, Path, description = "the badge's id"),
), request_body = Option<ActionBody>,
responses((status = 200, body = ActionAnswer), (status = 409, description = "badge_not_held, badge_follows_audience, badge_not_published")))]
pub async fn withdraw_badge(action: Action<1>) -> Result<Response, Problem> {
    let badge = by_hand(&action)?;
    action.run(|user, _| badge::withdraw(user, &badge)).await
}
