//! The history of one badge of one user, in sentences.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use chrono::DateTime;
use chrono_tz::Tz;
use domain::event::{Because, Named, SegmentMoved, Trigger};
use domain::scope::Scope;
use domain::{DefinitionId, Event, UserId};
use eventlog::{Recorded, Stream};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{InPath, Page, id, shown};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;

/// Facts of one user looked through.
const FACTS_MAX: usize = 1_000_000;

/// A badge that was gained or lost.
#[derive(Debug, Serialize, ToSchema)]
pub struct BadgeTurn {
    /// Whether it was gained; else it was lost.
    pub gained: bool,
    /// When.
    pub at: String,
    /// Why: `by_hand`, `entered_audience`, `left_audience`, `owners_changed`, `badge_archived`, `import_reverted` or
    /// `user_deleted`.
    pub because: &'static str,
    /// The same for a customer, in English. Values are left out without `personal:read`.
    pub sentence: String,
    /// The fact's id.
    pub event_id: Uuid,
    /// Cursor of its position: `/v1/events/{cursor}/causes` tells the whole chain.
    pub position: String,
}

/// When a user gained and lost a badge, the first time first, and why.
#[utoipa::path(get, path = "/v1/users/{id}/badges/{badge}/history", tag = "users", params(
    ("id" = Uuid, Path, description = "the user's id"), ("badge" = String, Path, description = "the badge's id"),
), responses((status = 200, body = Page<BadgeTurn>), (status = 404, description = "user_unknown")))]
pub async fn history(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath((user, badge)): InPath<(String, String)>,
    uri: Uri,
) -> Result<Json<Page<BadgeTurn>>, Problem> {
    credential.needs(Scope::UsersRead)?;
    credential.needs(Scope::EventsRead)?;
    Params::read(&uri, &[])?;
    let (user, badge): (UserId, DefinitionId) = (id(&user)?, id(&badge)?);
    let reading = app.clone();
    let facts = tokio::task::spawn_blocking(move || {
        reading.log.read_stream(&Stream::User(user), None, FACTS_MAX)
    });
    let facts = facts.await.map_err(Problem::internal)??;
    if facts.is_empty() {
        return Err(domain::Refusal::UserUnknown.into());
    }
    let events = facts.iter().rev().filter_map(|fact| Some((fact, fact.as_row().event().ok()?)));
    let events: Vec<(&Recorded, Event)> = events.collect();
    let by_id: HashMap<Uuid, &Event> =
        events.iter().map(|(fact, event)| (fact.event_id, event)).collect();
    let teller = Teller { zone: app.config.zone, values: credential.sees_personal(), by_id };
    let turn = |(fact, event): &(&Recorded, Event)| {
        let (gained, named, because) = turned(event, &badge)?;
        let at = fact.occurred_at.unwrap_or(fact.recorded_at);
        let cause = fact.cause.as_ref().and_then(|cause| teller.by_id.get(&cause.event_id));
        Some(BadgeTurn {
            gained,
            at: shown(at),
            because: because.name(),
            sentence: teller.sentence(at, gained, named, because, cause.copied()),
            event_id: fact.event_id,
            position: app.cursor(fact.position),
        })
    };
    Ok(Json(Page { items: events.iter().filter_map(turn).collect(), next: None }))
}

/// Whether a fact is that this badge was gained, or lost, and why.
fn turned<'a>(event: &'a Event, badge: &DefinitionId) -> Option<(bool, &'a Named, Because)> {
    if let Event::BadgeGained(gained) = event {
        return (gained.badge.id == *badge).then_some((true, &gained.badge, gained.because));
    }
    let Event::BadgeLost(lost) = event else { return None };
    (lost.badge.id == *badge).then_some((false, &lost.badge, lost.because))
}

fn called(named: &Named) -> String {
    format!("“{}”", named.name.as_deref().unwrap_or(named.id.as_str()))
}

/// Puts facts into words.
struct Teller<'a> {
    zone: Tz,
    values: bool,
    by_id: HashMap<Uuid, &'a Event>,
}

impl Teller<'_> {
    fn sentence(
        &self,
        at: i64,
        gained: bool,
        badge: &Named,
        because: Because,
        cause: Option<&Event>,
    ) -> String {
        let instant = DateTime::from_timestamp_micros(at).unwrap_or_default();
        let day = instant.with_timezone(&self.zone).format("%-d %B %Y");
        let turn = if gained { "gained" } else { "lost" };
        let why = match (because, gained) {
            (Because::ByHand, true) => "it was awarded by hand".to_owned(),
            (Because::ByHand, false) => "it was withdrawn by hand".to_owned(),
            (Because::EnteredAudience | Because::LeftAudience, _) => self.audience(cause),
            (Because::OwnersChanged, true) => "it was given to everybody it is for".to_owned(),
            (Because::OwnersChanged, false) => "it is for others now".to_owned(),
            (Because::BadgeArchived, _) => "it was archived".to_owned(),
            (Because::ListDeleted, _) => "the list is no more".to_owned(),
            (Because::BulkActionReverted, _) => "a bulk action was taken back".to_owned(),
            (Because::ImportReverted, _) => "an import was taken back".to_owned(),
            (Because::UserDeleted, _) => "the user was removed".to_owned(),
        };
        format!("On {day}, {} was {turn} because {why}.", called(badge))
    }

    /// What moved the user into the audience, or out of it.
    fn audience(&self, cause: Option<&Event>) -> String {
        if let Some(Event::SegmentEntered(moved)) = cause {
            return format!(
                "the conditions of {} are fulfilled{}",
                called(&moved.segment),
                self.how(moved)
            );
        }
        if let Some(Event::SegmentLeft(moved)) = cause {
            let how = self.how(moved);
            return format!(
                "the conditions of {} are fulfilled no more{how}",
                called(&moved.segment)
            );
        }
        if let Some(Event::ListJoined(joined)) = cause {
            return format!("the list {} was joined", called(&joined.list));
        }
        if let Some(Event::ListLeft(left)) = cause {
            return format!("the list {} was left", called(&left.list));
        }
        "of who it is for".to_owned()
    }

    fn how(&self, moved: &SegmentMoved) -> String {
        match moved.because {
            Trigger::Clock => return ", as time went by".to_owned(),
            Trigger::Definition => return ", as they are defined now".to_owned(),
            Trigger::Fact | Trigger::UserDeleted => {}
        }
        let value = |value: &Option<String>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), |value| format!("“{value}”"))
        };
        let changed = moved.changed.iter().filter(|changed| changed.before != changed.after);
        let told: Vec<String> = changed
            .filter(|_| self.values)
            .map(|changed| format!("{} became {}", value(&changed.before), value(&changed.after)))
            .collect();
        if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
    }
}
