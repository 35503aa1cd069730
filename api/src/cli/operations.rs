//! `cohort check`, `cohort rebuild`, `cohort backup`: on a running service, or on a folder with `--data`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::Target;
use super::client::Client;
use super::folder::with_folder;
use super::progress::Meter;
use crate::check::{Progress, Report};
use crate::{app, backup, check};

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// A new or empty folder on this machine
    folder: PathBuf,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub(super) struct RebuildArgs {
    #[command(flatten)]
    target: Target,
}

fn show(meter: &mut Meter, progress: &Progress) {
    meter.part(if progress.part == "log" { "reading the log" } else { "folding" }, "facts");
    meter.at(progress.done, progress.total);
}

/// A folder has no service that keeps its tables up, so they are brought up first.
pub(super) fn catch_up(app: &crate::app::App) -> Result<()> {
    while app.follower.lag() > 0 {
        if let Some(failure) = app.follower.failure() {
            bail!("the tables cannot be brought up: {failure}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

pub(super) async fn check(args: CheckArgs) -> Result<ExitCode> {
    let mut meter = Meter::counting("reading the log", "facts");
    let report: Report = match &args.target.data {
        Some(data) => {
            with_folder(data, move |app| {
                catch_up(app)?;
                let scratch = tempfile::tempdir_in(app.folder.scratch())?;
                let store = app.follower.store();
                let report =
                    check::check(&app.log, app.log_id, &store, scratch.path(), &mut |progress| {
                        show(&mut meter, &progress);
                    })?;
                meter.done();
                Ok(report)
            })
            .await?
        }
        None => {
            let client = Client::new(&args.target.remote)?;
            let request = client.request(Method::POST, "/v1/operations/check");
            let report = client.long(request, |progress| show(&mut meter, &progress)).await?;
            meter.done();
            serde_json::from_value(report)?
        }
    };
    print(&report, args.json)?;
    Ok(if report.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(report: &Report, json: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(report)?)?);
    }
    writeln!(out, "log: {} facts in {} streams", report.facts, report.streams)?;
    if report.faults_total == 0 {
        writeln!(
            out,
            "  positions without a gap, time never decreasing, revisions counting, chains and heads"
        )?;
        writeln!(out, "  consistent, every fact readable: all verified")?;
    }
    for fault in &report.faults {
        writeln!(out, "  FAULT at position {}: {}", fault.position, fault.what)?;
    }
    if report.faults_total > report.faults.len() as u64 {
        writeln!(out, "  ... {} faults in all", report.faults_total)?;
    }
    writeln!(out, "projections: compared with a replay up to position {}", report.compared_at)?;
    for table in &report.tables {
        let verdict = if table.same { "same" } else { "DIFFERENT" };
        writeln!(out, "  {:<20} {:>9} rows  {verdict}", table.table, table.rows)?;
    }
    if report.open_claims > 0 {
        writeln!(
            out,
            "{} addresses are claimed for users who do not have them: a crash came between; the next start frees those",
            report.open_claims
        )?;
        writeln!(out, "that no unfinished import needs")?;
    }
    if report.tables.iter().any(|table| !table.same) {
        writeln!(
            out,
            "tables and log differ: where the log is trusted, cohort rebuild mends the tables; where it may"
        )?;
        writeln!(
            out,
            "have been changed by hand, restore a backup (contents of facts carry no signature yet)"
        )?;
    }
    writeln!(out, "{}", if report.sound { "sound" } else { "NOT SOUND" })?;
    Ok(())
}

pub(super) async fn rebuild(args: RebuildArgs) -> Result<ExitCode> {
    let mut meter = Meter::counting("folding", "facts");
    let facts = match &args.target.data {
        Some(data) => {
            with_folder(data, move |app| {
                catch_up(app)?;
                let facts = app.follower.rebuild(&mut |at| meter.at(at.done, at.total))?;
                meter.done();
                Ok(facts)
            })
            .await?
        }
        None => {
            let client = Client::new(&args.target.remote)?;
            let request = client.request(Method::POST, "/v1/operations/rebuild");
            let report: Value =
                client.long(request, |progress| show(&mut meter, &progress)).await?;
            meter.done();
            report["facts"].as_u64().context("the report names no facts")?
        }
    };
    println!("the tables were built anew from {facts} facts");
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn backup(args: BackupArgs) -> Result<ExitCode> {
    let folder = args.folder.clone();
    if !app::is_vacant(&folder)? {
        bail!("{} is not empty; a backup goes into a new or empty folder", folder.display());
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let manifest = match &args.target.data {
        Some(data) => with_folder(data, move |app| backup::write(app, &folder)).await?,
        None => {
            let client = Client::new(&args.target.remote)?;
            let response =
                client.send(client.request(Method::GET, "/v1/operations/backup")).await?;
            let chunks =
                futures_util::TryStreamExt::map_err(response.bytes_stream(), std::io::Error::other);
            let reader = SyncIoBridge::new(StreamReader::new(chunks));
            tokio::task::spawn_blocking(move || backup::unpack(reader, &folder)).await??
        }
    };
    println!(
        "{} holds {} facts; to restore: cp -r {0} restored && cohort serve --data restored",
        args.folder.display(),
        manifest.facts
    );
    Ok(ExitCode::SUCCESS)
}
