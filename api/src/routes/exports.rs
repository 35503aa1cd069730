//! Exporting users and user events.

mod asking;
pub mod cancel;
pub mod count;
pub mod file;
pub mod manifest;
pub(super) mod parameters;
pub mod person;
pub mod progress;
pub mod stored;
mod view;
pub mod xlsx;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use domain::event::ExportContent;
use tokio_util::io::ReaderStream;

use self::asking::Asking;
use self::count::ExportCount;
use self::parameters::{
    CsvQuery, EventColumnsQuery, FilterQuery, OnlyQuery, PackedQuery, ReasonQuery, SliceQuery,
    UsersQuery,
};
use super::POSITION;
use crate::app::App;
use crate::export::asked::{Asked, Format, Only};
use crate::export::body::{DIGEST, Handed, ROWS, digest};
use crate::export::format::FORMAT;
use crate::export::ledger::{Holds, Ledger, Taker};
use crate::export::range::range_text;
pub(super) use crate::export::range::{RANGE, range, zone};
use crate::export::stored::name;
use crate::export::streamed::Streamed;
use crate::export::user_events::{self, Form};
use crate::export::users::WholeFile;
use crate::export::waits::Waits;
use crate::problem::Problem;

/// Name and version of the format.
const FORMAT_HEADER: HeaderName = HeaderName::from_static("cohort-format");
/// Which export an answer is, in their history.
const EXPORT: HeaderName = HeaderName::from_static("cohort-export");
const READ_BYTES: usize = 256 * 1024;

/// All users, or those that the filters leave, as CSV, as the table shows them.
#[utoipa::path(get, path = "/v1/exports/users.csv", tag = "exports", params(UsersQuery, FilterQuery, PackedQuery, CsvQuery, ReasonQuery, OnlyQuery), responses((status = 200, content((String = "text/csv"), (ExportCount = "application/json"))), (status = 503, description = "projection_behind, too_many_exports")))]
pub async fn users_csv(asking: Asking) -> Result<Response, Problem> {
    asking.answer(ExportContent::Users, Format::Csv).await
}

/// All users, or those that the filters leave, as NDJSON.
#[utoipa::path(get, path = "/v1/exports/users.ndjson", tag = "exports", params(UsersQuery, FilterQuery, PackedQuery, ReasonQuery, OnlyQuery), responses((status = 200, content((String = "application/x-ndjson"), (ExportCount = "application/json")))))]
pub async fn users_ndjson(asking: Asking) -> Result<Response, Problem> {
    asking.answer(ExportContent::Users, Format::Ndjson).await
}

/// User events as CSV, format `user-events/1`, each exactly once, in order.
#[utoipa::path(get, path = "/v1/exports/user-events.csv", tag = "exports", params(SliceQuery, EventColumnsQuery, PackedQuery, CsvQuery, ReasonQuery, OnlyQuery), responses((status = 200, content((String = "text/csv"), (ExportCount = "application/json"))),
    (status = 400, description = "unknown_event_type, unknown_zone, to_and_through, time_unreadable, local_time_does_not_exist, local_time_ambiguous, range_inverted, cursor_invalid")))]
pub async fn user_events_csv(asking: Asking) -> Result<Response, Problem> {
    asking.answer(ExportContent::UserEvents, Format::Csv).await
}

/// User events as NDJSON: the same names, typed, null for nothing.
#[utoipa::path(get, path = "/v1/exports/user-events.ndjson", tag = "exports", params(SliceQuery, EventColumnsQuery, PackedQuery, ReasonQuery, OnlyQuery), responses((status = 200, content((String = "application/x-ndjson"), (ExportCount = "application/json")))))]
pub async fn user_events_ndjson(asking: Asking) -> Result<Response, Problem> {
    asking.answer(ExportContent::UserEvents, Format::Ndjson).await
}

/// An export's id as a header holds it.
fn export_id(id: uuid::Uuid) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&id.to_string()).map_err(Problem::internal)
}

async fn users(app: Arc<App>, taker: Taker, asked: Asked) -> Result<Response, Problem> {
    let permit = Ledger::reserve(&app)?;
    let head = app.log.head();
    app.settled(head).await?;
    let past = asked.moment(&app).await?;
    match asked.only {
        Some(Only::Count) => return count::users(app, asked, past).await,
        Some(Only::Manifest) => {
            drop(permit);
            return manifest::before(app, asked).await;
        }
        None => {}
    }
    let stem = name::users_stem(past.as_ref(), zone(&app, &asked.params)?);
    let headers = asked.headers(&stem)?;
    let (zone, asking, moment) = (zone(&app, &asked.params)?, asked.clone(), past.clone());
    // What may be asked is only known to the tables, so it is read before the export becomes a fact.
    let (_waits, awaited) = Waits::begin();
    let spooled = asked.users_at(&app, past, move |app, users, store| {
        Ok(users.spool(store, &app.folder.scratch(), &mut || awaited.or_stop(app))?)
    });
    let mut file = spooled.await?;
    let name = format!("{stem}{}", asking.packed.suffix());
    let (rows, past) = (Some(file.rows), moment.as_ref());
    let told = Streamed { name: &name, position: file.position, zone, rows, events: None, past };
    let started = told.started(&app, &asking);
    let holds = Holds { position: file.position, columns: std::mem::take(&mut file.columns) };
    let ledger = Ledger::open(&app, permit, taker, (started, Some(holds))).await?;
    handed(&app, ledger, headers, file)
}

/// An answer of which all is known before its first byte: no trailers are needed.
fn handed(
    app: &App,
    ledger: Ledger,
    headers: HeaderMap,
    whole: WholeFile,
) -> Result<Response, Problem> {
    let WholeFile { file, bytes, sha256, rows, tally, position, .. } = whole;
    let (id, progress) = (ledger.id(), ledger.progress());
    *progress.tally.lock().expect("no holder panics") = tally;
    progress.rows.store(rows, Ordering::Relaxed);
    let chunks = ReaderStream::with_capacity(tokio::fs::File::from_std(file), READ_BYTES);
    let mut response = Response::new(Body::new(Handed::new(ledger, chunks, Some(bytes))));
    *response.headers_mut() = headers;
    response.headers_mut().extend([
        (POSITION, HeaderValue::from_str(&app.cursor(position)).map_err(Problem::internal)?),
        (EXPORT, export_id(id)?),
        (header::CONTENT_LENGTH, HeaderValue::from(bytes)),
        (ROWS, HeaderValue::from(rows)),
        (DIGEST, digest(&sha256)),
    ]);
    Ok(response)
}

async fn events(app: Arc<App>, taker: Taker, asked: Asked) -> Result<Response, Problem> {
    if asked.only == Some(Only::Manifest) {
        return manifest::before(app, asked).await;
    }
    let events = asked.events(&app).await?;
    let permit = Ledger::reserve(&app)?;
    if asked.only == Some(Only::Count) {
        return count::events(app, events).await;
    }
    let position = events.slice.through;
    let text = |value: &str| HeaderValue::from_str(value).map_err(Problem::internal);
    let mut headers = asked.headers("user-events")?;
    headers.extend([
        (POSITION, text(&app.cursor(position))?),
        (FORMAT_HEADER, HeaderValue::from_static(FORMAT)),
        (RANGE, text(&range_text(events.range))?),
    ]);
    let name = format!("user-events{}", asked.packed.suffix());
    let (zone, all) = (events.zone, Some(&events));
    let told = Streamed { name: &name, position, zone, rows: None, events: all, past: None };
    let columns = events.columns.iter().map(|name| (*name).to_owned()).collect();
    let opens = (told.started(&app, &asked), Some(Holds { position, columns }));
    if asked.packed.form == Form::Xlsx {
        return xlsx::collected(app, permit, taker, headers, (events, opens)).await;
    }
    let trailers = HeaderValue::from_static("cohort-rows, cohort-digest");
    headers.insert(header::TRAILER, trailers);
    let ledger = Ledger::open(&app, permit, taker, opens).await?;
    headers.insert(EXPORT, export_id(ledger.id())?);
    let (log, progress) = (&app.log, ledger.progress());
    let chunks = user_events::stream(log, &events.slice, &events.writer, events.packed, progress);
    let mut response = Response::new(Body::new(Handed::new(ledger, chunks, None)));
    *response.headers_mut() = headers;
    Ok(response)
}
