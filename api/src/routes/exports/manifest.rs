//! What a file of an export holds, in a form that whoever gets the file later can check it by.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use domain::EventKind;
use domain::event::{ExportContent, ExportEnd, ExportStarted, ExportWritten};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::count::RangeView;
use super::file::completed;
use super::view::{MomentView, line, personal_view, public_names, query_view};
use crate::access::Credential;
use crate::app::App;
use crate::export::asked::Asked;
use crate::export::sheets::sheets;
use crate::export::stored::begin::foresee;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::actors::ActorId;
use crate::routes::{InPath, at_position, id, shown};
use crate::table::sort::{DEFAULT_SORT, split};

/// Name of the form.
pub const MANIFEST: &str = "export-manifest/1";

/// What a file of an export holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportManifest {
    /// `export-manifest/1`.
    pub manifest: &'static str,
    /// The log it is of.
    pub log_id: Uuid,
    /// Version of the service that wrote it.
    pub service_version: String,
    /// The export; null of one that was not made.
    pub export_id: Option<Uuid>,
    /// What the file is called.
    pub file_name: Option<String>,
    /// `users` or `user_events`.
    pub content: &'static str,
    /// `csv`, `ndjson`, `csv.gz`, `ndjson.gz` or `xlsx`.
    pub format: String,
    /// What was chosen, as asked and as resolved.
    pub filter: FilterView,
    /// In which order its rows are, of users.
    pub order: Option<OrderView>,
    /// Zone of its days.
    pub zone: String,
    /// Version of the IANA data on zones.
    pub zone_data: String,
    /// `recorded` or `occurred`, of user events.
    pub basis: Option<String>,
    /// Its time in UTC, of user events.
    pub range: Option<RangeView>,
    /// Of a past moment of the users: which.
    pub as_of: Option<MomentView>,
    /// Cursor of the last fact it can hold.
    pub position: String,
    /// Rows after the header.
    pub rows: u64,
    /// Sheets that they are on, of a workbook.
    pub sheets: Option<u64>,
    /// Rows of each type of user event, by its public name.
    pub rows_by_type: BTreeMap<&'static str, u64>,
    /// The first user event.
    pub first: Option<EndView>,
    /// The last.
    pub last: Option<EndView>,
    /// `full`, or `withheld` where cells that name a person are empty.
    pub personal: &'static str,
    /// How it is written.
    pub options: OptionsView,
    /// Names of its columns, in order.
    pub columns: Vec<String>,
    /// Length of the file; null before it is written.
    pub bytes: Option<u64>,
    /// SHA-256 of the file, in hexadecimal; null before it is written.
    pub sha256: Option<String>,
    /// Who asked for it.
    pub requested_by: ActorId,
    /// When.
    pub requested_at: String,
    /// Why, in words; withheld without `personal:read`.
    pub reason: Option<String>,
}

/// What was chosen.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilterView {
    /// The parameters; withheld without `personal:read`.
    pub asked: Option<Value>,
    /// All types that could be in it, by their public names, of user events.
    pub types: Option<Vec<&'static str>>,
    /// Only what is after this cursor, of user events.
    pub after: Option<String>,
}

/// The order of rows of users. Who has no value comes last; users of one value are by their ids.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderView {
    /// As asked; null where it was not.
    pub asked: Option<String>,
    /// The column it is by.
    pub column: String,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl OrderView {
    fn of(started: &ExportStarted) -> Option<OrderView> {
        if started.content != ExportContent::Users {
            return None;
        }
        let params = Params::of_text(started.query.as_deref().unwrap_or_default());
        let asked = params.all("sort").next().map(str::to_owned);
        let (column, descending) = split(asked.as_deref().unwrap_or(DEFAULT_SORT));
        Some(OrderView { column: column.to_owned(), descending, asked })
    }
}

/// A user event at an end of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndView {
    /// Its cursor.
    pub position: String,
    /// When it was recorded.
    pub recorded_at: String,
}

/// How a file is written.
#[derive(Debug, Serialize, ToSchema)]
pub struct OptionsView {
    /// Guarded against spreadsheets.
    pub safe: bool,
    /// Begins with a byte order mark.
    pub bom: bool,
    /// Between cells.
    pub delimiter: Option<char>,
    /// `gzip` or `none`.
    pub compression: &'static str,
}

impl From<&ExportEnd> for EndView {
    fn from(end: &ExportEnd) -> Self {
        EndView { position: end.position.clone(), recorded_at: shown(end.recorded_at) }
    }
}

fn public(name: &str) -> Option<&'static str> {
    EventKind::from_name(name).map(EventKind::public_name)
}

/// Who asked for an export, when, and whether what may name a person is shown.
struct Asker {
    by: ActorId,
    at: i64,
    sees_personal: bool,
}

impl ExportManifest {
    fn new(
        app: &App,
        started: &ExportStarted,
        rows: u64,
        written: &ExportWritten,
        Asker { by, at, sees_personal }: Asker,
    ) -> ExportManifest {
        let resolved = *started.resolved.clone().expect("only such exports have a manifest");
        let slice = resolved.slice;
        let by_type = written.types.iter();
        let ends = written.ends.as_ref();
        ExportManifest {
            manifest: MANIFEST,
            log_id: app.log_id,
            service_version: resolved.service,
            export_id: Some(started.export_id),
            file_name: Some(resolved.name),
            content: started.content.name(),
            format: started.format.clone(),
            filter: FilterView {
                asked: sees_personal.then(|| query_view(started.query.as_deref())),
                types: slice.as_ref().map(|slice| public_names(&slice.types)),
                after: slice.as_ref().map(|slice| slice.after.clone()),
            },
            order: OrderView::of(started),
            zone: resolved.zone,
            zone_data: resolved.zone_data,
            range: slice.as_ref().map(|slice| RangeView::new(slice.from, slice.to)),
            basis: slice.map(|slice| slice.basis),
            as_of: resolved.as_of.as_ref().map(MomentView::from),
            position: written.position.clone(),
            rows,
            sheets: (started.format == "xlsx").then(|| sheets(rows)),
            rows_by_type: by_type.filter_map(|(name, rows)| Some((public(name)?, *rows))).collect(),
            first: ends.map(|[first, _]| first.into()),
            last: ends.map(|[_, last]| last.into()),
            personal: personal_view(started.personal),
            options: OptionsView {
                safe: resolved.text.safe,
                bom: resolved.text.bom,
                delimiter: resolved.text.delimiter,
                compression: if resolved.text.gzip { "gzip" } else { "none" },
            },
            columns: written.columns.clone(),
            bytes: None,
            sha256: None,
            requested_by: by,
            requested_at: shown(at),
            reason: resolved.reason.filter(|_| sees_personal),
        }
    }
}

/// What the file of an export holds: enough to check it by, whoever has it. It stays when the file is gone.
#[utoipa::path(get, path = "/v1/exports/{id}/manifest", tag = "exports", params(
    ("id" = Uuid, Path, description = "the export's id"),
), responses((status = 200, body = ExportManifest), (status = 404, description = "export_unknown"),
    (status = 409, description = "export_not_completed")))]
pub async fn manifest(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(export): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let export: Uuid = id(&export)?;
    Params::read(&uri, &[])?;
    let line = line(&app, &credential, export)?;
    let done = completed(&line)?;
    let unknown = || {
        let detail = "what was in it was not told: an older version handed it out, or it is one person's file";
        Problem::new(ProblemKind::ExportNotCompleted, detail)
    };
    let written = done.written.as_ref().filter(|_| line.started.resolved.is_some());
    let written = written.ok_or_else(unknown)?;
    let asker = Asker {
        by: (&line.actor).into(),
        at: line.started_at,
        sees_personal: credential.sees_personal(),
    };
    let told = ExportManifest::new(&app, &line.started, done.rows, written, asker);
    let name = told.file_name.clone().unwrap_or_default();
    let told = ExportManifest { bytes: Some(done.bytes), sha256: done.sha256.clone(), ..told };
    let disposition = format!("attachment; filename=\"{name}.manifest.json\"");
    let answer = ([(header::CONTENT_DISPOSITION, disposition)], Json(told));
    Ok(at_position(&written.position, answer).into_response())
}

/// What can be said of an export before it is made.
pub(super) async fn before(app: Arc<App>, asked: Asked) -> Result<Response, Problem> {
    let foreseen = foresee(&app, &asked, Uuid::nil()).await?;
    let asker = Asker {
        by: (&asked.credential.actor()).into(),
        at: app.now(),
        sees_personal: asked.personal(),
    };
    let rows = foreseen.started.resolved.as_ref().and_then(|resolved| resolved.rows);
    let written = &foreseen.written;
    let told = ExportManifest::new(&app, &foreseen.started, rows.unwrap_or(0), written, asker);
    let told = ExportManifest { export_id: None, file_name: None, ..told };
    Ok(at_position(&written.position, Json(told)))
}
