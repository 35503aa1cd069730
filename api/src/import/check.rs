//! What an import would do, row by row, without doing it: the same rules on the same tables, as of one position.

use std::collections::HashSet;

use domain::csv_record::Cells;
use domain::csv_row::read_row;
use domain::email::Email;
use domain::event::{Change, RowCounts};
use domain::import::{ImportRow, decide};
use domain::user::evolve;
use domain::{Event, User, UserId};
use eventlog::Position;
use projections::{ProjectionError, Store};
use uuid::Uuid;

use super::duplicates::{Duplicates, Sheet};
use super::notes::Notes;
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
    /// What would change, all its rows together.
    pub changes: Vec<Change>,
}

/// Reads every row. Takes 16 bytes a row while repeated addresses are searched, then only what those need.
///
/// # Errors
/// See [`CheckError`].
pub fn check(store: &Store, sheet: Sheet<'_>) -> Result<Check, CheckError> {
    let duplicates = Duplicates::find(sheet)?;
    let profiles = store.profiles()?;
    let mut check = Check {
        position: profiles.position()?,
        counts: RowCounts::default(),
        users: 0,
        differences: Vec::new(),
        listed_bytes: 0,
        notes: Notes::default(),
    };
    let (mut records, mut cells) = (sheet.rows()?, Cells::new(sheet.delimiter));
    let (mut row, mut met) = (0, HashSet::new());
    while let Some(record) = records.next_record()? {
        row += 1;
        let mut taken = Vec::new();
        cells.decode(record.content).map_err(|_| CheckError::FileChanged)?;
        let email = match read_row(sheet.columns, &cells, &mut taken) {
            Ok(email) => email,
            Err(fault) => {
                check.notes.reject(sheet.columns, row, record.line, &fault);
                check.counts.rejected += 1;
                continue;
            }
        };
        let id = sheet.key.user_id(&email, 0);
        let repeated = duplicates.contains(id);
        if repeated && !met.insert(id) {
            check.notes.repeated(row, record.line);
            check.counts.warnings += 1;
            continue; // counted with the first row of its address
        }
        let stored = profiles.get(id)?.map(|(user, _)| user);
        let mut future = Future::of(stored);
        if repeated {
            duplicates.for_each_row(sheet, id, &mut |email, taken| future.take(email, taken))?;
        } else {
            future.take(&email, &taken);
        }
        check.note(id, record.line, future);
    }
    Ok(check)
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

    fn take(&mut self, email: &Email, cells: &[(&str, &str)]) {
        // Which import and which row it is makes no difference to what follows.
        let row = ImportRow { import_id: Uuid::nil(), row: 0, email, cells };
        match decide(self.user.as_ref(), &row) {
            None => self.counts.unchanged += 1,
            Some(imported) => {
                self.counts.created += u64::from(imported.created);
                self.counts.updated += u64::from(!imported.created);
                self.user = evolve(self.user.take(), &Event::UserImported(imported));
            }
        }
    }

    fn changes(&self) -> Vec<Change> {
        let before = self.stored.as_ref().map(|user| &user.fields);
        let after = self.user.iter().flat_map(|user| &user.fields);
        after
            .map(|(field, new)| (field, new, before.and_then(|before| before.get(field))))
            .filter(|(_, new, old)| *old != Some(new))
            .map(|(field, new, old)| Change {
                field: field.clone(),
                old: old.cloned(),
                new: Some(new.clone()),
            })
            .collect()
    }
}

impl Check {
    fn note(&mut self, user: UserId, line: u64, future: Future) {
        let (changes, created) = (future.changes(), future.stored.is_none());
        if !created && changes.is_empty() {
            // All rows of the address together leave the user as stored: none of them would be recorded.
            let rows = future.counts;
            self.counts.unchanged += rows.created + rows.updated + rows.unchanged;
            return;
        }
        self.counts.created += future.counts.created;
        self.counts.updated += future.counts.updated;
        self.counts.unchanged += future.counts.unchanged;
        self.users += 1;
        let bytes: usize = changes.iter().map(bytes_of).sum();
        if self.differences.len() < DIFFERENCES_MAX
            && self.listed_bytes + bytes <= DIFFERENCES_BYTES_MAX
        {
            self.listed_bytes += bytes;
            let email = future.user.and_then(|user| user.email);
            self.differences.push(Difference { user, email, line, created, changes });
        }
    }
}

fn bytes_of(change: &Change) -> usize {
    let value = |value: &Option<String>| value.as_ref().map_or(0, String::len);
    change.field.len() + value(&change.old) + value(&change.new)
}
