//! Counting facts through the index of kinds: no row is read but the first and the last of each.

use domain::EventKind;
use rusqlite::{OptionalExtension, params};

use super::reader::Reader;
use crate::error::LogError;
use crate::log::{KindTally, Scan};
use crate::position::Position;

impl Reader<'_> {
    pub(super) fn tally(&self, scan: Scan<'_>) -> Result<Vec<KindTally>, LogError> {
        let mut found = Vec::new();
        for kind in scan.kinds.unwrap_or(EventKind::ALL) {
            let Some(id) = self.names.known_kind_id(*kind) else { continue };
            found.extend(self.tally_of(*kind, id, scan)?);
        }
        Ok(found)
    }

    fn tally_of(
        &self,
        kind: EventKind,
        id: i64,
        scan: Scan<'_>,
    ) -> Result<Option<KindTally>, LogError> {
        let sql = "SELECT count(*), min(position), max(position) FROM events
             WHERE kind_id = ?1 AND position > ?2 AND position <= ?3";
        let bounds = [id, scan.after.number().cast_signed(), scan.through.number().cast_signed()];
        let mut statement = self.connection.prepare_cached(sql)?;
        let (facts, first, last): (i64, Option<i64>, Option<i64>) =
            statement.query_row(bounds, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
        Ok(Some(KindTally {
            kind,
            facts: facts.cast_unsigned(),
            first: self.edge(first)?,
            last: self.edge(last)?,
        }))
    }

    /// A position with its time.
    fn edge(&self, position: i64) -> Result<(Position, i64), LogError> {
        let sql = "SELECT recorded_at FROM events WHERE position = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let time = statement.query_row(params![position], |row| row.get(0)).optional()?;
        let missing = || LogError::Read(format!("position {position} is missing"));
        Ok((Position::single(position.cast_unsigned()), time.ok_or_else(missing)?))
    }
}
