//! How often something happened to each user: kept by kind, in the order of the log, so that conditions of all users at
//! once are answered from a few megabytes and not from the facts.

use domain::{DefinitionId, EventKind, UserId};
use rusqlite::{Connection, OptionalExtension};

use crate::error::ProjectionError;
use crate::store::Store;
use crate::users::{Profiles, snapshot};

/// Entries of a row: they fill a page.
pub(crate) const ENTRIES_MAX: usize = 500;
/// Bytes of an entry.
pub(crate) const ENTRY: usize = 16;

/// Something that happened to a user, whose number is `no`; with what, by the number of its name, or 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) no: u32,
    pub(crate) about: u32,
    pub(crate) at: i64,
}

impl Entry {
    pub(crate) fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.no.to_le_bytes());
        bytes.extend(self.about.to_le_bytes());
        bytes.extend(self.at.to_le_bytes());
    }

    fn read(bytes: &[u8; ENTRY]) -> Entry {
        let [a, b, c, d, e, f, g, h, at @ ..] = *bytes;
        Entry {
            no: u32::from_le_bytes([a, b, c, d]),
            about: u32::from_le_bytes([e, f, g, h]),
            at: i64::from_le_bytes(at),
        }
    }
}

/// The key of a row: those of a kind lie together.
pub(crate) fn place(kind: u32, row: u32) -> i64 {
    i64::from(kind) << 32 | i64::from(row)
}

/// When something happened to each user.
#[derive(Debug, Default)]
pub struct Times {
    /// Where the times of each user begin, by number; those of the next are behind them.
    begins: Vec<u32>,
    times: Vec<i64>,
}

impl Times {
    /// When it happened to the user of this number, in the order it was recorded.
    pub fn of(&self, no: i64) -> &[i64] {
        let at = usize::try_from(no).unwrap_or(usize::MAX);
        let (Some(begin), Some(end)) = (self.begins.get(at), self.begins.get(at.saturating_add(1)))
        else {
            return &[];
        };
        &self.times[*begin as usize..*end as usize]
    }

    /// Counts first, then puts each where it belongs.
    fn by_user(entries: &[(u32, i64)]) -> Times {
        let users = entries.iter().map(|(no, _)| *no as usize + 1).max().unwrap_or(0);
        let mut begins = vec![0u32; users + 1];
        for (no, _) in entries {
            begins[*no as usize + 1] += 1;
        }
        for user in 0..users {
            begins[user + 1] += begins[user];
        }
        let (mut next, mut times) = (begins.clone(), vec![0; entries.len()]);
        for (no, at) in entries {
            let place = &mut next[*no as usize];
            times[*place as usize] = *at;
            *place += 1;
        }
        Times { begins, times }
    }
}

impl Store {
    /// When things of a kind happened to users after a moment, by users' numbers; with something of this id where one is
    /// named.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn times(
        &self,
        kind: EventKind,
        of: Option<&DefinitionId>,
        after: i64,
    ) -> Result<Times, ProjectionError> {
        self.with_reader(|connection| {
            snapshot(connection, |connection| {
                times(connection, kind, of, &|entry| entry.at > after)
            })
        })
    }
}

impl Profiles {
    /// The number of a user, by which [`Times`] are found; none of one that is gone.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn number(&self, id: UserId) -> Result<Option<i64>, ProjectionError> {
        let sql = "SELECT no FROM user_stats WHERE id = ?1";
        let mut statement = self.connection().prepare_cached(sql)?;
        Ok(statement.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?.flatten())
    }

    /// About how many things of a kind happened to users: as many entries are read for their times.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn entries(&self, kind: EventKind) -> Result<usize, ProjectionError> {
        let Some(kind) = number(self.connection(), kind.name())? else { return Ok(0) };
        // Rows of a kind are numbered without gaps: the last tells how many there are, and none is read.
        let sql = "SELECT place FROM happened WHERE place >= ?1 AND place < ?2 ORDER BY place DESC LIMIT 1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let first = place(kind, 0);
        let last: Option<i64> =
            statement.query_row([first, place(kind + 1, 0)], |row| row.get(0)).optional()?;
        let rows = last.map_or(0, |last| last - first + 1);
        Ok(usize::try_from(rows).unwrap_or(0) * ENTRIES_MAX)
    }

    /// When things of a kind happened to users after a moment, as [`Store::times`], as of the moment this looks at.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn times_after(
        &self,
        kind: EventKind,
        of: Option<&DefinitionId>,
        after: i64,
    ) -> Result<Times, ProjectionError> {
        times(self.connection(), kind, of, &|entry| entry.at > after)
    }

    /// The same, whenever it was, of those with these numbers.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn times(
        &self,
        kind: EventKind,
        of: Option<&DefinitionId>,
        numbers: &[i64],
    ) -> Result<Times, ProjectionError> {
        let last = numbers.iter().max().and_then(|last| usize::try_from(*last).ok());
        let mut asked = vec![false; last.map_or(0, |last| last + 1)];
        for number in numbers.iter().filter_map(|number| usize::try_from(*number).ok()) {
            asked[number] = true;
        }
        let is_asked = |entry: &Entry| asked.get(entry.no as usize).is_some_and(|asked| *asked);
        times(self.connection(), kind, of, &is_asked)
    }
}

/// Reads all entries of a kind; those that are not `asked` for are left out.
fn times(
    connection: &Connection,
    kind: EventKind,
    of: Option<&DefinitionId>,
    asked: &dyn Fn(&Entry) -> bool,
) -> Result<Times, ProjectionError> {
    let about = of.map(|id| number(connection, id.as_str())).transpose()?;
    let (Some(kind), false) = (number(connection, kind.name())?, about == Some(None)) else {
        return Ok(Times::default());
    };
    let about = about.flatten();
    let mut entries = Vec::new();
    let sql = "SELECT entries FROM happened WHERE place >= ?1 AND place < ?2 ORDER BY place";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([place(kind, 0), place(kind + 1, 0)])?;
    while let Some(row) = rows.next()? {
        let (all, _) = row.get_ref(0)?.as_blob().unwrap_or_default().as_chunks::<ENTRY>();
        let of = |entry: &Entry| about.is_none_or(|about| about == entry.about);
        let found = all.iter().map(Entry::read).filter(|entry| of(entry) && asked(entry));
        entries.extend(found.map(|entry| (entry.no, entry.at)));
    }
    Ok(Times::by_user(&entries))
}

fn number(connection: &Connection, name: &str) -> Result<Option<u32>, ProjectionError> {
    let mut statement = connection.prepare_cached("SELECT no FROM names WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

#[cfg(test)]
mod tests {
    use super::{Entry, Times};

    #[test]
    fn times_are_found_by_user_in_the_order_they_were_recorded() {
        let times = Times::by_user(&[(3, 30), (1, 10), (3, 20)]);
        assert_eq!(times.of(3), [30, 20]);
        assert_eq!(times.of(1), [10]);
        for nobody in [-1, 0, 2, 4, i64::MAX] {
            assert!(times.of(nobody).is_empty());
        }
        assert!(Times::by_user(&[]).of(0).is_empty());
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let mut bytes = Vec::new();
        Entry { no: 7, about: 1 << 30, at: -5 }.write(&mut bytes);
        let read = Entry::read(bytes.as_slice().try_into().unwrap());
        assert_eq!((read.no, read.about, read.at), (7, 1 << 30, -5));
    }
}
