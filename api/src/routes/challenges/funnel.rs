//! How far everybody is in a challenge, as it is defined now.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::DefinitionId;
use domain::challenge::{all_done, waits_for};
use domain::event::{ChallengeDefined, Reward, Step};
use domain::scope::Scope;
use projections::participants::Way;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::users::wait_for_position;
use super::super::{InPath, at_position, id};
use super::find;
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;

/// How far everybody is in a challenge who joined it and is still there.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeFunnel {
    /// Users who joined.
    pub joined: u64,
    /// Of them, those who completed it.
    pub completed: u64,
    /// Those who have done all that it asks now and have not completed it: they do once it is published.
    pub would_complete: u64,
    /// Its steps, in their order.
    pub steps: Vec<StepReached>,
    /// What it gives, in its order.
    pub rewards: Vec<RewardGiven>,
}

/// How many come to a step and complete it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepReached {
    /// The step's id.
    pub id: String,
    /// As people read it.
    pub title: String,
    /// Users who could complete it, or did: all who joined or, where steps are completed in order, those who have completed
    /// all before it.
    pub reached: u64,
    /// Users who completed it.
    pub completed: u64,
}

/// How often something was given.
#[derive(Debug, Serialize, ToSchema)]
pub struct RewardGiven {
    /// `perk` or `digital_asset`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// How many there are; null: as many as it takes.
    pub limit: Option<u64>,
    /// Users who received it for this challenge.
    pub given: u64,
}

impl ChallengeFunnel {
    /// One that nobody has joined.
    fn empty(defined: &ChallengeDefined) -> ChallengeFunnel {
        let step = |Step { id, title, .. }: &Step| StepReached {
            id: id.to_string(),
            title: title.clone(),
            reached: 0,
            completed: 0,
        };
        let reward = |Reward { reward, name, limit }: &Reward| RewardGiven {
            kind: reward.kind.name().to_owned(),
            id: reward.id.to_string(),
            name: name.clone(),
            limit: *limit,
            given: 0,
        };
        ChallengeFunnel {
            joined: 0,
            completed: 0,
            would_complete: 0,
            steps: defined.steps.iter().map(step).collect(),
            rewards: defined.rewards.iter().map(reward).collect(),
        }
    }
}

/// Counts them by how far they are; what all need is looked up once.
struct Counting<'a> {
    defined: &'a ChallengeDefined,
    places: BTreeMap<&'a str, usize>,
    rewards: BTreeMap<String, usize>,
    funnel: ChallengeFunnel,
}

impl<'a> Counting<'a> {
    fn new(defined: &'a ChallengeDefined) -> Counting<'a> {
        let places = defined.steps.iter().enumerate();
        let named = |reward: &Reward| format!("{}:{}", reward.reward.kind.name(), reward.reward.id);
        let rewards = defined.rewards.iter().enumerate();
        Counting {
            defined,
            places: places.map(|(place, step)| (step.id.as_str(), place)).collect(),
            rewards: rewards.map(|(place, reward)| (named(reward), place)).collect(),
            funnel: ChallengeFunnel::empty(defined),
        }
    }

    fn take(&mut self, way: Way<'_>, users: u64) {
        let Counting { defined, places, rewards, funnel } = self;
        let mut done = vec![false; defined.steps.len()];
        for place in way.steps().filter_map(|step| places.get(step)) {
            done[*place] = true;
        }
        let is_done =
            |step: &DefinitionId| places.get(step.as_str()).is_some_and(|place| done[*place]);
        for (place, step) in funnel.steps.iter_mut().enumerate() {
            let waits = waits_for(defined, place, is_done).is_some();
            step.reached += if done[place] || !waits { users } else { 0 };
            step.completed += if done[place] { users } else { 0 };
        }
        funnel.joined += users;
        match way.completed {
            true => funnel.completed += users,
            false if all_done(defined, is_done) => funnel.would_complete += users,
            false => {}
        }
        for place in way.rewards().filter_map(|reward| rewards.get(reward)) {
            funnel.rewards[*place].given += users;
        }
    }
}

/// How many joined a challenge, came to each step, completed each step and completed all of it, and how much of its rewards
/// was given. Who was removed is not counted; `/v1/indicators/challenges/{id}` says what happened on which day.
#[utoipa::path(get, path = "/v1/challenges/{id}/funnel", tag = "definitions", params(
    ("id" = String, Path, description = "the challenge's id"),
    ("min_position" = Option<String>, Query, description = "wait until the tables hold this position"),
    ("settled" = Option<bool>, Query, description = "wait until all that follows by rules is recorded"),
), responses((status = 200, body = ChallengeFunnel), (status = 404, description = "challenge_unknown")))]
pub async fn funnel(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(challenge): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    let params = Params::read(&uri, &["min_position", "settled"])?;
    let challenge: DefinitionId = id(&challenge)?;
    wait_for_position(&app, &params).await?;
    let reading = app.clone();
    let counted = tokio::task::spawn_blocking(move || {
        let store = reading.follower.store();
        let at = store.checkpoint()?;
        let defined = find(&reading, &challenge)?.defined;
        let mut counting = Counting::new(&defined);
        store.each_way(challenge.as_str(), &mut |way, users| counting.take(way, users))?;
        Ok::<_, Problem>((at, counting.funnel))
    });
    let (at, funnel) = counted.await.map_err(Problem::internal)??;
    Ok(at_position(&app.cursor(at), Json(funnel)))
}
