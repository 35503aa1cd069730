//! What the challenges that a user takes part in ask and give, by what it is called there.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde::Deserialize;

use crate::pages::{Viewer, at};

/// Challenges of one user that are looked at; those of further ones are known by ids.
const CHALLENGES_MAX: usize = 50;

/// Challenges that somebody defined.
#[derive(Debug, Default)]
pub struct Promised(BTreeMap<String, Challenge>);

#[derive(Debug, Deserialize)]
struct Challenge {
    steps: Vec<Step>,
    rewards: Vec<Reward>,
}

/// A step of a challenge.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// As people read it.
    pub title: String,
    /// The name of the action that it is about.
    pub action: String,
}

#[derive(Debug, Deserialize)]
struct Reward {
    kind: String,
    id: String,
    name: String,
}

impl Promised {
    /// Asks for those that somebody defined; all others are known by ids alone.
    pub async fn ask(viewer: &Viewer, challenges: Vec<&str>) -> Promised {
        let asked = challenges.into_iter().take(CHALLENGES_MAX).map(|id| async move {
            let known = viewer.ask().get::<Challenge>(&at("/v1/challenges/{}", &[id])).await;
            Some((id.to_owned(), known.ok()?))
        });
        Promised(join_all(asked).await.into_iter().flatten().collect())
    }

    /// The first step of a challenge that is not among those done.
    pub fn next(&self, challenge: &str, done: &[String]) -> Option<&Step> {
        self.0.get(challenge)?.steps.iter().find(|step| !done.contains(&step.id))
    }

    /// Steps of a challenge by their titles.
    pub fn steps(&self, challenge: &str, ids: &[String]) -> String {
        let known = self.0.get(challenge);
        let titles = ids.iter().map(|id| {
            let step = known.and_then(|known| known.steps.iter().find(|step| step.id == *id));
            step.map_or(id.as_str(), |step| step.title.as_str())
        });
        titles.collect::<Vec<_>>().join(", ")
    }

    /// Rewards of a challenge, which users have as `perk:coffee`, by their names.
    pub fn rewards(&self, challenge: &str, said: &[String]) -> String {
        let known = self.0.get(challenge);
        let names = said.iter().map(|said| {
            let reward = said.split_once(':').and_then(|(kind, id)| {
                known?.rewards.iter().find(|reward| reward.kind == kind && reward.id == id)
            });
            reward.map_or(said.as_str(), |reward| reward.name.as_str())
        });
        names.collect::<Vec<_>>().join(", ")
    }

    /// A perk or digital asset by what a challenge calls it that gives it; else by its id.
    pub fn reward<'a>(&'a self, kind: &str, id: &'a str) -> &'a str {
        let mut rewards = self.0.values().flat_map(|challenge| &challenge.rewards);
        let known = rewards.find(|reward| reward.kind == kind && reward.id == id);
        known.map_or(id, |reward| &reward.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_defined_is_told_by_its_id() {
        let [id, title, action] = ["look", "Look around", "look_around"].map(str::to_owned);
        let step = Step { id, title, action };
        let (kind, id) = ("perk".to_owned(), "coffee".to_owned());
        let reward = Reward { kind, id, name: "Free coffee".to_owned() };
        let spring = Challenge { steps: vec![step], rewards: vec![reward] };
        let promised = Promised(BTreeMap::from([("spring".to_owned(), spring)]));
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(promised.steps("spring", &texts(&["look", "gone"])), "Look around, gone");
        assert_eq!(promised.steps("summer", &texts(&["look"])), "look");
        assert!(promised.next("spring", &[]).is_some_and(|step| step.action == "look_around"));
        assert!(promised.next("spring", &texts(&["look"])).is_none());
        let rewards = texts(&["perk:coffee", "digital_asset:coffee"]);
        assert_eq!(promised.rewards("spring", &rewards), "Free coffee, digital_asset:coffee");
        assert_eq!(promised.reward("perk", "coffee"), "Free coffee");
        assert_eq!(promised.reward("digital_asset", "coffee"), "coffee");
    }
}
