//! The data folder: what lies where, who holds it, and the instance key.

pub mod sizes;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::identity::{INSTANCE_KEY_BYTES, InstanceKey};
use uuid::Uuid;

/// The folder, held exclusively while this lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    lock: File,
}

impl DataFolder {
    /// Opens the folder, making it where there is none.
    ///
    /// # Errors
    /// When another process holds it, or it cannot be made.
    pub fn open(path: &Path) -> Result<DataFolder> {
        let make = |path: &Path| {
            let mut folder = std::fs::DirBuilder::new();
            folder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
            folder.create(path).with_context(|| format!("making the folder {}", path.display()))
        };
        make(path)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .with_context(|| format!("opening {}", path.join("lock").display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "{} is held by a running service; stop it, or leave out --data to talk to it",
                    path.display()
                )
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).context("locking the data folder");
            }
        }
        let folder = DataFolder { path: path.to_owned(), lock };
        make(&folder.uploads())?;
        make(&folder.bulk_actions())?;
        make(&folder.exports())?;
        make(&folder.scratch())?;
        folder.clear_scratch()?;
        folder.clear_export_parts()?;
        Ok(folder)
    }

    /// Whether there is a log to open.
    pub fn holds_a_log(path: &Path) -> bool {
        path.join("log.db").exists()
    }

    /// Refuses a folder that has been served and has lost its log: a new one would look like an empty programme.
    ///
    /// # Errors
    /// Where `work.db` is there and `log.db` is not.
    pub fn lacks_no_log(&self) -> Result<()> {
        if self.work().exists() && !self.log().exists() {
            bail!(
                "{} holds work.db but no log.db: restore a backup, or name another folder",
                self.path.display()
            );
        }
        Ok(())
    }

    /// Lets others have the folder, once everything in it is closed.
    pub fn release(&self) {
        let _ = self.lock.unlock();
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The log.
    pub fn log(&self) -> PathBuf {
        self.path.join("log.db")
    }

    /// What is durable and no fact.
    pub fn work(&self) -> PathBuf {
        self.path.join("work.db")
    }

    /// Files as they were uploaded.
    pub fn uploads(&self) -> PathBuf {
        self.path.join("files").join("imports")
    }

    /// The file of an import, as it was sent.
    pub fn upload(&self, import_id: Uuid) -> PathBuf {
        self.uploads().join(format!("{import_id}.upload"))
    }

    /// The same as UTF-8, unpacked, as read in the encoding of this name.
    pub fn decoded(&self, import_id: Uuid, encoding: &str) -> PathBuf {
        self.uploads().join(format!("{import_id}.{encoding}.csv"))
    }

    /// What a check found, one line of JSON each.
    pub fn checked(&self, import_id: Uuid, what: &str) -> PathBuf {
        self.uploads().join(format!("{import_id}.{what}.ndjson"))
    }

    /// Users of bulk actions.
    pub fn bulk_actions(&self) -> PathBuf {
        self.path.join("files").join("bulk")
    }

    /// The users of a bulk action.
    pub fn chosen(&self, bulk_action_id: Uuid) -> PathBuf {
        self.bulk_actions().join(format!("{bulk_action_id}.users"))
    }

    /// Removes every file of an import.
    ///
    /// # Errors
    /// What the disk says.
    pub fn remove_upload(&self, import_id: Uuid) -> std::io::Result<()> {
        let prefix = format!("{import_id}.");
        for entry in std::fs::read_dir(self.uploads())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                std::fs::remove_file(entry.path())?;
            }
        }
        File::open(self.uploads())?.sync_all()
    }

    /// Files of exports.
    pub fn exports(&self) -> PathBuf {
        self.path.join("files").join("exports")
    }

    /// The file of an export, once it is whole.
    pub fn export(&self, export_id: Uuid) -> PathBuf {
        self.exports().join(export_id.to_string())
    }

    /// The same while it is written.
    pub fn export_part(&self, export_id: Uuid) -> PathBuf {
        self.exports().join(format!("{export_id}.part"))
    }

    /// What a crash left of exports that were being written.
    fn clear_export_parts(&self) -> Result<()> {
        for entry in std::fs::read_dir(self.exports())? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "part") {
                std::fs::remove_file(&path)
                    .with_context(|| format!("removing {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Files that live as long as one request.
    pub fn scratch(&self) -> PathBuf {
        self.path.join("files").join("tmp")
    }

    /// What a crash left in the scratch folder.
    fn clear_scratch(&self) -> Result<()> {
        for entry in std::fs::read_dir(self.scratch())? {
            let path = entry?.path();
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            removed.with_context(|| format!("removing {}", path.display()))?;
        }
        Ok(())
    }

    /// Where the instance key lies when it is not configured.
    pub fn key_file(&self) -> PathBuf {
        self.path.join("instance.key")
    }

    /// The instance key: as configured, else the folder's file, else a new one written there. A new one is only made
    /// for a new log.
    ///
    /// # Errors
    /// A key of the wrong form, or a missing file beside an existing log.
    pub fn instance_key(&self, configured: Option<&str>, log_exists: bool) -> Result<InstanceKey> {
        if let Some(text) = configured {
            return read_key(text).context("reading the configured instance key");
        }
        let path = self.key_file();
        match std::fs::read_to_string(&path) {
            Ok(text) => read_key(&text).with_context(|| format!("reading {}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !log_exists => {
                self.make_key(&path)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                bail!(
                    "instance_key_mismatch: {} is missing. Users are recognised by it: restore it from a backup, or \
                     set COHORT_INSTANCE_KEY",
                    path.display()
                )
            }
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }

    fn make_key(&self, path: &Path) -> Result<InstanceKey> {
        let mut bytes = [0u8; INSTANCE_KEY_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).with_context(|| format!("making {}", path.display()))?;
        writeln!(file, "{}", hex::encode(bytes))?;
        file.sync_all()?;
        File::open(&self.path)?.sync_all()?;
        Ok(InstanceKey::new(&bytes))
    }
}

fn read_key(text: &str) -> Result<InstanceKey> {
    let bytes = hex::decode(text.trim())
        .ok()
        .and_then(|bytes| <[u8; INSTANCE_KEY_BYTES]>::try_from(bytes).ok());
    let bytes = bytes.context("an instance key is 64 hex digits")?;
    Ok(InstanceKey::new(&bytes))
}
