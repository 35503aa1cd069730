//! Checking a mapped draft, and looking at what the check found, page by page.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::Event;
use domain::event::ImportChecked;
use domain::property::Properties;
use domain::scope::Scope;
use eventlog::Expected;
use projections::imports::ImportLine;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::check::{DifferenceView, settled};
use super::consequences::ConsequenceView;
use super::drafts::mapped;
use super::rejected::file;
use super::view::{ImportView, RowView};
use super::{line, read};
use crate::access::Credential;
use crate::app::App;
use crate::import::check::{Check, CheckError, Finding, check as look};
use crate::import::definitions::as_made;
use crate::import::duplicates::Sheet;
use crate::import::forecast::Forecast;
use crate::import::spool::disk;
use crate::import::start::record;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::routes::{InPath, PAGE_DEFAULT, PAGE_MAX, Page, at_position, id};

/// What a check finds, each in a file of its own.
const DIFFERENCES: &str = "differences";
const REJECTS: &str = "rejects";
const WARNINGS: &str = "warnings";
const CONSEQUENCES: &str = "consequences";

/// A draft that was looked at, and what would follow from its import.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckedImportView {
    #[serde(flatten)]
    import: ImportView,
    /// What would follow by rules: segments entered and left, badges gained and lost; the first 100. `of=consequences` pages
    /// through all.
    consequences: Vec<ConsequenceView>,
}

/// Looks at every row of a mapped draft: what its import would do, to whom. The answer counts; `GET` pages through it.
#[utoipa::path(post, path = "/v1/imports/{id}/check", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), responses((status = 200, body = CheckedImportView), (status = 404, description = "import_unknown"),
    (status = 409, description = "import_not_open, import_not_mapped, import_changed"),
    (status = 410, description = "import_file_gone"), (status = 503, description = "policies_behind, projection_behind"), (status = 507, description = "disk_full")))]
pub async fn check(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    Params::read(&uri, &[])?;
    let line = mapped(&app, &import).await?;
    let turn = app.looks.clone().acquire_owned().await.map_err(Problem::internal)?;
    settled(&app).await?;
    let (import_id, revision) = (line.plan.import_id, line.revision);
    let checking = app.clone();
    let checked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        written(&checking, &line)
    });
    let Check { position, counts, users, notes, consequences, .. } =
        checked.await.map_err(Problem::internal)??;
    let position = app.cursor(position);
    let codes = notes.codes;
    let fact = ImportChecked { import_id, position: position.clone(), counts, users, codes };
    let (event, expected) = (Event::ImportChecked(fact), Expected::Revision(revision));
    let recorded = record(&app, &request.context(&credential), &event, import_id, expected).await?;
    app.settled(recorded).await?;
    let personal = credential.sees_personal();
    let import = read(&app, import_id, &credential)?;
    let consequences = ConsequenceView::first(consequences, personal);
    Ok(at_position(&position, Json(CheckedImportView { import, consequences })))
}

/// Checks, and writes down what is found. The files take their places together, when all is found.
fn written(app: &App, line: &ImportLine) -> Result<Check, Problem> {
    let path = file(app, line)?;
    let plan = &line.plan;
    let places = [DIFFERENCES, REJECTS, WARNINGS, CONSEQUENCES]
        .map(|what| app.folder.checked(plan.import_id, what));
    let next = places.each_ref().map(|place| place.with_extension("next"));
    let open = |path: &Path| File::create(path).map(BufWriter::new).map_err(disk);
    let mut out = [open(&next[0])?, open(&next[1])?, open(&next[2])?, open(&next[3])?];
    let sheet = Sheet { path: &path, plan, now: app.now(), key: &app.key };
    let store = app.follower.store();
    let forecast = Forecast::new(app, &store).map_err(Problem::internal)?;
    let found = look(&store, sheet, forecast, &mut |finding| match finding {
        Finding::Difference(of) => put(&mut out[0], &DifferenceView::new(of.clone(), true)),
        Finding::Reject(note) => put(&mut out[1], &RowView::from(note.clone())),
        Finding::Warning(note) => put(&mut out[2], &RowView::from(note.clone())),
    });
    let check = found.map_err(|error| {
        if let CheckError::Listen(error) = error { disk(error) } else { Problem::internal(error) }
    })?;
    for found in &check.consequences {
        put(&mut out[3], &ConsequenceView::new(found.clone(), true)).map_err(disk)?;
    }
    for ((mut out, next), place) in out.into_iter().zip(&next).zip(&places) {
        out.flush().map_err(disk)?;
        std::fs::rename(next, place).map_err(disk)?;
    }
    Ok(check)
}

fn put(out: &mut BufWriter<File>, line: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// One of the things a check found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "names the forms of an entry in the document")]
enum FoundView {
    Difference(DifferenceView),
    Row(RowView),
    Consequence(ConsequenceView),
}

/// What the last check found: users that would be made or changed, rows that would be refused, or warnings, in the order
/// of the file; or what would follow by rules.
#[utoipa::path(get, path = "/v1/imports/{id}/check", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
    ("of" = Option<String>, Query, description = "differences (default), rejects, warnings or consequences"),
    ("code" = Option<String>, Query, description = "of rejects and warnings, only those with this code"),
    ("limit" = Option<usize>, Query, description = "1 to 1000, default 100"),
    ("cursor" = Option<String>, Query, description = "`next` of the page before"),
), responses((status = 200, body = Page<FoundView>), (status = 404, description = "import_unknown"),
    (status = 409, description = "import_not_checked")))]
pub async fn found(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    let params = Params::read(&uri, &["of", "code", "limit", "cursor"])?;
    let known = [DIFFERENCES, REJECTS, WARNINGS, CONSEQUENCES].map(|name| (name, name));
    let takes = "differences, rejects, warnings or consequences";
    let of = params.choice("of", &known, takes)?.unwrap_or(DIFFERENCES);
    let code = params.one("code")?.map(str::to_owned);
    if code.is_some() && [DIFFERENCES, CONSEQUENCES].contains(&of) {
        return Err(Problem::parameter("code", "a code of rejects or warnings, with of="));
    }
    let limit = params.limit(PAGE_DEFAULT, PAGE_MAX)?;
    let from = match params.one("cursor")? {
        None => 0,
        Some(cursor) => {
            let offset = cursor
                .strip_prefix(of)
                .and_then(|rest| rest.strip_prefix('.')?.parse::<u64>().ok());
            offset.ok_or_else(|| Problem::parameter("cursor", "`next` of the page before"))?
        }
    };
    let import: Uuid = id(&import)?;
    let line = line(&app, import)?;
    let path = app.folder.checked(import, of);
    if line.checked.is_none() || line.file_gone || !path.exists() {
        return Err(Problem::new(
            ProblemKind::ImportNotChecked,
            "it was not checked since its columns were mapped or its file was read; POST /v1/imports/{id}/check does so, then look again",
        ));
    }
    let personal = credential.sees_personal();
    let known = as_made(app.follower.store().properties()?, &line.plan.columns);
    let page = tokio::task::spawn_blocking(move || {
        page(of, &path, from, limit, code.as_deref(), (&known, personal))
    });
    page.await.map_err(Problem::internal)?.map(Json)
}

fn page(
    of: &str,
    path: &Path,
    from: u64,
    limit: usize,
    code: Option<&str>,
    (known, personal): (&Properties, bool),
) -> Result<Value, Problem> {
    let mut file = BufReader::new(File::open(path).map_err(Problem::internal)?);
    file.seek(SeekFrom::Start(from)).map_err(Problem::internal)?;
    let (mut items, mut at, mut line) = (Vec::new(), from, Vec::new());
    loop {
        line.clear();
        let read = file.read_until(b'\n', &mut line).map_err(Problem::internal)?;
        if read == 0 {
            return Ok(serde_json::json!({ "items": items, "next": null }));
        }
        // A cursor that is none of ours may point into a line.
        let mut item: Value = serde_json::from_slice(&line)
            .map_err(|_| Problem::parameter("cursor", "`next` of the page before"))?;
        if code.is_none_or(|code| item["code"] == code) {
            if items.len() == limit {
                return Ok(serde_json::json!({ "items": items, "next": format!("{of}.{at}") }));
            }
            if !personal {
                withhold(&mut item);
            }
            name_fields(&mut item, known);
            items.push(item);
        }
        at += read as u64;
    }
}

/// Fields are written down by their ids; a property may be called otherwise by now, or be gone.
fn name_fields(item: &mut Value, known: &Properties) {
    let Some(changes) = item.get_mut("changes").and_then(Value::as_array_mut) else { return };
    changes.retain_mut(|change| {
        let name = change["field"].as_str().and_then(|id| known.name_of(id).map(str::to_owned));
        let live = name.is_some();
        change["field"] = Value::from(name);
        live
    });
}

fn withhold(item: &mut Value) {
    clear(item, &["email"]);
    for list in ["first", "changes"] {
        for entry in item.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            clear(entry, &["email", "old", "new"]);
        }
    }
}

/// Empties members, where there are any of these names.
fn clear(of: &mut Value, names: &[&str]) {
    for name in names {
        if let Some(member) = of.get_mut(name) {
            *member = Value::Null;
        }
    }
}
