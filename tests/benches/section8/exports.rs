//! Exporting user events over HTTP from a large log: a slice, everything, cost as the log grows; starting.

use std::time::Instant;

use anyhow::{Result, bail, ensure};

use crate::Bench;
use crate::filled_log::{FilledLog, SLICE};
use crate::machine::MemoryWatch;
use crate::postgres::{self, Measure};
use crate::report::Budget;
use crate::service::{Service, TOKEN};

const SLICE_ROUNDS: usize = 5;
const WHOLE_ROUNDS: usize = 2;
/// The small log that growth is measured from holds this part of the large one.
const SMALL_PART: u64 = 5;
const START_S_MAX: f64 = 1.0;
const MEMORY_MB_MAX: f64 = 250.0;

/// The columns of PostgreSQL's COPY, as ours are called.
const SLICE_COLUMNS: &str = "position,user_id,event_type,recorded_at,badge_id,because";
const WHOLE_COLUMNS: &str =
    "position,user_id,event_type,recorded_at,challenge_id,badge_id,properties";

/// One export, read to its end.
#[derive(Debug, Clone, Copy)]
struct Taken {
    seconds: f64,
    rows: f64,
    bytes: f64,
}

pub(crate) fn measure(bench: &mut Bench, log: &FilledLog) -> Result<()> {
    let theirs = postgres::run(&["events", &log.facts.to_string()])?;
    let small = FilledLog::fill(&bench.data("small"), log.facts / SMALL_PART)?;
    let service = Service::start(&small.data)?;
    let small_row_us = row_us(bench, &service)?;
    service.stop()?;
    std::fs::remove_dir_all(&small.data)?;

    let building = Service::start(&log.data)?;
    bench.report.told("first start, tables built", "s", building.started_in.as_secs_f64(), None);
    building.stop()?;
    let service = Service::start(&log.data)?;
    let started = service.started_in.as_secs_f64();
    bench.report.alone("start with current projections", "s", started, Budget::AtMost(START_S_MAX));
    slice(bench, &service, theirs.best("export_slice"))?;
    let growth = row_us(bench, &service)? / small_row_us;
    bench.report.told("slice, cost of a row in a log of a fifth", "us", small_row_us, None);
    bench.report.alone("slice, cost of a row now beside that", "x", growth, Budget::AtMost(1.3));
    whole(bench, &service, theirs.best("export_all"))?;
    service.stop()
}

fn slice(bench: &mut Bench, service: &Service, theirs: Option<&Measure>) -> Result<()> {
    let ours = best(bench, service, &slice_query(SLICE), SLICE_ROUNDS)?;
    let seconds = theirs.map(|theirs| theirs.value);
    bench.report.beside(
        "export of one type over 90 days",
        "s",
        ours.seconds,
        seconds,
        Budget::AtMost(0.5),
    );
    bench.report.told("rows of that slice", "rows", ours.rows, theirs.map(|theirs| theirs.rows));
    Ok(())
}

fn whole(bench: &mut Bench, service: &Service, theirs: Option<&Measure>) -> Result<()> {
    let watch = MemoryWatch::over(service.id());
    let ours = best(bench, service, &format!("columns={WHOLE_COLUMNS}"), WHOLE_ROUNDS)?;
    let peak = watch.peak_mb()?;
    let (rate, rows) = (ours.bytes / 1e6 / ours.seconds, ours.rows / ours.seconds);
    let theirs_rate = theirs.map(|theirs| theirs.bytes / 1e6 / theirs.value);
    let theirs_rows = theirs.map(|theirs| theirs.rows / theirs.value);
    bench.report.beside(
        "export of all user events",
        "MB/s",
        rate,
        theirs_rate,
        Budget::AtLeast(1.5),
    );
    bench.report.told("the same in rows", "rows/s", rows, theirs_rows);
    bench.report.told("the same in all", "s", ours.seconds, theirs.map(|theirs| theirs.value));
    bench.report.alone("memory while exporting all", "MB", peak, Budget::AtMost(MEMORY_MB_MAX));
    Ok(())
}

/// What a row of the slice costs beyond an export that holds none: the request and its two facts cost the
/// same in every log and would hide growth in the small one.
fn row_us(bench: &Bench, service: &Service) -> Result<f64> {
    let none = best(bench, service, &slice_query(("2000-01-01", "2000-01-02")), SLICE_ROUNDS)?;
    let ours = best(bench, service, &slice_query(SLICE), SLICE_ROUNDS)?;
    ensure!(
        none.rows == 0.0 && ours.rows > 0.0,
        "a slice holds {} rows, the other {}",
        none.rows,
        ours.rows
    );
    Ok((ours.seconds - none.seconds).max(0.0) * 1e6 / ours.rows)
}

fn slice_query((from, to): (&str, &str)) -> String {
    format!("type=BadgeLost&from={from}&to={to}&zone=UTC&columns={SLICE_COLUMNS}")
}

fn best(bench: &Bench, service: &Service, query: &str, rounds: usize) -> Result<Taken> {
    let mut best = take(bench, service, query)?;
    for _ in 1..rounds {
        let taken = take(bench, service, query)?;
        if taken.seconds < best.seconds {
            best = taken;
        }
    }
    Ok(best)
}

fn take(bench: &Bench, service: &Service, query: &str) -> Result<Taken> {
    let request = bench
        .http
        .get(service.url(&format!("/v1/exports/user-events.csv?{query}")))
        .bearer_auth(TOKEN);
    bench.runtime.block_on(async {
        let begun = Instant::now();
        let mut response = request.send().await?;
        let status = response.status();
        if !status.is_success() {
            bail!("the export was answered with {status}: {}", response.text().await?);
        }
        let (mut bytes, mut lines) = (0, 0);
        while let Some(chunk) = response.chunk().await? {
            bytes += chunk.len();
            lines += chunk.iter().filter(|byte| **byte == b'\n').count();
        }
        let seconds = begun.elapsed().as_secs_f64();
        ensure!(lines > 0, "the export has no header");
        anyhow::Ok(Taken { seconds, rows: (lines - 1) as f64, bytes: bytes as f64 })
    })
}
