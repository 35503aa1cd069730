//! `cohort import FILE`.

mod mapped;
mod print;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use clap::Args;
use futures_util::StreamExt;
use reqwest::{Body, Method, header};
use serde_json::Value;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use super::Remote;
use super::client::Client;
use super::progress::Meter;
use super::save::save;

/// Done, but rows were rejected.
const REJECTED: u8 = 3;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The CSV file, also packed with gzip, or - for standard input; its encoding and delimiter are found unless they are
    /// said
    file: PathBuf,
    /// Read it in this encoding: utf-8, utf-16le, windows-1252, macintosh, cp850, ...
    #[arg(long)]
    encoding: Option<String>,
    /// comma, semicolon, tab or pipe
    #[arg(long)]
    delimiter: Option<String>,
    /// The first line is a row and names no columns
    #[arg(long)]
    no_header: bool,
    /// Only say what the import would do: counts, and the first users that would be made or changed
    #[arg(long, conflicts_with_all = ["no_wait", "rejected"])]
    dry_run: bool,
    /// Write the rejected rows, each with its reason, to this file
    #[arg(long, value_name = "FILE", conflicts_with = "no_wait")]
    rejected: Option<PathBuf>,
    /// Take only these columns (repeatable, or comma-separated); the e-mail is always taken
    #[arg(long, value_name = "HEADERS")]
    columns: Vec<String>,
    /// Where a column goes (repeatable): HEADER=FIELD, HEADER=FIELD:TYPE for a new property (text, number, boolean, date),
    /// HEADER=email, HEADER=user_id, HEADER=external_id, HEADER=member_since or HEADER=skip; then, after commas: dmy, mdy, ymd, zone=NAME, decimal-comma,
    /// grouped, clear (empty cells clear), clear=WORD
    #[arg(long, value_name = "HEADER=FIELD")]
    map: Vec<mapped::Map>,
    /// The file was exported with --safe: take off the ' before its cells
    #[arg(long)]
    guarded: bool,
    /// By what rows find their users: email, user_id or external_id; with an id, an e-mail that differs becomes the user's
    #[arg(long, value_name = "KEY")]
    match_by: Option<String>,
    /// Which users it may touch: both, create_only or update_only
    #[arg(long)]
    mode: Option<String>,
    /// Leave out only the cells that cannot be read, each with a warning, and take the rest of their rows
    #[arg(long)]
    drop_bad_cells: bool,
    /// Put the users of accepted rows on this list
    #[arg(long, value_name = "ID")]
    list: Option<String>,
    /// Make a list for them
    #[arg(long, value_name = "NAME", conflicts_with = "list")]
    new_list: Option<String>,
    /// Do not wait for the end; print the import's id
    #[arg(long)]
    no_wait: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn run(args: ImportArgs) -> Result<ExitCode> {
    let client = Client::new(&args.remote)?;
    let (file, total) = open(&args.file).await?;
    let mut query: Vec<(&str, String)> = Vec::new();
    if args.map.is_empty() {
        query.push((if args.dry_run { "dry_run" } else { "start" }, "true".to_owned()));
        query.extend(args.columns.iter().map(|column| ("columns", column.clone())));
        query.extend(args.match_by.iter().map(|key| ("match_by", key.clone())));
        query.extend(args.mode.iter().map(|mode| ("mode", mode.clone())));
        query.extend(args.list.iter().map(|list| ("list", list.clone())));
        query.extend(args.new_list.iter().map(|name| ("new_list", name.clone())));
        query.extend(args.guarded.then(|| ("guarded", "true".to_owned())));
        query.extend(args.drop_bad_cells.then(|| ("bad_cells", "drop_cell".to_owned())));
    }
    if let Some(name) = args.file.file_name().filter(|_| total.is_some()) {
        query.push(("filename", name.to_string_lossy().into_owned()));
    }
    query.extend(args.encoding.iter().map(|encoding| ("encoding", encoding.clone())));
    query.extend(args.delimiter.iter().map(|delimiter| ("delimiter", delimiter.clone())));
    if args.no_header {
        query.push(("header", "false".to_owned()));
    }
    let (sent, meter) =
        (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Meter::bytes("sending"))));
    let (counting, showing) = (sent.clone(), meter.clone());
    let chunks = ReaderStream::with_capacity(file, 256 * 1024).inspect(move |chunk| {
        let bytes = chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        let done = counting.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Ok(mut meter) = showing.lock() {
            meter.at(done, total.unwrap_or(done));
        }
    });
    let request = client
        .request(Method::POST, "/v1/imports")
        .query(&query)
        .header(header::CONTENT_TYPE, "text/csv")
        .body(Body::wrap_stream(chunks));
    let request = match total {
        Some(total) => request.header(header::CONTENT_LENGTH, total),
        None => request,
    };
    let mut report: Value = client.send(request).await?.json().await?;
    if let Some(meter) = Arc::into_inner(meter).and_then(|meter| meter.into_inner().ok()) {
        meter.done();
    }
    if !args.map.is_empty() {
        report = mapped::go_on(&client, report, &args).await?;
    }
    if args.dry_run {
        print::check(&report, args.json)?;
        let rejected = report["rejected"].as_u64().unwrap_or(0) > 0;
        return Ok(if rejected { ExitCode::from(REJECTED) } else { ExitCode::SUCCESS });
    }
    if args.no_wait && !args.json {
        println!("{}", report["id"].as_str().unwrap_or_default());
        return Ok(ExitCode::SUCCESS);
    }
    if !args.no_wait {
        report = follow(&client, report).await?;
    }
    print::report(&report, args.json)?;
    if let Some(file) = &args.rejected {
        let id = report["id"].as_str().unwrap_or_default();
        let path = format!("/v1/imports/{id}/rejected.csv");
        let answer = client.send(client.request(Method::GET, &path)).await;
        let answer = answer.context("the import is done, but its rejected rows were not given")?;
        save(answer, file)
            .await
            .context("the import is done, but its rejected rows were not saved")?;
    }
    let failed = report["state"] != "completed" && !args.no_wait;
    let rejected = report["rejected"].as_u64().unwrap_or(0) > 0;
    Ok(match (failed, rejected) {
        (true, _) => ExitCode::FAILURE,
        (false, true) => ExitCode::from(REJECTED),
        (false, false) => ExitCode::SUCCESS,
    })
}

/// The file and its size; a pipe has none.
async fn open(path: &Path) -> Result<(Box<dyn AsyncRead + Send + Unpin>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(tokio::io::stdin()), None));
    }
    let file =
        tokio::fs::File::open(path).await.with_context(|| format!("opening {}", path.display()))?;
    let metadata = file.metadata().await?;
    if metadata.is_dir() {
        bail!("{} is a folder; name the CSV file", path.display());
    }
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// Asks how far the import is until it has ended.
async fn follow(client: &Client, report: Value) -> Result<Value> {
    let path = format!("/v1/imports/{}", report["id"].as_str().unwrap_or_default());
    let mut meter = Meter::counting("importing", "rows");
    let ended = client.follow(&path, report, |report| {
        let read = ["created", "updated", "unchanged", "rejected"];
        let done = read.iter().filter_map(|name| report[name].as_u64()).sum();
        meter.at(done, report["rows"].as_u64().unwrap_or(0));
    });
    let ended = ended.await?;
    meter.done();
    Ok(ended)
}
