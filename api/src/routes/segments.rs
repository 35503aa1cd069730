//! Segments: who fulfils conditions now.

pub mod preview;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::event::{SegmentDefined, SegmentDeleted};
use domain::property::Properties;
use domain::scope::Scope;
use domain::segment::{Conditions, Membership};
use domain::{DefinitionId, Event};
use eventlog::{Expected, Stream};
use projections::rules::RuleLine;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::defining::{Definer, named};
use super::settled::Settled;
use super::versions::with_etag;
use super::{InPath, Page, SmallBody, id, read_json, shown};
use crate::access::Credential;
use crate::app::App;
use crate::import::definitions::id_for_new;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::segments::{
    nothing_hangs_on, read_conditions, segment_unknown, show_conditions, with_rule,
};
use crate::table::conditions_of;

/// A segment.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentView {
    /// Names it in every fact, for ever.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// `{"groups":[{"conditions":[...]}]}`: groups are alternatives, the conditions of one stand together. Withheld
    /// without `personal:read`: what they compare with may name somebody.
    #[schema(value_type = Option<Object>)]
    pub conditions: Option<Value>,
    /// Which of its definitions this is, from 1.
    pub version: u64,
    /// Users in it; null where it is not `settled`.
    pub users: Option<u64>,
    /// Whether everybody was looked at since it, or anything it asks about, was made or changed; until then nobody knows how
    /// many are in.
    pub settled: bool,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub changed_at: String,
    /// Revision of its stream; also the ETag.
    pub revision: u64,
}

impl SegmentView {
    /// `settled` was read before the line.
    fn new(
        settled: &Settled,
        line: RuleLine<SegmentDefined>,
        known: &Properties,
        personal: bool,
    ) -> Result<SegmentView, Problem> {
        let SegmentDefined { segment_id, name, version, conditions } = line.defined;
        let settled = settled.is(&Membership::Segment(segment_id.clone()));
        Ok(SegmentView {
            id: segment_id.to_string(),
            name,
            conditions: personal.then(|| show_conditions(known, &conditions)),
            version,
            users: settled.then_some(line.users),
            settled,
            created_at: shown(line.created_at),
            changed_at: shown(line.changed_at),
            revision: line.revision,
        })
    }
}

/// What a segment should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentBody {
    /// Its id, for a new one: 1 to 64 of a-z, 0-9, _ and -; without it, one is made of the name.
    pub id: Option<String>,
    /// As people read it.
    pub name: String,
    /// `{"groups":[{"conditions":[...]}]}`. A condition is `{"property", "operator", ...}`, `{"event", "of",
    /// "at_least", "at_most", "within_days"}`, `{"list"}`, `{"segment"}` or `{"badge"}`, each with `"not": true` for the
    /// opposite.
    #[schema(value_type = Option<Object>)]
    pub conditions: Option<Value>,
    /// Instead of conditions: a filter of the users table, by the names of its parameters, as
    /// `{"list": "vip", "property.city.is": "Lyon"}`. It is kept as the conditions that say the same.
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
}

/// Segments, in the order they were made.
#[utoipa::path(get, path = "/v1/segments", tag = "definitions", responses((status = 200, body = Page<SegmentView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<SegmentView>>, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let settled = Settled::read(&app)?;
    let store = app.follower.store();
    let known = store.properties()?;
    let personal = credential.sees_personal();
    let lines = store.segments()?.into_iter();
    let items = lines.map(|line| SegmentView::new(&settled, line, &known, personal));
    Ok(Json(Page { items: items.collect::<Result<_, Problem>>()?, next: None }))
}

/// Conditions as they were sent, or those of a filter.
async fn asked(
    app: &Arc<App>,
    credential: &Credential,
    (conditions, filter): (Option<Value>, Option<Value>),
) -> Result<Conditions, Problem> {
    let (app, credential) = (app.clone(), credential.clone());
    let read = move || match (conditions, filter) {
        (Some(conditions), None) => read_conditions(&app.follower.store(), &conditions),
        (None, Some(filter)) => conditions_of(&filter, &app, &credential),
        (None, None) | (Some(_), Some(_)) => {
            Err(Problem::new(ProblemKind::BodyInvalid, "either conditions or filter is given"))
        }
    };
    tokio::task::spawn_blocking(read).await.map_err(Problem::internal)?
}

fn find(app: &App, segment: &DefinitionId) -> Result<RuleLine<SegmentDefined>, Problem> {
    let mut lines = app.follower.store().segments()?.into_iter();
    lines.find(|line| line.defined.segment_id == *segment).ok_or_else(|| segment_unknown(segment))
}

fn view(
    app: &App,
    segment: &DefinitionId,
    personal: bool,
) -> Result<(u64, Json<SegmentView>), Problem> {
    let settled = Settled::read(app)?;
    let (line, known) = (find(app, segment)?, app.follower.store().properties()?);
    Ok((line.revision, Json(SegmentView::new(&settled, line, &known, personal)?)))
}

/// One segment.
#[utoipa::path(get, path = "/v1/segments/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the segment's id"),
    ("settled" = Option<bool>, Query, description = "wait until all that follows by rules from what is recorded now is there"),
), responses((status = 200, body = SegmentView), (status = 404, description = "segment_unknown"),
    (status = 503, description = "policies_behind")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(segment): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    let params = Params::read(&uri, &["settled"])?;
    let segment_id = id(&segment)?;
    if params.flag("settled", false)? {
        app.at_rest().await?;
    }
    let (revision, view) = view(&app, &segment_id, credential.sees_personal())?;
    Ok(with_etag(revision, view))
}

/// Makes a segment. Who fulfils its conditions enters it by itself.
#[utoipa::path(post, path = "/v1/segments", tag = "definitions", request_body = SegmentBody, responses(
    (status = 201, body = SegmentView), (status = 404, description = "list_unknown, segment_unknown"),
    (status = 403, description = "personal_data_required"), (status = 409, description = "reference_id_taken"),
    (status = 422, description = "condition_invalid, condition_type_mismatch, segment_cycle")))]
pub async fn create(definer: Definer, SmallBody(body): SmallBody) -> Result<Response, Problem> {
    let app = &definer.app;
    definer.credential.needs_personal("who is in says what is known of users")?;
    let body: SegmentBody = read_json(&body)?;
    let name = named(&body.name)?;
    let _defining = definer.begin().await?;
    let taken = |id: &DefinitionId| Ok(find(app, id).is_ok());
    let segment_id = match body.id {
        Some(said) => id::<DefinitionId>(&said)?,
        None => id_for_new(&name, "segment", (&taken, &taken))?,
    };
    let conditions = asked(app, &definer.credential, (body.conditions, body.filter)).await?;
    let defined = SegmentDefined { segment_id: segment_id.clone(), name, version: 1, conditions };
    with_rule(&app.follower.store(), Some(&defined), None)?;
    let stream = Stream::named("segment", &segment_id);
    // A deleted one's stream goes on: its id stays its own.
    let expected = match app.log.stream_revision(&stream)? {
        Some(revision) if find(app, &segment_id).is_err() => Expected::Revision(revision),
        Some(_) | None => Expected::New,
    };
    let event = Event::SegmentCreated(defined);
    let taken = || format!("there is a segment {:?} already", segment_id.as_str());
    let position = definer.make((stream, expected), &event, taken).await?;
    Ok(definer.made(position, view(app, &segment_id, true)?))
}

/// Gives a segment another name and other conditions. Who is in is looked at anew.
#[utoipa::path(put, path = "/v1/segments/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the segment's id"), ("If-Match" = String, Header, description = "its ETag"),
), request_body = SegmentBody, responses((status = 200, body = SegmentView),
    (status = 404, description = "segment_unknown, list_unknown"), (status = 412, description = "version_conflict"),
    (status = 422, description = "condition_invalid, condition_type_mismatch, segment_cycle"),
    (status = 428, description = "if_match_missing")))]
pub async fn change(
    definer: Definer,
    InPath(segment): InPath<String>,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let app = &definer.app;
    definer.credential.needs_personal("who is in says what is known of users")?;
    let segment_id: DefinitionId = id(&segment)?;
    let body: SegmentBody = read_json(&body)?;
    if body.id.as_ref().is_some_and(|said| *said != segment_id.as_str()) {
        return Err(Problem::new(ProblemKind::BodyInvalid, "the id of a segment never changes"));
    }
    let name = named(&body.name)?;
    let _defining = definer.begin().await?;
    let line = find(app, &segment_id)?;
    let expected = definer.expected(line.revision)?;
    let conditions = asked(app, &definer.credential, (body.conditions, body.filter)).await?;
    let version = line.defined.version + 1;
    let defined = SegmentDefined { segment_id: segment_id.clone(), name, version, conditions };
    with_rule(&app.follower.store(), Some(&defined), None)?;
    let (stream, event) = (Stream::named("segment", &segment_id), Event::SegmentChanged(defined));
    let position = definer.record((stream, expected), &event).await?;
    Ok(definer.changed(position, view(app, &segment_id, true)?))
}

/// Takes a segment away. Everybody leaves it.
#[utoipa::path(delete, path = "/v1/segments/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the segment's id"), ("If-Match" = String, Header, description = "its ETag"),
), responses((status = 204), (status = 404, description = "segment_unknown"),
    (status = 409, description = "audience_in_use"), (status = 412, description = "version_conflict"),
    (status = 428, description = "if_match_missing")))]
pub async fn remove(
    definer: Definer,
    InPath(segment): InPath<String>,
) -> Result<Response, Problem> {
    let app = &definer.app;
    let segment_id: DefinitionId = id(&segment)?;
    let _defining = definer.begin().await?;
    let line = find(app, &segment_id)?;
    let expected = definer.expected(line.revision)?;
    nothing_hangs_on(&app.follower.store(), &Membership::Segment(segment_id.clone()))?;
    let name = line.defined.name;
    let event = Event::SegmentDeleted(SegmentDeleted { segment_id: segment_id.clone(), name });
    let stream = Stream::named("segment", &segment_id);
    let position = definer.record((stream, expected), &event).await?;
    Ok(definer.removed(position))
}
