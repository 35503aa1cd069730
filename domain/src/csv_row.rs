//! Which row is taken and which is refused, with a name for every reason.

use crate::csv_record::Cells;
use crate::email::{Email, EmailFault};
use crate::event::{BadCells, Column, EXTERNAL_ID, MatchBy, Target};
use crate::id::UserId;
use crate::import::Taken;

mod fault;

pub use self::fault::RowFault;

/// Longest cell taken, in bytes of UTF-8.
pub const CELL_BYTES_MAX: usize = 65_536;

/// What rows are read by.
#[derive(Debug, Clone, Copy)]
pub struct RowRules<'a> {
    /// Where each column goes and how it is read.
    pub columns: &'a [Column],
    /// By what it finds its user.
    pub match_by: MatchBy,
    /// What becomes of cells that cannot be read.
    pub bad_cells: BadCells,
    /// The moment after which everything is the future, in microseconds since 1970.
    pub now: i64,
}

/// Who a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKey {
    /// Whose address this is.
    Email(Email),
    /// The user with this id.
    UserId(UserId),
    /// The user another system knows by this id.
    ExternalId(String),
}

impl RowKey {
    /// Whether it says the same user.
    pub fn same(&self, other: &RowKey) -> bool {
        match (self, other) {
            (RowKey::Email(one), RowKey::Email(other)) => one.key() == other.key(),
            (one, other) => one == other,
        }
    }
}

/// What a row says.
#[derive(Debug, Default)]
pub struct TakenRow<'a> {
    /// Every cell that says something, in column order.
    pub cells: Vec<Taken<'a>>,
    /// When the user became a member, in microseconds since 1970.
    pub member_since: Option<i64>,
    /// The address its user is to have, where that is not the key.
    pub email: Option<Email>,
    /// Why cells were left out.
    pub dropped: Vec<RowFault>,
}

impl TakenRow<'_> {
    /// The external id the row gives its user.
    pub fn external_id(&self) -> Option<&str> {
        let (_, value) = self.cells.iter().find(|(field, _)| *field == EXTERNAL_ID)?;
        value.as_deref()
    }
}

/// Reads a row: who it is about, and what else it says into `taken`.
///
/// Text is kept exactly as it stands; only addresses, ids and what is not text are trimmed.
///
/// # Errors
/// See [`RowFault`]; the first fault in column order is told. With [`BadCells::DropCell`] only what is wrong with the
/// row or its key.
pub fn read_row<'a>(
    rules: RowRules<'a>,
    cells: &'a Cells,
    taken: &mut TakenRow<'a>,
) -> Result<RowKey, RowFault> {
    let RowRules { columns, match_by, bad_cells, now } = rules;
    taken.cells.clear();
    taken.dropped.clear();
    (taken.member_since, taken.email) = (None, None);
    if cells.len() != columns.len() {
        return Err(RowFault::ColumnCountMismatch { expected: columns.len(), found: cells.len() });
    }
    let mut key = Err(match match_by {
        MatchBy::Email => RowFault::Email(EmailFault::Missing),
        MatchBy::UserId | MatchBy::ExternalId => RowFault::KeyMissing { key: match_by },
    });
    for (index, (column, cell)) in columns.iter().zip(cells.iter()).enumerate() {
        let cell = column.rule.unguarded(cell);
        let read = match &column.target {
            Target::Ignored => continue,
            Target::Email if match_by == MatchBy::Email => {
                sound(index, cell)?;
                key = Email::parse(cell).map(RowKey::Email).map_err(RowFault::Email);
                continue;
            }
            Target::Email => another_address(index, cell, taken),
            Target::UserId => {
                key = user_id(index, cell, key)?;
                continue;
            }
            Target::Field(field) if field == EXTERNAL_ID && !column.rule.clears(cell) => {
                let cell = cell.trim();
                if cell.is_empty() {
                    continue;
                }
                let read = field_value(index, column, field, cell, taken);
                if match_by == MatchBy::ExternalId {
                    read?;
                    key = Ok(RowKey::ExternalId(cell.to_owned()));
                    continue;
                }
                read
            }
            Target::Field(field) if column.rule.clears(cell) => {
                taken.cells.push((field, None));
                continue;
            }
            Target::Field(_) | Target::MemberSince if cell.is_empty() => continue,
            Target::Field(field) => field_value(index, column, field, cell, taken),
            Target::MemberSince => member_since(index, column, cell, now, taken),
        };
        match (read, bad_cells) {
            (Ok(()), _) => {}
            (Err(fault), BadCells::RejectRow) => return Err(fault),
            (Err(fault), BadCells::DropCell) => taken.dropped.push(fault),
        }
    }
    key
}

/// The address the user of another key is to have; an empty cell says nothing of it.
fn another_address(index: usize, cell: &str, taken: &mut TakenRow<'_>) -> Result<(), RowFault> {
    sound(index, cell)?;
    match Email::parse(cell) {
        Ok(email) => taken.email = Some(email),
        Err(EmailFault::Missing) => {}
        Err(fault) => return Err(RowFault::Email(fault)),
    }
    Ok(())
}

/// The id in a cell; an empty one leaves the key as it is.
fn user_id(
    column: usize,
    cell: &str,
    key: Result<RowKey, RowFault>,
) -> Result<Result<RowKey, RowFault>, RowFault> {
    match cell.trim() {
        "" => Ok(key),
        id => match id.parse() {
            Ok(id) => Ok(Ok(RowKey::UserId(id))),
            Err(_) => Err(RowFault::UserIdInvalid { column }),
        },
    }
}

fn field_value<'a>(
    index: usize,
    column: &'a Column,
    field: &'a str,
    cell: &'a str,
    taken: &mut TakenRow<'a>,
) -> Result<(), RowFault> {
    sound(index, cell)?;
    let value = column.rule.read(cell).map_err(|fault| RowFault::Value { column: index, fault })?;
    taken.cells.push((field, Some(value)));
    Ok(())
}

fn member_since(
    index: usize,
    column: &Column,
    cell: &str,
    now: i64,
    taken: &mut TakenRow<'_>,
) -> Result<(), RowFault> {
    let read = column.rule.read_moment(cell);
    let moment = read.map_err(|fault| RowFault::Value { column: index, fault })?;
    if moment > now {
        return Err(RowFault::DateInFuture { column: index });
    }
    taken.member_since = Some(moment);
    Ok(())
}

/// Neither too long nor with what no text has.
fn sound(column: usize, cell: &str) -> Result<(), RowFault> {
    if cell.len() > CELL_BYTES_MAX {
        return Err(RowFault::ValueTooLong { column, bytes: cell.len() });
    }
    if memchr::memchr(0, cell.as_bytes()).is_some() {
        return Err(RowFault::ControlCharacter { column });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
