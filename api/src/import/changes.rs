//! Whether what a check said still holds: the file is the one that was uploaded, and no user it speaks of has changed.

use std::collections::HashSet;
use std::ops::ControlFlow;

use domain::csv_record::Cells;
use domain::csv_row::{RowKey, TakenRow, read_row};
use domain::event::EXTERNAL_ID;
use domain::{EventKind, UserId};
use eventlog::{LogError, Position, Scan, Stream};
use projections::ProjectionError;
use projections::users::Profiles;

use super::check::CheckError;
use super::duplicates::Sheet;
use crate::app::App;

/// Users remembered while looking; where more have changed, a check is void in any case.
const USERS_MAX: usize = 500_000;

/// Facts that can change what a row comes to.
const KINDS: [EventKind; 8] = [
    EventKind::UserImported,
    EventKind::UserPropertiesChanged,
    EventKind::EmailClaimed,
    EventKind::EmailReleased,
    EventKind::UserEmailChanged,
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
    let profiles = app.follower.store().profiles()?;
    while let Some(record) = records.next_record()? {
        cells.decode(record.content).map_err(|_| CheckError::FileChanged)?;
        let mut taken = TakenRow::default();
        if let Ok(key) = read_row(sheet.rules(), &cells, &mut taken) {
            let of = speaks_of(&profiles, sheet, &key, &taken)?;
            met.extend(of.into_iter().filter(|id| changed.contains(id)));
        }
    }
    Ok(met.len())
}

/// The users and addresses on which it depends what becomes of a row.
fn speaks_of(
    profiles: &Profiles,
    sheet: Sheet<'_>,
    key: &RowKey,
    taken: &TakenRow<'_>,
) -> Result<Vec<UserId>, ProjectionError> {
    let mut of = Vec::new();
    match key {
        RowKey::Email(email) => {
            let address = sheet.key.user_id(email, 0);
            of.push(address);
            of.extend(profiles.claimed_by(address)?);
        }
        RowKey::UserId(id) => of.push(*id),
        RowKey::ExternalId(external_id) => of.extend(profiles.with_external_id(external_id)?),
    }
    of.extend(taken.email.as_ref().map(|email| sheet.key.user_id(email, 0)));
    let given = taken.cells.iter().find(|(field, _)| *field == EXTERNAL_ID);
    if let Some((_, Some(external_id))) = given {
        of.extend(profiles.with_external_id(external_id)?);
    }
    Ok(of)
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
