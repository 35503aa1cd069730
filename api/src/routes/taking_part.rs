//! Taking part in challenges.

use axum::response::Response;
use domain::challenge::{self, Challenge};
use domain::event::ChallengeDefined;

use super::actions::{Action, ActionAnswer, ActionBody};
use super::challenges::unknown;
use crate::problem::Problem;

/// The challenge that an action names first, where somebody defined it.
fn defined<const N: usize>(action: &Action<N>) -> Result<Option<ChallengeDefined>, Problem> {
    let (app, named) = action.parts();
    let Some(id) = named.first() else { return Ok(None) };
    let line = app.follower.store().challenge(id.as_str())?;
    match line {
        None if app.config.strict_definitions => Err(unknown(id)),
        line => Ok(line.map(|line| line.defined)),
    }
}

/// As it is defined; else it is open.
fn as_users_meet_it<'a>(
    defined: &'a Option<ChallengeDefined>,
    id: &'a domain::DefinitionId,
) -> Challenge<'a> {
    defined.as_ref().map_or(Challenge::Open(id), Challenge::Defined)
}

/// Joins a challenge: while it is published, and whoever is in its audience.
#[utoipa::path(post, path = "/v1/users/{id}/challenges/{challenge}/join", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("challenge" = String, Path, description = "the challenge's id"),
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer),
    (status = 409, description = "challenge_not_published, rewards_exhausted, not_in_audience")))]
pub async fn join_challenge(action: Action<1>) -> Result<Response, Problem> {
    let defined = defined(&action)?;
    action.run(|user, [id]| challenge::join(user, as_users_meet_it(&defined, id))).await
}

/// Completes a step of a challenge; the last one completes the challenge.
#[utoipa::path(post, path = "/v1/users/{id}/challenges/{challenge}/steps/{step}/complete", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("challenge" = String, Path, description = "the challenge's id"),
    ("step" = String, Path, description = "the step's id"),
), request_body = Option<ActionBody>,
responses((status = 200, body = ActionAnswer), (status = 404, description = "step_unknown"),
    (status = 409, description = "challenge_not_joined, challenge_already_completed, challenge_not_published, rewards_exhausted, step_not_available, not_in_audience")))]
pub async fn complete_step(action: Action<2>) -> Result<Response, Problem> {
    let defined = defined(&action)?;
    action
        .run(|user, [id, step]| {
            challenge::complete_step(user, as_users_meet_it(&defined, id), step)
        })
        .await
}

/// Completes a challenge that has no steps of its own.
#[utoipa::path(post, path = "/v1/users/{id}/challenges/{challenge}/complete", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("challenge" = String, Path, description = "the challenge's id"),
), request_body = Option<ActionBody>,
responses((status = 200, body = ActionAnswer),
    (status = 409, description = "challenge_not_joined, challenge_completes_itself, challenge_not_published, rewards_exhausted")))]
pub async fn complete_challenge(action: Action<1>) -> Result<Response, Problem> {
    let defined = defined(&action)?;
    action.run(|user, [id]| challenge::complete(user, as_users_meet_it(&defined, id))).await
}
