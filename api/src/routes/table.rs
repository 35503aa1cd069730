//! The columns of the table of users, chosen by each token for itself or by the team for all.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::Event;
use domain::event::TableChanged;
use domain::scope::Scope;
use domain::table::{TableFault, choices, choose};
use eventlog::{Expected, Stream};
use projections::fields::DisplayedLine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::versions::{expected, with_etag};
use super::{SmallBody, at_position, read_json};
use crate::access::Credential;
use crate::app::{self, App};
use crate::displayed;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

/// The columns of the table of users, after those that every table has.
#[derive(Debug, Serialize, ToSchema)]
pub struct TableView {
    /// Whose table it is: `mine`, of the token or the member that asks, or `team`.
    pub of: &'static str,
    /// What was chosen for it, by reference id; null where nothing was.
    pub columns: Option<Vec<String>>,
    /// What the token that asks is shown; of the team's, what those are shown who chose nothing themselves.
    pub effective: Vec<String>,
    /// Whose choice that is: `mine`, `team`, or `all`, where nobody chose.
    pub from: &'static str,
    /// Revision of its stream, where there is one; also the ETag.
    pub revision: Option<u64>,
}

/// Columns to show.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TableBody {
    /// Reference ids of properties, `first_name`, `last_name`, `lang`, `external_id` and `user_id`, in order; null takes
    /// the choice back.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true)]
    pub columns: Option<Vec<String>>,
}

/// Whose table a request is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Mine,
    Team,
}

impl Of {
    fn read(uri: &Uri) -> Result<Of, Problem> {
        let known = [("mine", Of::Mine), ("team", Of::Team)];
        let of = Params::read(uri, &["of"])?.choice("of", &known, "mine or team")?;
        Ok(of.unwrap_or(Of::Mine))
    }

    fn name(self) -> &'static str {
        match self {
            Of::Mine => "mine",
            Of::Team => "team",
        }
    }

    fn token(self, credential: &Credential) -> Option<&str> {
        (self == Of::Mine).then_some(credential.id.as_str())
    }
}

fn view(app: &App, of: Of, credential: &Credential) -> Result<Response, Problem> {
    let store = app.follower.store();
    let line = store.displayed(of.token(credential))?;
    let (chooser, effective) = match of {
        Of::Mine => displayed::names(&store, &credential.id)?,
        Of::Team => displayed::team_names(&store)?,
    };
    let revision = line.as_ref().map(|line| line.revision);
    let fields = store.fields()?;
    let columns = line.and_then(|line| line.columns).map(|ids| {
        let columns = displayed::columns(Some(&ids), fields).into_iter();
        columns.map(|field| field.reference_id).collect()
    });
    let from = chooser.name();
    let view = Json(TableView { of: of.name(), columns, effective, from, revision });
    Ok(match revision {
        Some(revision) => with_etag(revision, view),
        None => view.into_response(),
    })
}

/// Which columns are shown: to the token that asks, or to the team.
#[utoipa::path(get, path = "/v1/table", tag = "users", params(
    ("of" = Option<String>, Query, description = "mine (default) or team"),
), responses((status = 200, body = TableView)))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    view(&app, Of::read(&uri)?, &credential)
}

/// Chooses columns: for the token that asks, or for all that chose none themselves. What is chosen already is no fact.
#[utoipa::path(put, path = "/v1/table", tag = "users", params(
    ("of" = Option<String>, Query, description = "mine (default) or team, which needs definitions:write"),
    ("If-Match" = Option<String>, Header, description = "its ETag: refused where somebody was faster"),
), request_body = TableBody, responses((status = 200, body = TableView), (status = 412, description = "version_conflict"),
    (status = 422, description = "column_unknown")))]
pub async fn change(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    headers: HeaderMap,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let of = Of::read(&uri)?;
    credential.needs(match of {
        Of::Mine => Scope::UsersRead,
        Of::Team => Scope::DefinitionsWrite,
    })?;
    let body: TableBody = read_json(&body)?;
    let _defining = app.defining.lock().await;
    app.settled(app.log.head()).await?;
    let store = app.follower.store();
    let token_id = of.token(&credential).map(str::to_owned);
    let line = store.displayed(token_id.as_deref())?;
    as_seen(&headers, line.as_ref())?;
    let known = store.properties()?;
    let columns = body.columns.map(|names| choose(&known, &names)).transpose();
    let columns = columns.map_err(|fault| refused(&fault, &choices(&known)))?;
    let mut position = app.log.head();
    if line.as_ref().and_then(|line| line.columns.as_ref()) != columns.as_ref() {
        let stream = Stream::named("table", token_id.as_deref().unwrap_or("team"));
        let expected = Expected::after(line.map(|line| line.revision));
        let event = Event::TableChanged(TableChanged { token_id, columns });
        let entry = app::entry(stream, expected, &event, None, &request.context(&credential));
        position = app.record(entry).await?.position;
        app.settled(position).await?;
    }
    Ok(at_position(&app.cursor(position), view(&app, of, &credential)?))
}

/// Refuses who has seen the table as it is no more, where the request says how it was seen.
fn as_seen(headers: &HeaderMap, line: Option<&DisplayedLine>) -> Result<(), Problem> {
    match (headers.contains_key(header::IF_MATCH), line) {
        (false, _) => Ok(()),
        (true, Some(line)) => expected(headers, line.revision).map(|_| ()),
        (true, None) => {
            Err(Problem::new(ProblemKind::VersionConflict, "nothing was chosen for it yet"))
        }
    }
}

pub(super) fn refused(fault: &TableFault, known: &[&str]) -> Problem {
    match fault {
        TableFault::Unknown { .. } => {
            let detail = format!("{fault}; there are: {}", known.join(", "));
            Problem::new(ProblemKind::ColumnUnknown, detail).with("known", known.to_vec())
        }
        TableFault::Twice { .. } => Problem::new(ProblemKind::BodyInvalid, fault.to_string()),
    }
}
