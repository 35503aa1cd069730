//! Exporting all that is there about one person, as an access request asks for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use domain::UserId;
use domain::event::ExportContent;
use domain::scope::Scope;
use eventlog::Position;
use tokio_util::io::ReaderStream;

use super::parameters::{self, CsvQuery, ReasonQuery};
use super::{EXPORT, FORMAT_HEADER, READ_BYTES, export_id};
use crate::access::Credential;
use crate::app::App;
use crate::export::asked::{Format, csv_form, reason};
use crate::export::body::Handed;
use crate::export::first_fact::{CameTo, Request};
use crate::export::ledger::{Ledger, Taker};
use crate::export::person::{PERSON_FORMAT, Spooled, spool};
use crate::export::user_events::{Form, Packed};
use crate::problem::Problem;
use crate::request::RequestId;
use crate::routes::{InPath, POSITION, id};
use crate::server::patience::Line;

/// All that is there about one user, in one archive (ZIP): what it is now, each value and address it had, the imports that
/// touched it, its whole history. Also of a user that was removed, whose past facts stay.
#[utoipa::path(get, path = "/v1/users/{id}/export.zip", tag = "exports", params(
    ("id" = uuid::Uuid, Path, description = "the user's id"), CsvQuery, ReasonQuery,
), responses((status = 200, content_type = "application/zip"), (status = 403, description = "scope_missing, personal_data_required"),
    (status = 404, description = "user_unknown: nothing was ever recorded about it"),
    (status = 503, description = "projection_behind, too_many_exports")))]
pub async fn person_zip(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    line: Line,
    InPath(user): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::ExportsCreate)?;
    credential.needs(Scope::EventsRead)?;
    credential.needs_personal("a person's file holds all that is known of one person")?;
    let params = parameters::read_whole(&uri, (ExportContent::Person, Format::Csv))?;
    let reason = reason(params.one("reason")?.unwrap_or_default())?;
    let form = csv_form(&params)?;
    let Form::Csv(dialect, bom) = form else {
        return Err(Problem::internal("CSV is asked for as CSV"));
    };
    let user: UserId = id(&user)?;
    let permit = Ledger::reserve(&app)?;
    app.settled(app.log.head()).await?;
    let spooling = app.clone();
    let spooled = tokio::task::spawn_blocking(move || spool(&spooling, user, (dialect, bom)));
    let Spooled { file, position, events } = spooled.await.map_err(Problem::internal)??;
    let asked = Request {
        content: ExportContent::Person,
        format: "zip".to_owned(),
        text: Packed { form, gzip: false }.text_form(),
        personal: true,
        query: Some(format!("user={user}")),
        reason,
    };
    let came_to = CameTo {
        name: file_name(user),
        position: app.cursor(position),
        seen: app.cursor(position),
        zone: app.config.zone.name().to_owned(),
        rows: Some(events),
        ..CameTo::default()
    };
    let started = asked.started(uuid::Uuid::now_v7(), came_to);
    let taker = Taker { context: request.context(&credential), line };
    let ledger = Ledger::open(&app, permit, taker, (started, None)).await?;
    ledger.progress().rows.store(events, Ordering::Relaxed);
    let id = export_id(ledger.id())?;
    let length = file.metadata().map_err(Problem::internal)?.len();
    let chunks = ReaderStream::with_capacity(tokio::fs::File::from_std(file), READ_BYTES);
    let mut response = Response::new(Body::new(Handed::new(ledger, chunks, Some(length))));
    *response.headers_mut() = headers(&app, user, position)?;
    response
        .headers_mut()
        .extend([(header::CONTENT_LENGTH, HeaderValue::from(length)), (EXPORT, id)]);
    Ok(response)
}

/// The file is called by the user's id: an address in its name would be all over the logs of whoever takes it.
fn file_name(user: UserId) -> String {
    format!("user-{user}.zip")
}

fn headers(app: &App, user: UserId, position: Position) -> Result<HeaderMap, Problem> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(Problem::internal);
    let disposition = format!("attachment; filename=\"{}\"", file_name(user));
    Ok(HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (header::CONTENT_DISPOSITION, value(&disposition)?),
        (FORMAT_HEADER, HeaderValue::from_static(PERSON_FORMAT)),
        (POSITION, value(&app.cursor(position))?),
    ]))
}
