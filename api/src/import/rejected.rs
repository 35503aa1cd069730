//! The rejected rows of an import, as a file that imports again once it is mended: why each was refused, then its cells
//! as they stood.

use std::collections::HashMap;

use domain::csv_header::REJECT_COLUMNS;
use domain::csv_record::Cells;
use domain::csv_row::{RowKey, TakenRow, read_row};
use domain::import::UserFault;
use domain::matching::Contested;
use eventlog::Position;
use projections::users::Profiles;

use super::duplicates::Sheet;
use super::records::RecordFault;
use super::registry::{Beside, Tables};
use crate::export::cells::Dialect;
use crate::export::in_order::{NobodyThere, Out};

/// Bytes collected before a chunk is handed out.
const CHUNK_BYTES: usize = 64 * 1024;

/// Why not all of them were written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cut {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] RecordFault),
    /// It is no longer the file that was inspected.
    #[error("the file has changed since it was accepted")]
    Changed,
    /// The tables cannot be read.
    #[error(transparent)]
    Tables(#[from] projections::ProjectionError),
    /// Nobody takes them.
    #[error("the client is gone")]
    NobodyThere,
}

impl From<NobodyThere> for Cut {
    fn from(_: NobodyThere) -> Cut {
        Cut::NobodyThere
    }
}

/// The reason with the user it speaks of, as far as the tables still tell: facts hold only its code.
pub(super) fn named(
    fault: UserFault,
    sheet: Sheet<'_>,
    profiles: &Profiles,
    key: &RowKey,
    taken: &TakenRow<'_>,
) -> UserFault {
    let (beside, contested) = (Beside::default(), Contested::default());
    let registry = Tables { profiles, beside: &beside, began: Position::START };
    match sheet.matching(&registry, &contested).aim(key, taken) {
        Ok(Err(now)) if now.code() == fault.code() => now,
        Ok(_) | Err(_) => fault,
    }
}

/// Writes a header and every rejected row up to row `through`; `refused` has those that were rejected because of the users
/// there were, by row. The reasons stand in front, so that a row with too few or too many cells
/// still has each of them under its header.
///
/// # Errors
/// See [`Cut`].
pub(crate) fn write(
    sheet: Sheet<'_>,
    through: u64,
    refused: &HashMap<u64, UserFault>,
    profiles: &Profiles,
    out: &Out,
) -> Result<(), Cut> {
    let dialect = Dialect { delimiter: sheet.delimiter(), safe: false };
    let (mut chunk, mut rows) = (Vec::new(), 0);
    let mut cells = Cells::new(sheet.delimiter());
    let headers = sheet.plan.columns.iter().map(|column| column.header.as_str());
    dialect.row(&mut chunk, REJECT_COLUMNS.into_iter().chain(headers));
    let mut records = sheet.rows()?;
    for row in 1..=through {
        let Some(record) = records.next_record()? else { break };
        let line = record.line.to_string();
        cells.decode(record.content).map_err(|_| Cut::Changed)?;
        let mut taken = TakenRow::default();
        let (code, reason) = match read_row(sheet.rules(), &cells, &mut taken) {
            Err(fault) => (fault.code(), fault.to_string()),
            Ok(key) => match refused.get(&row) {
                Some(fault) => {
                    (fault.code(), named(*fault, sheet, profiles, &key, &taken).to_string())
                }
                None => continue,
            },
        };
        let told = [line.as_str(), code, reason.as_str()];
        dialect.row(&mut chunk, told.into_iter().chain(cells.iter()));
        rows += 1;
        if chunk.len() >= CHUNK_BYTES {
            // No read transaction is open while a chunk waits to be taken.
            profiles.refresh()?;
            out.chunk(std::mem::take(&mut chunk), std::mem::take(&mut rows))?;
        }
    }
    profiles.refresh()?;
    out.chunk(chunk, rows)?;
    Ok(out.segment_end()?)
}
