//! The design's budgets, measured beside `PostgreSQL` doing the same jobs on the same disk in the same run.
//!
//! `cargo bench -p tests` prints one table: work, ours, PostgreSQL's, ratio, budget, met or MISSED.
//! `COHORT_BENCH=import,living,events,pages,commands,replay` chooses parts, `COHORT_BENCH_EVENTS=200000` makes the log
//! smaller than its 5,000,000 facts, `COHORT_BENCH_SECONDS=30` sends commands for longer than 5 s, so that a profiler
//! has time to look, `TMPDIR` chooses the disk. Needs Linux, for memory readings; where `PostgreSQL` is not installed,
//! ours stand alone.

mod admin;
mod bulk;
mod commands;
mod exports;
mod filled_log;
mod import;
mod keep_alive;
mod lives;
mod living;
mod machine;
mod pages;
mod postgres;
mod replay;
mod report;
mod service;

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::filled_log::FilledLog;
use crate::report::Report;

/// Facts in the log unless asked otherwise.
const FACTS_DEFAULT: u64 = 5_000_000;
/// Fewer say nothing about a log that has grown.
const FACTS_MIN: u64 = 100_000;
/// Seconds that commands are sent for unless asked otherwise.
const SECONDS_DEFAULT: u64 = 5;
const PARTS: [&str; 6] = ["import", "living", "events", "pages", "commands", "replay"];

/// What every part works with.
struct Bench {
    runtime: Runtime,
    http: reqwest::Client,
    folder: TempDir,
    report: Report,
    /// How long each round of commands lasts.
    seconds: u64,
}

impl Bench {
    fn new() -> Result<Bench> {
        Ok(Bench {
            runtime: tokio::runtime::Builder::new_multi_thread().enable_all().build()?,
            http: api::http_client::builder().no_proxy().build()?,
            folder: tempfile::Builder::new().prefix("cohort-bench-").tempdir()?,
            report: Report::default(),
            seconds: asked_number("COHORT_BENCH_SECONDS", SECONDS_DEFAULT)?,
        })
    }

    /// A folder of its own on the disk that is measured.
    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn main() -> Result<()> {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("section8 runs for minutes, so only under: cargo bench -p tests");
        return Ok(());
    }
    let (parts, facts) = (asked_parts()?, asked_facts()?);
    let asked = |part: &str| parts.iter().any(|asked| asked == part);
    machine::print_facts();
    let mut bench = Bench::new()?;
    if asked("import") {
        import::measure(&mut bench)?;
        bulk::measure(&mut bench)?;
    }
    if asked("living") {
        living::measure(&mut bench)?;
    }
    if ["events", "pages", "commands", "replay"].into_iter().any(asked) {
        let log = FilledLog::fill(&bench.data("filled"), facts)?;
        if asked("replay") {
            replay::measure(&mut bench, &log)?;
        }
        if asked("events") {
            exports::measure(&mut bench, &log)?;
        }
        if asked("pages") {
            pages::measure(&mut bench, &log)?;
        }
        if asked("commands") {
            commands::measure(&mut bench, &log)?; // last: it adds facts
        }
    }
    bench.report.print();
    machine::print_load("load average at the end");
    Ok(())
}

fn asked_parts() -> Result<Vec<String>> {
    let text = std::env::var("COHORT_BENCH").unwrap_or_else(|_| PARTS.join(","));
    let parts: Vec<String> = text.split(',').map(|part| part.trim().to_owned()).collect();
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("COHORT_BENCH names {unknown:?}; there are {}", PARTS.join(", "));
    }
    Ok(parts)
}

fn asked_facts() -> Result<u64> {
    let facts = asked_number("COHORT_BENCH_EVENTS", FACTS_DEFAULT)?;
    ensure!(facts >= FACTS_MIN, "COHORT_BENCH_EVENTS is {facts}; at least {FACTS_MIN}");
    Ok(facts)
}

fn asked_number(name: &str, default: u64) -> Result<u64> {
    let Ok(text) = std::env::var(name) else { return Ok(default) };
    text.replace('_', "").parse().with_context(|| format!("{name} is {text:?}"))
}
