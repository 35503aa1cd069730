//! How much of the disk the data folder takes, and for what.

use std::fs;
use std::io;
use std::path::Path;

use super::DataFolder;

/// Deepest that a folder of the data folder is looked into.
const DEPTH_MAX: u32 = 4;

/// Bytes of the data folder, by what they are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The facts, with what is not yet written back.
    pub log: u64,
    /// Tables, which can be built again.
    pub tables: u64,
    /// What is durable and no fact.
    pub work: u64,
    /// Files of imports and bulk actions.
    pub imports: u64,
    /// Files of exports.
    pub exports: u64,
    /// All else.
    pub rest: u64,
}

impl Sizes {
    /// All of it.
    pub fn total(&self) -> u64 {
        let Sizes { log, tables, work, imports, exports, rest } = self;
        [log, tables, work, imports, exports, rest].into_iter().sum()
    }
}

impl DataFolder {
    /// How much it takes now. What goes away meanwhile counts as nothing.
    ///
    /// # Errors
    /// What the disk says.
    pub fn sizes(&self) -> io::Result<Sizes> {
        let mut sizes = Sizes::default();
        for entry in fs::read_dir(self.path())? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let bytes = || bytes(&entry.path(), DEPTH_MAX);
            match name.split('.').next() {
                Some("log") => sizes.log += bytes()?,
                Some("projections") => sizes.tables += bytes()?,
                Some("work") => sizes.work += bytes()?,
                Some("files") => {}
                Some(_) | None => sizes.rest += bytes()?,
            }
        }
        sizes.imports =
            bytes(&self.uploads(), DEPTH_MAX)? + bytes(&self.bulk_actions(), DEPTH_MAX)?;
        sizes.exports = bytes(&self.exports(), DEPTH_MAX)?;
        sizes.rest += bytes(&self.scratch(), DEPTH_MAX)?;
        Ok(sizes)
    }
}

fn bytes(path: &Path, depth: u32) -> io::Result<u64> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        found => found?,
    };
    if !found.is_dir() || depth == 0 {
        return Ok(if found.is_file() { found.len() } else { 0 });
    }
    let mut all = 0;
    for entry in fs::read_dir(path)? {
        all += bytes(&entry?.path(), depth - 1)?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(&folder.path().join("data")).unwrap();
        for (name, bytes) in [
            ("log.db", 1),
            ("log.db-wal", 2),
            ("projections.3.db", 4),
            ("work.db", 8),
            ("files/imports/a.upload", 16),
            ("files/bulk/a.users", 32),
            ("files/exports/a", 64),
            ("files/tmp/a", 128),
            ("instance.key", 256),
        ] {
            fs::write(data.path().join(name), vec![0; bytes]).unwrap();
        }
        let sizes = data.sizes().unwrap();
        let want = Sizes { log: 3, tables: 4, work: 8, imports: 48, exports: 64, rest: 384 };
        assert_eq!((sizes, sizes.total()), (want, 511));
    }
}
