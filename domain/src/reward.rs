//! Rewards: received by hand, or for a completed challenge; of which there are only so many, each is claimed before, on the
//! challenge's own stream, so that no more are given than there are.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::event::{
    ChallengeDefined, ChallengeState, DigitalAssetReceived, Ending, Event, Named, PerkReceived,
    Promised, Reward, RewardClaimed, RewardId, RewardKind,
};
use crate::id::UserId;
use crate::refusal::Refusal;
use crate::user::User;

/// Gives a user something by hand. Who has it keeps it, without a fact.
///
/// # Errors
/// [`Refusal::UserUnknown`].
pub fn receive(user: Option<&User>, reward: &RewardId) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    let has = match reward.kind {
        RewardKind::Perk => user.perks.contains_key(&reward.id),
        RewardKind::DigitalAsset => user.digital_assets.contains(&reward.id),
    };
    Ok((!has).then(|| received(user, reward.kind, Named::by_id(reward.id.clone()), None)))
}

/// The fact that a user received what a challenge promised.
pub fn given(user: &User, promised: &Promised, challenge: &Named) -> Event {
    let named = Named { id: promised.reward.id.clone(), name: Some(promised.name.clone()) };
    received(user, promised.reward.kind, named, Some(challenge.clone()))
}

fn received(user: &User, kind: RewardKind, reward: Named, challenge: Option<Named>) -> Event {
    let email = user.email.clone();
    match kind {
        RewardKind::Perk => Event::PerkReceived(PerkReceived { perk: reward, challenge, email }),
        RewardKind::DigitalAsset => Event::DigitalAssetReceived(DigitalAssetReceived {
            digital_asset: reward,
            challenge,
            email,
        }),
    }
}

/// What is claimed of a challenge's rewards, as its stream tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The challenge as it is now, where somebody defined it.
    pub defined: Option<ChallengeDefined>,
    /// By which completions each reward is claimed, and the revision of each claim.
    claimed: BTreeMap<RewardId, BTreeMap<Uuid, u64>>,
}

/// What came of asking for a reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is claimed for this completion already: by the fact of this revision.
    Known(u64),
    /// It can be: by these facts, on the challenge's stream. The last one there was ends the challenge.
    New(Vec<Event>),
    /// There are no more.
    Exhausted,
}

impl Claims {
    /// Takes in a fact of the challenge's stream, of this revision; any other changes nothing.
    pub fn take(&mut self, event: &Event, revision: u64) {
        if let Event::RewardClaimed(fact) = event {
            self.claimed.entry(fact.reward.clone()).or_default().insert(fact.completion, revision);
        }
        if let Event::ChallengeCreated(defined)
        | Event::ChallengeChanged(defined)
        | Event::ChallengePublished(defined)
        | Event::ChallengeEnded(defined)
        | Event::ChallengeArchived(defined) = event
        {
            self.defined = Some(defined.clone());
        }
    }

    /// Asks for a reward for a completion by a user.
    pub fn claim(&self, reward: &RewardId, user_id: UserId, completion: Uuid) -> Claim {
        if let Some(revision) = self.claimed.get(reward).and_then(|by| by.get(&completion)) {
            return Claim::Known(*revision);
        }
        let Some(defined) = &self.defined else { return Claim::Exhausted };
        // What was taken out of the challenge since it was promised is given no more.
        let offered = defined.rewards.iter().find(|offered| offered.reward == *reward);
        let Some(Reward { limit, .. }) = offered else { return Claim::Exhausted };
        if limit.is_some_and(|limit| self.count(reward) >= limit) {
            return Claim::Exhausted;
        }
        let then = |other: &RewardId| self.count(other) + u64::from(other == reward);
        let ends = ending(defined, then);
        let (challenge_id, reward) = (defined.challenge_id.clone(), reward.clone());
        let claimed = RewardClaimed { challenge_id, reward, user_id, completion };
        let mut facts = vec![Event::RewardClaimed(claimed)];
        facts.extend(ends);
        Claim::New(facts)
    }

    /// The fact that ends the challenge where it is published although nothing is left to give.
    pub fn ending(&self) -> Option<Event> {
        ending(self.defined.as_ref()?, |reward| self.count(reward))
    }

    /// How many of a reward are claimed.
    pub fn count(&self, reward: &RewardId) -> u64 {
        self.claimed.get(reward).map_or(0, |claimed| claimed.len() as u64)
    }
}

/// The end of a published challenge of which nothing is left to give: one that gives something without end never has one.
fn ending(defined: &ChallengeDefined, claimed: impl Fn(&RewardId) -> u64) -> Option<Event> {
    let is_claimed =
        |Reward { reward, limit, .. }: &Reward| limit.is_some_and(|limit| claimed(reward) >= limit);
    let all = !defined.rewards.is_empty() && defined.rewards.iter().all(is_claimed);
    (all && defined.state == ChallengeState::Published).then(|| {
        Event::ChallengeEnded(ChallengeDefined {
            version: defined.version + 1,
            state: ChallengeState::Ended,
            ended: Some(Ending::RewardsExhausted),
            ..defined.clone()
        })
    })
}

#[cfg(test)]
mod tests;
