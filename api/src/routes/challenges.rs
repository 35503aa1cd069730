//! Challenges: what they ask and what they give.

pub mod form;
pub mod funnel;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::event::{ChallengeDefined, ChallengeState, Ending};
use domain::scope::Scope;
use domain::{DefinitionId, Event};
use eventlog::{Expected, Position, Stream};
use projections::rules::RuleLine;

use self::form::{ChallengeBody, ChallengeView};
use super::defining::{Definer, named};
use super::definitions::audience_is_there;
use super::versions::{conflict, with_etag};
use super::{InPath, Page, SmallBody, id, read_json};
use crate::access::Credential;
use crate::app::App;
use crate::import::definitions::id_for_new;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// Claims on rewards that a change may meet on the challenge's stream before it gives up.
const ATTEMPTS_MAX: usize = 100;

/// The refusal of a challenge that nobody defined.
pub(super) fn unknown(id: &DefinitionId) -> Problem {
    let detail = format!("nobody defined a challenge {:?}", id.as_str());
    Problem::new(ProblemKind::ChallengeUnknown, detail)
}

fn find(app: &App, challenge: &DefinitionId) -> Result<RuleLine<ChallengeDefined>, Problem> {
    app.follower.store().challenge(challenge.as_str())?.ok_or_else(|| unknown(challenge))
}

fn view(app: &App, challenge: &DefinitionId) -> Result<(u64, Json<ChallengeView>), Problem> {
    let line = find(app, challenge)?;
    let counts = app.follower.store().participants(challenge.as_str())?;
    Ok((line.defined.version, Json(ChallengeView::new(line, counts))))
}

/// Challenges that somebody defined, in the order they were made.
#[utoipa::path(get, path = "/v1/challenges", tag = "definitions", responses((status = 200, body = Page<ChallengeView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<ChallengeView>>, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let store = app.follower.store();
    let view = |line: RuleLine<ChallengeDefined>| -> Result<ChallengeView, Problem> {
        let counts = store.participants(line.defined.challenge_id.as_str())?;
        Ok(ChallengeView::new(line, counts))
    };
    let items = store.challenges()?.into_iter().map(view).collect::<Result<_, Problem>>()?;
    Ok(Json(Page { items, next: None }))
}

/// One challenge.
#[utoipa::path(get, path = "/v1/challenges/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the challenge's id"),
), responses((status = 200, body = ChallengeView), (status = 404, description = "challenge_unknown")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(challenge): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let (version, view) = view(&app, &id(&challenge)?)?;
    Ok(with_etag(version, view))
}

/// Makes a challenge: a draft, which nobody can join yet.
#[utoipa::path(post, path = "/v1/challenges", tag = "definitions", request_body = ChallengeBody, responses(
    (status = 201, body = ChallengeView), (status = 404, description = "list_unknown, segment_unknown"),
    (status = 409, description = "reference_id_taken"), (status = 422, description = "language_invalid")))]
pub async fn create(definer: Definer, SmallBody(body): SmallBody) -> Result<Response, Problem> {
    let app = &definer.app;
    let mut body: ChallengeBody = read_json(&body)?;
    let name = named(&body.name)?;
    let _defining = definer.begin().await?;
    let challenge_id = match body.id.take() {
        Some(said) => id::<DefinitionId>(&said).map_err(|no| no.with("pointer", "/id"))?,
        None => {
            let taken = |id: &DefinitionId| Ok(find(app, id).is_ok());
            id_for_new(&name, "challenge", (&taken, &taken))?
        }
    };
    let defined = body.read(app, challenge_id.clone())?;
    let new = (Stream::named("challenge", &challenge_id), Expected::New);
    let taken = || format!("there is a challenge {:?} already", challenge_id.as_str());
    let position = definer.make(new, &Event::ChallengeCreated(defined), taken).await?;
    Ok(definer.made(position, view(app, &challenge_id)?))
}

/// A change of a challenge that somebody has seen as it is.
async fn redefine(
    definer: &Definer,
    challenge: &str,
    change: impl FnOnce(&App, ChallengeDefined) -> Result<Option<Event>, Problem>,
) -> Result<Response, Problem> {
    let app = &definer.app;
    let challenge_id: DefinitionId = id(challenge)?;
    let _defining = definer.begin().await?;
    let defined = find(app, &challenge_id)?.defined;
    definer.expected(defined.version)?;
    if defined.state == ChallengeState::Archived {
        let detail = format!("{:?} was put away", challenge_id.as_str());
        return Err(Problem::new(ProblemKind::ChallengeArchived, detail));
    }
    let version = defined.version;
    let next = ChallengeDefined { version: version + 1, ..defined };
    let position = match change(app, next)? {
        None => app.log.head(),
        Some(event) => record(definer, &challenge_id, version, &event).await?,
    };
    Ok(definer.changed(position, view(app, &challenge_id)?))
}

/// Records it after whatever was claimed meanwhile, unless that ended the challenge.
async fn record(
    definer: &Definer,
    challenge: &DefinitionId,
    version: u64,
    event: &Event,
) -> Result<Position, Problem> {
    let app = &definer.app;
    let stream = Stream::named("challenge", challenge);
    for _ in 0..ATTEMPTS_MAX {
        let at = Expected::after(app.log.stream_revision(&stream)?);
        app.settled(app.log.head()).await?;
        let now = find(app, challenge)?.defined.version;
        if now != version {
            return Err(conflict(now)); // what was decided is of another version, whichever was asked for
        }
        let entry = definer.entry((stream.clone(), at), event);
        if let Ok(appended) = app.log.append(vec![entry]).await?.remove(0) {
            app.settled(appended.position).await?;
            return Ok(appended.position);
        }
    }
    Err(Problem::new(ProblemKind::TooManyConflicts, "nothing was recorded"))
}

/// Changes a challenge. Who has done all that is asked by then completes it.
#[utoipa::path(put, path = "/v1/challenges/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the challenge's id"), ("If-Match" = String, Header, description = "its ETag"),
), request_body = ChallengeBody, responses((status = 200, body = ChallengeView),
    (status = 404, description = "challenge_unknown, list_unknown, segment_unknown"),
    (status = 409, description = "challenge_archived"), (status = 422, description = "language_invalid"),
    (status = 412, description = "version_conflict"), (status = 428, description = "if_match_missing")))]
pub async fn change(
    definer: Definer,
    InPath(challenge): InPath<String>,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let body: ChallengeBody = read_json(&body)?;
    if body.id.as_ref().is_some_and(|said| *said != challenge) {
        return Err(Problem::new(ProblemKind::BodyInvalid, "the id of a challenge never changes"));
    }
    redefine(&definer, &challenge, |app, before| {
        let ChallengeDefined { version, state, ended, challenge_id, .. } = before;
        let said = body.read(app, challenge_id)?;
        let changed = ChallengeDefined { version, state, ended, ..said };
        Ok(Some(Event::ChallengeChanged(changed)))
    })
    .await
}

/// Publishes a challenge, also one that has ended: from now on, its audience joins it and goes on with it.
#[utoipa::path(post, path = "/v1/challenges/{id}/publish", tag = "definitions", params(
    ("id" = String, Path, description = "the challenge's id"), ("If-Match" = String, Header, description = "its ETag"),
), responses((status = 200, body = ChallengeView), (status = 404, description = "challenge_unknown"),
    (status = 409, description = "challenge_archived, audience_gone"),
    (status = 412, description = "version_conflict"), (status = 428, description = "if_match_missing")))]
pub async fn publish(
    definer: Definer,
    InPath(challenge): InPath<String>,
) -> Result<Response, Problem> {
    redefine(&definer, &challenge, |app, before| {
        let new = before.state != ChallengeState::Published;
        audience_is_there(app, before.audience.as_ref().filter(|_| new))?;
        let state = ChallengeState::Published;
        let published = || ChallengeDefined { state, ended: None, ..before };
        Ok(new.then(published).map(Event::ChallengePublished))
    })
    .await
}

/// Ends a challenge: nobody joins it or goes on with it any more. What was completed in time is still rewarded.
#[utoipa::path(post, path = "/v1/challenges/{id}/end", tag = "definitions", params(
    ("id" = String, Path, description = "the challenge's id"), ("If-Match" = String, Header, description = "its ETag"),
), responses((status = 200, body = ChallengeView), (status = 404, description = "challenge_unknown"),
    (status = 409, description = "challenge_archived, challenge_not_published"),
    (status = 412, description = "version_conflict"), (status = 428, description = "if_match_missing")))]
pub async fn end(definer: Definer, InPath(challenge): InPath<String>) -> Result<Response, Problem> {
    redefine(&definer, &challenge, |_, before| {
        if before.state != ChallengeState::Published {
            let detail = format!("it is {}", before.state.name());
            return Err(Problem::new(ProblemKind::ChallengeNotPublished, detail));
        }
        let (state, ended) = (ChallengeState::Ended, Some(Ending::ByHand));
        Ok(Some(Event::ChallengeEnded(ChallengeDefined { state, ended, ..before })))
    })
    .await
}

/// Puts a challenge away, for good.
#[utoipa::path(post, path = "/v1/challenges/{id}/archive", tag = "definitions", params(
    ("id" = String, Path, description = "the challenge's id"), ("If-Match" = String, Header, description = "its ETag"),
), responses((status = 200, body = ChallengeView), (status = 404, description = "challenge_unknown"),
    (status = 409, description = "challenge_archived"),
    (status = 412, description = "version_conflict"), (status = 428, description = "if_match_missing")))]
pub async fn archive(
    definer: Definer,
    InPath(challenge): InPath<String>,
) -> Result<Response, Problem> {
    redefine(&definer, &challenge, |_, before| {
        let state = ChallengeState::Archived;
        Ok(Some(Event::ChallengeArchived(ChallengeDefined { state, ..before })))
    })
    .await
}
