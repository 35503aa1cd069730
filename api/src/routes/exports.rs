//! Exporting users and user events.

mod parameters;
pub mod person;

use std::sync::Arc;

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
use tokio_util::io::ReaderStream;

use self::parameters::{CsvQuery, FilterQuery, SliceQuery, UsersQuery, of};
use super::event_types::user_event_kind;
use super::{POSITION, shown};
use crate::access::Credential;
use crate::app::App;
use crate::displayed;
use crate::export::cells::Dialect;
use crate::export::format::{Basis, Column, FORMAT, Writer, columns_of};
use crate::export::ledger::{Export, Ledger};
use crate::export::user_events::{self, Form, Slice};
use crate::export::users::UsersExport;
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
    stem: &'static str,
}

impl Shape {
    fn format(&self) -> &'static str {
        match self.form {
            Form::Csv(..) => "csv",
            Form::Ndjson => "ndjson",
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
        let value = |text: &str| HeaderValue::from_str(text).map_err(Problem::internal);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, value(kind)?);
        headers.insert(
            header::CONTENT_DISPOSITION,
            value(&format!("attachment; filename=\"{}{suffix}\"", self.stem))?,
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
    let shape = Shape { content: ExportContent::Users, form: csv_form(&params)?, stem: "users" };
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
    let shape = Shape { content: ExportContent::Users, form: Form::Ndjson, stem: "users" };
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
        format: shape.format(),
        position: head,
        personal,
        query: uri.query().map(str::to_owned),
    };
    // The column names are only known to the tables, so they are checked before the export becomes a fact.
    let filter = UserFilter::read(&params, &app.follower.store(), &credential)?;
    let now = Now { micros: app.now(), zone: app.config.zone };
    let columns = params.names("columns")?;
    let (_, table) = displayed::chosen(&app.follower.store(), &credential.token_id)?;
    let users = UsersExport { filter, now, columns, table, form: shape.form, personal };
    let (spooling, counted) = (app.clone(), Arc::new(std::sync::atomic::AtomicU64::new(0)));
    let rows = counted.clone();
    let spooled = tokio::task::spawn_blocking(move || {
        users.spool(&spooling.follower.store(), &spooling.folder.scratch(), &rows)
    });
    let (file, position) = spooled.await.map_err(Problem::internal)??;
    let ledger =
        Ledger::open(&app, permit, request.context(&credential), Export { position, ..export })
            .await?;
    ledger.progress().rows.store(
        counted.load(std::sync::atomic::Ordering::Relaxed),
        std::sync::atomic::Ordering::Relaxed,
    );
    let length = file.metadata().map_err(Problem::internal)?.len();
    let chunks = ReaderStream::with_capacity(tokio::fs::File::from_std(file), READ_BYTES);
    let mut response = Response::new(Body::from_stream(ledger.watch(chunks, Some(length))));
    *response.headers_mut() = shape.headers(&app, position)?;
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
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
    let shape =
        Shape { content: ExportContent::UserEvents, form: csv_form(&params)?, stem: "user-events" };
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
    let shape =
        Shape { content: ExportContent::UserEvents, form: Form::Ndjson, stem: "user-events" };
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
    let range = range(&app, &params)?;
    let permit = Ledger::reserve(&app)?;
    let slice = slice(&app, &params, kinds, basis, range, user).await?;
    let export = Export {
        content: shape.content,
        format: shape.format(),
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
    let chunks = user_events::stream(&app.log, &slice, &writer, shape.form, ledger.progress());
    let mut response = Response::new(Body::from_stream(ledger.watch(chunks, None)));
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
    user: Option<UserId>,
) -> Result<Slice, Problem> {
    let since = params
        .one("since")?
        .map(|cursor| app.position(cursor))
        .transpose()?
        .unwrap_or(Position::START);
    let mut slice = Slice { after: since, through: since, kinds, occurred: None, user };
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
