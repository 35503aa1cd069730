//! Challenges that users complete because less is asked of them than before.

use std::sync::Arc;

use domain::challenge::completed_by_definition;
use domain::event::{ChallengeDefined, ChallengeState};
use domain::identity::consequence_event_id;
use domain::{DefinitionId, UserId};
use eventlog::{Actor, ActorKind, Context, Entry, Expected, NewFact, Origin, Position, Stream};

use super::PolicyError;
use super::batch::Origins;
use crate::app::App;
use crate::command::read_user;

/// Users looked at in one go.
const AT_ONCE: u32 = 2_000;

/// What a challenge's rules record, and why.
pub(super) fn context(challenge: &DefinitionId, origins: &Origins) -> Arc<Context> {
    let actor = Actor { kind: ActorKind::Policy, id: format!("challenge-{challenge}") };
    let (correlation, cause) = (origins.correlation, Some(origins.cause.clone()));
    Arc::new(Context { actor, origin: Origin::Policy, correlation, cause })
}

/// Looks at everybody who is underway in a challenge that is another than before; answers the last fact that was recorded,
/// or none where the service stops before everybody was looked at.
pub(super) fn complete(
    app: &App,
    challenge: &DefinitionId,
    origins: &Origins,
) -> Result<Option<Position>, PolicyError> {
    app.wait_for_tables();
    let (store, mut last, mut recorded) = (app.follower.store(), None, Position::START);
    let Some(line) = store.challenge(challenge.as_str())? else { return Ok(Some(recorded)) };
    if line.defined.steps.is_empty() || line.defined.state != ChallengeState::Published {
        return Ok(Some(recorded)); // then nothing follows for anybody
    }
    loop {
        let users = store.underway(challenge.as_str(), last, AT_ONCE)?;
        let Some(end) = users.last() else { return Ok(Some(recorded)) };
        last = Some(*end);
        let mut left = users;
        while !left.is_empty() {
            if app.is_stopping() {
                return Ok(None);
            }
            let mut entries = Vec::new();
            for id in &left {
                entries.extend(follows(app, *id, &line.defined, origins)?);
            }
            let (ids, entries): (Vec<UserId>, Vec<Entry>) = entries.into_iter().unzip();
            left.clear();
            if entries.is_empty() {
                continue;
            }
            for (id, outcome) in ids.into_iter().zip(app.append_patiently(entries)?) {
                match outcome {
                    Ok(appended) => recorded = recorded.max(appended.position),
                    Err(_conflict) => left.push(id), // who was faster is looked at again
                }
            }
        }
    }
}

/// Looks at one user who did a step while the challenge was becoming another: what decided on it may not have known. Answers
/// the last fact that was recorded.
pub(super) fn complete_late(
    app: &App,
    user: UserId,
    challenge: &DefinitionId,
    origins: &Origins,
) -> Result<Position, PolicyError> {
    app.wait_for_tables();
    let line = app.follower.store().challenge(challenge.as_str())?;
    let Some(line) = line else { return Ok(Position::START) };
    while !app.is_stopping() {
        let Some((_, entry)) = follows(app, user, &line.defined, origins)? else { break };
        if let Ok(appended) = app.append_patiently(vec![entry])?.remove(0) {
            return Ok(appended.position);
        }
    }
    Ok(Position::START)
}

/// What follows for a user, as the log says how it is.
fn follows(
    app: &App,
    id: UserId,
    defined: &ChallengeDefined,
    origins: &Origins,
) -> Result<Option<(UserId, Entry)>, PolicyError> {
    let stream = Stream::User(id);
    let Some((Some(user), revision)) = read_user(&app.log, &stream)? else { return Ok(None) };
    let Some(event) = completed_by_definition(&user, defined) else { return Ok(None) };
    let event_id = consequence_event_id(origins.cause.event_id, id, revision + 1);
    let (stored, context) =
        (domain::codec::encode(&event), context(&defined.challenge_id, origins));
    let facts = vec![NewFact { event_id, stored, occurred_at: None, context }];
    Ok(Some((id, Entry { stream, expected: Expected::Revision(revision), facts })))
}
