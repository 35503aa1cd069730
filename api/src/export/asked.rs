//! What is asked of an export, and what that comes to: read in one way, whichever way it comes.

mod events;
mod users;

use domain::event::ExportContent;
use domain::scope::Scope;

pub use self::events::EventsExport;
use super::cells::Dialect;
use super::user_events::{Form, Packed};
use crate::access::Credential;
use crate::params::Params;
use crate::problem::Problem;

/// How rows are to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// A workbook.
    Xlsx,
}

/// What an answer holds instead of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// How many there are.
    Count,
    /// What there is to say of them.
    Manifest,
}

/// An export as somebody asks for it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Users or user events.
    pub content: ExportContent,
    /// How rows are written and packed.
    pub packed: Packed,
    /// What is answered instead of rows, where something is.
    pub only: Option<Only>,
    /// Who asks.
    pub credential: Credential,
    /// All parameters.
    pub params: Params,
    /// The same as they came.
    pub query: Option<String>,
}

impl Asked {
    /// Reads what all exports have in common.
    ///
    /// # Errors
    /// `scope_missing`, `parameter_invalid`.
    pub fn read(
        (content, format): (ExportContent, Format),
        credential: Credential,
        params: Params,
        query: Option<String>,
    ) -> Result<Asked, Problem> {
        credential.needs(Scope::ExportsCreate)?;
        if content == ExportContent::UserEvents {
            credential.needs(Scope::EventsRead)?;
        }
        let form = match format {
            Format::Csv => csv_form(&params)?,
            Format::Ndjson => Form::Ndjson,
            Format::Xlsx => Form::Xlsx,
        };
        let gzip = params.choice("compression", &[("gzip", true), ("none", false)], "gzip or none");
        let packed = Packed { form, gzip: gzip?.unwrap_or(false) };
        let only = only(&params)?;
        Ok(Asked { content, packed, only, credential, params, query })
    }

    /// Whether personal cells are filled.
    pub fn personal(&self) -> bool {
        self.credential.sees_personal()
    }
}

/// Reads `safe`, `bom` and `delimiter`, which are CSV's.
///
/// # Errors
/// `parameter_invalid`.
pub fn csv_form(params: &Params) -> Result<Form, Problem> {
    let known = [("comma", b','), ("semicolon", b';'), ("tab", b'\t')];
    let delimiter = params.choice("delimiter", &known, "comma, semicolon or tab")?.unwrap_or(b',');
    Ok(Form::Csv(
        Dialect { delimiter, safe: params.flag("safe", false)? },
        params.flag("bom", false)?,
    ))
}

/// Reads `count` and `manifest`.
fn only(params: &Params) -> Result<Option<Only>, Problem> {
    let count = params.choice("count", &[("only", Only::Count)], "only")?;
    let manifest = params.choice("manifest", &[("only", Only::Manifest)], "only")?;
    match (count, manifest) {
        (Some(_), Some(_)) => Err(Problem::parameter("count", "no manifest=only beside it")),
        (only, other) => Ok(only.or(other)),
    }
}
