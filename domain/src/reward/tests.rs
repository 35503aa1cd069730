//! How many rewards are given, and what the last one ends.

use super::*;
use crate::challenge::tests::spring;

fn reward(kind: RewardKind, id: &str, limit: Option<u64>) -> Reward {
    let reward = RewardId { kind, id: id.parse().unwrap() };
    Reward { reward, name: id.to_owned(), limit }
}

fn claims(rewards: Vec<Reward>) -> Claims {
    let mut claims = Claims::default();
    claims.take(&Event::ChallengePublished(ChallengeDefined { rewards, ..spring() }), 0);
    claims
}

/// Claims a reward for so many completions; answers how many were given, and what state the challenge is in then.
fn run(claims: &mut Claims, reward: &RewardId, completions: u128) -> (usize, ChallengeState) {
    let mut given = 0;
    for completion in 0..completions {
        if let Claim::New(facts) =
            claims.claim(reward, UserId(Uuid::from_u128(completion)), Uuid::from_u128(completion))
        {
            facts.iter().for_each(|fact| claims.take(fact, 7));
            given += 1;
        }
    }
    (given, claims.defined.as_ref().unwrap().state)
}

#[test]
fn no_more_are_given_than_there_are_and_the_last_one_ends_the_challenge() {
    let coffee = reward(RewardKind::Perk, "coffee", Some(3));
    let mut claims = claims(vec![coffee.clone()]);
    assert_eq!(run(&mut claims, &coffee.reward, 2), (2, ChallengeState::Published));
    assert_eq!(run(&mut claims, &coffee.reward, 10), (1, ChallengeState::Ended), "two had it");
    assert_eq!(claims.defined.as_ref().unwrap().ended, Some(Ending::RewardsExhausted));
    assert_eq!(claims.ending(), None, "it has ended");
    let again = ChallengeDefined { rewards: vec![coffee.clone()], ..spring() };
    claims.take(&Event::ChallengePublished(again), 8);
    assert!(claims.ending().is_some(), "published with nothing left, it ends again");
    assert_eq!(claims.claim(&coffee.reward, UserId(Uuid::nil()), Uuid::nil()), Claim::Known(7));
}

#[test]
fn what_is_given_without_end_keeps_a_challenge_going() {
    let coffee = reward(RewardKind::Perk, "coffee", Some(1));
    let medal = reward(RewardKind::DigitalAsset, "medal", None);
    let mut claims = claims(vec![coffee.clone(), medal]);
    assert_eq!(run(&mut claims, &coffee.reward, 5), (1, ChallengeState::Published));
    let gone = reward(RewardKind::Perk, "tea", None).reward;
    assert_eq!(run(&mut claims, &gone, 1).0, 0, "taken out of the challenge");
}

#[test]
fn each_of_several_limits_is_counted_by_itself() {
    let (coffee, tea) = (
        reward(RewardKind::Perk, "same", Some(1)),
        reward(RewardKind::DigitalAsset, "same", Some(2)),
    );
    let mut claims = claims(vec![coffee.clone(), tea.clone()]);
    assert_eq!(run(&mut claims, &coffee.reward, 3), (1, ChallengeState::Published));
    assert_eq!(run(&mut claims, &tea.reward, 3), (2, ChallengeState::Ended));
}
