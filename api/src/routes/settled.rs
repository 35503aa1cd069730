//! Whether what is shown of a segment or a badge follows from its definition as it is.

use std::collections::{BTreeMap, BTreeSet};

use domain::segment::Membership;
use eventlog::{Position, Stream};

use crate::app::App;
use crate::problem::Problem;

/// How far everybody was looked at, and which segments and badges ask about which.
pub(super) struct Settled<'a> {
    app: &'a App,
    looked: Position,
    asks: BTreeMap<Membership, Vec<Membership>>,
}

impl Settled<'_> {
    /// As it is now. To be read before what is shown, so that no number from before counts as settled.
    ///
    /// # Errors
    /// What the tables say.
    pub(super) fn read(app: &App) -> Result<Settled<'_>, Problem> {
        let looked = app.policies.position();
        let store = app.follower.store();
        let segments = store.segments()?.into_iter().map(|line| {
            let asked = line.defined.conditions.memberships().into_iter().cloned().collect();
            (Membership::Segment(line.defined.segment_id), asked)
        });
        let badges = store.badges()?.into_iter().map(|line| {
            let asked = line.defined.audience.into_iter().collect();
            (Membership::Badge(line.defined.badge_id), asked)
        });
        Ok(Settled { app, looked, asks: segments.chain(badges).collect() })
    }

    /// Whether everybody was looked at since it, and all that it asks about, was defined as it is.
    ///
    /// # Errors
    /// What the log says.
    pub(super) fn is(&self, what: &Membership) -> Result<bool, Problem> {
        let (mut left, mut seen) = (vec![what], BTreeSet::from([what]));
        while let Some(of) = left.pop() {
            let stream = match of {
                Membership::Segment(id) => Stream::named("segment", id),
                Membership::Badge(id) => Stream::named("badge", id),
                Membership::List(_) | Membership::App(_) => continue, // nobody is in by a rule
            };
            let last = self.app.log.read_stream(&stream, None, 1)?;
            if last.iter().any(|fact| fact.position > self.looked) {
                return Ok(false);
            }
            let asked = self.asks.get(of).into_iter().flatten();
            left.extend(asked.filter(|asked| seen.insert(*asked)));
        }
        Ok(true)
    }
}
