//! How many rows of which types an export of user events holds, and which are the first and the last.

use domain::EventKind;
use eventlog::{Content, KindTally, Position};

/// Kinds there are.
const KINDS: usize = EventKind::ALL.len();

/// A row's place and when it was recorded.
pub type Edge = (Position, i64);

/// See the module.
#[derive(Debug, Clone)]
pub struct Tally {
    rows: [u64; KINDS],
    first: Option<Edge>,
    last: Option<Edge>,
}

impl Default for Tally {
    fn default() -> Self {
        Tally { rows: [0; KINDS], first: None, last: None }
    }
}

impl Tally {
    /// Counts a row.
    pub fn note(&mut self, row: &Content<'_>) {
        let Some(kind) = row.known_kind else { return };
        let edge = (row.position, row.recorded_at);
        self.add(kind, 1, edge, edge);
    }

    /// Counts what the log counted.
    pub fn note_all(&mut self, of: &KindTally) {
        self.add(of.kind, of.facts, of.first, of.last);
    }

    fn add(&mut self, kind: EventKind, rows: u64, first: Edge, last: Edge) {
        self.rows[kind as usize] += rows;
        self.widen(Some(first), Some(last));
    }

    fn widen(&mut self, first: Option<Edge>, last: Option<Edge>) {
        self.first = self.first.into_iter().chain(first).min();
        self.last = self.last.max(last);
    }

    /// Adds what another has counted elsewhere, and empties it.
    pub fn take(&mut self, other: &mut Tally) {
        let other = std::mem::take(other);
        self.rows.iter_mut().zip(other.rows).for_each(|(rows, more)| *rows += more);
        self.widen(other.first, other.last);
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// Types of which there are any, and how many.
    pub fn by_kind(&self) -> impl Iterator<Item = (EventKind, u64)> {
        let all = EventKind::ALL.iter().map(|kind| (*kind, self.rows[*kind as usize]));
        all.filter(|(_, rows)| *rows > 0)
    }

    /// The first and the last row.
    pub fn edges(&self) -> Option<(Edge, Edge)> {
        self.first.zip(self.last)
    }
}
