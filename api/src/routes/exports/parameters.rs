//! What may be asked of an export: each parameter once, for the document and for what is taken.

use axum::http::Uri;
use domain::event::ExportContent;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::export::asked::Format;
use crate::params::Params;
use crate::problem::Problem;

/// Of an export of users.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "names and describes parameters; Params reads them")]
pub(super) struct UsersQuery {
    /// the table as it was then: the end of a day, an instant (2026-09-30T18:00:00Z) or a cursor
    as_of: Option<String>,
    /// IANA zone of `as_of` where that is a day or a time without offset; else the instance's
    zone: Option<String>,
    /// a saved view: its filters hold too, and its order and columns where none are named (`GET /v1/views`)
    view: Option<String>,
    /// the order of rows, as of `GET /v1/users`: a column, with `-` before it for the greatest first; without it by member
    /// since. Who has no value comes last. Columns that name a person need personal:read
    sort: Option<String>,
    /// columns to hold, comma-separated or repeated; else those of the table (`/v1/table`). Any field, `user_id`, and also
    /// `badges`, `lists`, `segments` (ids, sorted, joined by `;`; in NDJSON a list), `source` (`import` or `hand`: how the
    /// user came), `import` (the id of the import that made the user). A property of such a name goes first
    columns: Option<String>,
}

/// Filters of users, as the table takes them; all have to hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "names and describes parameters; UserFilter reads them")]
pub(super) struct FilterQuery {
    /// words that all stand in the e-mail, first or last name, or external id (needs personal:read)
    search: Option<String>,
    /// only these users, by id (repeatable and comma-separated, at most 1,000)
    user: Option<String>,
    /// only users whom rows of this import made, changed or put on its list (repeatable)
    import: Option<String>,
    /// only users on this list (repeatable)
    list: Option<String>,
    /// only users in this segment (repeatable)
    segment: Option<String>,
    /// only users who hold this badge (repeatable)
    badge: Option<String>,
    /// only users who joined this challenge (repeatable)
    challenge: Option<String>,
    /// only users who have connected this app (repeatable)
    app: Option<String>,
    /// property.REFERENCE_ID.OPERATOR=VALUE, with the operators of segments (repeatable; needs personal:read)
    #[param(rename = "property.*")]
    property: Option<String>,
}

/// Which user events are meant.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "names and describes parameters; Params reads them")]
pub(in crate::routes) struct SliceQuery {
    /// only this type (repeatable): BadgeGained or cohort.badge.gained
    r#type: Option<String>,
    /// all types but this one (repeatable)
    not_type: Option<String>,
    /// first day or instant inside
    from: Option<String>,
    /// first day or instant after the end (excluded)
    to: Option<String>,
    /// last day inside; not together with to
    through: Option<String>,
    /// IANA zone of days and of times without offset; else the instance's
    zone: Option<String>,
    /// recorded (default) or occurred
    basis: Option<String>,
    /// only what is after this cursor
    since: Option<String>,
    /// only this user's
    user: Option<uuid::Uuid>,
    /// only events that name this list (repeatable: any of them; other filters hold together)
    list: Option<String>,
    /// only those that name this segment
    segment: Option<String>,
    /// only those that name this badge
    badge: Option<String>,
    /// only those that name this challenge
    challenge: Option<String>,
    /// only those that name this perk
    perk: Option<String>,
    /// only those that name this digital asset
    digital_asset: Option<String>,
    /// only those that name this app
    app: Option<String>,
    /// only those that name this import
    import: Option<uuid::Uuid>,
}

/// Of a file of user events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "names and describes parameters; Params reads them")]
pub(super) struct EventColumnsQuery {
    /// columns to hold, comma-separated or repeated
    columns: Option<String>,
}

/// Of text.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "names and describes parameters; Params reads them")]
pub(super) struct PackedQuery {
    /// gzip: the file is packed, `.csv.gz` or `.ndjson.gz`; else none
    compression: Option<String>,
}

/// Of CSV.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "names and describes parameters; Params reads them")]
pub(super) struct CsvQuery {
    /// guard text that a spreadsheet takes for a formula with one leading '
    safe: Option<bool>,
    /// begin with a byte order mark
    bom: Option<bool>,
    /// comma, semicolon or tab
    delimiter: Option<String>,
}

/// Of an export that is handed out at once.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "names and describes parameters; Params reads them")]
pub(super) struct ReasonQuery {
    /// why it is wanted, in words (at most 1,000 characters); kept with the export
    reason: Option<String>,
}

/// Of an answer that holds no rows.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "names and describes parameters; Params reads them")]
pub(super) struct OnlyQuery {
    /// only: how many rows there are and about how many bytes (an `ExportCount`); nothing is exported
    count: Option<String>,
    /// only: what can be said of the file before it is made (an `ExportManifest`); nothing is exported
    manifest: Option<String>,
}

/// The parameters of `Q`.
fn of<Q: IntoParams>() -> Vec<Parameter> {
    Q::into_params(|| Some(ParameterIn::Query))
}

/// The parameters of an export of this content in this form.
fn all(content: ExportContent, format: Format) -> Vec<Parameter> {
    let mut all = match content {
        ExportContent::Users => [of::<UsersQuery>(), of::<FilterQuery>()].concat(),
        ExportContent::UserEvents => [of::<SliceQuery>(), of::<EventColumnsQuery>()].concat(),
        ExportContent::Person => Vec::new(),
    };
    if format != Format::Xlsx {
        all.extend(of::<PackedQuery>());
    }
    if format == Format::Csv {
        all.extend(of::<CsvQuery>());
    }
    all
}

/// Reads a query that says which user events are meant, and beside that has these parameters alone.
pub(in crate::routes) fn read_slice(uri: &Uri, more: &[&str]) -> Result<Params, Problem> {
    let parameters = of::<SliceQuery>();
    let known = parameters.iter().map(|parameter| parameter.name.as_str());
    Params::read(uri, &known.chain(more.iter().copied()).collect::<Vec<_>>())
}

/// Reads the query of an export, and only such parameters as it has.
pub(super) fn read(uri: &Uri, what: (ExportContent, Format)) -> Result<Params, Problem> {
    let parameters = [all(what.0, what.1), of::<ReasonQuery>(), of::<OnlyQuery>()].concat();
    let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    Params::read(uri, &known)
}

/// Reads the query of an export that has nothing to count.
pub(super) fn read_whole(uri: &Uri, what: (ExportContent, Format)) -> Result<Params, Problem> {
    let parameters = [all(what.0, what.1), of::<ReasonQuery>()].concat();
    let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    Params::read(uri, &known)
}

/// Reads the parameters of an export from the members of an object, and only such as it has.
pub(super) fn read_object(
    object: &Value,
    what: (ExportContent, Format),
) -> Result<Params, Problem> {
    let parameters = all(what.0, what.1);
    let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    Params::of_object(object, &known)
}
