//! A batch of decided rows on its way into the log.

use std::collections::HashMap;
use std::sync::Arc;

use domain::UserId;
use domain::event::RowCounts;
use eventlog::sqlite::Submitted;
use eventlog::{Entry, Expected, LogError, NewFact, Outcome, Stream};

use super::rows::Rows;
use super::{FULL_PAUSE, RunError, Tally};
use crate::app::App;

/// A row whose fact is in the batch; enough to decide it again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    pub(super) row: u64,
    /// Where its record begins in the file.
    pub(super) offset: u64,
    pub(super) created: bool,
}

/// Decided rows, not yet sent.
#[derive(Debug, Default)]
pub(super) struct Batch {
    entries: Vec<Entry>,
    /// The rows behind each entry.
    rows: Vec<Vec<Planned>>,
    /// Which entry a user has: rows of one address share it, in file order.
    places: HashMap<UserId, usize>,
    /// Outcomes that need no fact.
    pub(super) counts: RowCounts,
}

impl Batch {
    /// Adds the fact of a row.
    pub(super) fn push(&mut self, id: UserId, expected: Expected, fact: NewFact, planned: Planned) {
        match self.places.get(&id) {
            Some(&place) => {
                self.entries[place].facts.push(fact);
                self.rows[place].push(planned);
            }
            None => {
                self.places.insert(id, self.entries.len());
                self.entries.push(Entry { stream: Stream::User(id), expected, facts: vec![fact] });
                self.rows.push(vec![planned]);
            }
        }
    }

    /// Sends it; the log works while the caller goes on.
    pub(super) fn submit(self, app: &App, last_row: u64) -> Result<InFlight, RunError> {
        let entries = Arc::new(self.entries);
        let submitted = match entries.is_empty() {
            true => None,
            false => Some(app.log.submit_blocking(entries.clone())?),
        };
        Ok(InFlight { entries, rows: self.rows, submitted, counts: self.counts, last_row })
    }
}

/// A batch on its way.
#[derive(Debug)]
pub(super) struct InFlight {
    entries: Arc<Vec<Entry>>,
    rows: Vec<Vec<Planned>>,
    submitted: Option<Submitted>,
    counts: RowCounts,
    /// The last row whose outcome it holds.
    pub(super) last_row: u64,
}

impl InFlight {
    /// Waits until it is durable, decides lost races again, and counts.
    pub(super) fn finish(self, app: &App, rows: &mut Rows<'_>) -> Result<Tally, RunError> {
        let Some(submitted) = self.submitted else { return Ok(Tally(self.counts)) };
        let outcomes = match submitted.wait() {
            Err(LogError::Full) => append_patiently(app, self.entries.to_vec())?,
            outcomes => outcomes?,
        };
        let mut counts = self.counts;
        for ((entry, planned), outcome) in self.entries.iter().zip(&self.rows).zip(outcomes) {
            match outcome {
                Ok(_) => planned.iter().for_each(|row| count(&mut counts, row.created)),
                Err(_conflict) => rows.decide_again(&entry.stream, planned, &mut counts)?,
            }
        }
        Ok(Tally(counts))
    }
}

pub(super) fn count(counts: &mut RowCounts, created: bool) {
    if created {
        counts.created += 1;
    } else {
        counts.updated += 1;
    }
}

/// Appends; while the disk is full, waits and sends the same again.
pub(super) fn append_patiently(app: &App, entries: Vec<Entry>) -> Result<Vec<Outcome>, LogError> {
    let entries = Arc::new(entries);
    loop {
        match app.log.submit_blocking(entries.clone())?.wait() {
            Err(LogError::Full) if !app.imports.is_stopping() => std::thread::sleep(FULL_PAUSE),
            answer => return answer,
        }
    }
}
