//! Walking the whole log to verify what it promises.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::error::LogError;
use crate::fact::Stream;
use crate::log::Scan;
use crate::position::Position;

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

/// Verifies: positions without a gap, time never decreasing, revisions of each stream counting from 0, every fact
/// readable by the codec, every chain leading to the fact before, every stream's head where `streams` says.
pub(super) fn check(
    reader: &Reader<'_>,
    head: Position,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<LogCheck, LogError> {
    let mut found = LogCheck::default();
    let mut heads: HashMap<Stream, (u64, u64)> = HashMap::new();
    let (mut last, mut last_time) = (0, i64::MIN);
    while last < head.number() {
        let through = (last + STRETCH).min(head.number());
        let scan =
            Scan { after: Position::single(last), through: Position::single(through), kinds: None };
        reader.scan(scan, &mut |row| {
            let position = row.position.number();
            if position != last + 1 {
                found.fault(position, format!("gap: the fact before it is {last}"));
            }
            if row.recorded_at < last_time {
                found.fault(position, "recorded before the fact before it");
            }
            (last, last_time) = (position, row.recorded_at);
            let next = heads.get(&row.stream).map_or(0, |(revision, _)| revision + 1);
            if row.revision != next {
                found.fault(
                    position,
                    format!("revision {} where {next} is next in its stream", row.revision),
                );
            }
            heads.insert(row.stream.clone(), (row.revision, position));
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
        progress(through, head.number());
    }
    found.streams = heads.len() as u64;
    check_heads(reader, &heads, head, &mut found)?;
    check_chains(reader, head, &mut found)?;
    Ok(found)
}

fn check_heads(
    reader: &Reader<'_>,
    heads: &HashMap<Stream, (u64, u64)>,
    head: Position,
    found: &mut LogCheck,
) -> Result<(), LogError> {
    let mut listed = 0;
    let mut statement = reader
        .connection
        .prepare("SELECT key, revision, last_position FROM streams WHERE last_position <= ?1")?;
    let mut rows = statement.query([head.number().cast_signed()])?;
    while let Some(row) = rows.next()? {
        let stream = super::reader::stream(row.get_ref(0)?)?;
        let (revision, position): (i64, i64) = (row.get(1)?, row.get(2)?);
        let stored = (revision.cast_unsigned(), position.cast_unsigned());
        if heads.get(&stream) != Some(&stored) {
            found.fault(stored.1, "a stream's head is not its last fact");
        }
        listed += 1;
    }
    // A stream extended since the walk began has its head beyond it and is not compared.
    let later: i64 = reader.connection.query_row(
        "SELECT count(*) FROM streams WHERE last_position > ?1",
        [head.number().cast_signed()],
        |row| row.get(0),
    )?;
    if listed + later < i64::try_from(heads.len()).unwrap_or(i64::MAX) {
        found.fault(head.number(), "a stream has facts but no head");
    }
    Ok(())
}

/// In SQL, because it is a self-join: each fact's `prev_position` is the fact with the revision before, same stream.
fn check_chains(reader: &Reader<'_>, head: Position, found: &mut LogCheck) -> Result<(), LogError> {
    let mut statement = reader.connection.prepare(
        "SELECT e.position FROM events e LEFT JOIN events p ON p.position = e.prev_position
         WHERE e.position <= ?1 AND CASE e.revision WHEN 0 THEN e.prev_position <> 0
           ELSE p.position IS NULL OR p.stream <> e.stream OR p.revision <> e.revision - 1 END",
    )?;
    let mut rows = statement.query([head.number().cast_signed()])?;
    while let Some(row) = rows.next()? {
        found.fault(
            row.get::<_, i64>(0)?.cast_unsigned(),
            "its chain does not lead to the fact before it",
        );
    }
    Ok(())
}
