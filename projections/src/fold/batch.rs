//! A stretch of facts: gathered, then written in one transaction.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use eventlog::{Log, Position, Row, Scan};
use rusqlite::{Connection, params};

use super::counts::Counts;
use super::pending::Pending;
use super::{happened, users};
use crate::error::ProjectionError;
use crate::indicators::Tally;
use crate::store;

/// What a stretch of facts changes.
pub struct Batch {
    after: Position,
    reached: Position,
    /// Facts and last time by kind.
    counted: BTreeMap<String, (u64, i64)>,
    /// What was held back before a user went that it may be of.
    pub(super) parts: Vec<Pending>,
    pub(super) pending: Pending,
    tally: Tally,
    unreadable: u64,
}

impl Batch {
    /// Reads at most `limit` facts after a position.
    ///
    /// # Errors
    /// [`ProjectionError::Log`]; never because of what a fact says.
    pub fn gather(
        log: &Log,
        after: Position,
        through: Position,
        limit: usize,
    ) -> Result<Batch, ProjectionError> {
        let mut batch = Batch {
            after,
            reached: after,
            counted: BTreeMap::new(),
            parts: Vec::new(),
            pending: Pending::default(),
            tally: Tally::default(),
            unreadable: 0,
        };
        let mut facts = 0;
        log.scan(Scan { after, through, kinds: None }, &mut |row| {
            batch.take(row);
            facts += 1;
            if facts < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        if facts < limit {
            batch.reached = through; // nothing more stands before it
        }
        Ok(batch)
    }

    /// The last fact of it.
    pub fn reached(&self) -> Position {
        self.reached
    }

    fn take(&mut self, row: &Row<'_>) {
        self.reached = row.position;
        match row.event() {
            Ok(event) => {
                match self.counted.get_mut(row.kind) {
                    Some((facts, last_at)) => (*facts, *last_at) = (*facts + 1, row.recorded_at),
                    None => {
                        self.counted.insert(row.kind.to_owned(), (1, row.recorded_at));
                    }
                }
                self.tally.count(&event, row.recorded_at);
                if happened::is_kept(event.kind())
                    && let Some(id) = users::user_id(row)
                {
                    let person = self.pending.moved(id, row.revision, None);
                    self.pending.happened(person, row, &event);
                }
                self.take_event(row, event);
            }
            Err(unreadable) => {
                tracing::error!(position = row.position.number(), %unreadable, "a fact is left out of the tables");
                self.unreadable += 1;
            }
        }
    }

    /// Writes it and its checkpoint in one transaction, which makes them visible together.
    ///
    /// # Errors
    /// [`ProjectionError::Store`]; then nothing of the batch is kept.
    pub fn write(self, connection: &Connection) -> Result<Position, ProjectionError> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let reached = self.reached;
        let written = self.write_all(connection);
        if written.is_err() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        written.map(|()| reached)
    }

    fn write_all(mut self, connection: &Connection) -> Result<(), ProjectionError> {
        if store::checkpoint(connection)? != self.after {
            return Err(ProjectionError::Store("the tables moved meanwhile".to_owned()));
        }
        self.parts.push(self.pending);
        let mut counts = Counts::default();
        self.parts.into_iter().try_for_each(|pending| pending.write(connection, &mut counts))?;
        counts.write(connection)?;
        self.tally.write(connection)?;
        for (kind, (facts, last_at)) in &self.counted {
            connection
                .prepare_cached(
                    "INSERT INTO kind_counts(kind, facts, last_at) VALUES (?1, ?2, ?3)
                     ON CONFLICT(kind) DO UPDATE SET facts = facts + ?2, last_at = ?3",
                )?
                .execute(params![kind, facts.cast_signed(), last_at])?;
        }
        if self.unreadable > 0 {
            let before: i64 = store::meta(connection, "unreadable")?.unwrap_or(0);
            store::set_meta(connection, "unreadable", before + self.unreadable.cast_signed())?;
        }
        store::set_checkpoint(connection, self.reached)?;
        Ok(connection.execute_batch("COMMIT")?)
    }
}
