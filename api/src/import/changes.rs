//! Whether what a check said still holds: the file is the one that was uploaded, and no user it speaks of has changed.

use std::collections::HashSet;
use std::ops::ControlFlow;

use domain::csv_record::Cells;
use domain::csv_row::{TakenRow, read_row};
use domain::{EventKind, UserId};
use eventlog::{LogError, Position, Scan, Stream};

use super::check::CheckError;
use super::duplicates::Sheet;
use crate::app::App;

/// Users remembered while looking; where more have changed, a check is void in any case.
const USERS_MAX: usize = 500_000;

/// Facts that can change what a row comes to.
const KINDS: [EventKind; 5] = [
    EventKind::UserImported,
    EventKind::UserPropertiesChanged,
    EventKind::UserDeleted,
    EventKind::ListJoined,
    EventKind::ListLeft,
];

/// How many users that the file speaks of have changed since `after`.
///
/// # Errors
/// What the log or the file says.
pub fn users_changed(app: &App, sheet: Sheet<'_>, after: Position) -> Result<usize, CheckError> {
    let changed = changed_since(app, after)?;
    if changed.is_empty() || changed.len() >= USERS_MAX {
        return Ok(changed.len());
    }
    let (mut records, mut cells) = (sheet.rows()?, Cells::new(sheet.delimiter()));
    let mut met = HashSet::new();
    while let Some(record) = records.next_record()? {
        cells.decode(record.content).map_err(|_| CheckError::FileChanged)?;
        if let Ok(email) = read_row(sheet.rules(), &cells, &mut TakenRow::default()) {
            let id = sheet.key.user_id(&email, 0);
            met.extend(changed.contains(&id).then_some(id));
        }
    }
    Ok(met.len())
}

fn changed_since(app: &App, after: Position) -> Result<HashSet<UserId>, LogError> {
    let mut changed = HashSet::new();
    let scan = Scan { after, through: app.log.head(), kinds: Some(&KINDS) };
    app.log.scan_content(scan, false, &mut |content| {
        if let Stream::User(id) = content.stream {
            changed.insert(id);
        }
        if changed.len() < USERS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(changed)
}
