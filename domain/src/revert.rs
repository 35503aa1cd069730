//! Taking an import back, one user at a time: what it alone did goes, what others built on stays and is told.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::event::{Because, Change, Event, UserDeleted, UserPropertiesChanged};
use crate::id::DefinitionId;
use crate::list::left;
use crate::user::{User, evolve};

/// A fact about a user, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// What happened.
    pub event: Event,
    /// Whether it is a consequence of the import that no person and no program asked for.
    pub consequence: bool,
}

/// Why something an import did stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeptBecause {
    /// The user it made has later facts of another origin.
    #[error("the user has a history since then that the import did not write")]
    UserHasHistory,
    /// The value is not the one the import set any more.
    #[error("the value was changed since then")]
    ValueChanged,
    /// The user is gone already.
    #[error("the user was removed since then")]
    UserGone,
    /// The user was taken off the list, or put on it again by somebody else.
    #[error("the list was left or joined again since then")]
    ListChanged,
}

impl KeptBecause {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            KeptBecause::UserHasHistory => "user_has_history",
            KeptBecause::ValueChanged => "value_changed",
            KeptBecause::UserGone => "user_gone",
            KeptBecause::ListChanged => "list_changed",
        }
    }
}

/// What becomes of one user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reverted {
    /// The facts to record, in order.
    pub facts: Vec<Event>,
    /// What stays: the field (none: the user, or the list), and why.
    pub kept: Vec<(Option<String>, KeptBecause)>,
}

impl Reverted {
    /// Whether the user goes.
    pub fn removed(&self) -> bool {
        self.facts.iter().any(|fact| matches!(fact, Event::UserDeleted(_)))
    }

    /// Whether values go back.
    pub fn restored(&self) -> bool {
        self.facts.iter().any(|fact| matches!(fact, Event::UserPropertiesChanged(_)))
    }

    /// Whether a list is left, by a user that stays.
    pub fn left(&self) -> bool {
        !self.removed() && self.facts.iter().any(|fact| matches!(fact, Event::ListLeft(_)))
    }
}

/// A field an import touched: as it was before its first row, as its last row left it.
struct Touched {
    before: Option<String>,
    after: Option<String>,
}

/// Says what taking back an import does to a user with this history, oldest fact first.
pub fn decide(import_id: Uuid, history: &[Past]) -> Reverted {
    let mut reverted = Reverted::default();
    let Some(first) = history.iter().position(|past| is_of(import_id, &past.event)) else {
        return reverted;
    };
    let user = history.iter().fold(None, |user, past| evolve(user, &past.event));
    let Some(user) = user.filter(|_| !gone_since(&history[first..])) else {
        reverted.kept.push((None, KeptBecause::UserGone));
        return reverted;
    };
    let others =
        history[first..].iter().any(|past| !is_of(import_id, &past.event) && !past.consequence);
    if made_by(import_id, history) {
        if !others {
            reverted.facts = removal(import_id, &user);
            return reverted;
        }
        reverted.kept.push((None, KeptBecause::UserHasHistory));
    }
    give_back(import_id, &history[first..], &user, &mut reverted);
    leave_lists(import_id, &history[first..], &user, &mut reverted);
    reverted
}

fn is_of(import_id: Uuid, event: &Event) -> bool {
    if let Event::ListJoined(fact) = event {
        return fact.imported.is_some_and(|(import, _)| import == import_id);
    }
    matches!(event, Event::UserImported(fact) if fact.import_id == import_id)
}

fn made_by(import_id: Uuid, history: &[Past]) -> bool {
    history.iter().any(|past| {
        matches!(&past.event, Event::UserImported(fact) if fact.created && fact.import_id == import_id)
    })
}

fn gone_since(history: &[Past]) -> bool {
    history.iter().any(|past| matches!(past.event, Event::UserDeleted(_)))
}

fn removal(import_id: Uuid, user: &User) -> Vec<Event> {
    let leaves = user.lists.iter().map(|list| left(user, list, None, Because::UserDeleted));
    let deleted = UserDeleted { reverted_import: Some(import_id), email: user.email.clone() };
    leaves.chain([Event::UserDeleted(deleted)]).collect()
}

/// Values go back where they still are what the import set.
fn give_back(import_id: Uuid, history: &[Past], user: &User, reverted: &mut Reverted) {
    let mut touched: BTreeMap<&str, Touched> = BTreeMap::new();
    for past in history {
        let Event::UserImported(fact) = &past.event else { continue };
        if fact.import_id != import_id {
            continue;
        }
        for Change { field, old, new } in &fact.changes {
            let entry =
                touched.entry(field).or_insert(Touched { before: old.clone(), after: None });
            entry.after.clone_from(new);
        }
    }
    let mut changes = Vec::new();
    for (field, Touched { before, after }) in touched {
        let now = user.fields.get(field);
        if now != after.as_ref() {
            reverted.kept.push((Some(field.to_owned()), KeptBecause::ValueChanged));
        } else if after != before {
            changes.push(Change { field: field.to_owned(), old: after, new: before });
        }
    }
    if !changes.is_empty() {
        reverted.facts.push(Event::UserPropertiesChanged(UserPropertiesChanged {
            reverted_import: Some(import_id),
            email: user.email.clone(),
            changes,
        }));
    }
}

/// The list is left where the import's is still the last word on it.
fn leave_lists(import_id: Uuid, history: &[Past], user: &User, reverted: &mut Reverted) {
    let mut joined: BTreeMap<&DefinitionId, (Option<String>, bool)> = BTreeMap::new();
    for past in history {
        if let Event::ListJoined(fact) = &past.event {
            let ours = is_of(import_id, &past.event);
            if ours || joined.contains_key(&fact.list.id) {
                joined.insert(&fact.list.id, (fact.list.name.clone(), ours));
            }
        } else if let Event::ListLeft(fact) = &past.event {
            joined.entry(&fact.list.id).and_modify(|(_, ours)| *ours = false);
        }
    }
    for (list, (name, ours)) in joined {
        if ours && user.lists.contains(list) {
            reverted.facts.push(left(user, list, name, Because::ImportReverted));
        } else {
            reverted.kept.push((None, KeptBecause::ListChanged));
        }
    }
}

#[cfg(test)]
mod tests;
