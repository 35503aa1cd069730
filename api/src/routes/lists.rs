//! Lists: users put together by hand or by an import.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::event::{ListCreated, ListNamed, Named};
use domain::scope::Scope;
use domain::segment::Membership;
use domain::{DefinitionId, Event, list as rules};
use eventlog::{Expected, Position, Stream};
use projections::definitions::ListLine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::actions::{Action, ActionAnswer, ActionBody};
use super::defining::{self, Definer};
use super::versions::with_etag;
use super::{InPath, PAGE_DEFAULT, PAGE_MAX, Page, SmallBody, id, read_json, shown};
use crate::access::Credential;
use crate::app::App;
use crate::import::definitions::{id_for_new, list_unknown};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::segments::nothing_hangs_on;

/// A list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListView {
    /// Names it in every fact, for ever.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// Users on it.
    pub users: u64,
    /// When it was made.
    pub created_at: String,
    /// Revision of its stream; also the ETag.
    pub revision: u64,
}

impl From<ListLine> for ListView {
    fn from(line: ListLine) -> ListView {
        let ListLine { id, name, users, created_at, revision, .. } = line;
        ListView { id: id.to_string(), name, users, created_at: shown(created_at), revision }
    }
}

/// What a new list should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewListBody {
    /// Its id: 1 to 64 of a-z, 0-9, _ and -; without it, one is made of the name.
    pub id: Option<String>,
    /// As people read it.
    pub name: String,
}

/// What a list should be called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListBody {
    /// Its id, which never changes; it may be left out.
    pub id: Option<String>,
    /// As people read it.
    pub name: String,
}

fn stream(list: &DefinitionId) -> Stream {
    Stream::named("list", list)
}

fn find(app: &App, list: &DefinitionId) -> Result<ListLine, Problem> {
    app.follower.store().list(list)?.ok_or_else(|| list_unknown(list))
}

fn view(app: &App, list: &DefinitionId) -> Result<(u64, Json<ListView>), Problem> {
    let line = find(app, list)?;
    Ok((line.revision, Json(line.into())))
}

/// Lists, in the order they were made.
#[utoipa::path(get, path = "/v1/lists", tag = "definitions", params(
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
), responses((status = 200, body = Page<ListView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<ListView>>, Problem> {
    credential.needs(Scope::UsersRead)?;
    let params = Params::read(&uri, &["limit", "cursor"])?;
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let after = params.one("cursor")?.map(|cursor| app.position(cursor)).transpose()?;
    let after = after.map_or(0, Position::number);
    let mut lines = app.follower.store().lists_page(after, limit + 1)?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let last = lines.last().filter(|_| more);
    let next = last.map(|line| app.cursor(Position::single(line.ordinal)));
    Ok(Json(Page { items: lines.into_iter().map(ListView::from).collect(), next }))
}

/// One list.
#[utoipa::path(get, path = "/v1/lists/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the list's id"),
), responses((status = 200, body = ListView), (status = 404, description = "list_unknown")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(list): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let (revision, view) = view(&app, &id(&list)?)?;
    Ok(with_etag(revision, view))
}

/// Makes a list.
#[utoipa::path(post, path = "/v1/lists", tag = "definitions", request_body = NewListBody, responses(
    (status = 201, body = ListView), (status = 409, description = "reference_id_taken")))]
pub async fn create(definer: Definer, SmallBody(body): SmallBody) -> Result<Response, Problem> {
    let app = &definer.app;
    let body: NewListBody = read_json(&body)?;
    let name = defining::named(&body.name)?;
    let _defining = definer.begin().await?;
    let list_id = match body.id {
        Some(said) => id::<DefinitionId>(&said)?,
        None => {
            let store = app.follower.store();
            let is_there = |id: &DefinitionId| Ok(store.list(id)?.is_some());
            let taken = |id: &DefinitionId| Ok(store.list_called(id)?.is_some());
            id_for_new(&name, "list", (&is_there, &taken))?
        }
    };
    let event = Event::ListCreated(ListCreated { list_id: list_id.clone(), name });
    let taken = || format!("there is or was a list {:?}", list_id.as_str());
    let position = definer.make((stream(&list_id), Expected::New), &event, taken).await?;
    Ok(definer.made(position, view(app, &list_id)?))
}

/// Calls a list otherwise. One that is called so already yields no fact.
#[utoipa::path(put, path = "/v1/lists/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the list's id"), ("If-Match" = String, Header, description = "its ETag"),
), request_body = ListBody, responses((status = 200, body = ListView), (status = 404, description = "list_unknown"),
    (status = 412, description = "version_conflict"), (status = 428, description = "if_match_missing")))]
pub async fn change(
    definer: Definer,
    InPath(list): InPath<String>,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let app = &definer.app;
    let list_id: DefinitionId = id(&list)?;
    let body: ListBody = read_json(&body)?;
    if body.id.is_some_and(|said| said != list) {
        return Err(Problem::new(ProblemKind::BodyInvalid, "the id of a list never changes"));
    }
    let name = defining::named(&body.name)?;
    let _defining = definer.begin().await?;
    let line = find(app, &list_id)?;
    let expected = definer.expected(line.revision)?;
    let position = match line.name == name {
        true => app.log.head(),
        false => {
            let event = Event::ListChanged(ListNamed { list_id: list_id.clone(), name });
            definer.record((stream(&list_id), expected), &event).await?
        }
    };
    Ok(definer.changed(position, view(app, &list_id)?))
}

/// Takes a list away. Everybody leaves it; no other list ever has its id.
#[utoipa::path(delete, path = "/v1/lists/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the list's id"), ("If-Match" = String, Header, description = "its ETag"),
), responses((status = 204), (status = 404, description = "list_unknown"),
    (status = 409, description = "audience_in_use"), (status = 412, description = "version_conflict"),
    (status = 428, description = "if_match_missing")))]
pub async fn remove(definer: Definer, InPath(list): InPath<String>) -> Result<Response, Problem> {
    let app = &definer.app;
    let list_id: DefinitionId = id(&list)?;
    let _defining = definer.begin().await?;
    let line = find(app, &list_id)?;
    let expected = definer.expected(line.revision)?;
    nothing_hangs_on(&app.follower.store(), &Membership::List(list_id.clone()))?;
    let event = Event::ListDeleted(ListNamed { list_id: list_id.clone(), name: line.name });
    let position = definer.record((stream(&list_id), expected), &event).await?;
    Ok(definer.removed(position))
}

/// The list that an action names.
fn named(action: &Action<1>) -> Result<Named, Problem> {
    let (app, [list]) = action.parts();
    let found = find(app, list).map_err(|no| action.user_first(no))?;
    Ok(Named { id: found.id, name: Some(found.name) })
}

/// Puts a user on a list. Who is on it stays.
#[utoipa::path(post, path = "/v1/users/{id}/lists/{list}", tag = "actions", params(
    ("id" = uuid::Uuid, Path, description = "the user's id"), ("list" = String, Path, description = "the list's id"),
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer),
    (status = 404, description = "user_unknown, list_unknown")))]
pub async fn join(action: Action<1>) -> Result<Response, Problem> {
    let list = named(&action)?;
    action.run(|user, _| rules::join(user, &list)).await
}

/// Takes a user off a list.
#[utoipa::path(delete, path = "/v1/users/{id}/lists/{list}", tag = "actions", params(
    ("id" = uuid::Uuid, Path, description = "the user's id"), ("list" = String, Path, description = "the list's id"),
), request_body = Option<ActionBody>, responses((status = 200, body = ActionAnswer),
    (status = 404, description = "user_unknown, list_unknown"), (status = 409, description = "list_not_joined")))]
pub async fn leave(action: Action<1>) -> Result<Response, Problem> {
    let list = named(&action)?;
    action.run(|user, _| rules::leave(user, &list)).await
}
