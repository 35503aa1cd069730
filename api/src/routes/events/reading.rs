//! Finding the newest events of a slice without reading the log: by the index of types, or along one user's own facts.

use std::ops::ControlFlow;

use domain::UserId;
use eventlog::{Log, LogError, Position, Recorded, Scan};

use crate::export::user_events::Slice;
use crate::history::walk_back;

/// Facts looked at for one page where no index says which are wanted.
const LOOKED_AT_MAX: usize = 10_000;
/// Facts of those read at once.
const READ_AT_ONCE: usize = 256;

/// A page of facts.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Newest first.
    pub(super) facts: Vec<Recorded>,
    /// The fact before which the next page begins; none where there can be no more.
    pub(super) next: Option<Position>,
}

/// The newest facts of a slice, or those before `before`: at most `limit`.
pub(super) fn newest(
    log: &Log,
    slice: &Slice,
    before: Option<Position>,
    limit: usize,
) -> Result<Found, LogError> {
    let mut page = Filling { found: Found::default(), limit, looked_at: 0 };
    match slice.user {
        Some(user) => of_user(log, slice, user, before, &mut page)?,
        None => of_all(log, slice, before, &mut page)?,
    }
    Ok(page.found)
}

/// A page as it fills.
struct Filling {
    found: Found,
    limit: usize,
    looked_at: usize,
}

impl Filling {
    /// Takes the next older fact, where it is wanted; says whether to look at more.
    fn look_at(&mut self, fact: Recorded, wanted: bool) -> ControlFlow<()> {
        let at = fact.position;
        if wanted && self.found.facts.len() == self.limit {
            self.found.next = self.found.facts.last().map(|last| last.position);
            return ControlFlow::Break(());
        }
        if wanted {
            self.found.facts.push(fact);
        }
        self.looked_at += 1;
        if self.looked_at < LOOKED_AT_MAX {
            return ControlFlow::Continue(());
        }
        self.found.next = Some(at);
        ControlFlow::Break(())
    }
}

fn is_in(slice: &Slice, fact: &Recorded) -> bool {
    let row = fact.as_row();
    let of_kind = row.known_kind.is_some_and(|kind| slice.kinds.contains(&kind));
    of_kind && slice.holds(&row.content)
}

/// Along the user's own facts. What is after the end of the slice is stepped over.
fn of_user(
    log: &Log,
    slice: &Slice,
    user: UserId,
    before: Option<Position>,
    page: &mut Filling,
) -> Result<(), LogError> {
    walk_back(log, user, before, &mut |fact| {
        if fact.position <= slice.after {
            return ControlFlow::Break(());
        }
        let wanted = fact.position <= slice.through && is_in(slice, &fact);
        page.look_at(fact, wanted)
    })
}

/// By the index of types, some facts at a time.
fn of_all(
    log: &Log,
    slice: &Slice,
    before: Option<Position>,
    page: &mut Filling,
) -> Result<(), LogError> {
    let one_before = |at: Position| Position::single(at.number().saturating_sub(1));
    let mut through = before.map_or(slice.through, |before| slice.through.min(one_before(before)));
    let at_once = if slice.is_picky() { READ_AT_ONCE } else { page.limit + 1 };
    while slice.after < through {
        let scan = Scan { after: slice.after, through, kinds: Some(&slice.kinds) };
        let facts = log.newest(scan, at_once)?;
        let Some(last) = facts.last() else { return Ok(()) };
        through = one_before(last.position);
        let is_last = facts.len() < at_once;
        for fact in facts {
            let wanted = is_in(slice, &fact);
            if page.look_at(fact, wanted).is_break() {
                return Ok(());
            }
        }
        if is_last {
            return Ok(());
        }
    }
    Ok(())
}
