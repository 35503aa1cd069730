//! Why a fact is there: the chain back to the row or the command that began it.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use domain::scope::Scope;
use eventlog::{Cause, LogError, Position, Recorded, Scan, Stream};
use serde::Serialize;
use utoipa::ToSchema;

use super::actors::Actors;
use super::user_events::{EventView, view};
use super::{InPath, Page};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// Facts of one chain that are told.
const CHAIN_MAX: usize = 100;
/// Facts of one stream read at once while looking for one of them.
const PAGE_FACTS: usize = 256;

/// A fact of a chain of causes.
#[derive(Debug, Serialize, ToSchema)]
pub struct CausedView {
    /// The stream it is in: `user-<id>`, `segment-<id>`, `badge-<id>`, `import-<id>`, `bulk-<id>`, `clock`.
    pub stream: String,
    /// The fact.
    #[serde(flatten)]
    pub event: EventView,
}

/// The fact at a position and what led to it, each the cause of the one before.
#[utoipa::path(get, path = "/v1/events/{cursor}/causes", tag = "users", params(
    ("cursor" = String, Path, description = "the fact's `position`"),
), responses((status = 200, body = Page<CausedView>), (status = 404, description = "event_unknown"),
    (status = 400, description = "cursor_invalid"), (status = 409, description = "cursor_of_another_log")))]
pub async fn causes(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(cursor): InPath<String>,
    uri: Uri,
) -> Result<Json<Page<CausedView>>, Problem> {
    credential.needs(Scope::EventsRead)?;
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let position = app.position(&cursor)?;
    let reading = app.clone();
    let chain = tokio::task::spawn_blocking(move || chain(&reading, position));
    let personal = credential.sees_personal();
    let chain = chain.await.map_err(Problem::internal)??;
    let actors = Actors::known_to(&app, &credential)?;
    let shown = |fact: Recorded| {
        let stream = fact.stream.to_string();
        Ok(CausedView { stream, event: view(&app, &actors, fact, personal)? })
    };
    let items = chain.into_iter().map(shown).collect::<Result<_, Problem>>()?;
    Ok(Json(Page { items, next: None }))
}

fn chain(app: &App, position: Position) -> Result<Vec<Recorded>, Problem> {
    let unknown = || Problem::new(ProblemKind::EventUnknown, "no fact about a user is there");
    let Some((stream, revision)) = place(app, position)? else { return Err(unknown()) };
    if !matches!(stream, Stream::User(_)) {
        return Err(unknown());
    }
    let mut chain = Vec::new();
    let mut next = Some((stream, revision));
    while let Some((stream, revision)) = next.filter(|_| chain.len() < CHAIN_MAX) {
        let Some(fact) = at(app, &stream, revision)? else { break };
        next = fact.cause.clone().map(|Cause { stream, revision, .. }| (stream, revision));
        chain.push(fact);
    }
    Ok(chain)
}

/// In which stream the fact of a position is, and where there.
fn place(app: &App, position: Position) -> Result<Option<(Stream, u64)>, LogError> {
    let after = Position::single(position.number().saturating_sub(1));
    let mut place = None;
    app.log.scan(Scan { after, through: position, kinds: None }, &mut |row| {
        place = Some((row.stream.clone(), row.revision));
        ControlFlow::Break(())
    })?;
    Ok(place)
}

/// The fact of a stream at a revision.
fn at(app: &App, stream: &Stream, revision: u64) -> Result<Option<Recorded>, LogError> {
    let mut before = None;
    loop {
        let page = app.log.read_stream(stream, before, PAGE_FACTS)?;
        let Some(last) = page.last() else { return Ok(None) };
        before = Some(last.position);
        if last.revision <= revision {
            return Ok(page.into_iter().find(|fact| fact.revision == revision));
        }
    }
}
