//! Challenges: joined, advanced step by step, completed. Repeats write nothing.

use crate::event::{ChallengeCompleted, ChallengeJoined, ChallengeStepCompleted, Event, Named};
use crate::id::DefinitionId;
use crate::refusal::Refusal;
use crate::user::{Participation, User};

/// Joins a challenge. Joining twice yields no fact.
///
/// # Errors
/// [`Refusal::UserUnknown`].
pub fn join(user: Option<&User>, challenge: &DefinitionId) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    if user.challenges.contains_key(challenge) {
        return Ok(None);
    }
    let challenge = Named::by_id(challenge.clone());
    Ok(Some(Event::ChallengeJoined(ChallengeJoined { challenge, email: user.email.clone() })))
}

/// Completes a step. A step completes once.
///
/// # Errors
/// [`Refusal::UserUnknown`], [`Refusal::ChallengeNotJoined`], [`Refusal::ChallengeAlreadyCompleted`].
pub fn complete_step(
    user: Option<&User>,
    challenge: &DefinitionId,
    step: &DefinitionId,
) -> Result<Option<Event>, Refusal> {
    let (user, participation) = participant(user, challenge)?;
    if participation.steps.contains(step) {
        return Ok(None);
    }
    if participation.completed {
        return Err(Refusal::ChallengeAlreadyCompleted { challenge: challenge.clone() });
    }
    Ok(Some(Event::ChallengeStepCompleted(ChallengeStepCompleted {
        challenge: Named::by_id(challenge.clone()),
        step: Named::by_id(step.clone()),
        email: user.email.clone(),
    })))
}

/// Completes a challenge. Completing twice yields no fact.
///
/// # Errors
/// [`Refusal::UserUnknown`], [`Refusal::ChallengeNotJoined`].
pub fn complete(user: Option<&User>, challenge: &DefinitionId) -> Result<Option<Event>, Refusal> {
    let (user, participation) = participant(user, challenge)?;
    if participation.completed {
        return Ok(None);
    }
    let challenge = Named::by_id(challenge.clone());
    Ok(Some(Event::ChallengeCompleted(ChallengeCompleted { challenge, email: user.email.clone() })))
}

fn participant<'a>(
    user: Option<&'a User>,
    challenge: &DefinitionId,
) -> Result<(&'a User, &'a Participation), Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    match user.challenges.get(challenge) {
        Some(participation) => Ok((user, participation)),
        None => Err(Refusal::ChallengeNotJoined { challenge: challenge.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::evolve;

    fn id(text: &str) -> DefinitionId {
        text.parse().unwrap()
    }

    /// Decides, applies what was decided, and says whether there was a fact.
    fn then(user: &mut User, decided: Result<Option<Event>, Refusal>) -> Result<bool, Refusal> {
        let event = decided?;
        if let Some(event) = &event {
            *user = evolve(Some(user.clone()), event).unwrap();
        }
        Ok(event.is_some())
    }

    #[test]
    fn a_challenge_is_joined_advanced_and_completed_once() {
        let (mut anna, spring) = (User::default(), id("spring"));
        let decided = complete_step(Some(&anna), &spring, &id("share"));
        assert_eq!(
            then(&mut anna, decided),
            Err(Refusal::ChallengeNotJoined { challenge: spring.clone() })
        );
        for expected in [true, false] {
            let decided = join(Some(&anna), &spring);
            assert_eq!(then(&mut anna, decided), Ok(expected));
        }
        for expected in [true, false] {
            let decided = complete_step(Some(&anna), &spring, &id("share"));
            assert_eq!(then(&mut anna, decided), Ok(expected));
        }
        for expected in [true, false] {
            let decided = complete(Some(&anna), &spring);
            assert_eq!(then(&mut anna, decided), Ok(expected));
        }
        let late = complete_step(Some(&anna), &spring, &id("late"));
        assert_eq!(late, Err(Refusal::ChallengeAlreadyCompleted { challenge: spring.clone() }));
        assert_eq!(
            complete_step(Some(&anna), &spring, &id("share")),
            Ok(None),
            "a repeat stays a repeat"
        );
        assert_eq!(
            complete(Some(&anna), &id("autumn")),
            Err(Refusal::ChallengeNotJoined { challenge: id("autumn") })
        );
    }
}
