//! `cohort export users` and `cohort export events`: streamed, or made by the service as a file first.

mod download;
mod filters;
mod stored;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use reqwest::{Method, Response};
use serde_json::Value;

use self::filters::{EventFilters, Query, UserFilters, each};
use super::Remote;
use super::client::Client;
use super::save::{copy, save};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every user, as the table shows them, or those who pass all filters
    Users {
        #[command(flatten)]
        filters: Box<UserFilters>,
        #[command(flatten)]
        options: Box<Options>,
    },
    /// User events: all or chosen types, any time or a range
    Events {
        #[command(flatten)]
        filters: Box<EventFilters>,
        #[command(flatten)]
        options: Box<Options>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Ndjson,
    Xlsx,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Ndjson => "ndjson",
            Format::Xlsx => "xlsx",
        }
    }
}

#[derive(Debug, Args)]
struct Options {
    /// Pack it with gzip
    #[arg(long)]
    gzip: bool,
    /// Write to this file instead of standard output, where it appears once it is whole; in a folder, to a file called by what
    /// it holds
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// csv, ndjson or xlsx
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Hold only this column (repeatable, or comma-separated)
    #[arg(long = "columns", value_name = "NAMES")]
    columns: Vec<String>,
    /// Guard text that a spreadsheet takes for a formula
    #[arg(long)]
    safe: bool,
    /// Begin with a byte order mark
    #[arg(long)]
    bom: bool,
    /// comma, semicolon or tab
    #[arg(long)]
    delimiter: Option<String>,
    /// Only say how many rows and about how many bytes it would be
    #[arg(long, conflicts_with_all = ["output", "stored", "manifest"])]
    count: bool,
    /// Have the service make the file first, and keep it: rows and time left are shown, the same command goes on with a
    /// download that broke, and the file is checked by its SHA-256
    #[arg(long, requires = "output")]
    stored: bool,
    /// Also write what the file holds to FILE.manifest.json; as --stored
    #[arg(long, requires = "output")]
    manifest: bool,
    /// Why it is wanted, kept with the export
    #[arg(long, value_name = "TEXT", conflicts_with = "count")]
    reason: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

impl Options {
    /// Sent as asked, whatever the format: what does not fit together is refused by name, not ignored.
    fn query(&self) -> Query {
        let flag = |name: &'static str, set: bool| set.then(|| (name.into(), "true".to_owned()));
        each("columns", &self.columns)
            .chain(flag("safe", self.safe))
            .chain(self.gzip.then(|| ("compression".into(), "gzip".to_owned())))
            .chain(flag("bom", self.bom))
            .chain(each("delimiter", &self.delimiter))
            .chain(each("reason", &self.reason))
            .collect()
    }
}

pub(super) async fn run(args: ExportArgs) -> Result<ExitCode> {
    let (stem, content, mut query, options) = match args.what {
        What::Users { filters, options } => ("users", "users", filters.query(), options),
        What::Events { filters, options } => {
            ("user-events", "user_events", filters.query(), options)
        }
    };
    query.extend(options.query());
    let to_terminal = options.output.is_none() && !options.count && io::stdout().is_terminal();
    if matches!(options.format, Format::Xlsx) && to_terminal {
        bail!("a workbook is no text: write it to a file with -o, or into a pipe");
    }
    let client = Client::new(&options.remote)?;
    let path = format!("/v1/exports/{stem}.{}", options.format.name());
    if options.count {
        query.push(("count".into(), "only".to_owned()));
        let counted = client.send(client.request(Method::GET, &path).query(&query)).await?;
        let counted: Value = counted.json().await?;
        println!("{} rows, about {} bytes", counted["rows"], counted["bytes_estimate"]);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(output) = options.output.as_deref()
        && (options.stored || options.manifest)
    {
        let asked = stored::asked(content, options.format.name(), &query);
        stored::run(&client, asked, output, options.manifest).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let response = client.send(client.request(Method::GET, &path).query(&query)).await?;
    match &options.output {
        Some(path) => to_file(response, path).await?,
        None => to_stdout(response).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn to_file(response: Response, path: &Path) -> Result<()> {
    let position = header(&response, "cohort-position");
    let path = match path.is_dir() {
        true => path.join(own_name(&header(&response, "content-disposition"))),
        false => path.to_owned(),
    };
    let bytes = save(response, &path).await?;
    eprintln!("{}: {bytes} bytes, as of cursor {position}", path.display());
    Ok(())
}

/// What the service calls the file. Never more than a name: an answer does not choose the folder.
fn own_name(disposition: &str) -> String {
    let name = disposition.split_once("filename=\"").and_then(|(_, rest)| rest.split('"').next());
    let name = name.and_then(|name| Path::new(name).file_name()?.to_str());
    name.unwrap_or("export").to_owned()
}

async fn to_stdout(response: Response) -> Result<()> {
    match copy(response, &mut io::stdout().lock()).await {
        // Whoever reads has seen enough, as `head` has.
        Err(error)
            if error
                .downcast_ref::<io::Error>()
                .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) =>
        {
            Ok(())
        }
        other => other.map(|_| ()),
    }
}

fn header(response: &Response, name: &str) -> String {
    response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}
