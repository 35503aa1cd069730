//! Facts of challenges: what they ask of users, what they give, and who claimed what of it.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::id::{DefinitionId, UserId};
use crate::segment::Membership;

/// How far a challenge is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChallengeState {
    /// Nobody can join it yet.
    #[default]
    Draft,
    /// Its audience joins it and completes its steps.
    Published,
    /// Nobody joins it or goes on with it any more.
    Ended,
    /// Put away, for good.
    Archived,
}

impl ChallengeState {
    /// All of them.
    pub const ALL: [ChallengeState; 4] = [
        ChallengeState::Draft,
        ChallengeState::Published,
        ChallengeState::Ended,
        ChallengeState::Archived,
    ];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            ChallengeState::Draft => "draft",
            ChallengeState::Published => "published",
            ChallengeState::Ended => "ended",
            ChallengeState::Archived => "archived",
        }
    }
}

/// Why a challenge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Somebody ended it.
    ByHand,
    /// All that it had to give is claimed.
    RewardsExhausted,
}

impl Ending {
    /// All of them.
    pub const ALL: [Ending; 2] = [Ending::ByHand, Ending::RewardsExhausted];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            Ending::ByHand => "by_hand",
            Ending::RewardsExhausted => "rewards_exhausted",
        }
    }
}

/// What users read of a challenge, in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChallengeText {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// What is written where they join.
    pub opt_in: Option<String>,
}

/// A step of a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Names it in every fact.
    pub id: DefinitionId,
    /// As people read it.
    pub title: String,
    /// What the user has to do: the name of an action.
    pub action: String,
}

/// What kind of thing a reward is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RewardKind {
    /// Something to be used.
    Perk,
    /// Something to be kept.
    DigitalAsset,
}

impl RewardKind {
    /// All of them.
    pub const ALL: [RewardKind; 2] = [RewardKind::Perk, RewardKind::DigitalAsset];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            RewardKind::Perk => "perk",
            RewardKind::DigitalAsset => "digital_asset",
        }
    }
}

/// Which reward: a perk and a digital asset may have the same id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RewardId {
    /// What kind of thing it is.
    pub kind: RewardKind,
    /// Its id.
    pub id: DefinitionId,
}

/// Something that whoever completes a challenge receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reward {
    /// Which.
    pub reward: RewardId,
    /// As people read it.
    pub name: String,
    /// How many there are; none: as many as it takes.
    pub limit: Option<u64>,
}

/// A challenge, whole, as it is from now on. See [`super::Event::ChallengeCreated`] and those after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeDefined {
    /// Names it in every fact, for ever.
    pub challenge_id: DefinitionId,
    /// As the team reads it.
    pub name: String,
    /// Which of its definitions this is, from 1.
    pub version: u64,
    /// How far it is.
    pub state: ChallengeState,
    /// Why it ended, where it did.
    pub ended: Option<Ending>,
    /// The list or segment whose members may join; none: everyone.
    pub audience: Option<Membership>,
    /// Whether users have to join before they complete steps; else the first step joins them.
    pub opt_in: bool,
    /// Whether each step waits for the one before it.
    pub in_order: bool,
    /// What has to be done. Without any, it is completed by hand.
    pub steps: Vec<Step>,
    /// What is received on completion.
    pub rewards: Vec<Reward>,
    /// What users read, by language.
    pub texts: BTreeMap<String, ChallengeText>,
    /// Where its picture is.
    pub visual: Option<String>,
}

/// A reward that was promised when a challenge was completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promised {
    /// Which.
    pub reward: RewardId,
    /// As it was called.
    pub name: String,
    /// Whether there are only so many, so that it has to be claimed first.
    pub limited: bool,
}

/// See [`super::Event::RewardClaimed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardClaimed {
    /// Of which challenge.
    pub challenge_id: DefinitionId,
    /// Which reward.
    pub reward: RewardId,
    /// For whom.
    pub user_id: UserId,
    /// The fact that the user completed the challenge.
    pub completion: Uuid,
}
