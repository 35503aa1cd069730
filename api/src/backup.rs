//! A consistent copy of a running service: the log, what is durable beside it, the instance key, and the files of
//! imports that have not ended. Serving the copy is the restore; the tables are built again from the log.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use projections::imports::ImportLine;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::app::App;

/// The file that lists the others; it comes last, so a copy without it is not whole.
pub const MANIFEST: &str = "manifest.json";

/// Its name once the copy is served.
const SERVED_MANIFEST: &str = "restored-from.json";

/// What a copy holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the service that made it.
    pub version: String,
    /// The log.
    pub log_id: Uuid,
    /// Facts in it.
    pub facts: u64,
    /// When it was made.
    pub made_at: String,
    /// Its files.
    pub files: Vec<ManifestFile>,
}

/// One file of a copy.
#[derive(Debug, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Path below the copy.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256, in hex.
    pub sha256: String,
}

/// Writes a copy into an empty folder. Blocks.
///
/// # Errors
/// What the disk or SQLite says.
pub fn write(app: &App, to: &Path) -> Result<Manifest> {
    std::fs::create_dir_all(to.join("files").join("imports"))?;
    std::fs::create_dir_all(to.join("files").join("bulk"))?;
    let unfinished = || -> Result<BTreeSet<PathBuf>> {
        let lines = app.follower.store().unfinished_imports()?;
        let files = |line: ImportLine| {
            let plan = line.plan;
            let text = app.folder.decoded(plan.import_id, &plan.encoding);
            [app.folder.upload(plan.import_id), text]
        };
        let bulk = app.follower.store().unfinished_bulk_actions()?.into_iter();
        let bulk = bulk.map(|line| app.folder.chosen(line.plan.bulk_action_id));
        Ok(lines.into_iter().flat_map(files).chain(bulk).collect())
    };
    // The files of jobs that end or begin while the log is copied are taken too: better one too many.
    let mut imports = unfinished()?;
    let head = app.log.backup(&to.join("log.db")).context("copying the log")?;
    imports.extend(unfinished()?);
    app.work.backup(&to.join("work.db")).context("copying work.db")?;
    let mut names = vec!["log.db".to_owned(), "work.db".to_owned()];
    if app.config.instance_key.is_none() {
        std::fs::copy(app.folder.key_file(), to.join("instance.key"))
            .context("copying the instance key")?;
        names.push("instance.key".to_owned());
    }
    for file in imports {
        let name = file.strip_prefix(app.folder.path())?.to_string_lossy().into_owned();
        match std::fs::copy(&file, to.join(&name)) {
            Ok(_) => names.push(name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("copying the file of a job"),
        }
    }
    let files = names.into_iter().map(|name| describe(to, name)).collect::<Result<_>>()?;
    let manifest = Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        log_id: app.log_id,
        facts: head.number(),
        made_at: chrono::Utc::now().to_rfc3339(),
        files,
    };
    std::fs::write(to.join(MANIFEST), serde_json::to_vec_pretty(&manifest)?)?;
    Ok(manifest)
}

fn describe(folder: &Path, name: String) -> Result<ManifestFile> {
    let path = folder.join(&name);
    let file = File::open(&path)?;
    file.sync_all()?;
    let (bytes, sha256) = digest(file)?;
    Ok(ManifestFile { name, bytes, sha256 })
}

/// Size and SHA-256 (in hex) of what is read.
///
/// # Errors
/// What the disk says.
pub fn digest(mut file: impl Read) -> io::Result<(u64, String)> {
    let (mut hasher, mut buffer, mut bytes) = (Sha256::new(), vec![0u8; 256 * 1024], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((bytes, hex::encode(hasher.finalize())));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// Verifies a copy that is about to be served for the first time, and marks it as served. A folder without a manifest
/// is none; one that was served is not verified again, because it has changed since.
///
/// # Errors
/// A file that is missing or not what the manifest says.
pub fn verify_before_serving(folder: &Path) -> Result<()> {
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Ok(());
    }
    let manifest: Manifest =
        serde_json::from_slice(&std::fs::read(&path)?).context("reading the backup's manifest")?;
    for listed in &manifest.files {
        let file = File::open(folder.join(&listed.name))
            .with_context(|| format!("backup_damaged: this backup lacks {}", listed.name))?;
        let (bytes, sha256) = digest(file)?;
        ensure!(
            bytes == listed.bytes && sha256 == listed.sha256,
            "backup_damaged: {} is not what the backup's manifest says; restore another backup",
            listed.name
        );
    }
    std::fs::rename(&path, folder.join(SERVED_MANIFEST))?;
    Ok(())
}

/// Packs a copy for the way over HTTP, the manifest last.
///
/// # Errors
/// What the disk or the receiver says.
pub fn pack(folder: &Path, manifest: &Manifest, out: impl io::Write) -> Result<()> {
    let mut archive = tar::Builder::new(out);
    for file in &manifest.files {
        archive.append_path_with_name(folder.join(&file.name), &file.name)?;
    }
    archive.append_path_with_name(folder.join(MANIFEST), MANIFEST)?;
    archive.finish()?;
    Ok(())
}

/// Unpacks a copy into `to` and verifies every file against the manifest.
///
/// # Errors
/// A copy that is not whole, or holds what its manifest does not list.
pub fn unpack(from: impl Read, to: &Path) -> Result<Manifest> {
    let mut archive = tar::Archive::new(from);
    let mut unpacked: BTreeSet<PathBuf> = BTreeSet::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        ensure!(
            entry.header().entry_type().is_file(),
            "the backup holds something else than files"
        );
        ensure!(entry.unpack_in(to)?, "the backup names a file outside of it");
        unpacked.insert(path);
    }
    ensure!(
        unpacked.remove(Path::new(MANIFEST)),
        "the backup is not whole: its manifest is missing"
    );
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(to.join(MANIFEST))?)?;
    for listed in &manifest.files {
        let path = to.join(&listed.name);
        ensure!(unpacked.remove(Path::new(&listed.name)), "the backup lacks {}", listed.name);
        let (bytes, sha256) = digest(File::open(&path)?)?;
        ensure!(bytes == listed.bytes && sha256 == listed.sha256, "{} is damaged", listed.name);
        File::open(&path)?.sync_all()?;
    }
    if let Some(other) = unpacked.first() {
        bail!("the backup holds {}, which its manifest does not list", other.display());
    }
    #[cfg(unix)]
    if to.join("instance.key").exists() {
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(to.join("instance.key"), private)?;
    }
    Ok(manifest)
}
