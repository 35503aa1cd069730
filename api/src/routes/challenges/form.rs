//! Challenges as they are said and shown.

use std::collections::{BTreeMap, BTreeSet};

use domain::DefinitionId;
use domain::event::{
    ChallengeDefined, ChallengeState, ChallengeText, Reward, RewardId, RewardKind, Step,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::import::definitions::{id_of_name, read_name};
use crate::problem::{Problem, ProblemKind};
use crate::routes::defining::named;
use crate::routes::definitions::{AudienceForm, audience_form, read_audience, suits_texts};
use crate::routes::{id, shown};

/// Steps of one challenge.
const STEPS_MAX: usize = 100;
/// Rewards of one challenge.
const REWARDS_MAX: usize = 20;
/// Most there may be of a limited reward: each claim is looked at, so they have to fit into memory.
const LIMIT_MAX: u64 = 1_000_000;

/// A step of a challenge.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepForm {
    /// Its id: 1 to 64 of a-z, 0-9, _ and -; of a new one that has none, one is made of the title.
    #[serde(default)]
    pub id: String,
    /// As people read it.
    pub title: String,
    /// What the user has to do: the name of an action.
    pub action: String,
}

/// Something that whoever completes the challenge receives.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RewardForm {
    /// `perk` or `digital_asset`.
    pub kind: String,
    /// Its id; of one that has none, one is made of the name.
    #[serde(default)]
    pub id: String,
    /// As people read it.
    pub name: String,
    /// How many there are, 1 to 1,000,000; without it, as many as it takes.
    #[serde(default)]
    pub limit: Option<u64>,
}

/// What users read of a challenge in one language.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeTextForm {
    /// Its title.
    pub title: String,
    /// What it is about.
    #[serde(default)]
    pub description: Option<String>,
    /// What is written where they join.
    #[serde(default)]
    pub opt_in: Option<String>,
}

/// A challenge.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeView {
    /// Names it in every fact, for ever.
    pub id: String,
    /// As the team reads it.
    pub name: String,
    /// `draft`, `published`, `ended` or `archived`.
    pub state: &'static str,
    /// Why it ended: `by_hand` or `rewards_exhausted`; null: it has not.
    pub ended: Option<&'static str>,
    /// Whose members may join; null: everyone.
    pub audience: Option<AudienceForm>,
    /// Whether users have to join before they complete steps; else the first step joins them.
    pub opt_in: bool,
    /// Whether each step waits for the one before it.
    pub in_order: bool,
    /// What has to be done; without any, it is completed by hand.
    pub steps: Vec<StepForm>,
    /// What is received on completion.
    pub rewards: Vec<RewardForm>,
    /// What users read, by language.
    pub texts: BTreeMap<String, ChallengeTextForm>,
    /// Where its picture is.
    pub visual: Option<String>,
    /// Which of its definitions this is, from 1; also the ETag.
    pub version: u64,
    /// Users who joined.
    pub joined: u64,
    /// Users who completed it.
    pub completed: u64,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub changed_at: String,
}

impl ChallengeView {
    /// A challenge with so many who joined and completed it.
    pub fn new(
        line: projections::rules::RuleLine<ChallengeDefined>,
        (joined, completed): (u64, u64),
    ) -> ChallengeView {
        let defined = line.defined;
        let step =
            |Step { id, title, action }: Step| StepForm { id: id.to_string(), title, action };
        let reward = |Reward { reward, name, limit }: Reward| {
            let (kind, id) = (reward.kind.name().to_owned(), reward.id.to_string());
            RewardForm { kind, id, name, limit }
        };
        let text = |(lang, text): (String, ChallengeText)| {
            let ChallengeText { title, description, opt_in } = text;
            (lang, ChallengeTextForm { title, description, opt_in })
        };
        ChallengeView {
            id: defined.challenge_id.to_string(),
            name: defined.name,
            state: defined.state.name(),
            ended: defined.ended.map(|ended| ended.name()),
            audience: defined.audience.map(audience_form),
            opt_in: defined.opt_in,
            in_order: defined.in_order,
            steps: defined.steps.into_iter().map(step).collect(),
            rewards: defined.rewards.into_iter().map(reward).collect(),
            texts: defined.texts.into_iter().map(text).collect(),
            visual: defined.visual,
            version: defined.version,
            joined,
            completed,
            created_at: shown(line.created_at),
            changed_at: shown(line.changed_at),
        }
    }
}

/// What a challenge should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeBody {
    /// Its id, for a new one: 1 to 64 of a-z, 0-9, _ and -; without it, one is made of the name.
    pub id: Option<String>,
    /// As the team reads it.
    pub name: String,
    /// Whose members may join; without it, everyone.
    pub audience: Option<AudienceForm>,
    /// Whether users have to join before they complete steps (default); else the first step joins them.
    pub opt_in: Option<bool>,
    /// Whether each step waits for the one before it; not unless said.
    #[serde(default)]
    pub in_order: bool,
    /// What has to be done, at most 100 steps; without any, it is completed by hand.
    #[serde(default)]
    pub steps: Vec<StepForm>,
    /// What is received on completion, at most 20.
    #[serde(default)]
    pub rewards: Vec<RewardForm>,
    /// What users read, by language: codes such as `en` or `pt-BR`.
    #[serde(default)]
    pub texts: BTreeMap<String, ChallengeTextForm>,
    /// Where its picture is.
    pub visual: Option<String>,
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::BodyInvalid, detail)
}

impl ChallengeBody {
    /// A draft of it, by its first definition.
    ///
    /// # Errors
    /// `body_invalid`, `language_invalid`, `list_unknown`, `segment_unknown`.
    pub fn read(self, app: &App, challenge_id: DefinitionId) -> Result<ChallengeDefined, Problem> {
        suits_texts(
            self.texts.iter().map(|(lang, text)| {
                let description = ("description", text.description.as_ref());
                (
                    lang,
                    [("title", Some(&text.title)), description, ("opt_in", text.opt_in.as_ref())],
                )
            }),
            self.visual.as_ref(),
        )?;
        let text = |(lang, text): (String, ChallengeTextForm)| {
            let ChallengeTextForm { title, description, opt_in } = text;
            (lang, ChallengeText { title, description, opt_in })
        };
        Ok(ChallengeDefined {
            challenge_id,
            name: named(&self.name)?,
            version: 1,
            state: ChallengeState::Draft,
            ended: None,
            audience: read_audience(app, self.audience)?,
            opt_in: self.opt_in.unwrap_or(true),
            in_order: self.in_order,
            steps: read_steps(self.steps)?,
            rewards: read_rewards(self.rewards)?,
            texts: self.texts.into_iter().map(text).collect(),
            visual: self.visual,
        })
    }
}

/// The id that somebody said; else one made of the name, which no other has.
fn id_or_made(
    said: &str,
    (name, sort): (&str, &str),
    taken: impl Fn(&DefinitionId) -> bool,
) -> Result<DefinitionId, Problem> {
    match said {
        "" => id_of_name(name, sort, |made| Ok(taken(made))),
        said => id(said),
    }
}

fn read_steps(said: Vec<StepForm>) -> Result<Vec<Step>, Problem> {
    if said.len() > STEPS_MAX {
        return Err(invalid(format!("a challenge has at most {STEPS_MAX} steps")));
    }
    let ids: BTreeSet<String> = said.iter().map(|step| step.id.clone()).collect();
    let mut steps: Vec<Step> = Vec::with_capacity(said.len());
    for (place, StepForm { id, title, action }) in said.into_iter().enumerate() {
        let at = |member: &str, no: Problem| no.with("pointer", format!("/steps/{place}/{member}"));
        let title = read_name(&title).map_err(|no| at("title", no))?;
        let action = read_name(&action).map_err(|no| at("action", no))?;
        let taken = |made: &DefinitionId| {
            ids.contains(made.as_str()) || steps.iter().any(|step| step.id == *made)
        };
        let id = id_or_made(&id, (&title, "step"), taken).map_err(|no| at("id", no))?;
        if steps.iter().any(|step| step.id == id) {
            let twice = invalid(format!("two steps have the id {:?}", id.as_str()));
            return Err(at("id", twice));
        }
        steps.push(Step { id, title, action });
    }
    Ok(steps)
}

fn read_rewards(said: Vec<RewardForm>) -> Result<Vec<Reward>, Problem> {
    let ids: BTreeSet<String> = said.iter().map(|reward| reward.id.clone()).collect();
    let mut rewards: Vec<Reward> = Vec::with_capacity(said.len());
    for (place, RewardForm { kind, id, name, limit }) in said.into_iter().enumerate() {
        let at =
            |member: &str, no: Problem| no.with("pointer", format!("/rewards/{place}/{member}"));
        let known = RewardKind::ALL.into_iter().find(|known| known.name() == kind);
        let unknown = || at("kind", invalid("the kind of a reward is perk or digital_asset"));
        let kind = known.ok_or_else(unknown)?;
        if limit.is_some_and(|limit| !(1..=LIMIT_MAX).contains(&limit)) {
            let beyond = invalid(format!("the limit of a reward is 1 to {LIMIT_MAX}"));
            return Err(at("limit", beyond));
        }
        let name = read_name(&name).map_err(|no| at("name", no))?;
        let taken = |made: &DefinitionId| {
            ids.contains(made.as_str()) || rewards.iter().any(|known| known.reward.id == *made)
        };
        let id = id_or_made(&id, (&name, kind.name()), taken).map_err(|no| at("id", no))?;
        let reward = RewardId { kind, id };
        if rewards.iter().any(|known| known.reward == reward) {
            return Err(at("id", invalid("a challenge gives each of its rewards once")));
        }
        rewards.push(Reward { reward, name, limit });
    }
    if rewards.len() > REWARDS_MAX {
        return Err(invalid(format!("a challenge has at most {REWARDS_MAX} rewards")));
    }
    Ok(rewards)
}
