//! The newest facts of a stretch: found through the index of kinds, so however rare they are.

use domain::EventKind;
use rusqlite::types::Value;

use super::reader::Reader;
use crate::error::LogError;
use crate::fact::Recorded;
use crate::log::Scan;

impl Reader<'_> {
    pub(super) fn newest(&self, scan: Scan<'_>, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let mut found = match scan.kinds {
            None => self.newest_of(None, scan, limit)?,
            Some(kinds) => self.newest_of_kinds(kinds, scan, limit)?,
        };
        // Each kind has its own newest; those of all kinds are among them.
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.truncate(limit);
        self.at(&found)
    }

    fn newest_of_kinds(
        &self,
        kinds: &[EventKind],
        scan: Scan<'_>,
        limit: usize,
    ) -> Result<Vec<i64>, LogError> {
        let mut found = Vec::new();
        for kind in kinds.iter().filter_map(|kind| self.names.known_kind_id(*kind)) {
            found.extend(self.newest_of(Some(kind), scan, limit)?);
        }
        Ok(found)
    }

    /// Positions alone: of one kind they stand in its index, and no row is read.
    fn newest_of(
        &self,
        kind: Option<i64>,
        scan: Scan<'_>,
        limit: usize,
    ) -> Result<Vec<i64>, LogError> {
        let of_kind = if kind.is_some() { "kind_id = ?4 AND" } else { "" };
        let sql = format!(
            "SELECT position FROM events WHERE {of_kind} position > ?1 AND position <= ?2 ORDER BY position DESC LIMIT ?3"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let bounds = [scan.after.number().cast_signed(), scan.through.number().cast_signed()];
        let values = bounds.into_iter().chain([limit]).chain(kind).map(Value::Integer);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
