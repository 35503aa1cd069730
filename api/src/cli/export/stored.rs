//! The service makes the file, then it is fetched: what broke is gone on with by the same command.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::download::{Wanted, fetch};
use super::filters::Query;
use crate::cli::client::Client;
use crate::cli::progress::Meter;
use crate::cli::save::{MANIFEST, beside, gone, save};

/// What lies beside a download that has begun, so that the same command finds its export again.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    export: String,
    asked: Value,
}

/// The body that asks for it.
pub(super) fn asked(content: &str, format: &str, query: &Query) -> Value {
    let mut body = Map::new();
    for (name, value) in query {
        let said = body.entry(name.as_ref()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = said {
            values.push(json!(value));
        }
    }
    for value in body.values_mut() {
        if let Some([one]) = value.as_array().map(Vec::as_slice) {
            *value = one.clone();
        }
    }
    body.insert("content".to_owned(), json!(content));
    body.insert("format".to_owned(), json!(format));
    Value::Object(body)
}

/// Has the file made, fetches it, and its manifest if that is wanted.
pub(super) async fn run(
    client: &Client,
    asked: Value,
    output: &Path,
    manifest: bool,
) -> Result<()> {
    let into_folder = output.is_dir();
    let known = match into_folder {
        true => None,
        false => begun_before(client, &asked, output).await,
    };
    let view = match known {
        Some(view) => view,
        None => made(client, &asked).await?,
    };
    let text =
        |name: &str| view[name].as_str().with_context(|| format!("an export without {name}"));
    let (id, sha256) = (text("id")?, text("sha256")?);
    let bytes = view["bytes"].as_u64().context("an export without bytes")?;
    let path = match into_folder {
        true => output.join(Path::new(text("file_name")?).file_name().unwrap_or("export".as_ref())),
        false => output.to_owned(),
    };
    let note = note_of(&path);
    if begun(&path).is_none_or(|begun| begun.export != id) {
        // What is there is a part of another file.
        gone(&beside(&path, ".part"))?;
    }
    std::fs::write(&note, serde_json::to_vec(&Begun { export: id.to_owned(), asked })?)
        .with_context(|| format!("writing {}", note.display()))?;
    let wanted =
        Wanted { from: format!("/v1/exports/{id}/file"), sha256: sha256.to_owned(), bytes };
    let fetched = tokio::select! {
        fetched = fetch(client, &wanted, &path) => fetched,
        _ = tokio::signal::ctrl_c() => {
            Err(anyhow!("stopped; the same command goes on with what is there"))
        }
    };
    if !beside(&path, ".part").exists() {
        gone(&note)?;
    }
    fetched?;
    eprintln!("{}: {} rows, {bytes} bytes, sha256 {sha256}", path.display(), view["rows"]);
    if manifest {
        let path = beside(&path, MANIFEST);
        let from = format!("/v1/exports/{id}/manifest");
        save(client.send(client.request(Method::GET, &from)).await?, &path).await?;
        eprintln!("{}: what it holds", path.display());
    }
    Ok(())
}

fn note_of(path: &Path) -> PathBuf {
    beside(path, ".part.json")
}

/// The download to this file that has begun.
fn begun(path: &Path) -> Option<Begun> {
    let note = std::fs::read(note_of(path)).ok()?;
    serde_json::from_slice(&note).ok().filter(|_| beside(path, ".part").exists())
}

/// The export that a download to this file began with, if that was asked for the same, and its file is still kept.
async fn begun_before(client: &Client, asked: &Value, path: &Path) -> Option<Value> {
    let begun = begun(path).filter(|begun| begun.asked == *asked)?;
    let from = format!("/v1/exports/{}", begun.export);
    let view = client.send(client.request(Method::GET, &from)).await.ok()?.json::<Value>().await;
    let view = view.ok().filter(|view| view["state"] == "completed")?;
    eprintln!("going on with the export of {}", view["requested_at"].as_str().unwrap_or_default());
    Some(view)
}

/// Asks for the file and waits until it is made. Stopped meanwhile, so is the export.
async fn made(client: &Client, asked: &Value) -> Result<Value> {
    // Listened for from the start: who stops it while it is asked for would else leave it running.
    let interrupted = tokio::spawn(tokio::signal::ctrl_c());
    let request = client.request(Method::POST, "/v1/exports").json(asked);
    let view: Value = client.send(request).await?.json().await?;
    let path = format!("/v1/exports/{}", view["id"].as_str().unwrap_or_default());
    let mut meter = Meter::counting("writing", "rows");
    let followed = client.follow(&path, view, |view| {
        let count = |value: &Value| value.as_u64().unwrap_or(0);
        // How many rows a past moment has is known once it is replayed.
        let (what, unit, done, all) = match view["rows_expected"].as_u64() {
            Some(rows) => ("writing", "rows", &view["rows"], rows),
            None => ("replaying", "facts", &view["replay"]["facts"], count(&view["replay"]["of"])),
        };
        meter.part(what, unit);
        meter.at(count(done), all);
    });
    let view = tokio::select! {
        view = followed => view?,
        _ = interrupted => {
            client.send(client.request(Method::POST, &format!("{path}/cancel"))).await?;
            bail!("stopped; the export is cancelled");
        }
    };
    meter.done();
    match (view["state"].as_str(), view["code"].as_str()) {
        (Some("completed"), _) => Ok(view),
        (Some(state), Some(code)) => bail!("the export {state}: {code}"),
        (Some(state), None) => bail!("the export is {state}"),
        (None, _) => bail!("the service does not say how the export is"),
    }
}
