//! Challenges: joined by their audience, advanced step by step, completed. Repeats write nothing.

use crate::event::{
    ChallengeCompleted, ChallengeDefined, ChallengeJoined, ChallengeState, ChallengeStepCompleted,
    Ending, Event, Named, Promised, Reward, Step,
};
use crate::id::DefinitionId;
use crate::policy::belongs;
use crate::refusal::Refusal;
use crate::user::{Participation, User};

/// A challenge as users meet it.
#[derive(Debug, Clone, Copy)]
pub enum Challenge<'a> {
    /// Somebody defined it.
    Defined(&'a ChallengeDefined),
    /// Nobody did: it is open to everyone, has any step, and is completed by hand.
    Open(&'a DefinitionId),
}

impl<'a> Challenge<'a> {
    fn id(self) -> &'a DefinitionId {
        match self {
            Challenge::Defined(defined) => &defined.challenge_id,
            Challenge::Open(id) => id,
        }
    }

    fn named(self) -> Named {
        match self {
            Challenge::Defined(ChallengeDefined { challenge_id, name, .. }) => {
                Named { id: challenge_id.clone(), name: Some(name.clone()) }
            }
            Challenge::Open(id) => Named::by_id(id.clone()),
        }
    }

    fn promised(self) -> Vec<Promised> {
        let promised = |Reward { reward, name, limit }: &Reward| Promised {
            reward: reward.clone(),
            name: name.clone(),
            limited: limit.is_some(),
        };
        match self {
            Challenge::Defined(defined) => defined.rewards.iter().map(promised).collect(),
            Challenge::Open(_) => Vec::new(),
        }
    }

    /// Whether users may join it and go on with it now.
    fn is_running(self) -> Result<(), Refusal> {
        let Challenge::Defined(defined) = self else { return Ok(()) };
        let challenge = defined.challenge_id.clone();
        match (defined.state, defined.ended) {
            (ChallengeState::Published, _) => Ok(()),
            (ChallengeState::Ended, Some(Ending::RewardsExhausted)) => {
                Err(Refusal::RewardsExhausted { challenge })
            }
            (state, _) => Err(Refusal::ChallengeNotPublished { challenge, state: state.name() }),
        }
    }

    fn admits(self, user: &User) -> Result<(), Refusal> {
        let Challenge::Defined(defined) = self else { return Ok(()) };
        match &defined.audience {
            Some(audience) if !belongs(user, audience) => Err(Refusal::NotInAudience {
                challenge: defined.challenge_id.clone(),
                audience: audience.id().clone(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// The step with this id, where it may be completed after those.
    fn step(self, step: &DefinitionId, done: &Participation) -> Result<Named, Refusal> {
        let Challenge::Defined(defined) = self else { return Ok(Named::by_id(step.clone())) };
        let place = defined.steps.iter().position(|known| known.id == *step);
        let Some(place) = place else {
            let challenge = defined.challenge_id.clone();
            return Err(Refusal::StepUnknown { challenge, step: step.clone() });
        };
        if let Some(missing) = waits_for(defined, place, |before| done.steps.contains(before)) {
            let before = missing.id.clone();
            return Err(Refusal::StepNotAvailable { step: step.clone(), before });
        }
        Ok(Named { id: step.clone(), name: Some(defined.steps[place].title.clone()) })
    }

    fn is_done(self, done: &Participation, last: Option<&DefinitionId>) -> bool {
        let Challenge::Defined(defined) = self else { return false };
        all_done(defined, |step| last == Some(step) || done.steps.contains(step))
    }

    fn completed(self, user: &User) -> Event {
        let (challenge, rewards) = (self.named(), self.promised());
        Event::ChallengeCompleted(ChallengeCompleted {
            challenge,
            rewards,
            email: user.email.clone(),
        })
    }

    fn joined(self, user: &User) -> Event {
        let (challenge, email) = (self.named(), user.email.clone());
        Event::ChallengeJoined(ChallengeJoined { challenge, email })
    }
}

/// The step that the one at `place` still waits for, where steps are completed one after another.
pub fn waits_for(
    defined: &ChallengeDefined,
    place: usize,
    is_done: impl Fn(&DefinitionId) -> bool,
) -> Option<&Step> {
    let before = defined.steps.get(..place).filter(|_| defined.in_order)?;
    before.iter().find(|before| !is_done(&before.id))
}

/// Whether all that has to be done is done. Without steps, somebody has to say so.
pub fn all_done(defined: &ChallengeDefined, is_done: impl Fn(&DefinitionId) -> bool) -> bool {
    !defined.steps.is_empty() && defined.steps.iter().all(|step| is_done(&step.id))
}

/// Joins a challenge. Joining twice yields no fact.
///
/// # Errors
/// [`Refusal::UserUnknown`], [`Refusal::ChallengeNotPublished`], [`Refusal::RewardsExhausted`],
/// [`Refusal::NotInAudience`].
pub fn join(user: Option<&User>, challenge: Challenge<'_>) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    if user.challenges.contains_key(challenge.id()) {
        return Ok(None);
    }
    challenge.is_running()?;
    challenge.admits(user)?;
    Ok(Some(challenge.joined(user)))
}

/// Completes a step; the last one completes the challenge. A step completes once. Where nobody has to opt in, the first
/// step joins.
///
/// # Errors
/// As [`join`], and [`Refusal::ChallengeNotJoined`], [`Refusal::ChallengeAlreadyCompleted`], [`Refusal::StepUnknown`],
/// [`Refusal::StepNotAvailable`].
pub fn complete_step(
    user: Option<&User>,
    challenge: Challenge<'_>,
    step: &DefinitionId,
) -> Result<Vec<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    let (mut facts, at_begin) = (Vec::new(), Participation::default());
    let opt_in = matches!(
        challenge,
        Challenge::Open(_) | Challenge::Defined(ChallengeDefined { opt_in: true, .. })
    );
    let done = match user.challenges.get(challenge.id()) {
        Some(done) => done,
        None if opt_in => {
            return Err(Refusal::ChallengeNotJoined { challenge: challenge.id().clone() });
        }
        None => {
            facts.extend(join(Some(user), challenge)?);
            &at_begin
        }
    };
    if done.steps.contains(step) {
        return Ok(Vec::new());
    }
    if done.completed {
        let challenge = challenge.id().clone();
        return Err(Refusal::ChallengeAlreadyCompleted { challenge });
    }
    challenge.is_running()?;
    let named = challenge.step(step, done)?;
    facts.push(Event::ChallengeStepCompleted(ChallengeStepCompleted {
        challenge: challenge.named(),
        step: named,
        email: user.email.clone(),
    }));
    if challenge.is_done(done, Some(step)) {
        facts.push(challenge.completed(user));
    }
    Ok(facts)
}

/// Completes a challenge that has no steps of its own. Completing twice yields no fact.
///
/// # Errors
/// [`Refusal::UserUnknown`], [`Refusal::ChallengeNotJoined`], [`Refusal::ChallengeCompletesItself`],
/// [`Refusal::ChallengeNotPublished`], [`Refusal::RewardsExhausted`].
pub fn complete(user: Option<&User>, challenge: Challenge<'_>) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    let id = || challenge.id().clone();
    let Some(done) = user.challenges.get(challenge.id()) else {
        return Err(Refusal::ChallengeNotJoined { challenge: id() });
    };
    if done.completed {
        return Ok(None);
    }
    if let Challenge::Defined(ChallengeDefined { steps, .. }) = challenge
        && !steps.is_empty()
    {
        return Err(Refusal::ChallengeCompletesItself { challenge: id() });
    }
    challenge.is_running()?;
    Ok(Some(challenge.completed(user)))
}

/// The completion that follows from another definition: a user has done all that is asked now. None where the user has
/// not, has completed it before, or where the challenge is not published.
pub fn completed_by_definition(user: &User, defined: &ChallengeDefined) -> Option<Event> {
    let (challenge, done) =
        (Challenge::Defined(defined), user.challenges.get(&defined.challenge_id)?);
    let follows = defined.state == ChallengeState::Published
        && !done.completed
        && challenge.is_done(done, None);
    follows.then(|| challenge.completed(user))
}

#[cfg(test)]
pub(crate) mod tests;
