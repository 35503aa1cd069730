//! What happened to users, newest first.

mod reading;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, Uri};
use axum::response::Response;
use domain::scope::Scope;
use eventlog::{Recorded, Stream};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use self::reading::{Found, newest};
use super::actors::Actors;
use super::exports::RANGE;
use super::exports::parameters::{SliceQuery, read_slice};
use super::user_events::{EventView, view};
use super::{PAGE_DEFAULT, PAGE_MAX, Page, at_position};
use crate::access::Credential;
use crate::app::App;
use crate::export::asked::Chosen;
use crate::export::range::range_text;
use crate::problem::Problem;

/// A user event.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserEventView {
    /// Whose.
    pub user_id: Uuid,
    /// The user's address then; null where it is withheld.
    pub user_email: Option<String>,
    /// The fact.
    #[serde(flatten)]
    pub event: EventView,
}

/// User events, newest first. What is recorded meanwhile moves no page: `next` goes on before the last that was looked at.
/// Types, a user and times recorded are found by index. For `import`, `list` and other names, and for `basis=occurred`, a page
/// looks at 10,000 events at most: one that is not full, or empty, goes on at its `next` until that is null.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(SliceQuery,
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before, with the same parameters"),
), responses((status = 200, body = Page<UserEventView>),
    (status = 400, description = "unknown_event_type, unknown_zone, to_and_through, time_unreadable, local_time_does_not_exist, local_time_ambiguous, range_inverted, cursor_invalid")))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::EventsRead)?;
    let params = read_slice(&uri, &["limit", "cursor"])?;
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let before = params.one("cursor")?.map(|cursor| app.position(cursor)).transpose()?;
    let Chosen { slice, range, .. } = Chosen::read(&app, &params).await?;
    let head = slice.through;
    let reading = app.clone();
    let found = tokio::task::spawn_blocking(move || newest(&reading.log, &slice, before, limit));
    let Found { facts, next } = found.await.map_err(Problem::internal)??;
    let personal = credential.sees_personal();
    let actors = Actors::known_to(&app, &credential)?;
    let items = facts.into_iter().map(|fact| shown_event(&app, &actors, fact, personal));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let page = Page { items, next: next.map(|position| app.cursor(position)) };
    let mut response = at_position(&app.cursor(head), Json(page));
    let range = HeaderValue::from_str(&range_text(range)).map_err(Problem::internal)?;
    response.headers_mut().insert(RANGE, range);
    Ok(response)
}

fn shown_event(
    app: &App,
    actors: &Actors,
    fact: Recorded,
    personal: bool,
) -> Result<UserEventView, Problem> {
    let Stream::User(user) = fact.stream else {
        return Err(Problem::internal("a user event is on no user's stream"));
    };
    let event = view(app, actors, fact, personal)?;
    let email = event.personal.as_ref().and_then(|part| part["email"].as_str());
    Ok(UserEventView { user_id: user.0, user_email: email.map(str::to_owned), event })
}
