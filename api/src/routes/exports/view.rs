//! How an export is shown, and to whom.

use std::sync::atomic::Ordering;

use domain::EventKind;
use domain::event::{ExportContent, ExportRemoval, PastMoment};
use domain::scope::Scope;
use projections::exports::{ExportLine, ExportState};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::count::RangeView;
use crate::access::Credential;
use crate::app::App;
use crate::export::stored::retention::expires_at;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::actors::{ActorView, Actors};
use crate::routes::shown;

/// An export: what was asked, how far it is, what it came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExportView {
    /// Its id.
    pub id: Uuid,
    /// Whether its file is kept; else it was handed out at once.
    pub kept: bool,
    /// `queued`, `running`, `completed`, `cancelled`, `failed`, `expired` or `revoked`.
    pub state: &'static str,
    /// Why it failed or was cut: `client_gone`, `client_stalled`, `service_stopped`, `disk_full`, `read_failed`, `write_failed`, or what was wrong with the request by then.
    pub code: Option<String>,
    /// `users`, `user_events` or `person`.
    pub content: &'static str,
    /// `csv`, `ndjson`, `csv.gz`, `ndjson.gz`, `xlsx` or `zip`.
    pub format: String,
    /// `full`, or `withheld` where cells that name a person are empty.
    pub personal: &'static str,
    /// Of a past moment of the users: which.
    pub as_of: Option<MomentView>,
    /// Of a past moment: facts replayed so far, and facts to replay, before there are rows.
    pub replay: Option<ReplayView>,
    /// Zone of its days.
    pub zone: Option<String>,
    /// Its time in UTC, of user events.
    pub range: Option<RangeView>,
    /// All types that could be in it, by their public names, of user events.
    pub types: Option<Vec<&'static str>>,
    /// Rows it was counted to have when it was asked for; of a past moment, once it is replayed, while it is written.
    pub rows_expected: Option<u64>,
    /// Rows written.
    pub rows: u64,
    /// Bytes written.
    pub bytes: u64,
    /// While it is being written, at its rate so far.
    pub seconds_left: Option<u64>,
    /// Cursor of the last fact it can hold; of users, while they are not written, of the last fact it will hold at least.
    pub position: String,
    /// Who asked for it.
    pub requested_by: ActorView,
    /// When.
    pub requested_at: String,
    /// Why, in words; withheld without `personal:read`.
    pub reason: Option<String>,
    /// The parameters it was asked with; withheld without `personal:read`.
    pub query: Option<Value>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// When its file goes.
    pub expires_at: Option<String>,
    /// How often the file was fetched, or a part of it.
    pub downloads: u64,
    /// What the file is called.
    pub file_name: Option<String>,
}

/// A past moment, as asked and as resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MomentView {
    /// A day, an instant or a cursor, as asked.
    pub asked: String,
    /// Cursor of the last fact there was then.
    pub position: String,
    /// The last moment that counts, in UTC.
    pub at: String,
}

impl From<&PastMoment> for MomentView {
    fn from(PastMoment { asked, position, at }: &PastMoment) -> Self {
        MomentView { asked: asked.clone(), position: position.clone(), at: shown(*at) }
    }
}

/// How far the tables of a past moment are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplayView {
    /// Facts replayed.
    pub facts: u64,
    /// Facts to replay.
    pub of: u64,
}

/// Parameters as an object, by name.
pub(super) fn query_view(query: Option<&str>) -> Value {
    let mut object: Map<String, Value> = Map::new();
    for (name, value) in Params::of_text(query.unwrap_or_default()).pairs() {
        let value = Value::from(value);
        match object.get_mut(name) {
            Some(Value::Array(values)) => values.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
            None => {
                object.insert(name.to_owned(), value);
            }
        }
    }
    Value::Object(object)
}

/// Types by their public names.
pub(super) fn public_names(types: &[String]) -> Vec<&'static str> {
    let public = |name: &String| EventKind::from_name(name).map(EventKind::public_name);
    types.iter().filter_map(public).collect()
}

/// `full` or `withheld`.
pub(super) fn personal_view(personal: bool) -> &'static str {
    if personal { "full" } else { "withheld" }
}

impl ExportView {
    /// Shows an export to somebody.
    ///
    /// # Errors
    /// What the tables say.
    pub(super) fn shown_to(
        credential: &Credential,
        app: &App,
        line: ExportLine,
    ) -> Result<ExportView, Problem> {
        let actors = Actors::known_to(app, credential)?;
        Ok(ExportView::new(app, line, &actors, credential.sees_personal()))
    }

    /// Shows an export; `personal` whether what may name a person is shown.
    pub(super) fn new(app: &App, line: ExportLine, actors: &Actors, personal: bool) -> ExportView {
        let id = line.started.export_id;
        let live = app.stored.live(id).filter(|_| line.state == ExportState::Open);
        let since = live.as_ref().and_then(|live| live.since());
        let handing = app.stored.handing(id).filter(|_| line.state == ExportState::Open);
        let state = match (line.state, line.removed) {
            (ExportState::Open, _) if since.is_some() || handing.is_some() => "running",
            (ExportState::Open, _) if live.is_some() => "queued",
            // Cut off by a stop of the service: the fact that says so is on its way.
            (ExportState::Open | ExportState::Failed, _) => "failed",
            (ExportState::Cancelled, _) => "cancelled",
            (ExportState::Completed, None) => "completed",
            (ExportState::Completed, Some(ExportRemoval::Expired)) => "expired",
            (ExportState::Completed, Some(ExportRemoval::Revoked)) => "revoked",
        };
        let code = match (line.state, &live, &handing) {
            (ExportState::Open, None, None) => Some("service_stopped".to_owned()),
            _ => line.code.clone(),
        };
        let progress = live.as_ref().map(|live| &live.progress).or(handing.as_ref());
        let rows = progress.map_or(line.rows, |progress| progress.rows.load(Ordering::Relaxed));
        let kept = line.kept();
        let written = live.as_ref().map_or(0, |live| live.bytes.load(Ordering::Relaxed));
        let bytes = line.completed.as_ref().map_or(written, |completed| completed.bytes);
        let goes = line.finished_at.filter(|_| line.has_file());
        let position = line.completed.as_ref().and_then(|completed| completed.written.as_ref());
        let position = position.map_or(&line.started.position, |written| &written.position).clone();
        let started = line.started;
        let query = personal.then(|| query_view(started.query.as_deref()));
        // An older version told nothing of what it handed out at once.
        let resolved = started.resolved.map(|resolved| *resolved);
        let slice = resolved.as_ref().and_then(|resolved| resolved.slice.as_ref());
        let counted = live.as_ref().and_then(|live| live.rows_expected.get().copied());
        let rows_expected = resolved.as_ref().and_then(|resolved| resolved.rows).or(counted);
        let left = live.as_ref().and_then(|live| live.seconds_left(rows_expected));
        let replay = live.as_ref().map(|live| ReplayView {
            facts: live.replay.done.load(Ordering::Relaxed),
            of: live.replay.all.load(Ordering::Relaxed),
        });
        ExportView {
            id,
            kept,
            state,
            code,
            content: started.content.name(),
            format: started.format,
            personal: personal_view(started.personal),
            as_of: resolved.as_ref().and_then(|it| it.as_of.as_ref()).map(MomentView::from),
            zone: resolved.as_ref().map(|resolved| resolved.zone.clone()),
            range: slice.map(|slice| RangeView::new(slice.from, slice.to)),
            types: slice.map(|slice| public_names(&slice.types)),
            replay: replay.filter(|replay| replay.of > 0),
            rows_expected,
            rows,
            bytes,
            seconds_left: left,
            position,
            requested_by: actors.view(&line.actor),
            requested_at: shown(line.started_at),
            reason: resolved.as_ref().and_then(|it| it.reason.clone()).filter(|_| personal),
            query,
            sha256: line.completed.and_then(|completed| completed.sha256),
            finished_at: line.finished_at.map(shown),
            expires_at: goes.map(|at| shown(expires_at(app, at))),
            downloads: line.downloads,
            file_name: resolved.map(|resolved| resolved.name),
        }
    }
}

/// An export that this token asked for, or any for an admin.
///
/// # Errors
/// `export_unknown`, `scope_missing`.
pub(super) fn line(app: &App, credential: &Credential, id: Uuid) -> Result<ExportLine, Problem> {
    credential.needs(Scope::ExportsCreate)?;
    let theirs = |line: &ExportLine| line.actor.id == credential.id || credential.may(Scope::Admin);
    let line = app.follower.store().export(id)?.filter(theirs).ok_or_else(|| {
        Problem::new(ProblemKind::ExportUnknown, format!("there is no export {id} of yours"))
    })?;
    if line.started.content != ExportContent::Users {
        credential.needs(Scope::EventsRead)?;
    }
    Ok(line)
}
