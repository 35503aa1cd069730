//! What a file looks like, for somebody who is to say where its columns go.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use domain::csv_header::suggest_columns;
use domain::event::{Column, Target};
use domain::property::Properties;
use domain::scope::Scope;
use domain::value::DateOrder;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::line;
use super::rejected::file;
use crate::access::Credential;
use crate::app::App;
use crate::import::duplicates::Sheet;
use crate::import::profile::{ColumnProfile, Profile, Spoilt, profile};
use crate::import::readings::{Readings, readings};
use crate::params::Params;
use crate::problem::Problem;
use crate::routes::{InPath, id};

/// A column, to recognise it by.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnPreview {
    /// Which column, from 1.
    pub column: usize,
    /// As the first line has it.
    pub header: String,
    /// The field or property whose name it has, or what a new property of it would be called; null for columns that go into
    /// none.
    pub reference_id: Option<String>,
    /// Cells that hold something.
    pub filled: u64,
    /// Up to three different ones, those with letters beyond ASCII first.
    pub samples: Vec<String>,
    /// The type that every value fits without losing anything: proposed for a new property.
    pub proposed_type: &'static str,
    /// Orders of day, month and year that fit every value, where they are dates and not ISO 8601. Of two, a person must
    /// choose.
    pub date_orders: Vec<&'static str>,
    /// Cells look as if a `'` had been put before them to keep a spreadsheet from taking them for formulas.
    pub guarded: bool,
}

/// Cells that were spoilt before the file came here. They are imported as they stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpoiltView {
    /// `number_ruined`: a long number as a spreadsheet shows it, its last digits gone. `encoded_twice`: text that was
    /// read in the wrong encoding and saved.
    pub code: &'static str,
    /// How many.
    pub count: u64,
    /// Line of the first.
    pub line: u64,
    /// Its column, from 1.
    pub column: usize,
    /// The first.
    pub example: String,
}

/// A piece of the file in an encoding that fits it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadingView {
    /// The encoding.
    pub encoding: String,
    /// Pieces with letters beyond ASCII, as they read in it.
    pub samples: Vec<String>,
}

/// What a file looks like.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewView {
    /// The first 20 rows as they were read; long cells are cut.
    pub rows: Vec<Vec<String>>,
    /// Each column.
    pub columns: Vec<ColumnPreview>,
    /// What was spoilt before.
    pub warnings: Vec<SpoiltView>,
    /// Where the encoding was guessed: how the file reads in those that fit.
    pub readings: Vec<ReadingView>,
    /// The lines end with these.
    pub line_ends: BTreeMap<&'static str, u64>,
}

impl PreviewView {
    fn new(
        headers: Vec<String>,
        known: &Properties,
        profile: Profile,
        found: Readings,
    ) -> PreviewView {
        let mut names = names(&headers, known).into_iter();
        let column = |((index, header), profile): ((usize, String), ColumnProfile)| ColumnPreview {
            column: index + 1,
            header,
            reference_id: names.next().flatten(),
            filled: profile.filled,
            proposed_type: profile.kind().name(),
            date_orders: profile.orders().iter().copied().map(DateOrder::name).collect(),
            guarded: profile.guarded(),
            samples: profile.samples,
        };
        let spoilt = |(code, spoilt)| {
            let Spoilt { count, line, column, example } = spoilt;
            SpoiltView { code, count, line, column, example }
        };
        let reading = |(encoding, samples)| ReadingView { encoding, samples };
        PreviewView {
            rows: profile.rows,
            columns: headers.into_iter().enumerate().zip(profile.columns).map(column).collect(),
            warnings: profile.warnings.into_iter().map(spoilt).collect(),
            readings: found.readings.into_iter().map(reading).collect(),
            line_ends: found.line_ends,
        }
    }
}

/// The fields and properties that headers name or would make.
fn names(headers: &[String], known: &Properties) -> Vec<Option<String>> {
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let suggested = suggest_columns(&headers, known).unwrap_or_default();
    let name = |Column { target, reference_id, .. }| match target {
        Target::Field(id) => Some(match known.name_of(&id) {
            Some(name) => name.to_owned(),
            None => reference_id.unwrap_or(id),
        }),
        Target::Email | Target::UserId | Target::MemberSince | Target::Ignored => None,
    };
    suggested.into_iter().map(name).collect()
}

/// The first rows of a file as they were read, samples of each column, and what a spreadsheet has spoilt.
#[utoipa::path(get, path = "/v1/imports/{id}/preview", tag = "imports", params(
    ("id" = Uuid, Path, description = "the import's id"),
), responses((status = 200, body = PreviewView), (status = 403, description = "personal_data_required"),
    (status = 404, description = "import_unknown"), (status = 410, description = "import_file_gone")))]
pub async fn preview(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(import): InPath<String>,
    uri: Uri,
) -> Result<Json<PreviewView>, Problem> {
    credential.needs(Scope::ImportsWrite)?;
    credential.needs_personal("rows are shown as they stand")?;
    Params::read(&uri, &[])?;
    let import: Uuid = id(&import)?;
    let line = line(&app, import)?;
    let path = file(&app, &line)?;
    let _turn = app.looks.clone().acquire_owned().await.map_err(Problem::internal)?;
    let looked = tokio::task::spawn_blocking(move || {
        let sheet = Sheet { path: &path, plan: &line.plan, now: app.now(), key: &app.key };
        let profile = profile(sheet).map_err(Problem::internal)?;
        let found = readings(&app.folder.upload(import), &path, &line.plan)?;
        let headers = line.plan.columns.into_iter().map(|column| column.header).collect();
        let known = app.follower.store().properties()?;
        Ok::<_, Problem>(PreviewView::new(headers, &known, profile, found))
    });
    looked.await.map_err(Problem::internal)?.map(Json)
}
