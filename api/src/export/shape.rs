//! What an answer with an export in it says of its form.

use axum::http::{HeaderMap, HeaderValue, header};

use super::asked::Asked;
use super::user_events::{Form, Packed};
use crate::problem::Problem;

impl Packed {
    /// What facts call it.
    pub fn name(self) -> &'static str {
        match (self.form, self.gzip) {
            (Form::Csv(..), false) => "csv",
            (Form::Csv(..), true) => "csv.gz",
            (Form::Ndjson, false) => "ndjson",
            (Form::Ndjson, true) => "ndjson.gz",
            (Form::Xlsx, _) => "xlsx",
        }
    }

    /// How names of such files end.
    pub fn suffix(self) -> &'static str {
        match (self.form, self.gzip) {
            (Form::Csv(dialect, _), false) if dialect.safe => ".safe.csv",
            (Form::Csv(dialect, _), true) if dialect.safe => ".safe.csv.gz",
            (Form::Csv(..), false) => ".csv",
            (Form::Csv(..), true) => ".csv.gz",
            (Form::Ndjson, false) => ".ndjson",
            (Form::Ndjson, true) => ".ndjson.gz",
            (Form::Xlsx, _) => ".xlsx",
        }
    }
}

/// The media type of a file, by what facts call its form.
pub fn media_type(form: &str) -> &'static str {
    match form {
        "csv" => "text/csv; charset=utf-8; header=present",
        "ndjson" => "application/x-ndjson",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/gzip",
    }
}

/// The headers of a file that is called so.
///
/// # Errors
/// Never, for names that are ours.
pub fn file_headers(form: &str, name: &str) -> Result<HeaderMap, Problem> {
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition = HeaderValue::from_str(&disposition).map_err(Problem::internal)?;
    Ok(HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(form))),
        (header::CONTENT_DISPOSITION, disposition),
    ]))
}

impl Asked {
    /// The headers of a streamed answer.
    ///
    /// # Errors
    /// As [`file_headers`].
    pub fn headers(&self, stem: &str) -> Result<HeaderMap, Problem> {
        file_headers(self.packed.name(), &format!("{stem}{}", self.packed.suffix()))
    }
}
