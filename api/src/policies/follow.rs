//! One step after another: what happened, whom it concerns, what follows.

use std::collections::{BTreeSet, HashMap};

use domain::event::{ChallengeDefined, Trigger};
use domain::policy::{Happening, Rules, Why};
use domain::segment::Membership;
use domain::{EventKind, UserId};
use eventlog::{Position, Stream};
use projections::rules::RuleLine;
use uuid::Uuid;

use super::PolicyError;
use super::batch::{Batch, Origins, Sent};
use super::cause::Cause;
use super::completions::{complete, complete_late};
use super::read::{Seen, Stop, read};
use super::rewards::Rewards;
use super::times::Lives;
use crate::app::App;

/// Users whose consequences are recorded in one append.
const AT_ONCE: usize = 2_000;

/// What happened to a user since it was looked at.
pub(super) type Happened = Vec<(Happening, Origins)>;

/// How far the rules are, and what is still to be done. Forgetting it is what a crash does: a new one takes up from what is
/// durable.
#[derive(Debug, Default)]
pub struct Following {
    rules: Option<Rules>,
    /// Whether everybody is or will be looked at by these rules; after a start they may be younger than the position.
    in_force: bool,
    at: Position,
    /// Up to here all that follows is recorded.
    settled: Position,
    seen: Seen,
    rewards: Rewards,
    /// Whether there are challenges that somebody defined.
    challenges: bool,
    /// Everybody is to be looked at, and why; until that was done to its end.
    owed: Option<(Trigger, Cause)>,
    /// Something was recorded that the tables may not hold yet: who is looked at without anything having happened has to be
    /// seen with it.
    ahead: bool,
    /// When time alone may change something, and for whom.
    due: BTreeSet<(i64, UserId)>,
    due_of: HashMap<UserId, i64>,
}

impl Following {
    /// Does what is to be done now; answers up to which fact all that follows is recorded.
    ///
    /// # Errors
    /// See [`PolicyError`]; what was not done then is done by the next step.
    pub fn step(&mut self, app: &App) -> Result<Position, PolicyError> {
        if self.rules.is_none() {
            self.begin(app)?;
        }
        let through = app.follower.checkpoint();
        self.rewards.catch_up(app, self.at)?;
        // What happened is looked at with its own cause, before a definition or time is made the cause of all the rest.
        while self.at < through {
            self.read(app, through)?;
            self.users(app)?;
            self.challenges(app)?;
            if app.is_stopping() {
                return Ok(self.settled);
            }
        }
        self.users(app)?; // whoever was faster before
        let owed = self.owed.is_some();
        self.pay(app)?;
        if owed {
            self.catch_up(app); // how many are in a new segment is told once the tables hold all of them
        }
        self.challenges(app)?;
        if self.is_at_rest() && self.settled < self.at {
            self.remember(app)?;
            self.settled = self.at;
        }
        self.clock(app)?;
        Ok(self.settled)
    }

    /// Whether nothing is left to be done, and what was recorded for challenges has been looked at too.
    fn is_at_rest(&self) -> bool {
        self.seen.is_empty()
            && self.owed.is_none()
            && !self.rewards.is_behind()
            && self.at >= self.rewards.recorded
    }

    /// Completes challenges of which less is asked than before, and gives what completed ones promised.
    fn challenges(&mut self, app: &App) -> Result<(), PolicyError> {
        while let Some((challenge, origins)) = self.seen.redefined.first_key_value() {
            self.challenges = true;
            self.rewards.forget(challenge);
            let Some(recorded) = complete(app, challenge, origins)? else { return Ok(()) };
            self.rewards.recorded = self.rewards.recorded.max(recorded);
            self.rewards.end_if_exhausted(app, challenge, origins)?;
            self.seen.redefined.pop_first();
        }
        while let Some((user, challenge, origins)) = self.seen.late.last() {
            let recorded = complete_late(app, *user, challenge, origins)?;
            self.rewards.recorded = self.rewards.recorded.max(recorded);
            self.seen.late.pop();
        }
        self.rewards.give(app, &mut self.seen.completions)
    }

    /// Nobody knows how far challenges were followed: everything is looked at again.
    fn begin_challenges(&mut self, lines: Vec<RuleLine<ChallengeDefined>>) {
        self.rewards.begin_anew();
        for line in lines {
            let id = line.defined.challenge_id;
            let (event_id, revision) = (line.event_id, line.revision);
            let cause =
                eventlog::Cause { event_id, stream: Stream::named("challenge", &id), revision };
            let origins = Origins { cause, correlation: Uuid::now_v7() };
            self.seen.redefined.insert(id, origins);
        }
    }

    /// Takes up where the last run was; where nobody knows that, everybody is looked at.
    fn begin(&mut self, app: &App) -> Result<(), PolicyError> {
        let checkpoint = app.follower.checkpoint(); // before the rules: they hold all that lies before it
        let store = app.follower.store();
        let rules = store.rules()?;
        let known = app.work.policy_position(app.log.head().number());
        let known = known.map_err(|error| PolicyError::Work(error.to_string()))?;
        let known = known.map(Position::single).filter(|at| *at <= checkpoint);
        if known.is_none() && (!rules.is_empty() || store.is_anybody_in_a_segment()?) {
            self.owed = Some((Trigger::Definition, Cause::the_clock()));
        } else if rules.are_timed() {
            self.owed = Some((Trigger::Clock, Cause::the_clock()));
        }
        let challenges = store.challenges()?;
        self.challenges = !challenges.is_empty();
        if known.is_none() && self.challenges {
            self.begin_challenges(challenges);
        }
        self.rules = Some(rules);
        self.at = known.unwrap_or(checkpoint);
        Ok(())
    }

    fn remember(&self, app: &App) -> Result<(), PolicyError> {
        if self.rules.as_ref().is_none_or(Rules::is_empty) && !self.challenges {
            return Ok(()); // whoever makes the first one looks at everybody
        }
        let kept = app.work.keep_policy_position(self.at.number(), app.log.head().number());
        kept.map_err(|error| PolicyError::Work(error.to_string()))
    }

    /// Reads on in the log, at most to the next definition, which is followed from then on.
    fn read(&mut self, app: &App, through: Position) -> Result<(), PolicyError> {
        let mut heard = self.rules.as_ref().map(Rules::hear).unwrap_or_default();
        if self.owed.is_some() {
            heard = EventKind::ALL.iter().copied().filter(|kind| kind.is_user_event()).collect();
        }
        let (reached, stop) = read(&app.log, (self.at, through), &heard, &mut self.seen)?;
        if stop.is_some() {
            self.users(app)?; // what came before was by the rules before
        }
        if let Some(Stop::Renamed) = stop {
            let rules = self.rules.clone().unwrap_or_default();
            self.rules = Some(app.follower.store().with_list_names(rules)?);
        }
        if let Some(Stop::Defined(origins)) = stop {
            let rules = app.follower.store().rules()?;
            let same = self.rules.as_ref().is_some_and(|before| before.come_to_the_same(&rules));
            let same = same && self.in_force;
            (self.rules, self.in_force) = (Some(rules), true);
            if !same {
                self.owed = Some((Trigger::Definition, Cause::known(origins)));
            }
        }
        self.at = reached;
        Ok(())
    }

    /// Looks at everybody something happened to.
    fn users(&mut self, app: &App) -> Result<(), PolicyError> {
        if self.seen.happened.is_empty() {
            return Ok(());
        }
        let rules = self.rules.clone().unwrap_or_default();
        let profiles = app.follower.store().profiles()?;
        let mut waiting: Vec<UserId> = self.seen.happened.keys().copied().collect();
        waiting.sort_unstable(); // as the tables lie
        let lives = Lives::read(&rules, &profiles, &waiting)?;
        let mut sent = None;
        for some in waiting.chunks(AT_ONCE) {
            let mut batch = Batch::new(app, &rules, (&profiles, &lives));
            for id in some {
                let Some(happened) = self.seen.happened.get(id) else { continue };
                let why = Why::happened(happened.iter().map(|(happening, _)| happening));
                let led = |of: &Membership| Ok(newest(&rules, happened, of));
                let until = batch.look(*id, &why, &led)?;
                self.fall_due(*id, until);
            }
            // While the log writes these, the next are looked at.
            self.ahead |= !batch.is_empty();
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
            self.seen.happened.remove(id);
        }
        Ok(())
    }

    /// Looks at everybody, where that is owed. It is until everybody was.
    fn pay(&mut self, app: &App) -> Result<(), PolicyError> {
        let Some((trigger, cause)) = self.owed.clone() else { return Ok(()) };
        let why = Why::only(trigger);
        self.catch_up(app);
        let rules = self.rules.clone().unwrap_or_default();
        let led = |_: &Membership| cause.of(app).map(Some);
        let mut last = None;
        loop {
            let users = app.follower.store().users_after(last, AT_ONCE as u32)?;
            let Some(end) = users.last() else { break };
            last = Some(*end);
            let mut left: BTreeSet<UserId> = users.into_iter().collect();
            // Who is faster is looked at again: nothing else would come back to a user that the definition alone concerns.
            while !left.is_empty() {
                if app.is_stopping() {
                    return Ok(());
                }
                let profiles = app.follower.store().profiles()?; // they may have been built anew meanwhile
                let looked: Vec<UserId> = left.iter().copied().collect();
                let lives = Lives::read(&rules, &profiles, &looked)?;
                let mut batch = Batch::new(app, &rules, (&profiles, &lives));
                for id in &left {
                    let until = batch.look(*id, &why, &led)?;
                    self.fall_due(*id, until);
                }
                self.ahead |= !batch.is_empty();
                left = batch.send()?.wait()?;
                if !left.is_empty() {
                    app.wait_for_tables();
                }
            }
        }
        self.owed = None;
        Ok(())
    }

    /// Looks at those for whom time alone may have changed something.
    fn clock(&mut self, app: &App) -> Result<(), PolicyError> {
        let now = app.now();
        let due = self.due.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| *id);
        let due: Vec<UserId> = due.take(AT_ONCE).collect();
        if due.is_empty() {
            return Ok(());
        }
        self.catch_up(app);
        if app.is_stopping() {
            return Ok(());
        }
        let (rules, cause) = (self.rules.clone().unwrap_or_default(), Cause::the_clock());
        let led = |_: &Membership| cause.of(app).map(Some);
        let profiles = app.follower.store().profiles()?;
        let lives = Lives::read(&rules, &profiles, &due)?;
        let mut batch = Batch::new(app, &rules, (&profiles, &lives));
        let mut looked = Vec::with_capacity(due.len());
        for id in due {
            looked.push((id, batch.look(id, &Why::only(Trigger::Clock), &led)?));
        }
        self.ahead |= !batch.is_empty();
        let lost = batch.send()?.wait()?;
        for (id, until) in looked {
            // Whoever was faster is due again at once.
            self.fall_due(id, if lost.contains(&id) { Some(now) } else { until });
        }
        Ok(())
    }

    /// Waits until the tables hold what was recorded here.
    fn catch_up(&mut self, app: &App) {
        if std::mem::take(&mut self.ahead) {
            app.wait_for_tables();
        }
    }

    fn fall_due(&mut self, id: UserId, until: Option<i64>) {
        let before = match until {
            Some(at) => self.due_of.insert(id, at),
            None => self.due_of.remove(&id),
        };
        if let Some(before) = before.filter(|before| Some(*before) != until) {
            self.due.remove(&(before, id));
        }
        self.due.extend(until.map(|at| (at, id)));
    }
}

/// The newest thing that happened which a rule asks about; of those none asks about, the newest.
fn newest(rules: &Rules, happened: &Happened, of: &Membership) -> Option<Origins> {
    let rule = rules.get(of);
    let touches = |happening: &Happening| rule.is_some_and(|rule| happening.touches(rule));
    let touching = happened.iter().rev().find(|(happening, _)| touches(happening));
    touching.or(happened.last()).map(|(_, origins)| origins.clone())
}
