//! Who fulfils conditions now: before there is a segment of them, and before one that there is gets them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use domain::DefinitionId;
use domain::scope::Scope;
use domain::segment::Membership;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::settled::Settled;
use super::super::{SmallBody, id, read_json};
use super::{asked, find};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;
use crate::segments::matching;

/// Conditions to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentPreviewBody {
    /// As of a segment.
    #[schema(value_type = Option<Object>)]
    pub conditions: Option<Value>,
    /// As of a segment.
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
    /// Id of a segment there is: how many would enter and leave it, if it got these conditions, is said too.
    pub segment: Option<String>,
}

/// A user of a preview.
#[derive(Debug, Serialize, ToSchema)]
pub struct SampleUser {
    /// The user's id.
    pub id: Uuid,
    /// The address; withheld without `personal:read`.
    pub email: Option<String>,
}

/// Who fulfils conditions now.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentPreview {
    /// How many.
    pub users: u64,
    /// Some of them.
    pub sample: Vec<SampleUser>,
    /// How many are in `segment` now; null where none is named, and until it is `settled`.
    pub members: Option<u64>,
    /// How many fulfil them and are not in it; null where `members` is.
    pub entering: Option<u64>,
    /// How many are in it and do not fulfil them; null where `members` is.
    pub leaving: Option<u64>,
}

/// Says who would be in a segment now, before there is one; of one that there is, how many would enter and leave it.
#[utoipa::path(post, path = "/v1/segments/preview", tag = "definitions", request_body = SegmentPreviewBody, responses(
    (status = 200, body = SegmentPreview), (status = 404, description = "list_unknown, segment_unknown"),
    (status = 422, description = "condition_invalid, condition_type_mismatch"),
    (status = 503, description = "projection_behind")))]
pub async fn preview(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Json<SegmentPreview>, Problem> {
    credential.needs(Scope::UsersRead)?;
    credential.needs_personal("conditions look at what is known of users")?;
    Params::read(&uri, &[])?;
    let body: SegmentPreviewBody = read_json(&body)?;
    app.settled(app.log.head()).await?; // with what the asker has just done
    let settled = Settled::read(&app)?;
    let segment: Option<DefinitionId> = body.segment.as_deref().map(id).transpose()?;
    let settled = match &segment {
        Some(segment) => {
            find(&app, segment)?;
            settled.is(&Membership::Segment(segment.clone()))
        }
        None => false,
    };
    let conditions = asked(&app, &credential, (body.conditions, body.filter)).await?;
    let _turn = app.looks.acquire().await.map_err(Problem::internal)?;
    let looking = app.clone();
    let found =
        tokio::task::spawn_blocking(move || matching(&looking, &conditions, segment.as_ref()));
    let found = found.await.map_err(Problem::internal)??;
    let store = app.follower.store();
    let mut sample = Vec::with_capacity(found.sample.len());
    for id in found.sample {
        let email = store.user(id)?.map(|user| user.line.email);
        sample.push(SampleUser { id: id.0, email });
    }
    let known = |count: u64| settled.then_some(count);
    Ok(Json(SegmentPreview {
        users: found.users,
        sample,
        members: known(found.members),
        entering: known(found.entering),
        leaving: known(found.leaving),
    }))
}
