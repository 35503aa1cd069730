//! Whether what is shown of a segment or a badge follows from its definition as it is.

use std::collections::{BTreeMap, BTreeSet};

use domain::segment::Membership;
use eventlog::Stream;

use crate::app::App;
use crate::problem::Problem;

/// The segments and badges that everybody was looked at for.
pub(super) struct Settled(BTreeSet<Membership>);

impl Settled {
    /// As it is now. To be read before what is shown, so that no number from before counts as settled. Each definition is
    /// looked at once, however many ask about it.
    ///
    /// # Errors
    /// What the tables or the log say.
    pub(super) fn read(app: &App) -> Result<Settled, Problem> {
        let looked = app.policies.position();
        let asks = asks(app)?;
        let (mut behind, mut asked_by) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
        for (what, stream, asked) in &asks {
            let last = app.log.read_stream(stream, None, 1)?;
            behind.extend(last.iter().any(|fact| fact.position > looked).then_some(what));
            for of in asked {
                asked_by.entry(of).or_default().push(what);
            }
        }
        let mut settled: BTreeSet<Membership> =
            asks.iter().map(|(what, ..)| what.clone()).collect();
        while let Some(what) = behind.pop() {
            if settled.remove(what) {
                behind.extend(asked_by.get(what).into_iter().flatten());
            }
        }
        Ok(Settled(settled))
    }

    /// Whether everybody was looked at since it, and all that it asks about, was defined as it is. Nobody was for what was
    /// not there yet.
    pub(super) fn is(&self, what: &Membership) -> bool {
        self.0.contains(what)
    }
}

/// Each segment and badge, where its definitions are, and what it asks whether users belong to.
fn asks(app: &App) -> Result<Vec<(Membership, Stream, Vec<Membership>)>, Problem> {
    let store = app.follower.store();
    let segments = store.segments()?.into_iter().map(|line| {
        let asked = line.defined.conditions.memberships().into_iter().cloned().collect();
        let id = line.defined.segment_id;
        let stream = Stream::named("segment", &id);
        (Membership::Segment(id), stream, asked)
    });
    let badges = store.badges()?.into_iter().map(|line| {
        let (id, asked) = (line.defined.badge_id, line.defined.audience.into_iter().collect());
        let stream = Stream::named("badge", &id);
        (Membership::Badge(id), stream, asked)
    });
    Ok(segments.chain(badges).collect())
}
