//! What is known of one user, value by value: since when, by whom, and what was there before.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::event::Change;
use domain::policy::changes;
use domain::property::{Properties, Property};
use domain::scope::Scope;
use domain::{EventKind, UserId};
use eventlog::Recorded;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::actors::{ActorView, Actors};
use super::{InPath, PAGE_DEFAULT, PAGE_MAX, Page, at_position, id, shown};
use crate::access::Credential;
use crate::app::App;
use crate::history::walk_back;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// Changes of a property that are shown beside it; its own page has them all.
const SHOWN_MAX: usize = 5;
/// Facts of one user looked through for the values it has.
const FACTS_MAX: usize = 1_000_000;

/// A change of a value.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueChange {
    /// The value from then on; null where it was taken away, or is withheld.
    pub value: Option<String>,
    /// Since when.
    pub since: String,
    /// Public type of the fact behind it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub event_id: Uuid,
    /// Cursor of its position: `/v1/events/{cursor}/causes` tells the whole chain.
    pub position: String,
    /// Who.
    pub actor: ActorView,
    /// How: `person`, `api`, `import`, `revert`, `policy`.
    pub origin: &'static str,
}

/// A property of a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct PropertyOfUser {
    /// Its reference id.
    pub property: String,
    /// As people read it.
    pub name: String,
    /// `text`, `number`, `boolean` or `date`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The value now; null where it was taken away, or is withheld.
    pub value: Option<String>,
    /// How it became what it is, newest first: the last changes.
    pub history: Vec<ValueChange>,
    /// Whether there are earlier changes; `/v1/users/{id}/properties/{property}` has them all.
    pub more: bool,
    /// `full`, or `withheld` where values are left out.
    pub state: &'static str,
}

/// The properties that a user has or had a value of, in this life, by reference id.
#[utoipa::path(get, path = "/v1/users/{id}/properties", tag = "users", params(
    ("id" = Uuid, Path, description = "the user's id"),
), responses((status = 200, body = Page<PropertyOfUser>), (status = 404, description = "user_unknown")))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(user): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    credential.needs(Scope::EventsRead)?;
    Params::read(&uri, &[])?;
    let user: UserId = id(&user)?;
    let personal = credential.sees_personal();
    let actors = Actors::known_to(&app, &credential)?;
    let (head, reading) = (app.log.head(), app.clone());
    let found = tokio::task::spawn_blocking(move || {
        let known = reading.follower.store().properties()?;
        let mut found: BTreeMap<String, PropertyOfUser> = BTreeMap::new();
        each_change(&reading, user, None, &mut |fact, change| {
            if known.name_of(&change.field).is_none() {
                return ControlFlow::Continue(()); // the property is gone
            }
            let entry = found.entry(change.field.clone()).or_insert_with(|| {
                let value = change.new.clone().filter(|_| personal);
                property_of_user(&known, &change.field, value, personal)
            });
            match entry.history.len() < SHOWN_MAX {
                true => {
                    entry.history.push(shown_change((&reading, &actors), fact, change, personal))
                }
                false => entry.more = true,
            }
            ControlFlow::Continue(())
        })?;
        Ok::<_, Problem>(found)
    });
    let mut items: Vec<PropertyOfUser> =
        found.await.map_err(Problem::internal)??.into_values().collect();
    items.sort_by(|one, other| one.property.cmp(&other.property));
    Ok(at_position(&app.cursor(head), Json(Page { items, next: None })))
}

/// How one property of a user became what it is, newest first.
#[utoipa::path(get, path = "/v1/users/{id}/properties/{property}", tag = "users", params(
    ("id" = Uuid, Path, description = "the user's id"), ("property" = String, Path, description = "the property's reference id"),
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
), responses((status = 200, body = Page<ValueChange>), (status = 404, description = "user_unknown"),
    (status = 422, description = "property_unknown")))]
pub async fn history(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath((user, property)): InPath<(String, String)>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    credential.needs(Scope::EventsRead)?;
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let user: UserId = id(&user)?;
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let before = params.one("cursor")?.map(|cursor| app.position(cursor)).transpose()?;
    let known = app.follower.store().properties()?;
    let field = crate::segments::property_id(&known, &property).ok_or_else(|| {
        Problem::new(ProblemKind::PropertyUnknown, format!("there is no property {property:?}"))
    })?;
    let personal = credential.sees_personal();
    let actors = Actors::known_to(&app, &credential)?;
    let (head, reading) = (app.log.head(), app.clone());
    let found = tokio::task::spawn_blocking(move || {
        let mut items = Vec::new();
        each_change(&reading, user, before, &mut |fact, change| {
            if change.field == field {
                items.push(shown_change((&reading, &actors), fact, change, personal));
            }
            if items.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok::<_, Problem>(items)
    });
    let mut items = found.await.map_err(Problem::internal)??;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.position.clone());
    Ok(at_position(&app.cursor(head), Json(Page { items, next })))
}

/// Visits each change of the user's values, newest first, back to where its present life began.
fn each_change(
    app: &App,
    user: UserId,
    before: Option<eventlog::Position>,
    visit: &mut dyn FnMut(&Recorded, &Change) -> ControlFlow<()>,
) -> Result<(), Problem> {
    let (mut facts, mut is_user) = (0, false);
    walk_back(&app.log, user, before, &mut |fact| {
        let kind = EventKind::from_name(&fact.kind);
        facts += 1;
        if kind == Some(EventKind::UserDeleted) || facts > FACTS_MAX {
            return ControlFlow::Break(());
        }
        is_user |= kind.is_none_or(EventKind::is_user_event);
        let event = fact.as_row().event();
        event.iter().flat_map(changes).try_for_each(|change| visit(&fact, change))
    })?;
    match is_user || before.is_some() {
        true => Ok(()),
        false => Err(domain::Refusal::UserUnknown.into()),
    }
}

fn property_of_user(
    known: &Properties,
    field: &str,
    value: Option<String>,
    personal: bool,
) -> PropertyOfUser {
    let property = known.by_id(field);
    let text = |named: fn(&Property) -> &str| property.map_or(field, named).to_owned();
    PropertyOfUser {
        property: text(|property| &property.reference_id),
        name: text(|property| &property.name),
        kind: property.map_or(domain::value::ValueType::Text, |property| property.kind).name(),
        value,
        history: Vec::new(),
        more: false,
        state: if personal { "full" } else { "withheld" },
    }
}

fn shown_change(
    (app, actors): (&App, &Actors),
    fact: &Recorded,
    change: &Change,
    personal: bool,
) -> ValueChange {
    let kind = EventKind::from_name(&fact.kind);
    ValueChange {
        value: change.new.clone().filter(|_| personal),
        since: shown(fact.recorded_at),
        kind: kind.map_or(fact.kind.as_str(), |kind| kind.public_name()).to_owned(),
        event_id: fact.event_id,
        position: app.cursor(fact.position),
        actor: actors.view(&fact.actor),
        origin: fact.origin.name(),
    }
}
