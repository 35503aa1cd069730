//! Rows that were refused because of the users there were, as the import's own facts tell them.

use std::collections::HashMap;

use domain::Event;
use domain::event::RefusedRows;
use domain::import::UserFault;
use eventlog::{Log, LogError, Stream};
use uuid::Uuid;

/// Facts of one import read at once.
const PAGE_FACTS: usize = 1_000;

/// The reason for each of them, by row.
///
/// # Errors
/// What the log says.
pub fn refused_rows(log: &Log, import_id: Uuid) -> Result<HashMap<u64, UserFault>, LogError> {
    let mut refused = HashMap::new();
    let mut take = |rows: RefusedRows| {
        for (code, rows) in rows {
            if let Some(fault) = UserFault::ALL.into_iter().find(|fault| fault.code() == code) {
                refused.extend(rows.into_iter().map(|row| (row, fault)));
            }
        }
    };
    let (stream, mut before) = (Stream::named("import", import_id), None);
    loop {
        let page = log.read_stream(&stream, before, PAGE_FACTS)?;
        let Some(last) = page.last() else { return Ok(refused) };
        before = Some(last.position);
        for fact in &page {
            let event = fact.as_row().event();
            if let Ok(Event::ImportProgressed(progressed)) = event {
                take(progressed.refused);
            } else if let Ok(Event::ImportCompleted(completed)) = event {
                take(completed.refused);
            }
        }
    }
}
