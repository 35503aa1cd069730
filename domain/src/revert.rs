//! Taking an import back, one user at a time: what it alone did goes, what others built on stays and is told.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::csv_header::EMAIL_COLUMN;
use crate::event::{Because, Change, EXTERNAL_ID, Event, UserEmailChanged, UserPropertiesChanged};
use crate::id::{DefinitionId, UserId};
use crate::list::left;
use crate::user::removed;
use crate::user::{User, evolve};

/// A fact about a user, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// What happened.
    pub event: Event,
    /// Whether it follows by a rule: no person and no program asked for it.
    pub consequence: bool,
    /// Whether it is of something else than an import that was taken back, or takes that back: then it counts no more.
    pub undone: bool,
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
    /// The address that would be given back was released since then.
    #[error("the address from before was released since then")]
    EmailReleased,
    /// Another user has the external id that would be given back.
    #[error("another user has this external id by now")]
    ExternalIdTaken,
    /// The badge was lost or gained again since.
    #[error("the badge was gained or lost again since then")]
    BadgeChanged,
    /// Who holds it is decided by its audience by now.
    #[error("the badge follows an audience by now")]
    BadgeFollowsAudience,
    /// Nobody is awarded it at present.
    #[error("the badge is not published any more")]
    BadgeNotPublished,
    /// The list is no more.
    #[error("the list is no more")]
    ListGone,
    /// The property is no more.
    #[error("the property is no more")]
    PropertyGone,
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
            KeptBecause::EmailReleased => "email_released",
            KeptBecause::ExternalIdTaken => "external_id_taken",
            KeptBecause::ListChanged => "list_changed",
            KeptBecause::BadgeChanged => "badge_changed",
            KeptBecause::BadgeFollowsAudience => "badge_follows_audience",
            KeptBecause::BadgeNotPublished => "badge_not_published",
            KeptBecause::ListGone => "list_gone",
            KeptBecause::PropertyGone => "property_gone",
        }
    }
}

/// Something that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stays {
    /// The field, `email` for the address; none: the user, or the list.
    pub field: Option<String>,
    /// Why.
    pub because: KeptBecause,
    /// What the import had set.
    pub set: Option<String>,
    /// What it is now.
    pub now: Option<String>,
}

impl Stays {
    fn whole(because: KeptBecause) -> Stays {
        Stays { field: None, because, set: None, now: None }
    }
}

/// What becomes of one user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reverted {
    /// The facts to record, in order.
    pub facts: Vec<Event>,
    /// What stays.
    pub kept: Vec<Stays>,
    /// Streams of addresses that are nobody's again once that is recorded: only the import gave them.
    pub released: Vec<UserId>,
}

impl Reverted {
    /// Whether the user goes.
    pub fn removed(&self) -> bool {
        self.facts.iter().any(|fact| matches!(fact, Event::UserDeleted(_)))
    }

    /// Whether values go back.
    pub fn restored(&self) -> bool {
        let restores = |fact: &Event| {
            matches!(fact, Event::UserPropertiesChanged(_) | Event::UserEmailChanged(_))
        };
        self.facts.iter().any(restores)
    }

    /// Whether a list is left, by a user that stays.
    pub fn left(&self) -> bool {
        !self.removed() && self.facts.iter().any(|fact| matches!(fact, Event::ListLeft(_)))
    }
}

impl Reverted {
    /// The external id that would be given back.
    pub fn external_id(&self) -> Option<&str> {
        let changes = self.facts.iter().filter_map(|fact| match fact_changes(fact) {
            Some(changes) => changes.iter().find(|change| change.field == EXTERNAL_ID),
            None => None,
        });
        changes.filter_map(|change| change.new.as_deref()).next()
    }

    /// The address that is given back.
    pub fn address_after(&self) -> Option<String> {
        self.facts.iter().find_map(address).and_then(|given| given.email.clone())
    }

    /// The stream that holds the address that is given back; none inside where it is the user's own.
    pub fn address_stream(&self) -> Option<Option<UserId>> {
        self.facts.iter().find_map(address).map(|given| given.address)
    }

    /// Leaves the address as it is: the one from before is not the user's any more.
    pub fn keep_address(&mut self) {
        let given = self.facts.iter().position(|fact| address(fact).is_some());
        let Some(Event::UserEmailChanged(given)) = given.map(|at| self.facts.remove(at)) else {
            return;
        };
        for fact in &mut self.facts {
            if let Event::UserPropertiesChanged(changed) = fact {
                changed.email.clone_from(&given.old);
            } else if let Event::ListLeft(left) = fact {
                left.email.clone_from(&given.old);
            }
        }
        self.released.clear();
        let (field, because) = (Some(EMAIL_COLUMN.to_owned()), KeptBecause::EmailReleased);
        self.kept.push(Stays { field, because, set: given.old.clone(), now: given.old });
    }

    /// Leaves the external id as it is: another user has the one from before.
    pub fn keep_external_id(&mut self) {
        for fact in &mut self.facts {
            let Event::UserPropertiesChanged(changed) = fact else { continue };
            let Some(at) = changed.changes.iter().position(|change| change.field == EXTERNAL_ID)
            else {
                continue;
            };
            let Change { field, old, .. } = changed.changes.remove(at);
            let because = KeptBecause::ExternalIdTaken;
            self.kept.push(Stays { field: Some(field), because, set: old.clone(), now: old });
        }
        self.facts.retain(|fact| fact_changes(fact).is_none_or(|changes| !changes.is_empty()));
    }
}

fn fact_changes(fact: &Event) -> Option<&[Change]> {
    if let Event::UserPropertiesChanged(fact) = fact { Some(&fact.changes) } else { None }
}

/// Says what taking back an import does to a user with this history, oldest fact first. `taken_back` are the imports that
/// were taken back before: what they did counts no more, whether or not anything had to be undone here.
pub fn decide(import_id: Uuid, taken_back: &BTreeSet<Uuid>, history: &[Past]) -> Reverted {
    let mut reverted = Reverted::default();
    let Some(first) = history.iter().position(|past| is_of(import_id, &past.event)) else {
        return reverted;
    };
    let user = history.iter().fold(None, |user, past| evolve(user, &past.event));
    let Some(user) = user.filter(|_| !gone_since(&history[first..])) else {
        reverted.kept.push(Stays::whole(KeptBecause::UserGone));
        return reverted;
    };
    // The user's present life: since it was made last.
    let born = history.iter().rposition(|past| matches!(past.event, Event::UserDeleted(_)));
    let life = &history[born.map_or(0, |at| at + 1)..];
    let undone = |past: &Past| {
        past.undone || is_of(import_id, &past.event) || is_undone(taken_back, &past.event)
    };
    let remains: Vec<&Past> =
        life.iter().filter(|past| !undone(past) && !past.consequence).collect();
    if remains.is_empty() {
        reverted.facts = removal(import_id, &user);
        return reverted;
    }
    if life.iter().any(|past| made_by(import_id, &past.event)) {
        reverted.kept.push(Stays::whole(KeptBecause::UserHasHistory));
    }
    // The user as it would be if none of these imports had ever been.
    let without =
        remains.iter().fold(None, |user, past| evolve(user, &past.event)).unwrap_or_default();
    give_back_address(import_id, life, &user, address_without(life, &undone), &mut reverted);
    give_back(import_id, life, &user, &without, &mut reverted);
    let user = User { email: after(&reverted, &user), ..user };
    leave_lists(import_id, &history[first..], &user, &mut reverted);
    reverted
}

/// Whether a fact counts no more, because imports were taken back: it is one of theirs, or takes one back.
pub fn is_undone(taken_back: &BTreeSet<Uuid>, event: &Event) -> bool {
    is_undo(event) || taken_back.iter().any(|import| is_of(*import, event))
}

fn is_of(import_id: Uuid, event: &Event) -> bool {
    if let Event::ListJoined(fact) = event {
        return fact.imported.is_some_and(|(import, _)| import == import_id);
    }
    if let Event::UserEmailChanged(fact) = event {
        return fact.imported.is_some_and(|(import, _)| import == import_id);
    }
    matches!(event, Event::UserImported(fact) if fact.import_id == import_id)
}

/// Whether a fact takes an import back.
fn is_undo(event: &Event) -> bool {
    if let Event::ListLeft(fact) = event {
        return fact.because == Because::ImportReverted;
    }
    if let Event::UserEmailChanged(fact) = event {
        return fact.reverted_import.is_some();
    }
    matches!(event, Event::UserPropertiesChanged(fact) if fact.reverted_import.is_some())
}

fn made_by(import_id: Uuid, event: &Event) -> bool {
    matches!(event, Event::UserImported(fact) if fact.created && fact.import_id == import_id)
}

fn gone_since(history: &[Past]) -> bool {
    history.iter().any(|past| matches!(past.event, Event::UserDeleted(_)))
}

fn removal(import_id: Uuid, user: &User) -> Vec<Event> {
    removed(user, Some(import_id))
}

/// The address goes back where it still is the one the import gave. That is the user's own: nobody else can have taken it.
fn give_back_address(
    import_id: Uuid,
    life: &[Past],
    user: &User,
    without: Option<&String>,
    reverted: &mut Reverted,
) {
    let given = life.iter().rev().filter(|past| is_of(import_id, &past.event));
    let given = given.filter_map(|past| address(&past.event)).next();
    let Some(given) = given else { return };
    let (set, now) = (given.email.clone(), user.email.clone());
    if set != now {
        let (field, because) = (Some(EMAIL_COLUMN.to_owned()), KeptBecause::ValueChanged);
        reverted.kept.push(Stays { field, because, set, now });
    } else if without.is_some() && without != now.as_ref() {
        let of = |past: &&Past| address(&past.event).is_some_and(|to| to.email.as_ref() == without);
        let before = life.iter().rev().find(of).and_then(|past| address(&past.event));
        reverted.facts.push(Event::UserEmailChanged(UserEmailChanged {
            address: before.and_then(|before| before.address),
            imported: None,
            reverted_import: Some(import_id),
            old: now,
            email: without.cloned(),
        }));
        let given = |ours: bool| {
            let of = life.iter().filter(move |past| is_of(import_id, &past.event) == ours);
            of.filter_map(|past| address(&past.event)?.address)
        };
        let others: BTreeSet<UserId> = given(false).collect();
        let released: BTreeSet<UserId> = given(true).filter(|id| !others.contains(id)).collect();
        reverted.released.extend(released);
    }
}

/// The address without the imports taken back: the one the user was made with, then each that others gave.
fn address_without<'a>(life: &'a [Past], undone: &impl Fn(&Past) -> bool) -> Option<&'a String> {
    let made_with = life.iter().find_map(|past| {
        if let Event::UserCreated(fact) = &past.event {
            return fact.email.as_ref();
        }
        if let Event::UserImported(fact) = &past.event { fact.email.as_ref() } else { None }
    });
    let given = life.iter().rev().filter(|past| !undone(past));
    let given = given.filter_map(|past| address(&past.event)).next();
    given.map_or(made_with, |given| given.email.as_ref())
}

fn address(event: &Event) -> Option<&UserEmailChanged> {
    if let Event::UserEmailChanged(fact) = event { Some(fact) } else { None }
}

/// Values go back where they still are what the import set, to what they would be without it.
fn give_back(import_id: Uuid, life: &[Past], user: &User, without: &User, reverted: &mut Reverted) {
    let mut set: BTreeMap<&str, Option<&String>> = BTreeMap::new();
    for past in life {
        let Event::UserImported(fact) = &past.event else { continue };
        if fact.import_id == import_id {
            set.extend(
                fact.changes.iter().map(|change| (change.field.as_str(), change.new.as_ref())),
            );
        }
    }
    let mut changes = Vec::new();
    for (field, set) in set {
        let (now, before) = (user.fields.get(field), without.fields.get(field));
        let (field, old) = (field.to_owned(), now.cloned());
        if now != set {
            let (field, because) = (Some(field), KeptBecause::ValueChanged);
            reverted.kept.push(Stays { field, because, set: set.cloned(), now: old });
        } else if now != before {
            changes.push(Change { field, old, new: before.cloned() });
        }
    }
    if !changes.is_empty() {
        reverted.facts.push(Event::UserPropertiesChanged(UserPropertiesChanged {
            reverted_import: Some(import_id),
            email: after(reverted, user),
            changes,
        }));
    }
}

/// The address once what was decided on so far is recorded.
fn after(reverted: &Reverted, user: &User) -> Option<String> {
    reverted.address_after().or_else(|| user.email.clone())
}

/// The list is left where the import's is still the last word on it.
fn leave_lists(import_id: Uuid, history: &[Past], user: &User, reverted: &mut Reverted) {
    let mut joined: BTreeMap<&DefinitionId, (Option<String>, bool)> = BTreeMap::new();
    for past in history.iter().filter(|past| !past.undone) {
        if let Event::ListJoined(fact) = &past.event {
            let ours = is_of(import_id, &past.event);
            if ours || joined.contains_key(&fact.list.id) {
                joined.insert(&fact.list.id, (fact.list.name.clone(), ours));
            }
        } else if let Event::ListLeft(fact) = &past.event {
            if fact.because == Because::ListDeleted {
                joined.remove(&fact.list.id); // nothing of it stays
            } else {
                joined.entry(&fact.list.id).and_modify(|(_, ours)| *ours = false);
            }
        }
    }
    for (list, (name, ours)) in joined {
        if ours && user.lists.contains(list) {
            reverted.facts.push(left(user, list, name, Because::ImportReverted));
        } else {
            reverted.kept.push(Stays::whole(KeptBecause::ListChanged));
        }
    }
}

#[cfg(test)]
mod tests;
