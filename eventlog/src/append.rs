//! What is asked of the log when facts are added, and what it answers.

use crate::fact::{NewFact, Stream};
use crate::position::Position;

/// Facts for one stream. The entries of an append are independent: each holds or fails alone.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which stream; at most one entry of an append names it.
    pub stream: Stream,
    /// What the stream must look like.
    pub expected: Expected,
    /// In order; at least one.
    pub facts: Vec<NewFact>,
}

/// What a stream must look like for facts to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It does not exist.
    New,
    /// Its last fact has this revision.
    Revision(u64),
}

impl Expected {
    /// After what was read: the revision of the last fact, or none.
    pub fn after(revision: Option<u64>) -> Expected {
        revision.map_or(Expected::New, Expected::Revision)
    }

    /// The revision the next fact gets.
    pub fn next(self) -> u64 {
        match self {
            Expected::New => 0,
            Expected::Revision(revision) => revision + 1,
        }
    }
}

/// An entry is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Position of its last fact.
    pub position: Position,
    /// Revision of its last fact.
    pub revision: u64,
    /// It was there already: the same event ids at the expected revision. Nothing was written again.
    pub repeated: bool,
}

/// Somebody else extended the stream first. Nothing of the entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected:?}, found revision {actual:?}")]
pub struct Conflict {
    /// As asked.
    pub expected: Expected,
    /// As it is; none where there is no stream.
    pub actual: Option<u64>,
}

/// What became of one entry.
pub type Outcome = Result<Appended, Conflict>;
