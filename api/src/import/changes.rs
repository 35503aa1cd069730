//! Whether what a check said still holds: the file is the one that was uploaded, and no user it speaks of has changed.

use std::collections::HashSet;
use std::ops::ControlFlow;

use domain::csv_record::Cells;
use domain::csv_row::{RowKey, TakenRow, read_row};
use domain::email::Email;
use domain::event::EXTERNAL_ID;
use domain::matching::{GENERATIONS_MAX, short};
use domain::policy::changes;
use domain::{Event, EventKind, UserId};
use eventlog::{LogError, Position, Scan, Stream};
use projections::ProjectionError;
use projections::users::Profiles;

use super::check::CheckError;
use super::duplicates::Sheet;
use crate::app::App;
use crate::command::read_history;

/// Users remembered while looking; where more have changed, a check is void in any case.
const USERS_MAX: usize = 500_000;

/// Facts that can change what a row comes to.
const KINDS: [EventKind; 9] = [
    EventKind::UserCreated,
    EventKind::UserImported,
    EventKind::UserPropertiesChanged,
    EventKind::EmailClaimed,
    EventKind::EmailReleased,
    EventKind::UserEmailChanged,
    EventKind::UserDeleted,
    EventKind::ListJoined,
    EventKind::ListLeft,
];

/// What has changed: users and addresses, and external ids that were given or given up.
#[derive(Debug, Default)]
struct Changed {
    users: HashSet<UserId>,
    external_ids: HashSet<u64>,
}

impl Changed {
    fn len(&self) -> usize {
        self.users.len() + self.external_ids.len()
    }
}

/// How many users that the file speaks of have changed since `after`.
///
/// # Errors
/// What the log or the file says.
pub fn users_changed(app: &App, sheet: Sheet<'_>, after: Position) -> Result<usize, CheckError> {
    let changed = changed_since(app, after, sheet.has_external_ids())?;
    if changed.len() == 0 || changed.len() >= USERS_MAX {
        return Ok(changed.len());
    }
    let (mut records, mut cells) = (sheet.rows()?, Cells::new(sheet.delimiter()));
    let (mut users, mut external_ids) = (HashSet::new(), HashSet::new());
    let profiles = app.follower.store().profiles()?;
    while let Some(record) = records.next_record()? {
        cells.decode(record.content).map_err(|_| CheckError::FileChanged)?;
        let mut taken = TakenRow::default();
        if let Ok(key) = read_row(sheet.rules(), &cells, &mut taken) {
            let of = speaks_of(&profiles, sheet, &key, &taken)?;
            let before = users.len();
            users.extend(of.into_iter().filter(|id| changed.users.contains(id)));
            let external_id = taken.external_id().map(short);
            if users.len() == before {
                external_ids.extend(external_id.filter(|id| changed.external_ids.contains(id)));
            }
        }
    }
    Ok(users.len() + external_ids.len())
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
        RowKey::Email(email) => streams_of(profiles, sheet, email, &mut of)?,
        RowKey::UserId(id) => of.push(*id),
        RowKey::ExternalId(_) => {} // what it leads to is found by the id itself
    }
    if let Some(email) = &taken.email {
        streams_of(profiles, sheet, email, &mut of)?;
    }
    if let Some(external_id) = taken.external_id() {
        of.extend(profiles.with_external_id(external_id)?);
    }
    Ok(of)
}

/// The streams an address has and had, and who claimed it.
fn streams_of(
    profiles: &Profiles,
    sheet: Sheet<'_>,
    email: &Email,
    of: &mut Vec<UserId>,
) -> Result<(), ProjectionError> {
    for generation in 0..=GENERATIONS_MAX {
        let address = sheet.key.user_id(email, generation);
        of.push(address);
        of.extend(profiles.claimed_by(address)?);
        if !profiles.released(address)? {
            break;
        }
    }
    Ok(())
}

fn changed_since(app: &App, after: Position, ids: bool) -> Result<Changed, LogError> {
    let (mut changed, mut removed) = (Changed::default(), Vec::new());
    let scan = Scan { after, through: app.log.head(), kinds: Some(&KINDS) };
    app.log.scan(scan, &mut |row| {
        let Stream::User(id) = row.stream else { return ControlFlow::Continue(()) };
        changed.users.insert(id);
        if row.kind == EventKind::UserDeleted.name() {
            removed.push(id);
        }
        if ids && let Ok(event) = row.event() {
            let values = changes(&event).iter().filter(|change| change.field == EXTERNAL_ID);
            let values = values.flat_map(|change| [&change.old, &change.new]).flatten();
            changed.external_ids.extend(values.map(|value| short(value)));
        }
        if changed.len() < USERS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    for user in removed.into_iter().take(USERS_MAX) {
        // Addresses it had are nobody's any more.
        for (event, _) in read_history(&app.log, &Stream::User(user))? {
            if let Event::UserEmailChanged(moved) = event {
                changed.users.extend(moved.address);
            }
        }
    }
    Ok(changed)
}
