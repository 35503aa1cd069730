//! Which types of user event there are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::EventKind;
use domain::scope::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Page, at_position, shown};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// A type of user event.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventTypeView {
    /// Public name: `cohort.badge.gained`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Name in the log: `BadgeGained`. Both are taken wherever a type is asked for.
    pub name: &'static str,
    /// English.
    pub label: &'static str,
    /// How often it has happened.
    pub events: u64,
    /// When the last was recorded.
    pub last_recorded_at: Option<String>,
}

/// Every type of user event, with how often it has happened.
#[utoipa::path(get, path = "/v1/event-types", tag = "events",
    responses((status = 200, body = Page<EventTypeView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::EventsRead)?;
    Params::read(&uri, &[])?;
    let store = app.follower.store();
    let (at, counts) = (store.checkpoint()?, store.kind_counts()?);
    let view = |kind: &EventKind| {
        let count = counts.iter().find(|count| count.kind == kind.name());
        EventTypeView {
            kind: kind.public_name(),
            name: kind.name(),
            label: kind.label(),
            events: count.map_or(0, |count| count.facts),
            last_recorded_at: count.map(|count| shown(count.last_at)),
        }
    };
    let items = EventKind::ALL.iter().filter(|kind| kind.is_user_event()).map(view).collect();
    Ok(at_position(&app.cursor(at), Json(Page { items, next: None })))
}

/// Reads a type of user event by either of its names.
///
/// # Errors
/// `unknown_event_type`, listing the known ones.
pub fn user_event_kind(text: &str) -> Result<EventKind, Problem> {
    let found = EventKind::from_name(text).or_else(|| EventKind::from_public_name(text));
    found.filter(|kind| kind.is_user_event()).ok_or_else(|| {
        let known: Vec<_> = EventKind::ALL
            .iter()
            .filter(|kind| kind.is_user_event())
            .map(|kind| kind.name())
            .collect();
        let detail = format!("{text:?} is no type of user event; known are: {}", known.join(", "));
        Problem::new(ProblemKind::UnknownEventType, detail).with("known", known)
    })
}
