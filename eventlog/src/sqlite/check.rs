//! Walking the whole log to verify what it promises.

use std::ops::ControlFlow;

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use crate::error::LogError;
use crate::log::Scan;
use crate::position::Position;

use super::heads;
use super::reader::Reader;

/// Positions read in one short transaction.
const STRETCH: u64 = 50_000;
/// Faults listed before the walk only counts.
const FAULTS_LISTED_MAX: usize = 100;

/// What a walk over the log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogCheck {
    /// Facts read.
    pub facts: u64,
    /// Streams met.
    pub streams: u64,
    /// The first faults; empty for a sound log.
    pub faults: Vec<LogFault>,
    /// How many there are in all.
    pub faults_total: u64,
}

/// Something the log promises and does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFault {
    /// Where.
    pub position: u64,
    /// What.
    pub what: String,
}

impl LogCheck {
    fn fault(&mut self, position: u64, what: impl Into<String>) {
        self.faults_total += 1;
        if self.faults.len() < FAULTS_LISTED_MAX {
            self.faults.push(LogFault { position, what: what.into() });
        }
    }
}

/// Verifies, in memory that does not grow with the log: positions without a gap, time never decreasing, every fact
/// readable by the codec, every fact's chain leading to the one before it in its stream, with the revision before, and
/// every stream's head being its last fact.
///
/// The last needs no table of streams in memory: chains from different heads have no fact in common, and each holds one
/// fact per revision; so if the heads' revisions add up to the number of facts, every fact is on exactly one chain and
/// none comes after its stream's head.
pub(super) fn check(
    reader: &Reader<'_>,
    head: Position,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<LogCheck, LogError> {
    let mut found = LogCheck::default();
    let (mut last, mut last_time) = (0, i64::MIN);
    while last < head.number() {
        let after = last;
        let through = (after + STRETCH).min(head.number());
        let scan = Scan {
            after: Position::single(after),
            through: Position::single(through),
            kinds: None,
        };
        reader.scan(scan, &mut |row| {
            let position = row.position.number();
            if position != last + 1 {
                found.fault(position, format!("gap: the fact before it is {last}"));
            }
            if row.recorded_at < last_time {
                found.fault(position, "recorded before the fact before it");
            }
            (last, last_time) = (position, row.recorded_at);
            if let Err(unreadable) = row.event() {
                found.fault(position, unreadable.to_string());
            }
            found.facts += 1;
            ControlFlow::Continue(())
        })?;
        if last < through {
            found.fault(through, format!("gap: nothing between {last} and {through}"));
            last = through;
        }
        check_chains(reader.connection, after, through, &mut found)?;
        progress(through, head.number());
    }
    check_heads(reader.connection, &mut found)?;
    Ok(found)
}

/// In SQL, because it is a self-join: each fact's `prev_position` is the fact with the revision before, same stream.
fn check_chains(
    connection: &Connection,
    after: u64,
    through: u64,
    found: &mut LogCheck,
) -> Result<(), LogError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.position, e.revision FROM events e LEFT JOIN events p ON p.position = e.prev_position
         WHERE e.position > ?1 AND e.position <= ?2 AND CASE e.revision WHEN 0 THEN e.prev_position <> 0
           ELSE p.position IS NULL OR p.stream <> e.stream OR p.revision <> e.revision - 1 END",
    )?;
    let mut rows = statement.query([after.cast_signed(), through.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let (position, revision): (i64, i64) = (row.get(0)?, row.get(1)?);
        let what = format!(
            "the chain does not lead from revision {revision} to the one before in its stream"
        );
        found.fault(position.cast_unsigned(), what);
    }
    Ok(())
}

/// Heads are compared as of the position the table was right at when this began; one written meanwhile is followed
/// back to there.
fn check_heads(connection: &Connection, found: &mut LogCheck) -> Result<(), LogError> {
    let through = heads::through(connection)?;
    let (mut on_chains, mut after) = (0, Value::Integer(0));
    loop {
        // A number comes before every key, and pages are short transactions.
        let mut statement = connection.prepare_cached(
            "SELECT s.key, s.revision, s.last_position, e.position IS NOT NULL FROM streams s
             LEFT JOIN events e ON e.position = s.last_position AND e.stream = s.key AND e.revision = s.revision
             WHERE s.key > ?1 ORDER BY s.key LIMIT ?2",
        )?;
        let mut rows = statement.query(params![after, STRETCH.cast_signed()])?;
        let mut read = 0;
        while let Some(row) = rows.next()? {
            let (revision, position): (i64, i64) = (row.get(1)?, row.get(2)?);
            if !row.get::<_, bool>(3)? {
                found.fault(position.cast_unsigned(), "a stream's head is not its last fact");
            } else if let Some(facts) = facts_through(connection, revision, position, through)? {
                on_chains += facts;
                found.streams += 1;
            }
            after = row.get(0)?;
            read += 1;
        }
        if read < STRETCH {
            break;
        }
    }
    if on_chains != through {
        let what = format!(
            "the heads of streams account for {on_chains} of the {through} facts up to here"
        );
        found.fault(through, what);
    }
    Ok(())
}

/// How many facts up to `through` a stream has; none where it began later.
fn facts_through(
    connection: &Connection,
    mut revision: i64,
    mut position: i64,
    through: u64,
) -> Result<Option<u64>, LogError> {
    let mut before =
        connection.prepare_cached("SELECT prev_position FROM events WHERE position = ?1")?;
    while position.cast_unsigned() > through {
        if revision == 0 {
            return Ok(None);
        }
        position = before.query_row([position], |row| row.get(0))?;
        revision -= 1;
    }
    Ok(Some(revision.cast_unsigned() + 1))
}
