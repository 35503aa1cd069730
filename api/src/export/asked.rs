//! What is asked of an export, and what that comes to: read in one way, whichever way it comes.

mod events;
mod users;

use domain::event::ExportContent;
use domain::scope::Scope;

pub use self::events::{Chosen, EventsExport};
use super::cells::Dialect;
use super::user_events::{Form, Packed};
use crate::access::Credential;
use crate::params::Params;
use crate::problem::Problem;

/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 1_000;

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

impl Format {
    /// The one that requests and facts call so.
    pub fn named(name: &str) -> Option<Format> {
        match name {
            "csv" => Some(Format::Csv),
            "ndjson" => Some(Format::Ndjson),
            "xlsx" => Some(Format::Xlsx),
            _ => None,
        }
    }
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
    /// Why, in words.
    pub reason: Option<String>,
    /// All other parameters.
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
        let reason = reason(params.one("reason")?.unwrap_or_default())?;
        let (params, query) = match reason {
            Some(_) => (params.without("reason"), params.without("reason").to_text()),
            None => (params, query),
        };
        Ok(Asked { content, packed, only, credential, reason, params, query })
    }

    /// Whether personal cells are filled.
    pub fn personal(&self) -> bool {
        self.credential.sees_personal()
    }
}

/// Reads why an export is wanted; none where nothing is said.
///
/// # Errors
/// `parameter_invalid`.
pub fn reason(text: &str) -> Result<Option<String>, Problem> {
    let text = text.trim();
    if text.chars().count() > REASON_CHARS_MAX {
        let takes = format!("at most {REASON_CHARS_MAX} characters");
        return Err(Problem::parameter("reason", &takes));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
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
