//! A batch of decided rows on its way into the log.

use std::collections::{BTreeSet, HashMap};

use domain::UserId;
use domain::event::{RefusedRows, RowCounts};
use domain::import::UserFault;
use eventlog::{Entry, Expected, NewFact, Stream};

use super::rows::Rows;
use super::{RunError, Tally};
use crate::app::{App, OnItsWay};

/// A row whose fact is in the batch; enough to decide it again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    pub(super) row: u64,
    pub(super) line: u64,
    /// Where its record begins in the file.
    pub(super) offset: u64,
    pub(super) outcome: RowOutcome,
}

/// What an accepted row came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowOutcome {
    pub(super) values: Values,
    /// Whether it put the user on the import's list.
    pub(super) joined: bool,
}

/// What it did to the user's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    Created,
    Updated,
    Unchanged,
}

/// Decided rows, not yet sent.
#[derive(Debug, Default)]
pub(super) struct Batch {
    entries: Vec<Entry>,
    /// The rows behind each entry.
    rows: Vec<Vec<Planned>>,
    /// Addresses that have to be claimed first, each with the entry that needs it.
    claims: Vec<(Entry, usize)>,
    /// Which entry a user has: rows of one address share it, in file order.
    places: HashMap<UserId, usize>,
    /// Outcomes that need no fact.
    pub(super) counts: RowCounts,
    /// Rows refused because of the users there are.
    pub(super) refused: RefusedRows,
}

impl Batch {
    /// Adds the facts of a row.
    pub(super) fn push(
        &mut self,
        id: UserId,
        expected: Expected,
        facts: Vec<NewFact>,
        claim: Option<Entry>,
        planned: Planned,
    ) {
        let place = self.places.get(&id).copied().unwrap_or(self.entries.len());
        self.claims.extend(claim.map(|claim| (claim, place)));
        match self.places.get(&id) {
            Some(&place) => {
                self.entries[place].facts.extend(facts);
                self.rows[place].push(planned);
            }
            None => {
                self.places.insert(id, self.entries.len());
                self.entries.push(Entry { stream: Stream::User(id), expected, facts });
                self.rows.push(vec![planned]);
            }
        }
    }

    /// Sends it; the log works while the caller goes on. Addresses are claimed before, durably: what follows a claim that
    /// was lost is not sent.
    pub(super) fn submit(mut self, app: &App, last_row: u64) -> Result<InFlight, RunError> {
        let lost = self.claim(app)?;
        let Batch { entries, rows, counts, refused, .. } = self;
        Ok(InFlight { sent: app.send(entries)?, rows, lost, counts, refused, last_row })
    }

    /// Claims what has to be; answers the rows whose claim was lost, which leave the batch.
    fn claim(&mut self, app: &App) -> Result<Vec<Vec<Planned>>, RunError> {
        if self.claims.is_empty() {
            return Ok(Vec::new());
        }
        let (claims, places): (Vec<Entry>, Vec<usize>) =
            std::mem::take(&mut self.claims).into_iter().unzip();
        let outcomes = app.append_patiently(claims)?;
        let lost = places.into_iter().zip(outcomes).filter(|(_, outcome)| outcome.is_err());
        let lost: BTreeSet<usize> = lost.map(|(place, _)| place).collect();
        // From the last: the places before stay what they are.
        let take = |place: usize| {
            self.entries.remove(place);
            self.rows.remove(place)
        };
        Ok(lost.into_iter().rev().map(take).collect())
    }
}

/// A batch on its way.
#[derive(Debug)]
pub(super) struct InFlight {
    sent: OnItsWay,
    rows: Vec<Vec<Planned>>,
    /// Rows whose claim on an address was lost.
    lost: Vec<Vec<Planned>>,
    counts: RowCounts,
    refused: RefusedRows,
    /// The last row whose outcome it holds.
    pub(super) last_row: u64,
}

impl InFlight {
    /// Waits until it is durable, decides lost races again, and counts.
    pub(super) fn finish(
        self,
        app: &App,
        rows: &mut Rows<'_>,
    ) -> Result<(Tally, RefusedRows), RunError> {
        let (mut counts, mut refused) = (self.counts, self.refused);
        let outcomes = self.sent.wait(app)?;
        for (planned, outcome) in self.rows.iter().zip(outcomes) {
            match outcome {
                Ok(_) => planned.iter().for_each(|row| count(&mut counts, row.outcome)),
                Err(_conflict) => rows.decide_again(planned, &mut counts, &mut refused)?,
            }
        }
        for planned in &self.lost {
            rows.decide_again(planned, &mut counts, &mut refused)?;
        }
        Ok((Tally(counts), refused))
    }
}

pub(super) fn count(counts: &mut RowCounts, outcome: RowOutcome) {
    match outcome.values {
        Values::Created => counts.created += 1,
        Values::Updated => counts.updated += 1,
        Values::Unchanged => counts.unchanged += 1,
    }
    counts.joined += u64::from(outcome.joined);
}

/// Counts a row that is refused, and remembers which.
pub(super) fn refuse(
    counts: &mut RowCounts,
    refused: &mut RefusedRows,
    row: u64,
    fault: UserFault,
) {
    counts.rejected += 1;
    refused.entry(fault.code().to_owned()).or_default().push(row);
}
