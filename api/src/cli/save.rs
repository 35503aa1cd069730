//! Answers to files.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use reqwest::Response;

use super::progress::Meter;

/// What follows the name of a file in that of its manifest.
pub(super) const MANIFEST: &str = ".manifest.json";

/// Writes to `PATH.part` and renames it once everything has arrived: what was cut never looks whole. Answers the bytes.
pub(super) async fn save(response: Response, path: &Path) -> Result<u64> {
    let part = beside(path, ".part");
    let file = File::create(&part).with_context(|| format!("making {}", part.display()))?;
    let bytes = copy(response, &mut BufWriter::new(&file))
        .await
        .with_context(|| format!("what arrived is in {}", part.display()))?;
    file.sync_all()?;
    rename(&part, path)?;
    Ok(bytes)
}

/// The path with something after its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Gives a file that is whole its name. A manifest of the file that had this name before goes: it would vouch for another.
pub(super) fn rename(part: &Path, path: &Path) -> Result<()> {
    std::fs::rename(part, path).with_context(|| format!("renaming {}", part.display()))?;
    gone(&beside(path, MANIFEST))
}

/// Takes a file away, if it is there.
pub(super) fn gone(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes the body as it comes.
pub(super) async fn copy(mut response: Response, out: &mut dyn Write) -> Result<u64> {
    let total = response.content_length().unwrap_or(0);
    let (mut meter, mut bytes) = (Meter::bytes("receiving"), 0);
    while let Some(chunk) =
        response.chunk().await.context("the connection broke: what arrived is not whole")?
    {
        out.write_all(&chunk)?;
        bytes += chunk.len() as u64;
        meter.at(bytes, total);
    }
    out.flush()?;
    meter.done();
    Ok(bytes)
}
