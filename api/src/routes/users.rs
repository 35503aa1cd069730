//! Looking at users.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::fold::fold;
use domain::property::Properties;
use domain::scope::Scope;
use domain::segment::Membership;
use domain::{DefinitionId, UserId};
use projections::users::{PageKey, PerkLine, UserLine};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InPath, PAGE_DEFAULT, PAGE_MAX, at_position, id, shown};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;
use crate::segments::exists;
use crate::table;

/// A user as the table shows one. Without `personal:read`, e-mail and fields are withheld.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserSummary {
    /// The user's id.
    pub id: Uuid,
    /// The address as displayed.
    pub email: Option<String>,
    /// When the user was made.
    pub member_since: String,
    /// When the user last did something.
    pub last_active_at: Option<String>,
    /// Challenges completed.
    pub challenges_completed: u64,
    /// Digital assets received.
    pub digital_assets: u64,
    /// Perks used.
    pub perks_used: u64,
    /// Names, language and properties, by reference id.
    pub fields: BTreeMap<String, String>,
    /// `full`, or `withheld` where personal fields are left out.
    pub state: &'static str,
}

impl UserSummary {
    fn new(line: UserLine, known: &Properties, personal: bool) -> UserSummary {
        UserSummary {
            id: line.id.0,
            email: personal.then_some(line.email),
            member_since: shown(line.member_since),
            last_active_at: line.last_active_at.map(shown),
            challenges_completed: line.challenges_completed,
            digital_assets: line.digital_assets,
            perks_used: line.perks_used,
            fields: if personal { known.named(line.fields) } else { BTreeMap::new() },
            state: if personal { "full" } else { "withheld" },
        }
    }
}

/// A badge a user holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldBadge {
    /// Which.
    pub badge_id: String,
    /// Since when.
    pub since: String,
}

/// A list a user is on.
#[derive(Debug, Serialize, ToSchema)]
pub struct JoinedList {
    /// Which.
    pub list_id: String,
    /// Since when.
    pub since: String,
}

/// A segment a user is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnteredSegment {
    /// Which.
    pub segment_id: String,
    /// Since when.
    pub since: String,
}

/// A challenge a user takes part in.
#[derive(Debug, Serialize, ToSchema)]
pub struct JoinedChallenge {
    /// Which.
    pub challenge_id: String,
    /// When joined.
    pub joined_at: String,
    /// When completed.
    pub completed_at: Option<String>,
    /// Steps completed, in order.
    pub steps: Vec<String>,
    /// Rewards received for it, in order, each as `perk:<id>` or `digital_asset:<id>`.
    pub rewards: Vec<String>,
}

/// A perk a user received.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivedPerk {
    /// Which.
    pub perk_id: String,
    /// How often it was received.
    pub received: u64,
    /// How often it was used.
    pub used: u64,
    /// When it was received first.
    pub received_at: Option<String>,
    /// When it was used last.
    pub used_at: Option<String>,
}

/// A digital asset a user received.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivedAsset {
    /// Which.
    pub digital_asset_id: String,
    /// When.
    pub received_at: String,
}

/// An app a user has connected.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectedApp {
    /// Which.
    pub app_id: String,
    /// Since when.
    pub since: String,
}

/// Everything about one user.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    /// The table's line.
    #[serde(flatten)]
    pub summary: UserSummary,
    /// Revision of the last fact about the user; also the ETag.
    pub revision: u64,
    /// Lists the user is on, by id.
    pub lists: Vec<JoinedList>,
    /// Segments the user is in, by id.
    pub segments: Vec<EnteredSegment>,
    /// Badges held, by id.
    pub badges: Vec<HeldBadge>,
    /// Challenges, by id.
    pub challenges: Vec<JoinedChallenge>,
    /// Perks received, by id.
    pub perks: Vec<ReceivedPerk>,
    /// Digital assets received, by id.
    pub digital_assets_received: Vec<ReceivedAsset>,
    /// Apps connected, by id.
    pub apps: Vec<ConnectedApp>,
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsersPage {
    /// The users.
    pub items: Vec<UserSummary>,
    /// Give it as `cursor` for the next page; null at the end.
    pub next: Option<String>,
    /// Which of their fields the token that asks wants to see (`/v1/table`), in order.
    pub columns: Vec<String>,
}

/// Users in order of member since, then id.
#[utoipa::path(get, path = "/v1/users", tag = "users", params(
    ("search" = Option<String>, Query, description = "part of the e-mail, whatever its case and accents (needs personal:read)"),
    ("list" = Option<String>, Query, description = "id of a list: only users on it"),
    ("segment" = Option<String>, Query, description = "id of a segment: only users in it"),
    ("badge" = Option<String>, Query, description = "id of a badge: only users who hold it"),
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ("min_position" = Option<String>, Query, description = "wait until the tables hold this position"),
    ("settled" = Option<bool>, Query, description = "wait until all that follows by rules from what is recorded now is there"),
), responses((status = 200, body = UsersPage), (status = 404, description = "list_unknown, segment_unknown"),
    (status = 503, description = "projection_behind, policies_behind")))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    let params = Params::read(
        &uri,
        &["search", "list", "segment", "badge", "limit", "cursor", "min_position", "settled"],
    )?;
    let search = params.one("search")?.map(fold);
    if search.is_some() {
        credential.needs_personal("search looks at e-mails")?;
    }
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let after = params.one("cursor")?.map(read_key).transpose()?;
    let of = belonging(&params)?;
    wait_for_position(&app, &params).await?;
    for of in &of {
        exists(&app.follower.store(), of)?;
    }
    let reading = app.clone();
    let (lines, at) = tokio::task::spawn_blocking(move || {
        let store = reading.follower.store();
        let at = store.checkpoint()?; // before the page: the page holds at least this
        store.users_page(search.as_deref(), &of, after, limit + 1).map(|lines| (lines, at))
    })
    .await
    .map_err(Problem::internal)??;
    let more = lines.len() > limit;
    let next = lines.iter().take(limit).next_back().filter(|_| more).map(write_key);
    let (known, personal) = (app.follower.store().properties()?, credential.sees_personal());
    let lines = lines.into_iter().take(limit);
    let items = lines.map(|line| UserSummary::new(line, &known, personal)).collect();
    let (_, columns) = table::names(&app.follower.store(), &credential.token_id)?;
    Ok(at_position(&app.cursor(at), Json(UsersPage { items, next, columns })))
}

/// One user.
#[utoipa::path(get, path = "/v1/users/{id}", tag = "users", params(
    ("id" = Uuid, Path, description = "the user's id"),
    ("min_position" = Option<String>, Query, description = "wait until the tables hold this position"),
    ("settled" = Option<bool>, Query, description = "wait until all that follows by rules from what is recorded now is there"),
), responses((status = 200, body = UserView), (status = 404, description = "user_unknown"),
    (status = 503, description = "projection_behind, policies_behind")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(user): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    let params = Params::read(&uri, &["min_position", "settled"])?;
    let user: UserId = id(&user)?;
    wait_for_position(&app, &params).await?;
    let store = app.follower.store();
    let at = store.checkpoint()?;
    let details = store.user(user)?.ok_or_else(|| Problem::from(domain::Refusal::UserUnknown))?;
    let known = store.properties()?;
    let etag = format!("\"{}\"", details.line.revision);
    let challenge = |line: projections::users::ChallengeLine| JoinedChallenge {
        challenge_id: line.challenge_id,
        joined_at: shown(line.joined_at),
        completed_at: line.completed_at.map(shown),
        steps: line.steps,
        rewards: line.rewards,
    };
    let perk = |line: PerkLine| ReceivedPerk {
        perk_id: line.perk_id,
        received: line.received,
        used: line.used,
        received_at: line.received_at.map(shown),
        used_at: line.used_at.map(shown),
    };
    let view = UserView {
        revision: details.line.revision,
        summary: UserSummary::new(details.line, &known, credential.sees_personal()),
        lists: details
            .lists
            .into_iter()
            .map(|(list_id, since)| JoinedList { list_id, since: shown(since) })
            .collect(),
        segments: details
            .segments
            .into_iter()
            .map(|(segment_id, since)| EnteredSegment { segment_id, since: shown(since) })
            .collect(),
        badges: details
            .badges
            .into_iter()
            .map(|(badge_id, since)| HeldBadge { badge_id, since: shown(since) })
            .collect(),
        challenges: details.challenges.into_iter().map(challenge).collect(),
        perks: details.perks.into_iter().map(perk).collect(),
        digital_assets_received: details
            .digital_assets
            .into_iter()
            .map(|(digital_asset_id, at)| ReceivedAsset {
                digital_asset_id,
                received_at: shown(at),
            })
            .collect(),
        apps: details
            .apps
            .into_iter()
            .map(|(app_id, since)| ConnectedApp { app_id, since: shown(since) })
            .collect(),
    };
    let mut response = at_position(&app.cursor(at), Json(view)).into_response();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Ok(response)
}

/// What users have to belong to.
fn belonging(params: &Params) -> Result<Vec<Membership>, Problem> {
    let list = params.parsed::<DefinitionId>("list", "the id of a list")?.map(Membership::List);
    let segment = params.parsed("segment", "the id of a segment")?.map(Membership::Segment);
    let badge = params.parsed("badge", "the id of a badge")?.map(Membership::Badge);
    Ok(list.into_iter().chain(segment).chain(badge).collect())
}

/// Waits for `min_position` and `settled`, where they are given.
///
/// # Errors
/// What is wrong with the cursor, `projection_behind` or `policies_behind`.
pub async fn wait_for_position(app: &App, params: &Params) -> Result<(), Problem> {
    if params.flag("settled", false)? {
        app.at_rest().await?;
    }
    match params.one("min_position")? {
        Some(cursor) => app.settled(app.position(cursor)?).await,
        None => Ok(()),
    }
}

fn write_key(line: &UserLine) -> String {
    let mut bytes = [0u8; 24];
    bytes[..8].copy_from_slice(&line.member_since.to_be_bytes());
    bytes[8..].copy_from_slice(line.id.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read_key(text: &str) -> Result<PageKey, Problem> {
    let bytes: Option<[u8; 24]> =
        URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| Problem::from(eventlog::CursorFault::Unreadable))?;
    let (since, id) = bytes.split_at(8);
    let since = i64::from_be_bytes(since.try_into().map_err(Problem::internal)?);
    let id = Uuid::from_slice(id).map_err(Problem::internal)?;
    Ok(PageKey { member_since: since, id: UserId(id) })
}
