//! The first fact of every export: what was asked, and what that came to.

use chrono_tz::IANA_TZDB_VERSION;
use domain::event::{
    ExportContent, ExportSlice, ExportStarted, PastMoment, ResolvedExport, TextForm,
};
use uuid::Uuid;

use super::asked::{Asked, EventsExport};
use super::format::Basis;
use super::user_events::{Form, Packed};
use crate::app::App;

/// Version of the service, as files of it say.
pub const SERVICE: &str = env!("CARGO_PKG_VERSION");

/// What is asked.
#[derive(Debug)]
pub struct Request {
    /// Of what.
    pub content: ExportContent,
    /// How its file is written.
    pub format: String,
    /// How its text is.
    pub text: TextForm,
    /// Whether personal cells are filled.
    pub personal: bool,
    /// The parameters.
    pub query: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
}

/// What that came to, as far as it is known before the first row.
#[derive(Debug, Default)]
pub struct CameTo {
    /// Whether its file is kept; else it is handed out at once.
    pub kept: bool,
    /// What its file is called.
    pub name: String,
    /// Cursor of the last fact it can hold.
    pub position: String,
    /// Cursor of the last fact there is.
    pub seen: String,
    /// The zone its days are of.
    pub zone: String,
    /// Its rows, where they were counted.
    pub rows: Option<u64>,
    /// Which user events, where it is of those.
    pub slice: Option<ExportSlice>,
    /// The past moment, where one was asked for.
    pub as_of: Option<PastMoment>,
}

impl Request {
    /// The one that is asked for in parameters.
    pub fn of(asked: &Asked) -> Request {
        Request {
            content: asked.content,
            format: asked.packed.name().to_owned(),
            text: asked.packed.text_form(),
            personal: asked.personal(),
            query: asked.query.clone(),
            reason: asked.reason.clone(),
        }
    }

    /// The fact.
    pub fn started(self, export_id: Uuid, came_to: CameTo) -> ExportStarted {
        let Request { content, format, text, personal, query, reason } = self;
        let CameTo { kept, name, position, seen, zone, rows, slice, as_of } = came_to;
        let resolved = ResolvedExport {
            kept,
            name,
            seen,
            rows,
            service: SERVICE.to_owned(),
            zone,
            zone_data: IANA_TZDB_VERSION.to_owned(),
            text,
            slice,
            as_of,
            reason,
        };
        let resolved = Some(Box::new(resolved));
        ExportStarted { export_id, content, format, position, personal, query, resolved }
    }
}

/// Which user events an export holds.
pub fn slice(app: &App, events: &EventsExport) -> ExportSlice {
    let basis = match events.basis {
        Basis::Recorded => "recorded",
        Basis::Occurred => "occurred",
    };
    ExportSlice {
        types: events.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
        basis: basis.to_owned(),
        from: events.range.from,
        to: events.range.to,
        after: app.cursor(events.slice.after),
    }
}

impl Packed {
    /// As facts tell it.
    pub fn text_form(self) -> TextForm {
        let plain = TextForm { gzip: self.gzip, ..TextForm::default() };
        match self.form {
            Form::Ndjson | Form::Xlsx => plain,
            Form::Csv(dialect, bom) => TextForm {
                safe: dialect.safe,
                bom,
                delimiter: Some(dialect.delimiter.into()),
                ..plain
            },
        }
    }
}
