//! Looking at users.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::UserId;
use domain::property::Properties;
use domain::scope::Scope;
use projections::users::{PerkLine, UserLine};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InPath, PAGE_DEFAULT, PAGE_MAX, at_position, id, shown};
use crate::access::Credential;
use crate::app::App;
use crate::displayed;
use crate::params::Params;
use crate::problem::Problem;
use crate::table::filter::{FILTERS, UserFilter};
use crate::table::sort::{DEFAULT_SORT, Sort};
use crate::table::{TablePage, TableQuery, look};
use crate::views;

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

/// An address a user had.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormerEmail {
    /// As it was displayed.
    pub email: String,
    /// Until when.
    pub until: String,
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
    /// Addresses the user had before, which nobody else gets unless they are released, oldest first; none where withheld.
    pub former_emails: Vec<FormerEmail>,
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

/// A page of the table.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsersPage {
    /// The users; none where they are only counted.
    pub items: Vec<UserSummary>,
    /// Give it as `cursor` for the next page; null at the end.
    pub next: Option<String>,
    /// How many users the filters leave in all.
    pub total: u64,
    /// Which of their fields the token that asks wants to see (`/v1/table`), in order.
    pub columns: Vec<String>,
    /// The order they are in, as `sort` says it.
    pub sort: String,
}

/// Users, filtered and sorted; without `sort` in order of member since. Several filters have to hold together. Pages stay
/// stable while users come and go.
#[utoipa::path(get, path = "/v1/users", tag = "users", params(
    ("search" = Option<String>, Query, description = "words that all stand in the e-mail, first or last name, or external id, whatever their case and accents (needs personal:read)"),
    ("user" = Option<String>, Query, description = "id of a user: only these (repeatable and comma-separated, at most 1,000)"),
    ("import" = Option<String>, Query, description = "id of an import: only users whom its rows made, changed or put on its list"),
    ("list" = Option<String>, Query, description = "id of a list: only users on it (repeatable)"),
    ("segment" = Option<String>, Query, description = "id of a segment: only users in it (repeatable)"),
    ("badge" = Option<String>, Query, description = "id of a badge: only users who hold it (repeatable)"),
    ("challenge" = Option<String>, Query, description = "id of a challenge: only users who joined it (repeatable)"),
    ("app" = Option<String>, Query, description = "id of an app: only users who have connected it (repeatable)"),
    ("property.*" = Option<String>, Query, description = "property.<reference id>.<operator>=<value>, with the operators of segments: property.city.is=Lyon; values of is_one_of and between are separated by a comma (repeatable; needs personal:read)"),
    ("sort" = Option<String>, Query, description = "a column: email, member_since, last_active_at, challenges_completed, digital_assets, perks_used, user_id, first_name, last_name, lang, external_id, or a property's reference id; `-` before it for the greatest first. Who has no value comes last. Columns that name a person need personal:read"),
    ("count" = Option<String>, Query, description = "only: how many there are, without any of them"),
    ("view" = Option<String>, Query, description = "a saved view: its filters hold too, and its order and columns where none are said"),
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ("min_position" = Option<String>, Query, description = "wait until the tables hold this position"),
    ("settled" = Option<bool>, Query, description = "wait until all that follows by rules from what is recorded now is there"),
), responses((status = 200, body = UsersPage), (status = 400, description = "cursor_of_another_query, cursor_invalid"),
    (status = 403, description = "personal_data_required"), (status = 404, description = "list_unknown, segment_unknown, badge_unknown"),
    (status = 422, description = "column_unknown, condition_invalid, condition_type_mismatch"),
    (status = 503, description = "projection_behind, policies_behind")))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    let own = ["view", "sort", "count", "limit", "cursor", "min_position", "settled"];
    let params = Params::read(&uri, &[FILTERS.as_slice(), &own].concat())?;
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let counted = params.choice("count", &[("only", ())], "only")?.is_some();
    wait_for_position(&app, &params).await?;
    let personal = credential.sees_personal();
    let reading = app.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let store = reading.follower.store();
        let at = store.checkpoint()?; // before the page: the page holds at least this
        let (params, view) = views::applied(&store, params)?;
        let view = view.unwrap_or_default();
        let filter = UserFilter::read(&params, (&reading.log, &store), &credential)?;
        let (known, zone) = (store.properties()?, reading.config.zone);
        let sort = params.one("sort")?.or(view.sort.as_deref());
        let order = sort.unwrap_or(DEFAULT_SORT).to_owned();
        let sort = Sort::read(sort, &known, zone, &credential)?;
        let (limit, cursor) = (if counted { 0 } else { limit }, params.one("cursor")?);
        let query = TableQuery::new(reading.log_id, filter, sort, limit, cursor)?;
        let columns = match view.columns {
            Some(columns) => columns,
            None => displayed::names(&store, &credential.id)?.1,
        };
        Ok::<_, Problem>((look(&reading, &query)?, at, known, columns, order))
    });
    let (page, at, known, columns, sort) = looked.await.map_err(Problem::internal)??;
    let TablePage { lines, next, total } = page;
    let items = lines.into_iter().map(|line| UserSummary::new(line, &known, personal)).collect();
    Ok(at_position(&app.cursor(at), Json(UsersPage { items, next, total, columns, sort })))
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
    let personal = credential.sees_personal();
    let former = details.former_emails.into_iter().filter(|_| personal);
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
        summary: UserSummary::new(details.line, &known, personal),
        former_emails: former
            .map(|(email, until)| FormerEmail { email, until: shown(until) })
            .collect(),
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
