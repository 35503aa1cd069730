//! Imports that wait for somebody: uploaded, read in another way, mapped, started, made again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::event::{ImportPlan, MatchBy};
use domain::scope::Scope;
use domain::{DefinitionId, Event};
use eventlog::{Context, Expected, Stream};
use projections::imports::{ImportLine, ImportState};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;
use uuid::Uuid;

use super::asked::DELIMITERS;
use super::rejected::file;
use super::view::ImportView;
use super::{line, read};
use crate::access::Credential;
use crate::app::{self, App};
use crate::import::duplicates::Sheet;
use crate::import::encoding::{Encoding, NoEncoding};
use crate::import::inspect::{Header, Reading};
use crate::import::mapping::{self, MappingAsked};
use crate::import::profile::profile;
use crate::import::retention::{RemoveError, remove_files};
use crate::import::start::record;
use crate::import::upload::{Upload, read_as, remembered};
use crate::import::{definitions, spool};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::routes::{InPath, SmallBody, at_position, id, read_json};

/// Drafts that may be open at once; each keeps its file.
const DRAFTS_MAX: u64 = 200;

/// Room for one more upload that is not imported at once.
pub(super) fn room(app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    if app.follower.store().open_imports()? >= DRAFTS_MAX {
        let detail = format!("{DRAFTS_MAX} drafts are open; start or cancel some");
        return Err(Problem::new(ProblemKind::TooManyImports, detail));
    }
    room_to_look(app)
}

/// Room for one more upload that is not kept.
pub(super) fn room_to_look(app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    app.uploads.clone().try_acquire_owned().map_err(|_| {
        let detail = format!("{} files are being uploaded", app::UPLOADS_MAX);
        Problem::new(ProblemKind::TooManyImports, detail)
    })
}

/// Keeps an upload as a draft: mapped as the last file with these columns was, else as its headers and cells suggest.
pub(super) async fn keep(
    app: &Arc<App>,
    context: &Arc<Context>,
    mut upload: Upload,
    credential: &Credential,
) -> Result<Response, Problem> {
    upload.plan = suggested(app, upload.plan.clone(), upload.text()).await?;
    upload.put(&app.folder).await?;
    let event = Event::ImportUploaded(upload.plan.clone());
    let import_id = upload.plan.import_id;
    let position = record(app, context, &event, import_id, Expected::New).await?;
    upload.keep();
    app.settled(position).await?;
    let location = [(header::LOCATION, format!("/v1/imports/{import_id}"))];
    let view = read(app, import_id, credential)?;
    Ok(at_position(&app.cursor(position), (StatusCode::CREATED, location, Json(view))))
}

/// The plan with the mapping that is suggested for its file.
async fn suggested(
    app: &Arc<App>,
    plan: ImportPlan,
    text: &std::path::Path,
) -> Result<ImportPlan, Problem> {
    let store = app.follower.store();
    let known = store.properties()?;
    if let Some(before) = remembered(&store, &plan)? {
        let ImportPlan { columns, match_by, mode, bad_cells, .. } = before;
        return Ok(ImportPlan { columns, match_by, mode, bad_cells, ..plan });
    }
    let (looking, path) = (app.clone(), text.to_owned());
    let profiled = tokio::task::spawn_blocking(move || {
        let sheet = Sheet { path: &path, plan: &plan, now: looking.now(), key: &looking.key };
        let profile = profile(sheet).map_err(Problem::internal)?;
        Ok::<_, Problem>((profile, plan))
    });
    let (profile, mut plan) = profiled.await.map_err(Problem::internal)??;
    plan.match_by = MatchBy::default(); // that is what columns are suggested for
    for (column, profile) in plan.columns.iter_mut().zip(&profile.columns) {
        if definitions::is_new(&known, &column.target) {
            column.rule = profile.rule();
        }
        column.rule.guarded = profile.guarded();
    }
    Ok(plan)
}

/// Discards a draft and its file.
pub(super) async fn discard(
    app: &Arc<App>,
    context: &Arc<Context>,
    open: &ImportLine,
) -> Result<(), Problem> {
    let (removing, context, open) = (app.clone(), context.clone(), open.clone());
    let removed = tokio::task::spawn_blocking(move || remove_files(&removing, &context, &open));
    let position = removed.await.map_err(Problem::internal)?.map_err(|error| {
        if let RemoveError::Changed = error {
            return Problem::new(ProblemKind::ImportChanged, "nothing was recorded");
        }
        Problem::internal(error)
    })?;
    app.settled(position).await
}

/// A draft, or the refusal of an import that is one no more.
pub(super) async fn open(app: &App, import: &str) -> Result<ImportLine, Problem> {
    let import: Uuid = id(import)?;
    app.settled(app.log.head()).await?;
    let line = line(app, import)?;
    if line.state.is_open() {
        return Ok(line);
    }
    let state = line.state.name();
    Err(Problem::new(ProblemKind::ImportNotOpen, format!("it is {state}")).with("state", state))
}

/// A draft that somebody has mapped, or the refusal.
pub(super) async fn mapped(app: &App, import: &str) -> Result<ImportLine, Problem> {
    let line = open(app, import).await?;
    if line.state != ImportState::Draft {
        return Ok(line);
    }
    let detail = "say where its columns go with PUT /v1/imports/{id}/mapping; the columns it shows can be sent back";
    Err(Problem::new(ProblemKind::ImportNotMapped, detail))
}

/// How a file is to be read; what is not said is found anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingAsked {
    /// The encoding, by any of its names; a byte order mark wins.
    encoding: Option<String>,
    /// `comma`, `semicolon`, `tab` or `pipe`.
    delimiter: Option<String>,
    /// Whether the first row names the columns.
    header: Option<bool>,
}

/// Reads the file of a draft in another way. What was mapped before is void.
#[utoipa::path(put, path = "/v1/imports/{id}/reading", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), request_body = ReadingAsked, responses((status = 200, body = ImportView),
    (status = 404, description = "import_unknown"), (status = 409, description = "import_not_open, import_changed"),
    (status = 410, description = "import_file_gone"), (status = 422, description = "as for the upload")))]
pub async fn put_reading(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(import): InPath<String>,
    uri: Uri,
    SmallBody(bytes): SmallBody,
) -> Result<Json<ImportView>, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    Params::read(&uri, &[])?;
    let asked: ReadingAsked = read_json(&bytes)?;
    let line = open(&app, &import).await?;
    let invalid = |detail: String| Problem::new(ProblemKind::BodyInvalid, detail);
    let encoding = asked.encoding.map(|name| name.parse::<Encoding>()).transpose();
    let encoding = encoding.map_err(|error: NoEncoding| invalid(error.to_string()))?;
    let delimiter = asked.delimiter.map(|name| {
        let known = DELIMITERS.iter().find(|(known, _)| *known == name);
        known
            .map(|(_, byte)| *byte)
            .ok_or_else(|| invalid("delimiter takes comma, semicolon, tab or pipe".to_owned()))
    });
    let header = match asked.header {
        None => Header::Unsure,
        Some(true) => Header::Present,
        Some(false) => Header::Absent,
    };
    let known = app.follower.store().properties()?;
    let reading = Reading {
        only: None,
        delimiter: delimiter.transpose()?,
        header,
        match_by: None,
        known,
        draft: true,
    };
    file(&app, &line)?;
    let import_id = line.plan.import_id;
    let scratch = app.folder.scratch().join(format!("{}.csv", Uuid::now_v7()));
    let mut text = spool::Unkept::new(scratch.clone());
    let limits = (app.config.import_bytes_max, app.config.import_rows_max);
    let sent = app.folder.upload(import_id);
    let encoding_before = line.plan.encoding.clone();
    let read_anew = read_as(sent, scratch, encoding, reading, limits).await?;
    let plan = suggested(&app, read_anew.into_plan(line.plan), text.path()).await?;
    let [now, before] =
        [&plan.encoding, &encoding_before].map(|name| app.folder.decoded(import_id, name));
    text.move_to(now.clone()).await?;
    let text = match now == before {
        false => Some(text),
        true => {
            text.keep(); // the same text as before: it stays, whoever is first
            None
        }
    };
    let (event, expected) = (Event::ImportUploaded(plan), Expected::Revision(line.revision));
    let recorded = record(&app, &request.context(&credential), &event, import_id, expected).await?;
    if let Some(text) = text {
        text.keep();
        let _ = tokio::fs::remove_file(before).await;
    }
    app.settled(recorded).await?;
    read(&app, import_id, &credential).map(Json)
}

/// Says where the columns of a draft go, and what its import may do. Columns that are not named are left out.
#[utoipa::path(put, path = "/v1/imports/{id}/mapping", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), request_body = MappingAsked, responses((status = 200, body = ImportView),
    (status = 400, description = "body_invalid, unknown_zone"),
    (status = 404, description = "import_unknown, list_unknown"),
    (status = 409, description = "import_not_open, import_changed, property_type_immutable"),
    (status = 422, description = "column_unknown, email_column_missing, match_column_missing, match_by_makes_nobody, email_mapped_twice, field_mapped_twice, property_unknown, reference_id_reserved, reference_id_invalid")))]
pub async fn put_mapping(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(import): InPath<String>,
    uri: Uri,
    SmallBody(bytes): SmallBody,
) -> Result<Json<ImportView>, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    Params::read(&uri, &[])?;
    let asked: MappingAsked = read_json(&bytes)?;
    let line = open(&app, &import).await?;
    let store = app.follower.store();
    let asked_list = asked.list.is_some();
    let (list_id, list_name) = asked.list.map_or((None, None), |list| (list.id, list.name));
    if asked_list && list_id.is_none() && list_name.is_none() {
        return Err(Problem::new(
            ProblemKind::BodyInvalid,
            "list needs an id, or a name to make one",
        ));
    }
    let list_id = list_id.map(|list| id::<DefinitionId>(&list)).transpose()?;
    let mode = mapping::mode(asked.mode.as_deref())?;
    let match_by = mapping::match_by(asked.match_by.as_deref(), mode)?;
    let plan = ImportPlan {
        columns: mapping::columns(
            &line.plan.columns,
            &asked.columns,
            match_by,
            &store.properties()?,
        )?,
        match_by,
        mode,
        bad_cells: mapping::bad_cells(asked.bad_cells.as_deref())?,
        list: definitions::list(&store, list_id, list_name)?,
        ..line.plan
    };
    let import_id = plan.import_id;
    let (event, expected) = (Event::ImportMapped(plan), Expected::Revision(line.revision));
    let mapped = record(&app, &request.context(&credential), &event, import_id, expected).await?;
    app.settled(mapped).await?;
    read(&app, import_id, &credential).map(Json)
}

/// Makes a new draft of the file and mapping of an import.
#[utoipa::path(post, path = "/v1/imports/{id}/again", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), responses((status = 201, body = ImportView), (status = 404, description = "import_unknown"),
    (status = 410, description = "import_file_gone"), (status = 503, description = "too_many_imports")))]
pub async fn again(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    Params::read(&uri, &[])?;
    let import: Uuid = id(&import)?;
    app.settled(app.log.head()).await?;
    let line = line(&app, import)?;
    file(&app, &line)?;
    let _room = room(&app)?;
    let import_id = Uuid::now_v7();
    let plan = ImportPlan { import_id, again: Some(import), ..line.plan };
    let (from, to) = (app.folder.upload(import), app.folder.upload(import_id));
    let texts = [import, import_id].map(|id| app.folder.decoded(id, &plan.encoding));
    let (sent, text) = (spool::Unkept::new(to.clone()), spool::Unkept::new(texts[1].clone()));
    for (from, to) in [(&from, &to), (&texts[0], &texts[1])] {
        tokio::fs::copy(from, to).await.map_err(spool::disk)?;
        let copy = tokio::fs::File::open(to).await.map_err(spool::disk)?;
        copy.sync_all().await.map_err(spool::disk)?;
    }
    let mut entry = app::entry(
        Stream::named("import", import_id),
        Expected::New,
        &Event::ImportUploaded(plan.clone()),
        None,
        &request.context(&credential),
    );
    if line.state != ImportState::Draft {
        let context = request.context(&credential);
        let stream = entry.stream.clone();
        let mapped = app::entry(stream, Expected::New, &Event::ImportMapped(plan), None, &context);
        entry.facts.extend(mapped.facts);
    }
    let recorded = app.record(entry).await?;
    sent.keep();
    text.keep();
    app.settled(recorded.position).await?;
    let location = [(header::LOCATION, format!("/v1/imports/{import_id}"))];
    let view = read(&app, import_id, &credential)?;
    let answer = (StatusCode::CREATED, location, Json(view)).into_response();
    Ok(at_position(&app.cursor(recorded.position), answer))
}
