//! Exporting users and user events.

mod parameters;
pub mod person;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::Response;
use chrono_tz::Tz;
use domain::event::ExportContent;
use domain::scope::Scope;
use domain::segment::Now;
use domain::time_range::{RangeAsked, TimeRange, resolve};
use domain::{EventKind, UserId};
use eventlog::Position;
use projections::Store;
use tokio_util::io::ReaderStream;

use self::parameters::{CsvQuery, FilterQuery, SliceQuery, UsersQuery, of};
use super::event_types::user_event_kind;
use super::{POSITION, shown};
use crate::access::Credential;
use crate::app::App;
use crate::displayed;
use crate::export::body::{DIGEST, Handed, ROWS, digest};
use crate::export::cells::Dialect;
use crate::export::format::{Basis, Column, FORMAT, Writer, columns_of};
use crate::export::ledger::{Export, Ledger};
use crate::export::naming::Naming;
use crate::export::past::{Moment, with_tables_at};
use crate::export::user_events::{self, Form, Packed, Slice};
use crate::export::users::{UsersExport, UsersFile};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::table::filter::UserFilter;

/// The resolved UTC bounds of a slice.
pub(super) const RANGE: HeaderName = HeaderName::from_static("cohort-range");
/// Name and version of the format.
const FORMAT_HEADER: HeaderName = HeaderName::from_static("cohort-format");
const READ_BYTES: usize = 256 * 1024;

/// Reads `safe`, `bom` and `delimiter`, which are CSV's.
fn csv_form(params: &Params) -> Result<Form, Problem> {
    let known = [("comma", b','), ("semicolon", b';'), ("tab", b'\t')];
    let delimiter = params.choice("delimiter", &known, "comma, semicolon or tab")?.unwrap_or(b',');
    Ok(Form::Csv(
        Dialect { delimiter, safe: params.flag("safe", false)? },
        params.flag("bom", false)?,
    ))
}

struct Shape {
    content: ExportContent,
    form: Form,
    gzip: bool,
    stem: &'static str,
}

/// Reads `compression`.
fn is_packed(params: &Params) -> Result<bool, Problem> {
    let known = [("gzip", true), ("none", false)];
    Ok(params.choice("compression", &known, "gzip or none")?.unwrap_or(false))
}

impl Shape {
    /// What the first fact of the export calls it.
    fn name(&self) -> &'static str {
        match (self.form, self.gzip) {
            (Form::Csv(..), false) => "csv",
            (Form::Csv(..), true) => "csv.gz",
            (Form::Ndjson, false) => "ndjson",
            (Form::Ndjson, true) => "ndjson.gz",
        }
    }

    fn headers(&self, app: &App, position: Position) -> Result<HeaderMap, Problem> {
        let (kind, suffix) = match self.form {
            Form::Csv(dialect, _) => (
                "text/csv; charset=utf-8; header=present",
                if dialect.safe { ".safe.csv" } else { ".csv" },
            ),
            Form::Ndjson => ("application/x-ndjson", ".ndjson"),
        };
        let (kind, packed) = if self.gzip { ("application/gzip", ".gz") } else { (kind, "") };
        let value = |text: &str| HeaderValue::from_str(text).map_err(Problem::internal);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, value(kind)?);
        headers.insert(
            header::CONTENT_DISPOSITION,
            value(&format!("attachment; filename=\"{}{suffix}{packed}\"", self.stem))?,
        );
        headers.insert(POSITION, value(&app.cursor(position))?);
        Ok(headers)
    }
}

/// All users, or those that the filters leave, as CSV, as the table shows them.
#[utoipa::path(get, path = "/v1/exports/users.csv", tag = "exports", params(UsersQuery, FilterQuery, CsvQuery), responses((status = 200, content_type = "text/csv"), (status = 503, description = "projection_behind, too_many_exports")))]
pub async fn users_csv(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
) -> Result<Response, Problem> {
    let params =
        parameters::read(&uri, &[of::<UsersQuery>(), of::<FilterQuery>(), of::<CsvQuery>()])?;
    let (form, gzip) = (csv_form(&params)?, is_packed(&params)?);
    let shape = Shape { content: ExportContent::Users, form, gzip, stem: "users" };
    users(app, credential, request, uri, params, shape).await
}

/// All users, or those that the filters leave, as NDJSON.
#[utoipa::path(get, path = "/v1/exports/users.ndjson", tag = "exports", params(UsersQuery, FilterQuery), responses((status = 200, content_type = "application/x-ndjson")))]
pub async fn users_ndjson(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
) -> Result<Response, Problem> {
    let params = parameters::read(&uri, &[of::<UsersQuery>(), of::<FilterQuery>()])?;
    let (form, gzip) = (Form::Ndjson, is_packed(&params)?);
    let shape = Shape { content: ExportContent::Users, form, gzip, stem: "users" };
    users(app, credential, request, uri, params, shape).await
}

async fn users(
    app: Arc<App>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    params: Params,
    shape: Shape,
) -> Result<Response, Problem> {
    credential.needs(Scope::ExportsCreate)?;
    let personal = credential.sees_personal();
    let permit = Ledger::reserve(&app)?;
    let head = app.log.head();
    app.settled(head).await?;
    let export = Export {
        content: shape.content,
        format: shape.name(),
        position: head,
        personal,
        query: uri.query().map(str::to_owned),
    };
    // What may be asked is only known to the tables, so it is read before the export becomes a fact.
    let columns = params.names("columns")?;
    let past = Moment::read(&app, &params, zone(&app, &params)?).await?;
    let reading = Reading { app: app.clone(), params, credential: credential.clone(), columns };
    let _turn = match past {
        Some(_) => Some(app.replays.acquire().await.map_err(Problem::internal)?),
        None => None,
    };
    let (form, gzip) = (shape.form, shape.gzip);
    let spooled = tokio::task::spawn_blocking(move || reading.spool(past, (form, gzip)));
    let UsersFile { file, bytes, sha256, rows, position } =
        spooled.await.map_err(Problem::internal)??;
    let ledger =
        Ledger::open(&app, permit, request.context(&credential), Export { position, ..export })
            .await?;
    ledger.progress().rows.store(rows, Ordering::Relaxed);
    let chunks = ReaderStream::with_capacity(tokio::fs::File::from_std(file), READ_BYTES);
    let mut response = Response::new(Body::new(Handed::new(ledger, chunks, Some(bytes))));
    *response.headers_mut() = shape.headers(&app, position)?;
    // All of it is known before the first byte: no trailers are needed.
    response.headers_mut().extend([
        (header::CONTENT_LENGTH, HeaderValue::from(bytes)),
        (ROWS, HeaderValue::from(rows)),
        (DIGEST, digest(&sha256)),
    ]);
    Ok(response)
}

/// What is asked of an export of users, read where it may block.
struct Reading {
    app: Arc<App>,
    params: Params,
    credential: Credential,
    columns: Option<Vec<String>>,
}

impl Reading {
    fn spool(self, past: Option<Moment>, form: (Form, bool)) -> Result<UsersFile, Problem> {
        let (app, zone) = (&self.app, self.app.config.zone);
        let scratch = app.folder.scratch();
        match past {
            None => {
                let now = Now { micros: app.now(), zone };
                self.spool_from(&app.follower.store(), now, form)
            }
            Some(past) => with_tables_at(app, &scratch, past.position, |store| {
                self.spool_from(store, past.now(zone), form)
            }),
        }
    }

    fn spool_from(
        &self,
        store: &Store,
        now: Now,
        (form, gzip): (Form, bool),
    ) -> Result<UsersFile, Problem> {
        let filter = UserFilter::read(&self.params, (&self.app.log, store), &self.credential)?;
        let (_, table) = displayed::chosen(store, &self.credential.token_id)?;
        let (columns, personal) = (self.columns.clone(), self.credential.sees_personal());
        let users = UsersExport { filter, now, columns, table, form, gzip, personal };
        Ok(users.spool(store, &self.app.folder.scratch())?)
    }
}

/// User events as CSV, format `user-events/1`, each exactly once, in order.
#[utoipa::path(get, path = "/v1/exports/user-events.csv", tag = "exports", params(SliceQuery, CsvQuery), responses((status = 200, content_type = "text/csv"),
    (status = 400, description = "unknown_event_type, unknown_zone, to_and_through, time_unreadable, local_time_does_not_exist, local_time_ambiguous, range_inverted, cursor_invalid")))]
pub async fn user_events_csv(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
) -> Result<Response, Problem> {
    let params = parameters::read(&uri, &[of::<SliceQuery>(), of::<CsvQuery>()])?;
    let (form, gzip) = (csv_form(&params)?, is_packed(&params)?);
    let shape = Shape { content: ExportContent::UserEvents, form, gzip, stem: "user-events" };
    events(app, credential, request, uri, params, shape).await
}

/// User events as NDJSON: the same names, typed, null for nothing.
#[utoipa::path(get, path = "/v1/exports/user-events.ndjson", tag = "exports", params(SliceQuery), responses((status = 200, content_type = "application/x-ndjson")))]
pub async fn user_events_ndjson(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
) -> Result<Response, Problem> {
    let params = parameters::read(&uri, &[of::<SliceQuery>()])?;
    let (form, gzip) = (Form::Ndjson, is_packed(&params)?);
    let shape = Shape { content: ExportContent::UserEvents, form, gzip, stem: "user-events" };
    events(app, credential, request, uri, params, shape).await
}

async fn events(
    app: Arc<App>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    params: Params,
    shape: Shape,
) -> Result<Response, Problem> {
    credential.needs(Scope::ExportsCreate)?;
    credential.needs(Scope::EventsRead)?;
    let personal = credential.sees_personal();
    let kinds = kinds(&params)?;
    let columns = columns(&params, &kinds)?;
    let known = [("recorded", Basis::Recorded), ("occurred", Basis::Occurred)];
    let basis = params.choice("basis", &known, "recorded or occurred")?.unwrap_or(Basis::Recorded);
    let user: Option<UserId> = params.parsed("user", "a user's id")?;
    let naming = Naming::read(&params)?;
    let range = range(&app, &params)?;
    let permit = Ledger::reserve(&app)?;
    // Columns go by the types that were chosen; only those that can name what is asked for are read.
    let kinds = kinds.into_iter().filter(|kind| naming.iter().all(|naming| naming.can_be(*kind)));
    let slice = slice(&app, &params, kinds.collect(), basis, range).await?;
    let slice = Slice { user, naming, ..slice };
    let export = Export {
        content: shape.content,
        format: shape.name(),
        position: slice.through,
        personal,
        query: uri.query().map(str::to_owned),
    };
    let mut headers = shape.headers(&app, slice.through)?;
    headers.insert(FORMAT_HEADER, HeaderValue::from_static(FORMAT));
    let bound = |time: Option<i64>| time.map(shown).unwrap_or_default();
    let shown_range = format!("{}/{}", bound(range.from), bound(range.to));
    headers.insert(RANGE, HeaderValue::from_str(&shown_range).map_err(Problem::internal)?);
    let ledger = Ledger::open(&app, permit, request.context(&credential), export).await?;
    let writer = Writer::new(columns, basis, personal, app.log_id);
    let form = Packed { form: shape.form, gzip: shape.gzip };
    let chunks = user_events::stream(&app.log, &slice, &writer, form, ledger.progress());
    let mut response = Response::new(Body::new(Handed::new(ledger, chunks, None)));
    headers.insert(header::TRAILER, HeaderValue::from_static("cohort-rows, cohort-digest"));
    *response.headers_mut() = headers;
    Ok(response)
}

fn kinds(params: &Params) -> Result<Vec<EventKind>, Problem> {
    let read = |name| params.all(name).map(user_event_kind).collect::<Result<Vec<_>, _>>();
    let (taken, left_out) = (read("type")?, read("not_type")?);
    let chosen = |kind: &&EventKind| {
        kind.is_user_event()
            && (taken.is_empty() || taken.contains(kind))
            && !left_out.contains(kind)
    };
    Ok(EventKind::ALL.iter().filter(chosen).copied().collect())
}

fn columns(params: &Params, kinds: &[EventKind]) -> Result<Vec<(&'static str, Column)>, Problem> {
    let all = columns_of(kinds);
    let Some(asked) = params.names("columns")? else { return Ok(all) };
    let find = |name: &String| {
        all.iter().find(|(known, _)| known == name).copied().ok_or_else(|| {
            let list: Vec<_> = all.iter().map(|(name, _)| *name).collect();
            let detail = format!("there is no column {name:?}; there are: {}", list.join(", "));
            Problem::new(ProblemKind::ColumnUnknown, detail).with("known", list)
        })
    };
    asked.iter().map(find).collect()
}

/// The zone in which days are meant.
pub(super) fn zone(app: &App, params: &Params) -> Result<Tz, Problem> {
    let Some(name) = params.one("zone")? else { return Ok(app.config.zone) };
    name.parse::<Tz>().map_err(|_| {
        let detail = format!("{name:?} is no IANA zone; one is Europe/Paris");
        Problem::new(ProblemKind::UnknownZone, detail)
    })
}

/// What `from`, `to` and `through` mean in that zone.
pub(super) fn range(app: &App, params: &Params) -> Result<TimeRange, Problem> {
    let zone = zone(app, params)?;
    let asked = RangeAsked {
        from: params.one("from")?,
        to: params.one("to")?,
        through: params.one("through")?,
    };
    Ok(resolve(asked, zone)?)
}

/// Turns times into positions. The end is fixed now: what is recorded later is not in it.
async fn slice(
    app: &App,
    params: &Params,
    kinds: Vec<EventKind>,
    basis: Basis,
    range: TimeRange,
) -> Result<Slice, Problem> {
    let since = params
        .one("since")?
        .map(|cursor| app.position(cursor))
        .transpose()?
        .unwrap_or(Position::START);
    let (after, through) = (since, since);
    let mut slice = Slice { after, through, kinds, occurred: None, user: None, naming: Vec::new() };
    let end = match basis {
        Basis::Recorded => {
            if let Some(from) = range.from {
                slice.after = slice.after.max(app.log.position_before(from).await?);
            }
            range.to
        }
        Basis::Occurred => {
            slice.occurred = Some(range);
            None
        }
    };
    // The writer answers for a time just past only once what it has stamped earlier is durable: a closed range holds
    // all of it, whenever it is asked for. An open range ends at what is durable now.
    slice.through = match end {
        Some(to) => app.log.position_before(to).await?,
        None => app.log.head(),
    };
    Ok(slice)
}
