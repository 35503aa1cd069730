//! The history of one user.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::scope::Scope;
use domain::{EventKind, UserId};
use eventlog::{Log, LogError, Position, Recorded};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::actors::{ActorView, Actors};
use super::event_search::Wanted;
use super::{InPath, PAGE_DEFAULT, PAGE_MAX, Page, at_position, id, shown};
use crate::access::Credential;
use crate::app::App;
use crate::history::walk_back;
use crate::params::Params;
use crate::problem::Problem;

/// The fact that caused another.
#[derive(Debug, Serialize, ToSchema)]
pub struct CauseView {
    /// Its id.
    pub event_id: Uuid,
    /// Its stream.
    pub stream: String,
    /// Its place there, from 0.
    pub revision: u64,
}

/// A fact about a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Its id, the same for ever.
    pub event_id: Uuid,
    /// Cursor of its position.
    pub position: String,
    /// Public type: `cohort.badge.gained`.
    #[serde(rename = "type")]
    pub kind: String,
    /// English.
    pub label: String,
    /// Place among the user's facts, from 0.
    pub revision: u64,
    /// When the log took it.
    pub recorded_at: String,
    /// When it happened, where the caller said.
    pub occurred_at: Option<String>,
    /// Who.
    pub actor: ActorView,
    /// How: `person`, `api`, `import`, `revert`, `policy`, `bulk`.
    pub origin: &'static str,
    /// The request or job it belongs to.
    pub correlation_id: Uuid,
    /// What led to it.
    pub cause: Option<CauseView>,
    /// Schema version of the next two.
    pub version: u16,
    /// The public part, as stored.
    #[schema(value_type = Object)]
    pub data: Value,
    /// The personal part, as stored; null where there is none or it is withheld.
    #[schema(value_type = Object)]
    pub personal: Option<Value>,
    /// `full`, or `withheld` where the personal part is left out.
    pub state: &'static str,
}

/// A user's facts, newest first unless `order=oldest` is said; of some types, or holding some text.
#[utoipa::path(get, path = "/v1/users/{id}/events", tag = "users", params(
    ("id" = Uuid, Path, description = "the user's id"),
    ("type" = Option<String>, Query, description = "only this type (repeatable): BadgeGained or cohort.badge.gained"),
    ("search" = Option<String>, Query, description = "only those whose label, names or values hold this, whatever its case and accents (needs personal:read)"),
    ("order" = Option<String>, Query, description = "newest (default) or oldest first"),
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
), responses((status = 200, body = Page<EventView>), (status = 403, description = "personal_data_required"),
    (status = 400, description = "unknown_event_type"), (status = 404, description = "user_unknown")))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(user): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    credential.needs(Scope::EventsRead)?;
    let params = Params::read(&uri, &["type", "search", "order", "limit", "cursor"])?;
    let user: UserId = id(&user)?;
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let wanted = Wanted::read(&params, &credential)?;
    let orders = [("newest", false), ("oldest", true)];
    let oldest = params.choice("order", &orders, "newest or oldest")?.unwrap_or(false);
    let from = params.one("cursor")?.map(|cursor| app.position(cursor)).transpose()?;
    let (head, reading) = (app.log.head(), app.clone());
    let found = tokio::task::spawn_blocking(move || {
        if from.is_none() && !is_user(&reading.log, user)? {
            return Err(Problem::from(domain::Refusal::UserUnknown));
        }
        Ok(match oldest {
            false => newest_first(&reading.log, user, &wanted, from, limit + 1)?,
            true => oldest_first(&reading.log, user, &wanted, from, limit + 1)?,
        })
    });
    let facts = found.await.map_err(Problem::internal)??;
    let more = facts.len() > limit;
    let next =
        facts.iter().take(limit).next_back().filter(|_| more).map(|fact| app.cursor(fact.position));
    let personal = credential.sees_personal();
    let actors = Actors::known_to(&app, &credential)?;
    let facts = facts.into_iter().take(limit);
    let items = facts.map(|fact| view(&app, &actors, fact, personal));
    let items = items.collect::<Result<_, _>>()?;
    Ok(at_position(&app.cursor(head), Json(Page { items, next })))
}

/// Whether anything ever happened to a user. On the stream of an address that was claimed for somebody lie facts that are
/// about no user.
fn is_user(log: &Log, user: UserId) -> Result<bool, LogError> {
    let mut is_user = false;
    walk_back(log, user, None, &mut |fact| {
        is_user = EventKind::from_name(&fact.kind).is_none_or(EventKind::is_user_event);
        if is_user { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(is_user)
}

/// At most so many facts before `before`, newest first.
fn newest_first(
    log: &Log,
    user: UserId,
    wanted: &Wanted,
    before: Option<Position>,
    most: usize,
) -> Result<Vec<Recorded>, LogError> {
    let mut facts = Vec::new();
    walk_back(log, user, before, &mut |fact| {
        if wanted.takes(&fact) {
            facts.push(fact);
        }
        if facts.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(facts)
}

/// At most so many facts after `after`, oldest first. A stream is read backwards: what is not among the first any more
/// goes while it is walked.
fn oldest_first(
    log: &Log,
    user: UserId,
    wanted: &Wanted,
    after: Option<Position>,
    most: usize,
) -> Result<Vec<Recorded>, LogError> {
    let (mut facts, mut met) = (VecDeque::new(), after.is_none());
    walk_back(log, user, None, &mut |fact| {
        if after.is_some_and(|after| fact.position <= after) {
            met = Some(fact.position) == after;
            return ControlFlow::Break(());
        }
        if wanted.takes(&fact) {
            facts.push_front(fact);
            facts.truncate(most);
        }
        ControlFlow::Continue(())
    })?;
    if met { Ok(facts.into()) } else { Err(LogError::NotInStream) }
}

/// A fact as it is shown.
pub(super) fn view(
    app: &App,
    actors: &Actors,
    fact: Recorded,
    personal: bool,
) -> Result<EventView, Problem> {
    let kind = EventKind::from_name(&fact.kind);
    let json = |part: &[u8]| serde_json::from_slice::<Value>(part).map_err(Problem::internal);
    Ok(EventView {
        event_id: fact.event_id,
        position: app.cursor(fact.position),
        kind: kind.map_or_else(|| fact.kind.clone(), |kind| kind.public_name().to_owned()),
        label: kind.map_or_else(|| fact.kind.clone(), |kind| kind.label().to_owned()),
        revision: fact.revision,
        recorded_at: shown(fact.recorded_at),
        occurred_at: fact.occurred_at.map(shown),
        actor: actors.view(&fact.actor),
        origin: fact.origin.name(),
        correlation_id: fact.correlation,
        cause: fact.cause.map(|cause| CauseView {
            event_id: cause.event_id,
            stream: cause.stream.to_string(),
            revision: cause.revision,
        }),
        version: fact.version,
        data: json(&fact.data)?,
        personal: fact.personal.filter(|_| personal).map(|part| json(&part)).transpose()?,
        state: if personal { "full" } else { "withheld" },
    })
}
