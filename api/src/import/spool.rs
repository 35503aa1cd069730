//! A body to a file: streamed, bounded, hashed on the way, on the disk before anything is said about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::problem::{Problem, ProblemKind};

/// How long an upload may send nothing.
/// How long an upload may send nothing.
pub const STALL_MAX: Duration = Duration::from_secs(60);

/// A file that is removed when dropped, unless kept.
#[derive(Debug)]
pub struct Unkept {
    path: PathBuf,
    kept: bool,
}

impl Unkept {
    /// A file that is there, or will be.
    pub fn new(path: PathBuf) -> Unkept {
        Unkept { path, kept: false }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it, durably.
    ///
    /// # Errors
    /// What the disk says; then the file is gone.
    pub async fn move_to(&mut self, path: PathBuf) -> Result<(), Problem> {
        tokio::fs::rename(&self.path, &path).await.map_err(disk)?;
        // Of two names of one file, a rename leaves both.
        let _ = tokio::fs::remove_file(&self.path).await;
        self.path = path;
        if let Some(folder) = self.path.parent() {
            let folder = tokio::fs::File::open(folder).await.map_err(disk)?;
            folder.sync_all().await.map_err(disk)?;
        }
        Ok(())
    }

    /// Leaves the file where it is.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Unkept {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A file that arrived whole.
#[derive(Debug)]
pub struct Spooled {
    /// The file.
    pub file: Unkept,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// Writes a body to `path`.
///
/// # Errors
/// `file_too_large`, `upload_stalled`, `upload_cut`, `disk_full`; then the file is gone.
pub async fn spool(body: Body, path: PathBuf, bytes_max: u64) -> Result<Spooled, Problem> {
    let mut spooled = Spooled { file: Unkept::new(path), bytes: 0, sha256: String::new() };
    let mut file = tokio::fs::File::create(spooled.file.path()).await.map_err(disk)?;
    let (mut hasher, mut chunks) = (Sha256::new(), body.into_data_stream());
    loop {
        let next = tokio::time::timeout(STALL_MAX, chunks.next()).await;
        let next = next.map_err(|_| {
            Problem::new(ProblemKind::UploadStalled, "no byte arrived for 60 seconds")
        })?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|_| {
            Problem::new(ProblemKind::UploadCut, "the body ended before it was whole")
        })?;
        spooled.bytes += chunk.len() as u64;
        if spooled.bytes > bytes_max {
            return Err(too_large(bytes_max));
        }
        hasher.update(&chunk);
        file.write_all(&chunk).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    file.sync_all().await.map_err(disk)?;
    spooled.sha256 = hex::encode(hasher.finalize());
    Ok(spooled)
}

/// The refusal of a file over the limit.
pub fn too_large(bytes_max: u64) -> Problem {
    Problem::new(ProblemKind::FileTooLarge, format!("at most {bytes_max} bytes are taken"))
        .with("bytes_max", bytes_max)
}

/// What the disk says, as a client hears it.
pub fn disk(error: std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return Problem::new(ProblemKind::DiskFull, "there is no room for the file");
    }
    Problem::internal(error)
}
