//! Fetching a file whose size and SHA-256 are known: goes on where it broke, and is taken for whole only when it is the file.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use reqwest::{Method, StatusCode, header};

use crate::backup::digest;
use crate::cli::client::Client;
use crate::cli::progress::Meter;
use crate::cli::save::{beside, rename};

/// How often in a row a connection may break without a byte having come.
const TRIES_MAX: u32 = 5;
/// Waited before the next try; twice as long each time.
const WAIT_FIRST: Duration = Duration::from_millis(500);

/// What is fetched.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The path on the service.
    pub(super) from: String,
    /// In hexadecimal.
    pub(super) sha256: String,
    /// Of the whole file.
    pub(super) bytes: u64,
}

/// Writes to `PATH.part`, from where it ends, and renames it once it is whole and has the SHA-256 that was said.
///
/// # Errors
/// The service refuses, nothing comes in [`TRIES_MAX`] tries, or what came is another file.
pub(super) async fn fetch(client: &Client, wanted: &Wanted, path: &Path) -> Result<()> {
    let part = beside(path, ".part");
    let mut meter = Meter::bytes("receiving");
    let (mut tries, mut wait) = (0, WAIT_FIRST);
    // A file of no bytes is asked for as well: the download is a fact.
    let mut asked = false;
    loop {
        let there = length(&part);
        if there == wanted.bytes && (asked || there > 0) {
            break;
        }
        asked = true;
        let ended = more(client, wanted, &part, &mut meter).await;
        let here = length(&part);
        match ended {
            Ok(()) if here == wanted.bytes => {}
            Err(Broken::Refused(error)) => return Err(error),
            ended => {
                let error = match ended {
                    Err(Broken::Cut(error)) => error,
                    Ok(()) | Err(Broken::Refused(_)) => anyhow!("an answer of another length came"),
                };
                let came = here > there;
                (tries, wait) = if came { (0, WAIT_FIRST) } else { (tries + 1, wait * 2) };
                if tries == TRIES_MAX {
                    return Err(error.context(format!(
                        "{} has what arrived; the same command goes on with it",
                        part.display()
                    )));
                }
                tokio::time::sleep(wait).await;
            }
        }
    }
    meter.done();
    let whole = File::open(&part)?;
    let (_, sha256) = tokio::task::spawn_blocking(move || digest(whole)).await??;
    if sha256 != wanted.sha256 {
        std::fs::remove_file(&part)?;
        bail!(
            "what arrived is not the file: its SHA-256 is {sha256}, not {}; it is removed, ask again",
            wanted.sha256
        );
    }
    rename(&part, path)
}

/// How much of it is there.
fn length(part: &Path) -> u64 {
    std::fs::metadata(part).map_or(0, |part| part.len())
}

/// Why not all of it came.
enum Broken {
    /// Asking again would not help.
    Refused(anyhow::Error),
    /// It may go on.
    Cut(anyhow::Error),
}

/// Fetches what is not there yet.
async fn more(
    client: &Client,
    wanted: &Wanted,
    part: &Path,
    meter: &mut Meter,
) -> Result<(), Broken> {
    let there = length(part);
    let mut request = client.request(Method::GET, &wanted.from);
    // More than the file has is of another file: all is asked for.
    let goes_on = there > 0 && there < wanted.bytes;
    if goes_on {
        request = request
            .header(header::RANGE, format!("bytes={there}-"))
            .header(header::IF_RANGE, format!("\"{}\"", wanted.sha256));
    }
    let mut response = match client.ask(request).await {
        Ok(response) => client.accept(response).await.map_err(Broken::Refused)?,
        Err(error) => return Err(Broken::Cut(error)),
    };
    let appends = goes_on && response.status() == StatusCode::PARTIAL_CONTENT;
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(appends).truncate(!appends);
    let file = options.open(part).with_context(|| format!("making {}", part.display()));
    let file = file.map_err(Broken::Refused)?;
    let mut at = if appends { there } else { 0 };
    let mut out = BufWriter::new(&file);
    let ended = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                out.write_all(&chunk).map_err(|error| Broken::Refused(error.into()))?;
                at += chunk.len() as u64;
                meter.at(at, wanted.bytes);
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(Broken::Cut(error.into())),
        }
    };
    out.flush().map_err(|error| Broken::Refused(error.into()))?;
    drop(out);
    file.sync_all().map_err(|error| Broken::Refused(error.into()))?;
    ended
}
