//! Where a fact stands in the order of all facts.

/// Global order: two numbers compared as a pair. The embedded engine counts from 1 and uses both halves alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Where the commit stands.
    pub commit: u64,
    /// Where the fact stands.
    pub prepare: u64,
}

impl Position {
    /// Before the first fact.
    pub const START: Position = Position { commit: 0, prepare: 0 };

    /// The `number`-th fact of a log that counts, from 1.
    pub const fn single(number: u64) -> Position {
        Position { commit: number, prepare: number }
    }

    /// The count of a log that counts.
    pub const fn number(self) -> u64 {
        self.prepare
    }
}
