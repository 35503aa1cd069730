//! What an import would do, row by row, without doing it: the same rules on the same tables, as of one position.

use std::collections::{HashMap, HashSet};

use domain::UserId;
use domain::csv_record::Cells;
use domain::csv_row::{RowKey, TakenRow, read_row};
use domain::event::{Change, RowCounts, RowNote};
use domain::import::UserFault;
use eventlog::Position;
use projections::users::Profiles;
use projections::{ProjectionError, Store};

use super::duplicates::{Duplicates, Sheet};
use super::forecast::{Consequences, Forecast};
use super::future::Future;
use super::notes::{Notes, Place};
use super::records::RecordFault;
use super::registry::{Beside, Tables};

/// Users whose difference a check lists.
pub const DIFFERENCES_MAX: usize = 100;

/// Bytes of the values a check lists; a user that does not fit is counted and not listed.
pub const DIFFERENCES_BYTES_MAX: usize = 1024 * 1024;

/// Why a check ended early.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The tables cannot be read.
    #[error(transparent)]
    Tables(#[from] ProjectionError),
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] RecordFault),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] eventlog::LogError),
    /// What it finds cannot be written down.
    #[error("what was found cannot be written down: {0}")]
    Listen(std::io::Error),
    /// It is not UTF-8 any more.
    #[error("the file changed while it was read")]
    FileChanged,
}

/// What would come of a file.
#[derive(Debug)]
pub struct Check {
    /// Up to this fact the users were looked at.
    pub position: Position,
    /// What would become of the rows.
    pub counts: RowCounts,
    /// Users that would be made or changed.
    pub users: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
    listed_bytes: usize,
    /// The first refused rows and warnings.
    pub notes: Notes,
    /// What would follow by rules.
    pub consequences: Vec<Consequences>,
}

/// A user before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Who.
    pub user: UserId,
    /// The address as it would be shown.
    pub email: Option<String>,
    /// Line of the first row that speaks of it.
    pub line: u64,
    /// Whether the import would make the user.
    pub created: bool,
    /// Whether the user would join the import's list.
    pub joins: bool,
    /// What would change, all its rows together.
    pub changes: Vec<Change>,
}

/// What a check comes upon, as it goes.
#[derive(Debug)]
pub enum Finding<'a> {
    /// A user would be made or changed.
    Difference(&'a Difference),
    /// A row would be refused.
    Reject(&'a RowNote),
    /// A row has a warning.
    Warning(&'a RowNote),
}

/// Takes what a check comes upon.
pub type Listen<'a> = dyn FnMut(Finding<'_>) -> std::io::Result<()> + 'a;

/// Reads every row and tells what it comes upon. Takes 16 bytes a row, and as much for each address and external id it
/// gives, while repeated ones are searched; then only what those need.
///
/// # Errors
/// See [`CheckError`].
pub fn check(
    store: &Store,
    sheet: Sheet<'_>,
    forecast: Forecast<'_>,
    listen: &mut Listen<'_>,
) -> Result<Check, CheckError> {
    let duplicates = Duplicates::find(sheet)?;
    let profiles = store.profiles()?;
    let check = Check {
        position: profiles.position()?,
        counts: RowCounts::default(),
        users: 0,
        differences: Vec::new(),
        listed_bytes: 0,
        notes: Notes::default(),
        consequences: Vec::new(),
    };
    let look = Look {
        sheet,
        duplicates: &duplicates,
        profiles,
        met: HashSet::new(),
        refused: HashMap::new(),
        forecast,
        check,
    };
    look.at_every_row(listen)
}

/// A check at work.
struct Look<'a> {
    sheet: Sheet<'a>,
    duplicates: &'a Duplicates,
    profiles: Profiles,
    /// Repeated keys that were met, and why rows of theirs are refused, by where those stand.
    met: HashSet<u64>,
    refused: HashMap<u64, UserFault>,
    forecast: Forecast<'a>,
    check: Check,
}

impl Look<'_> {
    fn at_every_row(mut self, listen: &mut Listen<'_>) -> Result<Check, CheckError> {
        let (mut records, mut cells) = (self.sheet.rows()?, Cells::new(self.sheet.delimiter()));
        let mut row = 0;
        while let Some(record) = records.next_record()? {
            row += 1;
            let (mut taken, offset) = (TakenRow::default(), record.offset);
            let at = Place { row, line: record.line };
            cells.decode(record.content).map_err(|_| CheckError::FileChanged)?;
            match read_row(self.sheet.rules(), &cells, &mut taken) {
                Ok(key) => self.at_row(at, offset, &key, &taken, listen)?,
                Err(fault) => {
                    let note = self.check.notes.reject(&self.sheet.plan.columns, at, &fault);
                    self.check.counts.rejected += 1;
                    listen(Finding::Reject(&note)).map_err(CheckError::Listen)?;
                }
            }
        }
        self.check.consequences = self.forecast.found();
        Ok(self.check)
    }

    fn at_row(
        &mut self,
        at: Place,
        offset: u64,
        key: &RowKey,
        taken: &TakenRow<'_>,
        listen: &mut Listen<'_>,
    ) -> Result<(), CheckError> {
        let short = self.sheet.short(key);
        let repeated = self.duplicates.contains(short);
        let first = !repeated || self.met.insert(short);
        let mut future = Future::default();
        if first {
            future = self.future(key, taken, offset, repeated)?;
            self.refused.extend(future.refused.drain());
        }
        if let Some(fault) = self.refused.remove(&offset) {
            let note = self.check.notes.not_allowed(at, fault);
            self.check.counts.rejected += 1;
            listen(Finding::Reject(&note)).map_err(CheckError::Listen)?;
        } else {
            self.warn(at, taken, !first, listen)?;
        }
        let Some(id) = future.id else { return Ok(()) }; // refused, or counted with its first row
        let plan = self.sheet.plan;
        let joins = match &plan.list {
            Some(list) if future.stored.is_none() || !self.profiles.is_on_list(id, &list.id)? => {
                Some(&list.id)
            }
            Some(_) | None => None,
        };
        self.forecast.look(&self.profiles, (id, &future), joins)?;
        match self.check.note(id, at.line, joins.is_some(), future) {
            Some(difference) => {
                listen(Finding::Difference(&difference)).map_err(CheckError::Listen)
            }
            None => Ok(()),
        }
    }

    /// What becomes of the user of a row, all rows of its key together.
    fn future(
        &self,
        key: &RowKey,
        taken: &TakenRow<'_>,
        offset: u64,
        repeated: bool,
    ) -> Result<Future, CheckError> {
        let mut future = Future::default();
        let (beside, began) = (Beside::default(), self.check.position);
        let tables = Tables { profiles: &self.profiles, beside: &beside, began };
        let contested = &self.duplicates.contested;
        let matching = self.sheet.matching(&tables, contested);
        if repeated {
            self.duplicates.for_each_row(self.sheet, key, &mut |offset, key, taken| {
                Ok::<_, CheckError>(future.take(&matching, offset, (key, taken))?)
            })?;
        } else {
            future.take(&matching, offset, (key, taken))?;
        }
        Ok(future)
    }

    fn warn(
        &mut self,
        at: Place,
        taken: &TakenRow<'_>,
        again: bool,
        listen: &mut Listen<'_>,
    ) -> Result<(), CheckError> {
        let columns = &self.sheet.plan.columns;
        let notes = &mut self.check.notes;
        let mut warnings: Vec<RowNote> =
            taken.dropped.iter().map(|fault| notes.dropped(columns, at, fault)).collect();
        warnings.extend(again.then(|| notes.repeated(at)));
        self.check.counts.warnings += warnings.len() as u64;
        for warning in &warnings {
            listen(Finding::Warning(warning)).map_err(CheckError::Listen)?;
        }
        Ok(())
    }
}

impl Check {
    /// Counts the rows of a user; answers what would become of it, where that is anything.
    fn note(&mut self, user: UserId, line: u64, joins: bool, future: Future) -> Option<Difference> {
        let (changes, created) = (future.changes(), future.stored.is_none());
        let rows = future.counts;
        self.counts.joined += u64::from(joins);
        if created || !changes.is_empty() {
            self.counts.created += rows.created;
            self.counts.updated += rows.updated;
            self.counts.unchanged += rows.unchanged;
        } else {
            // All rows of the address together leave the user as stored: none of them would be recorded.
            self.counts.unchanged += rows.created + rows.updated + rows.unchanged;
            if !joins {
                return None;
            }
        }
        self.users += 1;
        let email = future.user.and_then(|user| user.email);
        let difference = Difference { user, email, line, created, joins, changes };
        let bytes: usize = difference.changes.iter().map(bytes_of).sum();
        if self.differences.len() < DIFFERENCES_MAX
            && self.listed_bytes + bytes <= DIFFERENCES_BYTES_MAX
        {
            self.listed_bytes += bytes;
            self.differences.push(difference.clone());
        }
        Some(difference)
    }
}

fn bytes_of(change: &Change) -> usize {
    let value = |value: &Option<String>| value.as_ref().map_or(0, String::len);
    change.field.len() + value(&change.old) + value(&change.new)
}
