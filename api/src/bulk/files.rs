//! The users of a bulk action in a file: their ids in order, 16 bytes each, as long as the action can go on.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use domain::UserId;
use domain::event::BulkPlan;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::App;
use crate::data_folder::DataFolder;
use crate::import::retention::RemoveError;

/// Bytes of an id.
const ID_BYTES: usize = 16;
/// How old a file is that belongs to no bulk action before it is taken for a leftover.
const LEFT_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The users of a bulk action, as they were chosen.
#[derive(Debug)]
pub struct Chosen(Vec<u8>);

impl Chosen {
    /// These users, each once.
    pub fn new(mut users: Vec<UserId>) -> Chosen {
        users.sort_unstable();
        users.dedup();
        Chosen(users.iter().flat_map(|user| user.0.into_bytes()).collect())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len() / ID_BYTES
    }

    /// SHA-256 of their ids, in hex.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.0))
    }

    /// Those after the first so many, in order.
    pub fn after(&self, done: usize) -> impl Iterator<Item = UserId> {
        let ids = self.0.chunks_exact(ID_BYTES).skip(done);
        ids.map(|id| UserId(Uuid::from_slice(id).expect("an id has 16 bytes")))
    }

    /// Writes them into a new file, durably.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(&self.0)?;
        file.sync_all()?;
        sync_folder(path)
    }

    /// Reads them; the error inside is the code of what will stay wrong with the file: `file_missing`, or `file_changed`
    /// where it is not the one of the plan.
    ///
    /// # Errors
    /// What the disk says, which may be otherwise the next time.
    pub fn read(path: &Path, plan: &BulkPlan) -> io::Result<Result<Chosen, &'static str>> {
        let chosen = match std::fs::read(path) {
            Ok(ids) => Chosen(ids),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Err("file_missing")),
            Err(error) => return Err(error),
        };
        let same =
            chosen.0.len() as u64 == plan.users * ID_BYTES as u64 && chosen.sha256() == plan.sha256;
        Ok(if same { Ok(chosen) } else { Err("file_changed") })
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Removes the file of a bulk action that has ended.
///
/// # Errors
/// What the disk says.
pub fn remove(folder: &DataFolder, id: Uuid) -> io::Result<()> {
    match std::fs::remove_file(folder.chosen(id)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes files whose bulk action has ended or is unknown: a crash came in between. One that is just being accepted is not
/// known yet either.
///
/// # Errors
/// What the disk says, or the tables.
pub fn remove_left_over(app: &App) -> Result<(), RemoveError> {
    let store = app.follower.store();
    for entry in std::fs::read_dir(app.folder.bulk_actions())? {
        let entry = entry?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.split('.').next()?.parse::<Uuid>().ok());
        let Some(id) = id else { continue };
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        let left = match store.bulk_action(id)? {
            Some(line) => !line.state.is_at_work(),
            None => age > LEFT_AFTER,
        };
        if left {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::event::{BulkChoice, BulkDeed};

    use super::*;

    #[test]
    fn a_file_holds_each_user_once_and_tells_when_it_is_not_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chosen");
        let user = |n| UserId(Uuid::from_u128(n));
        let chosen = Chosen::new(vec![user(3), user(1), user(3), user(2)]);
        let plan = BulkPlan {
            bulk_action_id: Uuid::nil(),
            deed: BulkDeed::Delete,
            choice: BulkChoice::Users,
            users: 3,
            users_first: Vec::new(),
            sha256: chosen.sha256(),
        };
        assert_eq!(Chosen::read(&path, &plan).unwrap().err(), Some("file_missing"));
        chosen.write(&path).unwrap();
        assert!(chosen.write(&path).is_err(), "it is never written over");
        let read = Chosen::read(&path, &plan).unwrap().unwrap();
        assert_eq!(read.after(1).collect::<Vec<_>>(), [user(2), user(3)]);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Chosen::read(&path, &plan).unwrap().err(), Some("file_changed"));
        assert!(
            Chosen::read(folder.path(), &plan).is_err(),
            "a disk in trouble is no missing file"
        );
        std::fs::write(&path, &bytes[..32]).unwrap();
        assert_eq!(Chosen::read(&path, &plan).unwrap().err(), Some("file_changed"));
    }
}
