//! What follows for some users, on its way into the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::UserId;
use domain::identity::consequence_event_id;
use domain::policy::{Consequence, Happening, Reconciled, Rules, Why, reconcile};
use domain::segment::{Membership, Now};
use eventlog::{Actor, ActorKind, Cause, Context, Entry, Expected, NewFact, Origin, Stream};
use projections::users::Profiles;
use uuid::Uuid;

use super::PolicyError;
use super::times::Lives;
use crate::app::{App, OnItsWay};

/// A fact that is a cause.
#[derive(Debug, Clone)]
pub(super) struct Origins {
    pub(super) cause: Cause,
    pub(super) correlation: Uuid,
}

/// Says what led to a consequence of a rule.
pub(super) type Led<'a> = dyn Fn(&Membership) -> Result<Option<Origins>, PolicyError> + 'a;

/// What follows for some users, not yet recorded.
pub(super) struct Batch<'a> {
    app: &'a App,
    rules: &'a Rules,
    profiles: &'a Profiles,
    lives: &'a Lives,
    entries: Vec<Entry>,
    users: Vec<UserId>,
    actors: BTreeMap<Membership, Arc<Actor>>,
}

impl<'a> Batch<'a> {
    /// `lives` are those of whoever is looked at, as of the moment `profiles` are of.
    pub(super) fn new(
        app: &'a App,
        rules: &'a Rules,
        (profiles, lives): (&'a Profiles, &'a Lives),
    ) -> Batch<'a> {
        let (entries, users, actors) = (Vec::new(), Vec::new(), BTreeMap::new());
        Batch { app, rules, profiles, lives, entries, users, actors }
    }

    /// Looks at a user; answers when time alone may change something.
    pub(super) fn look(
        &mut self,
        id: UserId,
        why: &Why,
        led: &Led<'_>,
    ) -> Result<Option<i64>, PolicyError> {
        let Some((Some(user), revision)) = self.profiles.belonging(id)? else { return Ok(None) };
        let now = Now { micros: self.app.now(), zone: self.app.config.zone };
        let life = self.lives.of::<PolicyError>(&self.app.log, self.profiles, (id, revision))?;
        let Reconciled { consequences, until } = reconcile(self.rules, user, &life, now, why);
        if !consequences.is_empty() {
            let facts = self.facts(id, revision, &consequences, led)?;
            let (stream, expected) = (Stream::User(id), Expected::Revision(revision));
            self.entries.push(Entry { stream, expected, facts });
            self.users.push(id);
        }
        Ok(until)
    }

    fn facts(
        &mut self,
        id: UserId,
        revision: u64,
        consequences: &[Consequence],
        led: &Led<'_>,
    ) -> Result<Vec<NewFact>, PolicyError> {
        let mut facts: Vec<NewFact> = Vec::with_capacity(consequences.len());
        for (own, consequence) in (revision + 1..).zip(consequences) {
            let of = Happening::of(&consequence.event).and_then(|happening| happening.moved);
            let Some(of) = of else { continue };
            let before = consequence.cause.and_then(|cause| {
                let of = facts.get(cause)?;
                let (event_id, stream) = (of.event_id, Stream::User(id));
                let cause = Cause { event_id, stream, revision: revision + 1 + cause as u64 };
                Some(Origins { cause, correlation: of.context.correlation })
            });
            let origins = match before {
                Some(origins) => Some(origins),
                None => led(&of)?,
            };
            let Some(origins) = origins else { continue };
            let event_id = consequence_event_id(origins.cause.event_id, id, own);
            let context = Context {
                actor: Actor::clone(&self.actor(&of)),
                origin: Origin::Policy,
                correlation: origins.correlation,
                cause: Some(origins.cause),
            };
            let stored = domain::codec::encode(&consequence.event);
            facts.push(NewFact { event_id, stored, occurred_at: None, context: Arc::new(context) });
        }
        Ok(facts)
    }

    fn actor(&mut self, of: &Membership) -> Arc<Actor> {
        let make = || {
            let id = match of {
                Membership::List(id) => format!("list-{id}"),
                Membership::Segment(id) => format!("segment-{id}"),
                Membership::Badge(id) => format!("badge-{id}"),
                Membership::App(id) => format!("app-{id}"),
            };
            Arc::new(Actor { kind: ActorKind::Policy, id })
        };
        self.actors.entry(of.clone()).or_insert_with(make).clone()
    }

    /// Whether nothing follows.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sends everything to the log.
    pub(super) fn send(self) -> Result<Sent<'a>, PolicyError> {
        let Batch { app, users, entries, .. } = self;
        Ok(Sent { app, users, sent: app.send(entries)? })
    }
}

/// What is on its way into the log.
pub(super) struct Sent<'a> {
    app: &'a App,
    users: Vec<UserId>,
    sent: OnItsWay,
}

impl Sent<'_> {
    /// Waits until it is recorded; answers whose race was lost.
    pub(super) fn wait(self) -> Result<BTreeSet<UserId>, PolicyError> {
        let outcomes = self.sent.wait(self.app)?;
        let lost = self.users.into_iter().zip(outcomes).filter(|(_, outcome)| outcome.is_err());
        Ok(lost.map(|(id, _)| id).collect())
    }
}
