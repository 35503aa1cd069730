//! What an import would do, row by row, without doing it: the same rules on the same tables, as of one position.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::csv_record::Cells;
use domain::csv_row::{TakenRow, read_row};
use domain::email::Email;
use domain::event::{Change, ImportMode, RowCounts, RowNote};
use domain::import::{ImportRow, ModeFault, allowed, decide};
use domain::user::evolve;
use domain::{Event, User, UserId};
use eventlog::Position;
use projections::users::Profiles;
use projections::{ProjectionError, Store};
use uuid::Uuid;

use super::duplicates::{Duplicates, Sheet};
use super::notes::{Notes, Place};
use super::records::RecordFault;

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

/// Reads every row and tells what it comes upon. Takes 16 bytes a row while repeated addresses are searched, then only
/// what those need.
///
/// # Errors
/// See [`CheckError`].
pub fn check(
    store: &Store,
    sheet: Sheet<'_>,
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
    };
    let look = Look {
        sheet,
        duplicates: &duplicates,
        profiles,
        met: HashSet::new(),
        refused: HashSet::new(),
        check,
    };
    look.at_every_row(listen)
}

/// A check at work.
struct Look<'a> {
    sheet: Sheet<'a>,
    duplicates: &'a Duplicates,
    profiles: Profiles,
    /// Repeated addresses that were met, and those whose rows are refused.
    met: HashSet<UserId>,
    refused: HashSet<UserId>,
    check: Check,
}

impl Look<'_> {
    fn at_every_row(mut self, listen: &mut Listen<'_>) -> Result<Check, CheckError> {
        let (mut records, mut cells) = (self.sheet.rows()?, Cells::new(self.sheet.delimiter()));
        let mut row = 0;
        while let Some(record) = records.next_record()? {
            row += 1;
            let (mut taken, at) = (TakenRow::default(), Place { row, line: record.line });
            cells.decode(record.content).map_err(|_| CheckError::FileChanged)?;
            match read_row(self.sheet.rules(), &cells, &mut taken) {
                Ok(email) => self.at_row(at, &email, &taken, listen)?,
                Err(fault) => {
                    let note = self.check.notes.reject(&self.sheet.plan.columns, at, &fault);
                    self.check.counts.rejected += 1;
                    listen(Finding::Reject(&note)).map_err(CheckError::Listen)?;
                }
            }
        }
        Ok(self.check)
    }

    fn at_row(
        &mut self,
        at: Place,
        email: &Email,
        taken: &TakenRow<'_>,
        listen: &mut Listen<'_>,
    ) -> Result<(), CheckError> {
        let plan = self.sheet.plan;
        let id = self.sheet.key.user_id(email, 0);
        let repeated = self.duplicates.contains(id);
        let first = !repeated || self.met.insert(id);
        let stored = if first { self.profiles.get(id)?.and_then(|(user, _)| user) } else { None };
        let refused = match (first, allowed(plan.mode, stored.as_ref(), false)) {
            (true, Err(fault)) => Some(fault),
            (true, Ok(())) => None,
            (false, _) => self.refused.contains(&id).then(|| always_refuses(plan.mode)).flatten(),
        };
        if let Some(fault) = refused {
            self.refused.extend(repeated.then_some(id));
            let note = self.check.notes.not_allowed(at, fault);
            self.check.counts.rejected += 1;
            return listen(Finding::Reject(&note)).map_err(CheckError::Listen);
        }
        for fault in &taken.dropped {
            let note = self.check.notes.dropped(&plan.columns, at, fault);
            self.check.counts.warnings += 1;
            listen(Finding::Warning(&note)).map_err(CheckError::Listen)?;
        }
        if !first {
            let note = self.check.notes.repeated(at);
            self.check.counts.warnings += 1;
            return listen(Finding::Warning(&note)).map_err(CheckError::Listen); // counted with its first row
        }
        let joins = match &plan.list {
            Some(list) => stored.is_none() || !self.profiles.is_on_list(id, &list.id)?,
            None => false,
        };
        let mut future = Future::of(stored);
        if repeated {
            let take = &mut |email: &Email, taken: &TakenRow<'_>| future.take(email, taken);
            self.duplicates.for_each_row(self.sheet, id, take)?;
        } else {
            future.take(email, taken);
        }
        match self.check.note(id, at.line, joins, future) {
            Some(difference) => {
                listen(Finding::Difference(&difference)).map_err(CheckError::Listen)
            }
            None => Ok(()),
        }
    }
}

/// Why every row of an address is refused once its first was.
fn always_refuses(mode: ImportMode) -> Option<ModeFault> {
    match mode {
        ImportMode::CreateAndUpdate => None,
        ImportMode::CreateOnly => Some(ModeFault::UserExists),
        ImportMode::UpdateOnly => Some(ModeFault::UserNotFound),
    }
}

/// A user as the rows of one address would leave it.
struct Future {
    stored: Option<User>,
    user: Option<User>,
    counts: RowCounts,
}

impl Future {
    fn of(stored: Option<User>) -> Future {
        Future { user: stored.clone(), stored, counts: RowCounts::default() }
    }

    fn take(&mut self, email: &Email, taken: &TakenRow<'_>) {
        // Which import and which row it is makes no difference to what follows.
        let TakenRow { cells, member_since, .. } = taken;
        let member_since = *member_since;
        let row = ImportRow { import_id: Uuid::nil(), row: 0, email, cells, member_since };
        match decide(self.user.as_ref(), &row) {
            None => self.counts.unchanged += 1,
            Some(imported) => {
                self.counts.created += u64::from(imported.created);
                self.counts.updated += u64::from(!imported.created);
                self.user = evolve(self.user.take(), &Event::UserImported(imported));
            }
        }
    }

    /// By field, what goes and what comes.
    fn changes(&self) -> Vec<Change> {
        let none = BTreeMap::new();
        let before = self.stored.as_ref().map_or(&none, |user| &user.fields);
        let after = self.user.as_ref().map_or(&none, |user| &user.fields);
        let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let change = |field: &String| {
            let (old, new) = (before.get(field).cloned(), after.get(field).cloned());
            (old != new).then(|| Change { field: field.clone(), old, new })
        };
        fields.into_iter().filter_map(change).collect()
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
