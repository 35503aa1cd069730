//! How challenges and claims on their rewards are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Read, read, write};
use crate::event::{
    ChallengeDefined, ChallengeState, ChallengeText, Ending, Reward, RewardClaimed, RewardId,
    RewardKind, Step,
};
use crate::id::{DefinitionId, UserId};
use crate::segment::Membership;

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct ChallengeV1 {
    challenge_id: String,
    name: String,
    version: u64,
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segment_id: Option<String>,
    opt_in: bool,
    in_order: bool,
    steps: Vec<StepV1>,
    rewards: Vec<RewardV1>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    texts: BTreeMap<String, ChallengeTextV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    visual: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StepV1 {
    id: String,
    title: String,
    action: String,
}

#[derive(Serialize, Deserialize)]
struct RewardV1 {
    kind: String,
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct ChallengeTextV1 {
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opt_in: Option<String>,
}

fn id(text: &str) -> Read<DefinitionId> {
    text.parse().map_err(|_| "an id of another form".to_owned())
}

fn unknown(what: &str) -> String {
    format!("{what} this version does not know")
}

/// A reward of this kind and id.
pub(super) fn read_reward(kind: &str, of: &str) -> Read<RewardId> {
    let known = RewardKind::ALL.into_iter().find(|known| known.name() == kind);
    Ok(RewardId { kind: known.ok_or_else(|| unknown("a reward"))?, id: id(of)? })
}

pub(super) fn write_defined(fact: &ChallengeDefined) -> Parts {
    let (list_id, segment_id) = match &fact.audience {
        None | Some(Membership::Badge(_) | Membership::App(_)) => (None, None),
        Some(Membership::List(id)) => (Some(id.to_string()), None),
        Some(Membership::Segment(id)) => (None, Some(id.to_string())),
    };
    let step = |step: &Step| {
        let Step { id, title, action } = step.clone();
        StepV1 { id: id.to_string(), title, action }
    };
    let reward = |Reward { reward, name, limit }: &Reward| {
        let (kind, id) = (reward.kind.name().to_owned(), reward.id.to_string());
        RewardV1 { kind, id, name: name.clone(), limit: *limit }
    };
    let text = |(lang, text): (&String, &ChallengeText)| {
        let ChallengeText { title, description, opt_in } = text.clone();
        (lang.clone(), ChallengeTextV1 { title, description, opt_in })
    };
    let data = ChallengeV1 {
        challenge_id: fact.challenge_id.to_string(),
        name: fact.name.clone(),
        version: fact.version,
        state: fact.state.name().to_owned(),
        ended: fact.ended.map(|ended| ended.name().to_owned()),
        list_id,
        segment_id,
        opt_in: fact.opt_in,
        in_order: fact.in_order,
        steps: fact.steps.iter().map(step).collect(),
        rewards: fact.rewards.iter().map(reward).collect(),
        texts: fact.texts.iter().map(text).collect(),
        visual: fact.visual.clone(),
    };
    (write(&data), None)
}

pub(super) fn read_defined(data: &[u8]) -> Read<ChallengeDefined> {
    let data: ChallengeV1 = read(data)?;
    let list = data.list_id.as_deref().map(id).transpose()?.map(Membership::List);
    let segment = data.segment_id.as_deref().map(id).transpose()?.map(Membership::Segment);
    let state = ChallengeState::ALL.into_iter().find(|state| state.name() == data.state);
    let ending = |name: String| {
        let known = Ending::ALL.into_iter().find(|known| known.name() == name);
        known.ok_or_else(|| unknown("an ending"))
    };
    let step = |StepV1 { id: step, title, action }: StepV1| -> Read<Step> {
        Ok(Step { id: id(&step)?, title, action })
    };
    let reward = |RewardV1 { kind, id, name, limit }: RewardV1| -> Read<Reward> {
        Ok(Reward { reward: read_reward(&kind, &id)?, name, limit })
    };
    let text = |(lang, text): (String, ChallengeTextV1)| {
        let ChallengeTextV1 { title, description, opt_in } = text;
        (lang, ChallengeText { title, description, opt_in })
    };
    Ok(ChallengeDefined {
        challenge_id: id(&data.challenge_id)?,
        name: data.name,
        version: data.version,
        state: state.ok_or_else(|| unknown("a state"))?,
        ended: data.ended.map(ending).transpose()?,
        audience: list.or(segment),
        opt_in: data.opt_in,
        in_order: data.in_order,
        steps: data.steps.into_iter().map(step).collect::<Read<_>>()?,
        rewards: data.rewards.into_iter().map(reward).collect::<Read<_>>()?,
        texts: data.texts.into_iter().map(text).collect(),
        visual: data.visual,
    })
}

#[derive(Serialize, Deserialize)]
struct RewardClaimedV1 {
    challenge_id: String,
    reward_kind: String,
    reward_id: String,
    user_id: Uuid,
    completion: Uuid,
}

pub(super) fn write_claimed(fact: &RewardClaimed) -> Parts {
    let data = RewardClaimedV1 {
        challenge_id: fact.challenge_id.to_string(),
        reward_kind: fact.reward.kind.name().to_owned(),
        reward_id: fact.reward.id.to_string(),
        user_id: fact.user_id.0,
        completion: fact.completion,
    };
    (write(&data), None)
}

pub(super) fn read_claimed(data: &[u8]) -> Read<RewardClaimed> {
    let data: RewardClaimedV1 = read(data)?;
    Ok(RewardClaimed {
        challenge_id: id(&data.challenge_id)?,
        reward: read_reward(&data.reward_kind, &data.reward_id)?,
        user_id: UserId(data.user_id),
        completion: data.completion,
    })
}
