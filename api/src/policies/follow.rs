//! One step after another: what happened, whom it concerns, what follows.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use domain::event::{TimePassed, Trigger};
use domain::policy::{Happening, Rules, Why};
use domain::segment::Membership;
use domain::{Event, EventKind, UserId};
use eventlog::{Cause, Expected, Origin, Position, Scan, Stream};
use uuid::Uuid;

use super::PolicyError;
use super::batch::{Batch, Origins, Sent};
use crate::app::{self, App, system};

/// Users whose consequences are recorded in one append.
const AT_ONCE: usize = 2_000;
/// Users that may wait to be looked at before more facts are read.
const WAITING_MAX: usize = 20_000;

/// What happened to a user since it was looked at.
type Happened = Vec<(Happening, Origins)>;

/// How far the rules are, and what is still to be done.
#[derive(Debug, Default)]
pub(super) struct Following {
    rules: Option<Rules>,
    at: Position,
    /// Up to here all that follows is recorded.
    settled: Position,
    happened: HashMap<UserId, Happened>,
    /// When time alone may change something, and for whom.
    due: BTreeSet<(i64, UserId)>,
    due_of: HashMap<UserId, i64>,
}

impl Following {
    /// Does what is to be done now; answers up to which fact all that follows is recorded.
    pub(super) fn step(&mut self, app: &App) -> Result<Position, PolicyError> {
        if self.rules.is_none() {
            self.begin(app)?;
        }
        let through = app.follower.checkpoint();
        while self.at < through {
            let defined = self.read(app, through)?;
            match defined {
                Some(origins) => self.all(app, &Why::only(Trigger::Definition), &origins)?,
                None => self.users(app)?,
            }
            if app.is_stopping() {
                return Ok(self.settled); // not everybody was looked at: the next start does it again
            }
            self.rest(app)?;
        }
        self.users(app)?; // whoever was faster before
        self.rest(app)?;
        self.clock(app)?;
        Ok(self.settled)
    }

    /// Nobody waits: all that follows from what was read is recorded.
    fn rest(&mut self, app: &App) -> Result<(), PolicyError> {
        if self.happened.is_empty() && self.settled < self.at {
            self.remember(app)?;
            self.settled = self.at;
        }
        Ok(())
    }

    /// Takes up where the last run was; where nobody knows that, everybody is looked at.
    fn begin(&mut self, app: &App) -> Result<(), PolicyError> {
        let rules = app.follower.store().rules()?;
        let known =
            app.work.policy_position().map_err(|error| PolicyError::Work(error.to_string()))?;
        let checkpoint = app.follower.checkpoint();
        let known = known.map(Position::single).filter(|at| *at <= checkpoint);
        let timed = rules.are_timed();
        let anew = known.is_none() && !rules.is_empty();
        self.rules = Some(rules);
        self.at = known.unwrap_or(checkpoint);
        if anew || timed {
            let why = Why::only(if anew { Trigger::Definition } else { Trigger::Clock });
            let origins = self.time_passed(app)?;
            self.all(app, &why, &origins)?;
        }
        Ok(())
    }

    fn remember(&self, app: &App) -> Result<(), PolicyError> {
        if self.rules.as_ref().is_none_or(Rules::is_empty) {
            return Ok(()); // whoever makes the first one looks at everybody
        }
        let kept = app.work.keep_policy_position(self.at.number());
        kept.map_err(|error| PolicyError::Work(error.to_string()))
    }

    /// Reads on in the log; answers the newest definition, where there is one.
    fn read(&mut self, app: &App, through: Position) -> Result<Option<Origins>, PolicyError> {
        const DEFINITIONS: [EventKind; 7] = [
            EventKind::SegmentCreated,
            EventKind::SegmentChanged,
            EventKind::SegmentDeleted,
            EventKind::BadgeCreated,
            EventKind::BadgeChanged,
            EventKind::BadgePublished,
            EventKind::BadgeArchived,
        ];
        let idle = self.rules.as_ref().is_none_or(Rules::is_empty);
        let mut kinds = DEFINITIONS.to_vec();
        if !idle {
            kinds.extend(EventKind::ALL.iter().filter(|kind| kind.is_user_event()));
        }
        let (mut defined, mut reached) = (None, through);
        let happened = &mut self.happened;
        let scan = Scan { after: self.at, through, kinds: Some(&kinds) };
        app.log.scan(scan, &mut |row| {
            let cause = Cause {
                event_id: row.event_id,
                stream: row.stream.clone(),
                revision: row.revision,
            };
            let origins = Origins { cause, correlation: row.correlation };
            match row.stream {
                Stream::User(id) if row.origin != Origin::Policy => {
                    let happening = row.event().ok().as_ref().and_then(Happening::of);
                    if let Some(happening) = happening {
                        happened.entry(id).or_default().push((happening, origins));
                    }
                }
                Stream::User(_) => {}
                Stream::Named(_) => {
                    defined = Some(origins);
                    reached = row.position;
                    return ControlFlow::Break(()); // what came before it was by the rules before it
                }
            }
            if happened.len() < WAITING_MAX {
                return ControlFlow::Continue(());
            }
            reached = row.position;
            ControlFlow::Break(())
        })?;
        if defined.is_some() {
            self.users(app)?;
            self.rules = Some(app.follower.store().rules()?);
        }
        self.at = reached;
        Ok(defined)
    }

    /// Looks at everybody something happened to.
    fn users(&mut self, app: &App) -> Result<(), PolicyError> {
        if self.happened.is_empty() {
            return Ok(());
        }
        let rules = self.rules.take().unwrap_or_default();
        let done = self.users_by(app, &rules);
        self.rules = Some(rules);
        done
    }

    fn users_by(&mut self, app: &App, rules: &Rules) -> Result<(), PolicyError> {
        let profiles = app.follower.store().profiles()?;
        let mut waiting: Vec<UserId> = self.happened.keys().copied().collect();
        waiting.sort_unstable(); // as the tables lie
        let mut sent = None;
        for some in waiting.chunks(AT_ONCE) {
            let mut batch = Batch::new(app, rules, &profiles);
            for id in some {
                let Some(happened) = self.happened.get(id) else { continue };
                let why = Why::happened(happened.iter().map(|(happening, _)| happening));
                let until = batch.look(*id, &why, &|of| newest(rules, happened, of))?;
                self.fall_due(*id, until);
            }
            // While the log writes these, the next are looked at.
            let before = sent.replace((some, batch.send()?));
            self.done(before)?;
        }
        self.done(sent)
    }

    /// Those whose race was lost wait on.
    fn done(&mut self, sent: Option<(&[UserId], Sent<'_>)>) -> Result<(), PolicyError> {
        let Some((users, sent)) = sent else { return Ok(()) };
        let lost = sent.wait()?;
        for id in users.iter().filter(|id| !lost.contains(id)) {
            self.happened.remove(id);
        }
        Ok(())
    }

    /// Looks at every user there is.
    fn all(&mut self, app: &App, why: &Why, origins: &Origins) -> Result<(), PolicyError> {
        let rules = self.rules.take().unwrap_or_default();
        let done = self.all_by(app, &rules, why, origins);
        self.rules = Some(rules);
        done
    }

    fn all_by(
        &mut self,
        app: &App,
        rules: &Rules,
        why: &Why,
        origins: &Origins,
    ) -> Result<(), PolicyError> {
        let store = app.follower.store();
        let profiles = store.profiles()?;
        let mut last = 0;
        loop {
            let users = store.users_after(last, AT_ONCE as u32)?;
            let Some((no, _)) = users.last() else { return Ok(()) };
            last = *no;
            let ids: BTreeSet<UserId> = users.iter().map(|(_, id)| *id).collect();
            let mut left = ids;
            // Who is faster is looked at again: nothing else would come back to a user that the definition alone concerns.
            while !left.is_empty() && !app.is_stopping() {
                profiles.refresh()?;
                let mut batch = Batch::new(app, rules, &profiles);
                for id in &left {
                    let until = batch.look(*id, why, &|_| Some(origins.clone()))?;
                    self.fall_due(*id, until);
                }
                left = batch.send()?.wait()?;
                if !left.is_empty() {
                    app.wait_for_tables();
                }
            }
            if app.is_stopping() {
                return Ok(());
            }
        }
    }

    /// Looks at those for whom time alone may have changed something.
    fn clock(&mut self, app: &App) -> Result<(), PolicyError> {
        let now = app.now();
        let due: Vec<UserId> =
            self.due.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| *id).collect();
        if due.is_empty() {
            return Ok(());
        }
        let origins = self.time_passed(app)?;
        let rules = self.rules.take().unwrap_or_default();
        let profiles = app.follower.store().profiles()?;
        let mut batch = Batch::new(app, &rules, &profiles);
        let mut looked = Vec::new();
        for id in due.into_iter().take(AT_ONCE) {
            looked
                .push((id, batch.look(id, &Why::only(Trigger::Clock), &|_| Some(origins.clone()))));
        }
        let lost = batch.send().and_then(Sent::wait);
        self.rules = Some(rules);
        let lost = lost?;
        for (id, until) in looked {
            let until = until?;
            // Whoever was faster is due again at once.
            self.fall_due(id, if lost.contains(&id) { Some(now) } else { until });
        }
        Ok(())
    }

    /// Records that time went by.
    fn time_passed(&self, app: &App) -> Result<Origins, PolicyError> {
        let (stream, correlation) = (Stream::Named("clock".to_owned()), Uuid::now_v7());
        let event = Event::TimePassed(TimePassed { until: app.now() });
        let expected = Expected::after(app.log.stream_revision(&stream)?);
        let entry = app::entry(stream.clone(), expected, &event, None, &system(correlation));
        let event_id = entry.facts[0].event_id;
        let outcome = app.append_patiently(vec![entry])?.remove(0);
        let revision = outcome.map_or(0, |appended| appended.revision);
        Ok(Origins { cause: Cause { event_id, stream, revision }, correlation })
    }

    fn fall_due(&mut self, id: UserId, until: Option<i64>) {
        let before = match until {
            Some(at) => self.due_of.insert(id, at),
            None => self.due_of.remove(&id),
        };
        self.due.extend(until.map(|at| (at, id)));
        if let Some(before) = before.filter(|before| Some(*before) != until) {
            self.due.remove(&(before, id));
        }
    }
}

/// The newest thing that happened which a rule asks about; of those none asks about, the newest.
fn newest(rules: &Rules, happened: &Happened, of: &Membership) -> Option<Origins> {
    let rule = rules.get(of);
    let touching = happened
        .iter()
        .rev()
        .find(|(happening, _)| rule.is_some_and(|rule| happening.touches(rule)));
    touching.or(happened.last()).map(|(_, origins)| origins.clone())
}
