//! What users receive, use and connect, and that they were there.

use axum::response::Response;
use domain::event::{Named, RewardId, RewardKind};
use domain::{activity, reward};

use super::actions::{Action, ActionAnswer, ActionBody};
use crate::problem::Problem;

/// Gives a user a perk by hand. Who has it keeps it as it is.
#[utoipa::path(post, path = "/v1/users/{id}/perks/{perk}/receive", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("perk" = String, Path, description = "the perk's id"),
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer)))]
pub async fn receive_perk(action: Action<1>) -> Result<Response, Problem> {
    action
        .run(|user, [perk]| {
            reward::receive(user, &RewardId { kind: RewardKind::Perk, id: perk.clone() })
        })
        .await
}

/// Uses a perk: once for each time it was received.
#[utoipa::path(post, path = "/v1/users/{id}/perks/{perk}/use", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("perk" = String, Path, description = "the perk's id"),
), request_body = Option<ActionBody>,
responses((status = 200, body = ActionAnswer), (status = 409, description = "perk_not_held")))]
pub async fn use_perk(action: Action<1>) -> Result<Response, Problem> {
    action.run(|user, [perk]| activity::use_perk(user, &Named::by_id(perk.clone()))).await
}

/// Gives a user a digital asset by hand. Who has it keeps it as it is.
#[utoipa::path(post, path = "/v1/users/{id}/digital-assets/{asset}/receive", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("asset" = String, Path, description = "the digital asset's id"),
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer)))]
pub async fn receive_digital_asset(action: Action<1>) -> Result<Response, Problem> {
    action
        .run(|user, [asset]| {
            reward::receive(user, &RewardId { kind: RewardKind::DigitalAsset, id: asset.clone() })
        })
        .await
}

/// Connects an app. A connected one stays so.
#[utoipa::path(post, path = "/v1/users/{id}/apps/{app}", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("app" = String, Path, description = "the app's id"),
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer)))]
pub async fn connect_app(action: Action<1>) -> Result<Response, Problem> {
    action.run(|user, [app]| activity::connect(user, app)).await
}

/// Disconnects an app.
#[utoipa::path(delete, path = "/v1/users/{id}/apps/{app}", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"), ("app" = String, Path, description = "the app's id"),
), request_body = Option<ActionBody>,
responses((status = 200, body = ActionAnswer), (status = 409, description = "app_not_connected")))]
pub async fn disconnect_app(action: Action<1>) -> Result<Response, Problem> {
    action.run(|user, [app]| activity::disconnect(user, app)).await
}

/// Says that the user was there. Known for each UTC hour once.
#[utoipa::path(post, path = "/v1/users/{id}/active", tag = "actions", params(
    ("id" = Uuid, Path, description = "the user's id"),
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer)))]
pub async fn was_there(action: Action<0>) -> Result<Response, Problem> {
    let at = action.at();
    action.run(|user, []| activity::was_there(user, at)).await
}
