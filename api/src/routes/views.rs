//! Saved views of the table of users: columns, order and filters under a name, for the whole team.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::event::{FilterPart, ViewRemoved, ViewSaved};
use domain::fold::fold;
use domain::scope::Scope;
use domain::table::{choices, choose};
use domain::{DefinitionId, Event};
use eventlog::{Expected, Stream};
use projections::views::ViewLine;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::defining::{Definer, named};
use super::versions::with_etag;
use super::{InPath, SmallBody, id, read_json, shown};
use crate::access::Credential;
use crate::app::App;
use crate::import::definitions::id_for_new;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::table::filter::{FILTERS, UserFilter};
use crate::table::sort::Sort;
use crate::views::{self, Known, VIEWS_MAX};

/// Names and values of a view's filters together, in bytes.
const FILTER_BYTES_MAX: usize = 8 * 1024;

/// A saved view.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedView {
    /// Names it, for ever.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// Columns after those that every table has, by reference id, in order; null: those that each is shown anyway.
    pub columns: Option<Vec<String>>,
    /// As `sort` of `GET /v1/users`; null: as it is anyway.
    pub sort: Option<String>,
    /// Filters of `GET /v1/users`, each with all its values. Those that may name a person are withheld without
    /// `personal:read`: they are null.
    pub filter: BTreeMap<String, Vec<Option<String>>>,
    /// Whether it asks for a property that is no more: it cannot be used then, and columns and filters stand here by ids.
    pub outdated: bool,
    /// When it was made.
    pub created_at: String,
    /// Revision of its stream; also the ETag.
    pub revision: u64,
}

/// The views there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedViews {
    /// In the order they were made.
    pub items: Vec<SavedView>,
}

/// What a view should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewBody {
    /// Its id: 1 to 64 of a-z, 0-9, _ and -; without it, one is made of the name. It never changes.
    pub id: Option<String>,
    /// As people read it.
    pub name: String,
    /// Columns after those that every table has; left out or null: those that each is shown anyway.
    pub columns: Option<Vec<String>>,
    /// As `sort` of `GET /v1/users`.
    pub sort: Option<String>,
    /// Filters of `GET /v1/users`, each with its value or several; not `user`.
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
}

fn stream(view: &DefinitionId) -> Stream {
    Stream::named("view", view)
}

impl SavedView {
    fn new(known: &Known, line: ViewLine, personal: bool) -> Result<SavedView, Problem> {
        let read = views::read(known, &line);
        let outdated = matches!(&read, Err(problem) if problem.kind() == ProblemKind::ViewOutdated);
        let (columns, sort, filter) = match read {
            Ok(view) => (view.columns, view.sort, view.filter),
            Err(_) if outdated => {
                let parts = line.filter.iter().map(|part| (part.name.clone(), part.value.clone()));
                (line.columns.clone(), line.sort.clone(), parts.collect())
            }
            Err(problem) => return Err(problem),
        };
        let hidden = line.filter.iter().map(|part| part.is_personal() && !personal);
        let mut shown_filter: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        for ((name, value), hidden) in filter.into_iter().zip(hidden) {
            shown_filter.entry(name).or_default().push(value.filter(|_| !hidden));
        }
        let ViewLine { id, name, created_at, revision, .. } = line;
        let (id, created_at) = (id.to_string(), shown(created_at));
        Ok(SavedView {
            id,
            name,
            columns,
            sort,
            filter: shown_filter,
            outdated,
            created_at,
            revision,
        })
    }
}

fn view(
    app: &App,
    view: &DefinitionId,
    credential: &Credential,
) -> Result<(u64, Json<SavedView>), Problem> {
    let line = views::find(&app.follower.store(), view)?;
    let personal = credential.sees_personal();
    let known = Known::of(&app.follower.store())?;
    Ok((line.revision, Json(SavedView::new(&known, line, personal)?)))
}

/// What is asked for, looked at as the table looks at it, so that no view is kept that nobody could open.
fn asked(
    app: &App,
    credential: &Credential,
    view_id: DefinitionId,
    body: ViewBody,
) -> Result<ViewSaved, Problem> {
    let ViewBody { name, columns, sort, filter, .. } = body;
    let name = named(&name)?;
    let store = app.follower.store();
    let known = store.properties()?;
    let params = match filter {
        Some(filter) => {
            // A view of a view is what that is now.
            let known = [FILTERS.as_slice(), &["view"]].concat();
            views::applied(&store, Params::of_object(&filter, &known)?)?.0
        }
        None => Params::of(Vec::new(), &[])?,
    };
    let invalid = |detail: String| Problem::new(ProblemKind::BodyInvalid, detail);
    if params.all("search").any(|search| fold(search).trim().is_empty()) {
        return Err(invalid(
            "filter: search is empty; leave it out to search for nothing".to_owned(),
        ));
    }
    if params.all("user").next().is_some() {
        return Err(invalid("filter: put chosen users on a list, and filter by that".to_owned()));
    }
    let bytes: usize = params.pairs().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > FILTER_BYTES_MAX {
        return Err(invalid(format!("filter holds at most {FILTER_BYTES_MAX} bytes")));
    }
    UserFilter::read(&params, (&app.log, &store), credential)?;
    Sort::read(sort.as_deref(), &known, app.config.zone, credential)?;
    let columns = columns.map(|names| choose(&known, &names)).transpose();
    let columns = columns.map_err(|fault| super::table::refused(&fault, &choices(&known)))?;
    let (filter, sort) = views::written(&known, &params, sort.as_deref())?;
    Ok(ViewSaved { view_id, name, columns, sort, filter })
}

/// Saved views, in the order they were made.
#[utoipa::path(get, path = "/v1/views", tag = "users", responses((status = 200, body = SavedViews)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<SavedViews>, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let store = app.follower.store();
    let known = Known::of(&store)?;
    let lines = store.views()?.into_iter();
    let items = lines.map(|line| SavedView::new(&known, line, credential.sees_personal()));
    Ok(Json(SavedViews { items: items.collect::<Result<_, _>>()? }))
}

/// One view.
#[utoipa::path(get, path = "/v1/views/{id}", tag = "users", params(
    ("id" = String, Path, description = "the view's id"),
), responses((status = 200, body = SavedView), (status = 404, description = "view_unknown")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(said): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let (revision, view) = view(&app, &id(&said)?, &credential)?;
    Ok(with_etag(revision, view))
}

/// Saves a view under a new name.
#[utoipa::path(post, path = "/v1/views", tag = "users", request_body = ViewBody, responses(
    (status = 201, body = SavedView), (status = 403, description = "personal_data_required"), (status = 409, description = "reference_id_taken"),
    (status = 422, description = "column_unknown, condition_invalid, condition_type_mismatch, too_many_views")))]
pub async fn create(definer: Definer, SmallBody(body): SmallBody) -> Result<Response, Problem> {
    let app = &definer.app;
    let body: ViewBody = read_json(&body)?;
    let name = named(&body.name)?;
    let _defining = definer.begin().await?;
    let store = app.follower.store();
    if store.views()?.len() >= VIEWS_MAX {
        let detail = format!("there are {VIEWS_MAX} already; remove one that nobody opens");
        return Err(Problem::new(ProblemKind::TooManyViews, detail));
    }
    let view_id = match &body.id {
        Some(said) => id::<DefinitionId>(said)?,
        None => {
            let is_there = |id: &DefinitionId| Ok(store.view(id)?.is_some());
            let taken = |id: &DefinitionId| Ok(store.view_called(id)?);
            id_for_new(&name, "view", (&is_there, &taken))?
        }
    };
    let event = Event::ViewSaved(asked(app, &definer.credential, view_id.clone(), body)?);
    let taken = || format!("there is or was a view {:?}", view_id.as_str());
    let position = definer.make((stream(&view_id), Expected::New), &event, taken).await?;
    Ok(definer.made(position, view(app, &view_id, &definer.credential)?))
}

/// Saves a view anew, whole.
#[utoipa::path(put, path = "/v1/views/{id}", tag = "users", params(
    ("id" = String, Path, description = "the view's id"), ("If-Match" = String, Header, description = "its ETag"),
), request_body = ViewBody, responses((status = 200, body = SavedView), (status = 403, description = "personal_data_required"),
    (status = 404, description = "view_unknown"), (status = 412, description = "version_conflict"),
    (status = 422, description = "column_unknown, condition_invalid, condition_type_mismatch"), (status = 428, description = "if_match_missing")))]
pub async fn change(
    definer: Definer,
    InPath(said): InPath<String>,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let app = &definer.app;
    let view_id: DefinitionId = id(&said)?;
    let body: ViewBody = read_json(&body)?;
    if body.id.as_ref().is_some_and(|other| *other != said) {
        return Err(Problem::new(ProblemKind::BodyInvalid, "the id of a view never changes"));
    }
    let _defining = definer.begin().await?;
    let line = views::find(&app.follower.store(), &view_id)?;
    let expected = definer.expected(line.revision)?;
    if line.filter.iter().any(FilterPart::is_personal) {
        // Who is not shown what it asks for would leave that out, and open it to everybody.
        definer.credential.needs_personal("the view asks for values")?;
    }
    let fact = asked(app, &definer.credential, view_id.clone(), body)?;
    let same = (&fact.name, &fact.columns, &fact.sort, &fact.filter)
        == (&line.name, &line.columns, &line.sort, &line.filter);
    let position = match same {
        true => app.log.head(),
        false => {
            let event = Event::ViewSaved(fact);
            definer.record((stream(&view_id), expected), &event).await?
        }
    };
    Ok(definer.changed(position, view(app, &view_id, &definer.credential)?))
}

/// Takes a view away. No other view ever has its id.
#[utoipa::path(delete, path = "/v1/views/{id}", tag = "users", params(
    ("id" = String, Path, description = "the view's id"), ("If-Match" = String, Header, description = "its ETag"),
), responses((status = 204), (status = 404, description = "view_unknown"), (status = 412, description = "version_conflict"),
    (status = 428, description = "if_match_missing")))]
pub async fn remove(definer: Definer, InPath(said): InPath<String>) -> Result<Response, Problem> {
    let app = &definer.app;
    let view_id: DefinitionId = id(&said)?;
    let _defining = definer.begin().await?;
    let line = views::find(&app.follower.store(), &view_id)?;
    let expected = definer.expected(line.revision)?;
    let event = Event::ViewRemoved(ViewRemoved { view_id: view_id.clone(), name: line.name });
    let position = definer.record((stream(&view_id), expected), &event).await?;
    Ok(definer.removed(position))
}
