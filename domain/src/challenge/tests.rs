//! What challenges let users do, and what they refuse.

use super::*;
use crate::event::Step;
use crate::segment::Membership;
use crate::user::evolve;

fn id(text: &str) -> DefinitionId {
    text.parse().unwrap()
}

fn step(text: &str) -> Step {
    Step { id: id(text), title: text.to_uppercase(), action: "do".to_owned() }
}

/// A published challenge for everyone, of two steps.
pub(crate) fn spring() -> ChallengeDefined {
    ChallengeDefined {
        challenge_id: id("spring"),
        name: "Spring".to_owned(),
        version: 1,
        state: ChallengeState::Published,
        ended: None,
        audience: None,
        opt_in: true,
        in_order: false,
        steps: vec![step("look"), step("share")],
        rewards: Vec::new(),
        texts: Default::default(),
        visual: None,
    }
}

/// Applies what was decided, and says how many facts there were.
fn then(
    user: &mut User,
    decided: Result<impl IntoIterator<Item = Event>, Refusal>,
) -> Result<usize, Refusal> {
    let mut count = 0;
    for event in decided? {
        *user = evolve(Some(user.clone()), &event).unwrap();
        count += 1;
    }
    Ok(count)
}

#[test]
fn an_open_challenge_is_joined_advanced_and_completed_once() {
    let (mut anna, spring) = (User::default(), id("spring"));
    let open = Challenge::Open(&spring);
    let decided = complete_step(Some(&anna), open, &id("share"));
    assert_eq!(
        then(&mut anna, decided),
        Err(Refusal::ChallengeNotJoined { challenge: spring.clone() })
    );
    for expected in [1, 0] {
        let decided = join(Some(&anna), open);
        assert_eq!(then(&mut anna, decided), Ok(expected));
    }
    for expected in [1, 0] {
        let decided = complete_step(Some(&anna), open, &id("share"));
        assert_eq!(then(&mut anna, decided), Ok(expected));
    }
    for expected in [1, 0] {
        let decided = complete(Some(&anna), open);
        assert_eq!(then(&mut anna, decided), Ok(expected));
    }
    let late = complete_step(Some(&anna), open, &id("late"));
    assert_eq!(late, Err(Refusal::ChallengeAlreadyCompleted { challenge: spring.clone() }));
    assert_eq!(
        complete_step(Some(&anna), open, &id("share")),
        Ok(Vec::new()),
        "a repeat stays a repeat"
    );
    let autumn = id("autumn");
    assert_eq!(
        complete(Some(&anna), Challenge::Open(&autumn)),
        Err(Refusal::ChallengeNotJoined { challenge: autumn.clone() })
    );
}

#[test]
fn the_last_step_completes_a_challenge_and_nothing_else_does() {
    let (mut anna, spring) = (User::default(), spring());
    let defined = Challenge::Defined(&spring);
    let decided = join(Some(&anna), defined);
    assert_eq!(then(&mut anna, decided), Ok(1));
    let by_hand = Refusal::ChallengeCompletesItself { challenge: id("spring") };
    assert_eq!(complete(Some(&anna), defined), Err(by_hand));
    let unknown = Refusal::StepUnknown { challenge: id("spring"), step: id("dance") };
    assert_eq!(complete_step(Some(&anna), defined, &id("dance")), Err(unknown));
    for (step, facts) in [("share", 1), ("share", 0), ("look", 2), ("look", 0)] {
        let decided = complete_step(Some(&anna), defined, &id(step));
        assert_eq!(then(&mut anna, decided), Ok(facts), "{step}");
    }
    assert!(anna.challenges[&id("spring")].completed);
    assert_eq!(complete(Some(&anna), defined), Ok(None), "a repeat stays a repeat");
}

#[test]
fn a_step_waits_for_the_one_before_it_where_order_is_asked_and_joins_where_nobody_opts_in() {
    let spring = ChallengeDefined { opt_in: false, in_order: true, ..spring() };
    let (mut anna, defined) = (User::default(), Challenge::Defined(&spring));
    let waits = Refusal::StepNotAvailable { step: id("share"), before: id("look") };
    assert_eq!(complete_step(Some(&anna), defined, &id("share")), Err(waits));
    let decided = complete_step(Some(&anna), defined, &id("look"));
    assert_eq!(then(&mut anna, decided), Ok(2), "joined, and the step");
    let decided = complete_step(Some(&anna), defined, &id("share"));
    assert_eq!(then(&mut anna, decided), Ok(2));
}

#[test]
fn only_its_audience_joins_and_only_while_it_is_published() {
    let audience = Some(Membership::List(id("fans")));
    let spring = ChallengeDefined { audience, ..spring() };
    let mut anna = User::default();
    let outside = Refusal::NotInAudience { challenge: id("spring"), audience: id("fans") };
    assert_eq!(join(Some(&anna), Challenge::Defined(&spring)), Err(outside));
    anna.lists.insert(id("fans"));
    let decided = join(Some(&anna), Challenge::Defined(&spring));
    assert_eq!(then(&mut anna, decided), Ok(1));
    anna.lists.clear();
    let in_time = complete_step(Some(&anna), Challenge::Defined(&spring), &id("look"));
    assert_eq!(in_time.map(|facts| facts.len()), Ok(1), "who joined may go on");
    for (state, ended, code) in [
        (ChallengeState::Draft, None, "challenge_not_published"),
        (ChallengeState::Ended, Some(Ending::ByHand), "challenge_not_published"),
        (ChallengeState::Ended, Some(Ending::RewardsExhausted), "rewards_exhausted"),
        (ChallengeState::Archived, None, "challenge_not_published"),
    ] {
        let closed = ChallengeDefined { state, ended, audience: None, ..spring.clone() };
        let closed = Challenge::Defined(&closed);
        let codes = [
            join(Some(&User::default()), closed).unwrap_err().code(),
            complete_step(Some(&anna), closed, &id("look")).unwrap_err().code(),
        ];
        assert_eq!(codes, [code, code]);
        assert_eq!(join(Some(&anna), closed), Ok(None), "a repeat stays a repeat");
    }
}

#[test]
fn fewer_steps_complete_it_for_those_who_have_done_them() {
    let (mut anna, mut spring) = (User::default(), spring());
    let decided = join(Some(&anna), Challenge::Defined(&spring));
    then(&mut anna, decided).unwrap();
    let decided = complete_step(Some(&anna), Challenge::Defined(&spring), &id("look"));
    then(&mut anna, decided).unwrap();
    assert_eq!(completed_by_definition(&anna, &spring), None);
    spring.steps.pop();
    let follows = completed_by_definition(&anna, &spring).unwrap();
    anna = evolve(Some(anna), &follows).unwrap();
    assert_eq!(completed_by_definition(&anna, &spring), None, "once");
    spring.steps.clear();
    assert_eq!(completed_by_definition(&User::default(), &spring), None);
}
