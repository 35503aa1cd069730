//! What a user is, counted by hand. No code of the product is used here.

use std::collections::{BTreeMap, BTreeSet};

/// A user as the model has it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) badges: BTreeSet<String>,
    pub(crate) joined: BTreeSet<String>,
    pub(crate) steps: BTreeSet<(String, String)>,
    pub(crate) completed: BTreeSet<String>,
    /// Perks received, and whether each is used.
    pub(crate) perks: BTreeMap<String, bool>,
    pub(crate) assets: BTreeSet<String>,
    pub(crate) apps: BTreeSet<String>,
    /// Facts recorded about the person.
    pub(crate) facts: u64,
    pub(crate) gained: u64,
    pub(crate) lost: u64,
}

/// What was asked, and whether the model says that a fact follows (`None`: it is refused).
impl Person {
    pub(crate) fn award(&mut self, badge: &str) -> Option<bool> {
        let new = self.badges.insert(badge.to_owned());
        self.gained += u64::from(new);
        self.fact(new)
    }

    pub(crate) fn withdraw(&mut self, badge: &str) -> Option<bool> {
        if !self.badges.remove(badge) {
            return None;
        }
        self.lost += 1;
        self.fact(true)
    }

    pub(crate) fn join(&mut self, challenge: &str) -> Option<bool> {
        let new = self.joined.insert(challenge.to_owned());
        self.fact(new)
    }

    pub(crate) fn step(&mut self, challenge: &str, step: &str) -> Option<bool> {
        let key = (challenge.to_owned(), step.to_owned());
        if !self.joined.contains(challenge) {
            return None;
        }
        if self.steps.contains(&key) {
            return Some(false);
        }
        if self.completed.contains(challenge) {
            return None;
        }
        self.steps.insert(key);
        self.fact(true)
    }

    pub(crate) fn complete(&mut self, challenge: &str) -> Option<bool> {
        if !self.joined.contains(challenge) {
            return None;
        }
        let new = self.completed.insert(challenge.to_owned());
        self.fact(new)
    }

    pub(crate) fn receive_perk(&mut self, perk: &str) -> Option<bool> {
        let new = !self.perks.contains_key(perk);
        self.perks.entry(perk.to_owned()).or_default();
        self.fact(new)
    }

    pub(crate) fn use_perk(&mut self, perk: &str) -> Option<bool> {
        let used = std::mem::replace(self.perks.get_mut(perk)?, true);
        self.fact(!used)
    }

    pub(crate) fn receive_asset(&mut self, asset: &str) -> Option<bool> {
        let new = self.assets.insert(asset.to_owned());
        self.fact(new)
    }

    pub(crate) fn connect(&mut self, app: &str) -> Option<bool> {
        let new = self.apps.insert(app.to_owned());
        self.fact(new)
    }

    pub(crate) fn disconnect(&mut self, app: &str) -> Option<bool> {
        if !self.apps.remove(app) {
            return None;
        }
        self.fact(true)
    }

    /// A row of an import; answers whether it changed something.
    pub(crate) fn import(&mut self, new: bool, cells: &[(&str, &str)]) -> bool {
        let before = self.fields.clone();
        self.fields
            .extend(cells.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())));
        let changed = new || self.fields != before;
        self.facts += u64::from(changed);
        changed
    }

    fn fact(&mut self, recorded: bool) -> Option<bool> {
        self.facts += u64::from(recorded);
        Some(recorded)
    }
}
