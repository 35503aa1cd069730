//! Users in an order that the table is not kept in, however many there are: what they are ordered by is sorted a run at a
//! time, runs are kept in nameless files, and merged. What is held in memory does not grow.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use domain::UserId;
use projections::users::{Everybody, Found, UserLine};

use super::{SpoolError, UsersExport};
use crate::table::key::Key;

/// Keys of a run: so many are held at once.
const RUN_KEYS: usize = 32_768;
/// Runs of a level that are merged into one of the next: each is a file that is open, and each key is written once a level.
const RUNS_OF_LEVEL: usize = 16;

/// Takes users in their order; nobody for each that is only looked at before.
pub(super) type Take<'a> = dyn FnMut(Option<(&UserLine, &Found)>) -> Result<(), SpoolError> + 'a;

impl UsersExport {
    /// Shows everybody who is in it, in its order; in any that is found at once where the order makes no difference.
    ///
    /// # Errors
    /// What the tables say, or `take` answers; that no run can be kept.
    pub(super) fn each(
        &self,
        everybody: &Everybody,
        in_order: bool,
        take: &mut Take<'_>,
    ) -> Result<(), SpoolError> {
        let (of, beside) = (self.filter.of(), self.beside());
        let is_in = |user: &UserLine| self.filter.takes_line(user, self.now);
        if !in_order || self.sort.is_kept() && !self.sort.descending {
            return everybody.each(of, &beside, |user, found| match is_in(user) {
                true => take(Some((user, found))),
                false => Ok(()),
            });
        }
        let order = |one: &Key, other: &Key| self.sort.order(one, other);
        let mut sorter = Sorter::new(&order, &self.scratch, RUN_KEYS);
        everybody.each(of, &[], |user, _| {
            if !is_in(user) {
                return Ok(());
            }
            take(None)?;
            sorter.add(self.sort.key_of(user), &mut || take(None))
        })?;
        let mut users = everybody.one_by_one(&beside)?;
        sorter.each(&mut |user| match users.get(user)? {
            Some((user, found)) => take(Some((&user, &found))),
            None => Ok(()), // of one moment: whoever was seen is there
        })
    }
}

/// Which of two comes first.
type Order<'a> = dyn Fn(&Key, &Key) -> Ordering + 'a;

/// Is asked for each key that is moved whether to go on.
type GoOn<'a> = dyn FnMut() -> Result<(), SpoolError> + 'a;

/// Puts keys in order.
struct Sorter<'a> {
    order: &'a Order<'a>,
    folder: &'a Path,
    /// Keys of a run.
    most: usize,
    run: Vec<Key>,
    /// Of levels that go down: of each fewer than are merged.
    runs: Vec<Run>,
}

impl<'a> Sorter<'a> {
    fn new(order: &'a Order<'a>, folder: &'a Path, most: usize) -> Sorter<'a> {
        Sorter { order, folder, most, run: Vec::new(), runs: Vec::new() }
    }

    fn add(&mut self, key: Key, go_on: &mut GoOn<'_>) -> Result<(), SpoolError> {
        self.run.push(key);
        if self.run.len() < self.most {
            return Ok(());
        }
        self.keep()?;
        self.merge_levels(go_on)
    }

    fn each(
        mut self,
        take: &mut dyn FnMut(UserId) -> Result<(), SpoolError>,
    ) -> Result<(), SpoolError> {
        if self.runs.is_empty() {
            self.run.sort_unstable_by(self.order);
            return self.run.iter().try_for_each(|key| take(key.id));
        }
        self.keep()?;
        merge(self.order, self.runs, &mut |key| take(key.id))
    }

    /// Keeps the run that is held.
    fn keep(&mut self) -> Result<(), SpoolError> {
        self.run.sort_unstable_by(self.order);
        let mut kept = Keeping::begin(self.folder)?;
        self.run.drain(..).try_for_each(|key| kept.add(&key))?;
        self.runs.push(kept.end(0)?);
        Ok(())
    }

    /// Merges the runs of each level that is full.
    fn merge_levels(&mut self, go_on: &mut GoOn<'_>) -> Result<(), SpoolError> {
        while let Some(last) = self.runs.last() {
            let level = last.level;
            let from = self.runs.partition_point(|run| run.level > level);
            if self.runs.len() - from < RUNS_OF_LEVEL {
                break;
            }
            let mut kept = Keeping::begin(self.folder)?;
            let full = self.runs.split_off(from);
            merge(self.order, full, &mut |key| {
                go_on()?;
                Ok(kept.add(&key)?)
            })?;
            self.runs.push(kept.end(level + 1)?);
        }
        Ok(())
    }
}

/// A run while it is written: each key after its length.
struct Keeping {
    file: BufWriter<File>,
    key: Vec<u8>,
}

impl Keeping {
    fn begin(folder: &Path) -> io::Result<Keeping> {
        Ok(Keeping { file: BufWriter::new(tempfile::tempfile_in(folder)?), key: Vec::new() })
    }

    fn add(&mut self, key: &Key) -> io::Result<()> {
        self.key.clear();
        key.write(&mut self.key);
        let length = u16::try_from(self.key.len()).map_err(io::Error::other)?;
        self.file.write_all(&length.to_be_bytes())?;
        self.file.write_all(&self.key)
    }

    fn end(self, level: usize) -> io::Result<Run> {
        let mut file = self.file.into_inner()?;
        file.rewind()?;
        Ok(Run { level, file: BufReader::new(file), key: Vec::new() })
    }
}

/// A run that was written.
struct Run {
    /// How many times its keys were merged.
    level: usize,
    file: BufReader<File>,
    key: Vec<u8>,
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Key>> {
        if self.file.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut length = [0; 2];
        self.file.read_exact(&mut length)?;
        self.key.resize(u16::from_be_bytes(length).into(), 0);
        self.file.read_exact(&mut self.key)?;
        let key = Key::read(&self.key).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some(key))
    }
}

/// The first key left of a run. The greatest is that which comes first.
struct Head<'a> {
    order: &'a Order<'a>,
    key: Key,
    run: usize,
}

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.order)(&other.key, &self.key)
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head<'_> {}

fn merge(
    order: &Order<'_>,
    mut runs: Vec<Run>,
    take: &mut dyn FnMut(Key) -> Result<(), SpoolError>,
) -> Result<(), SpoolError> {
    let mut heads = BinaryHeap::with_capacity(runs.len());
    for (run, keys) in runs.iter_mut().enumerate() {
        heads.extend(keys.next()?.map(|key| Head { order, key, run }));
    }
    while let Some(Head { key, run, .. }) = heads.pop() {
        heads.extend(runs[run].next()?.map(|key| Head { order, key, run }));
        take(key)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// The key of who has no value.
    fn key(id: u128) -> Key {
        Key::read(&[&[0][..], &Uuid::from_u128(id).as_bytes()[..]].concat()).unwrap()
    }

    #[test]
    fn runs_of_any_number_are_one_order_and_nobody_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let order = |one: &Key, other: &Key| other.id.cmp(&one.id);
        // In memory alone; a run and a bit; a level; two levels and a bit, where merged runs are merged again.
        let level = 10 * RUNS_OF_LEVEL;
        for users in [0, 1, 9, 10, 11, level, level + 1, level * RUNS_OF_LEVEL + 35 * level + 3] {
            let ids = (0..users as u128).map(|number| number * 7_919 % 1_000_003);
            let mut sorter = Sorter::new(&order, folder.path(), 10);
            let mut moved = 0;
            let mut count = || {
                moved += 1;
                Ok(())
            };
            ids.clone().for_each(|id| sorter.add(key(id), &mut count).unwrap());
            assert!(sorter.runs.len() < 3 * RUNS_OF_LEVEL, "{} files", sorter.runs.len());
            assert!(moved <= 2 * users, "{moved} keys of {users} users");
            let mut seen = Vec::new();
            let taken = sorter.each(&mut |user| {
                seen.push(user.0.as_u128());
                Ok(())
            });
            taken.unwrap();
            let mut wanted: Vec<u128> = ids.collect();
            wanted.sort_unstable_by(|one, other| other.cmp(one));
            assert_eq!(seen, wanted, "{users} users");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing stays");
    }

    #[test]
    fn what_ends_the_walk_ends_it_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let order = |one: &Key, other: &Key| one.id.cmp(&other.id);
        let mut sorter = Sorter::new(&order, folder.path(), 2);
        (0..9).for_each(|id| sorter.add(key(id), &mut || Ok(())).unwrap());
        let mut seen = 0;
        let ended = sorter.each(&mut |_| {
            seen += 1;
            if seen == 3 { Err(SpoolError::Stopped) } else { Ok(()) }
        });
        assert!(matches!(ended, Err(SpoolError::Stopped)) && seen == 3);
        // Also while runs are merged before all are there.
        let mut sorter = Sorter::new(&order, folder.path(), 2);
        let stop: &mut GoOn<'_> = &mut || Err(SpoolError::Stopped);
        let ended = (0..99).try_for_each(|id| sorter.add(key(id), stop));
        assert!(matches!(ended, Err(SpoolError::Stopped)));
    }
}
