//! What completed challenges promised, on its way to those who completed them.
//!
//! In the order of the log: who completes first is served first. A reward of which there are only so many is claimed on the
//! challenge's stream before the user receives it, so that a crash between the two leaves a claim that is found again, and
//! never one reward too many.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use domain::event::{ChallengeCompleted, Named, Promised};
use domain::identity::{claim_event_id, ending_event_id, reward_event_id};
use domain::reward::{Claim, Claims, given};
use domain::user::evolve;
use domain::{DefinitionId, Event, EventKind, User, UserId};
use eventlog::{Cause, Context, Entry, Expected, LogError, NewFact, Position, Row, Scan, Stream};
use uuid::Uuid;

use super::PolicyError;
use super::batch::Origins;
use super::read::origins;
use crate::app::App;
use crate::command::read_history;

/// Completions that are served in one append.
const AT_ONCE: usize = 500;
/// Facts of a challenge's stream read at once.
const PAGE_FACTS: usize = 10_000;
/// Completions of earlier times that wait to be served.
const BEHIND_MAX: usize = 10_000;

/// A challenge that a user completed and that promised something.
#[derive(Debug, Clone)]
pub(super) struct Completion {
    user: UserId,
    challenge: Named,
    promised: Vec<Promised>,
    origins: Origins,
}

impl Completion {
    /// What a fact says; none where nothing was promised.
    pub(super) fn of(row: &Row<'_>) -> Option<Completion> {
        let Stream::User(user) = row.stream else { return None };
        let Ok(Event::ChallengeCompleted(fact)) = row.event() else { return None };
        let ChallengeCompleted { challenge, rewards: promised, .. } = fact;
        (!promised.is_empty()).then(|| Completion {
            user,
            challenge,
            promised,
            origins: origins(row),
        })
    }

    fn id(&self) -> Uuid {
        self.origins.cause.event_id
    }

    /// What is done about it, by whom, and why.
    fn context(&self, cause: Cause) -> Arc<Context> {
        super::completions::context(&self.challenge.id, &Origins { cause, ..self.origins.clone() })
    }
}

/// What a completion still owes its user.
struct Due<'c> {
    completion: &'c Completion,
    user: User,
    revision: u64,
    /// What is promised, and the fact that gives it: the claim, or else the completion.
    rewards: Vec<(&'c Promised, Cause)>,
}

/// Those who give rewards.
#[derive(Debug, Default)]
pub(super) struct Rewards {
    /// What is claimed, and the revision of the challenge's stream.
    claims: HashMap<DefinitionId, (Claims, Option<u64>)>,
    /// From here on, completions of earlier times are looked at: where nobody knows how far an earlier run came.
    behind: Option<Position>,
    /// The last fact recorded here.
    pub(super) recorded: Position,
}

impl Rewards {
    /// Everything from the first fact on is to be looked at.
    pub(super) fn begin_anew(&mut self) {
        self.behind = Some(Position::START);
    }

    /// Whether it is.
    pub(super) fn is_behind(&self) -> bool {
        self.behind.is_some()
    }

    /// A challenge is another than before.
    pub(super) fn forget(&mut self, challenge: &DefinitionId) {
        self.claims.remove(challenge);
    }

    /// Ends a challenge that is published although nothing is left of what it gives.
    pub(super) fn end_if_exhausted(
        &mut self,
        app: &App,
        challenge: &DefinitionId,
        origins: &Origins,
    ) -> Result<(), PolicyError> {
        let (stream, mut claims) = (Stream::named("challenge", challenge), Claims::default());
        let revision = read_claims(app, &stream, &mut claims)?;
        let Some(event) = claims.ending() else { return Ok(()) };
        let fact = NewFact {
            event_id: ending_event_id(origins.cause.event_id),
            stored: domain::codec::encode(&event),
            occurred_at: None,
            context: super::completions::context(challenge, origins),
        };
        let entry = Entry { stream, expected: Expected::after(revision), facts: vec![fact] };
        // Where somebody was faster, another definition is on its way.
        if let Ok(appended) = app.append_patiently(vec![entry])?.remove(0) {
            self.recorded = self.recorded.max(appended.position);
        }
        Ok(())
    }

    /// Gives what completions from before `through` promised, where that is to be looked at.
    pub(super) fn catch_up(&mut self, app: &App, through: Position) -> Result<(), PolicyError> {
        while let Some(after) = self.behind.filter(|_| !app.is_stopping()) {
            let (mut found, mut reached) = (Vec::new(), through);
            let kinds = [EventKind::ChallengeCompleted];
            app.log.scan(Scan { after, through, kinds: Some(&kinds) }, &mut |row| {
                found.extend(Completion::of(row));
                if found.len() < BEHIND_MAX {
                    return ControlFlow::Continue(());
                }
                reached = row.position;
                ControlFlow::Break(())
            })?;
            self.give(app, &mut found)?;
            if found.is_empty() {
                self.behind = Some(reached).filter(|reached| *reached < through);
            }
        }
        Ok(())
    }

    /// Gives what was promised; who was not served yet stays.
    pub(super) fn give(
        &mut self,
        app: &App,
        completions: &mut Vec<Completion>,
    ) -> Result<(), PolicyError> {
        while !completions.is_empty() && !app.is_stopping() {
            let mut users = BTreeSet::new();
            // A user's facts are expected at one revision: the second completion of one waits.
            let some = completions.iter().take(AT_ONCE);
            let some = some.take_while(|completion| users.insert(completion.user)).count();
            let served = self.serve(app, &completions[..some]);
            // What was taken for claimed may not be recorded.
            let lost = served.inspect_err(|_| self.claims.clear())?;
            let served = completions.drain(..some).filter(|one| lost.contains(&one.user));
            let again: Vec<Completion> = served.collect();
            completions.splice(0..0, again);
        }
        Ok(())
    }

    /// Serves completions of different users; answers whose race was lost.
    fn serve(&mut self, app: &App, some: &[Completion]) -> Result<BTreeSet<UserId>, PolicyError> {
        let mut due = Vec::with_capacity(some.len());
        for completion in some {
            due.extend(owed(app, completion)?);
        }
        if !self.claim(app, &mut due)? {
            return Ok(some.iter().map(|completion| completion.user).collect());
        }
        due.retain(|due| !due.rewards.is_empty());
        let entries = due.iter().map(receipts).collect::<Vec<_>>();
        if entries.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut lost = BTreeSet::new();
        for (due, outcome) in due.iter().zip(app.append_patiently(entries)?) {
            match outcome {
                Ok(appended) => self.recorded = self.recorded.max(appended.position),
                Err(_conflict) => {
                    lost.insert(due.completion.user);
                }
            }
        }
        Ok(lost)
    }

    /// Claims what there is only so much of; what is gone is owed no more. False where somebody else was faster with a
    /// challenge's stream: then all of it is to be looked at again.
    fn claim(&mut self, app: &App, due: &mut [Due<'_>]) -> Result<bool, PolicyError> {
        let mut entries: HashMap<DefinitionId, Entry> = HashMap::new();
        for due in due {
            let Due { completion, rewards, .. } = due;
            let mut kept = Vec::with_capacity(rewards.len());
            for (promised, cause) in std::mem::take(rewards) {
                let cause = match promised.limited {
                    true => self.claim_one(app, completion, promised, &mut entries)?,
                    false => Some(cause),
                };
                kept.extend(cause.map(|cause| (promised, cause)));
            }
            *rewards = kept;
        }
        let (challenges, entries): (Vec<DefinitionId>, Vec<Entry>) = entries.into_iter().unzip();
        if entries.is_empty() {
            return Ok(true);
        }
        let mut all = true;
        for (challenge, outcome) in challenges.iter().zip(app.append_patiently(entries)?) {
            match outcome {
                Ok(appended) => self.recorded = self.recorded.max(appended.position),
                Err(_conflict) => {
                    self.forget(challenge);
                    all = false;
                }
            }
        }
        Ok(all)
    }

    /// The fact that claims a reward, there already or to be recorded with the others; none where there is no more.
    fn claim_one(
        &mut self,
        app: &App,
        completion: &Completion,
        promised: &Promised,
        entries: &mut HashMap<DefinitionId, Entry>,
    ) -> Result<Option<Cause>, PolicyError> {
        let challenge = &completion.challenge.id;
        let stream = Stream::named("challenge", challenge);
        if !self.claims.contains_key(challenge) {
            let mut claims = Claims::default();
            let revision = read_claims(app, &stream, &mut claims)?;
            self.claims.insert(challenge.clone(), (claims, revision));
        }
        let Some((claims, revision)) = self.claims.get_mut(challenge) else { return Ok(None) };
        let event_id = claim_event_id(completion.id(), &promised.reward);
        let at = |revision| Some(Cause { event_id, stream: stream.clone(), revision });
        let facts = match claims.claim(&promised.reward, completion.user, completion.id()) {
            Claim::Known(revision) => return Ok(at(revision)),
            Claim::Exhausted => return Ok(None),
            Claim::New(facts) => facts,
        };
        let entry = entries.entry(challenge.clone()).or_insert_with(|| Entry {
            stream: stream.clone(),
            expected: Expected::after(*revision),
            facts: Vec::new(),
        });
        let claimed = Expected::after(*revision).next();
        let ids = [event_id, ending_event_id(completion.id())];
        for (event, event_id) in facts.iter().zip(ids) {
            let next = Expected::after(*revision).next();
            claims.take(event, next);
            *revision = Some(next);
            let context = completion.context(completion.origins.cause.clone());
            let stored = domain::codec::encode(event);
            entry.facts.push(NewFact { event_id, stored, occurred_at: None, context });
        }
        Ok(at(claimed))
    }
}

/// Takes in a challenge's stream, page by page: it has a fact for each claim, so it may be long. Answers its revision.
fn read_claims(
    app: &App,
    stream: &Stream,
    claims: &mut Claims,
) -> Result<Option<u64>, PolicyError> {
    let (mut facts, mut before) = (Vec::new(), None);
    loop {
        let page = app.log.read_stream(stream, before, PAGE_FACTS)?;
        let Some(oldest) = page.last() else { break };
        before = Some(oldest.position);
        for fact in &page {
            let event = fact.as_row().event();
            let event = event.map_err(|unreadable| LogError::Read(unreadable.to_string()))?;
            facts.push((event, fact.revision));
        }
    }
    facts.iter().rev().for_each(|(event, revision)| claims.take(event, *revision));
    Ok(facts.first().map(|(_, revision)| *revision))
}

/// What a completion owes; none where its user is gone, or has everything.
fn owed<'c>(app: &App, completion: &'c Completion) -> Result<Option<Due<'c>>, PolicyError> {
    let history = read_history(&app.log, &Stream::User(completion.user))?;
    let Some((_, revision)) = history.last() else { return Ok(None) };
    let since = history.iter().filter(|(_, at)| *at > completion.origins.cause.revision);
    if since.clone().any(|(event, _)| matches!(event, Event::UserDeleted(_))) {
        return Ok(None); // it was completed in another life
    }
    let user = history.iter().fold(None, |user, (event, _)| evolve(user, event));
    let Some(user) = user else { return Ok(None) };
    let has = user.challenges.get(&completion.challenge.id).map(|done| done.rewards.clone());
    let missing = completion
        .promised
        .iter()
        .filter(|promised| !has.as_ref().is_some_and(|has| has.contains(&promised.reward)))
        .map(|promised| (promised, completion.origins.cause.clone()));
    let rewards: Vec<_> = missing.collect();
    let due = Due { completion, user, revision: *revision, rewards };
    Ok((!due.rewards.is_empty()).then_some(due))
}

/// The facts that a user received what was owed.
fn receipts(due: &Due<'_>) -> Entry {
    let Due { completion, user, revision, rewards } = due;
    let fact = |(promised, cause): &(&Promised, Cause)| NewFact {
        event_id: reward_event_id(completion.id(), &promised.reward),
        stored: domain::codec::encode(&given(user, promised, &completion.challenge)),
        occurred_at: None,
        context: completion.context(cause.clone()),
    };
    let (stream, expected) = (Stream::User(completion.user), Expected::Revision(*revision));
    Entry { stream, expected, facts: rewards.iter().map(fact).collect() }
}
