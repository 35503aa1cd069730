//! Importing: a file twice over HTTP beside PostgreSQL, and the memory it takes, also for a million rows.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::Value;
use tests::people;

use crate::Bench;
use crate::machine::{MemoryWatch, anonymous_mb};
use crate::postgres;
use crate::report::Budget;
use crate::service::{Service, TOKEN};

const ROWS: usize = 80_000;
const ROWS_MANY: usize = 1_000_000;
/// The same, each from an empty folder and an empty database; the best counts on both sides.
const ROUNDS: usize = 2;
const MEMORY_MB_MAX: f64 = 150.0;
const IMPORT: &str = "start=true&wait=true";

/// The best of all rounds.
struct Best {
    look: f64,
    first: f64,
    again: f64,
    theirs_first: Option<f64>,
    theirs_again: Option<f64>,
    memory_mb: f64,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let csv = people::csv(ROWS, 1, 0).text;
    let file = bench.data("people.csv");
    std::fs::write(&file, &csv)?;
    let none = f64::INFINITY;
    let mut best = Best {
        look: none,
        first: none,
        again: none,
        theirs_first: None,
        theirs_again: None,
        memory_mb: 0.0,
    };
    for round in 0..ROUNDS {
        let measures = postgres::run(&["import", &file.display().to_string()])?;
        let shorter = |best: Option<f64>, name: &str| {
            measures.best(name).map(|measure| measure.value.min(best.unwrap_or(f64::INFINITY)))
        };
        best.theirs_first = shorter(best.theirs_first, "import_first");
        best.theirs_again = shorter(best.theirs_again, "import_again");
        import_twice(bench, &csv, round, &mut best)?;
    }
    let mb = csv.len() as f64 / 1e6;
    let report = &mut bench.report;
    let work = format!("import {ROWS} rows, {mb:.1} MB, first time");
    report.beside(&work, "s", best.first, best.theirs_first, Budget::AtMost(0.5));
    report.beside(
        "import the same file again",
        "s",
        best.again,
        best.theirs_again,
        Budget::AtMost(1.0),
    );
    report.alone(
        "a look at that file beside its import",
        "x",
        best.look / best.first,
        Budget::AtMost(1.0),
    );
    report.told("import, rows a second, first time", "rows/s", ROWS as f64 / best.first, None);
    report.alone(
        "memory above idle, import of that file",
        "MB",
        best.memory_mb,
        Budget::AtMost(MEMORY_MB_MAX),
    );
    import_many(bench)
}

fn import_twice(bench: &Bench, csv: &str, round: usize, best: &mut Best) -> Result<()> {
    let service = Service::start(&bench.data(&format!("import-{round}")))?;
    let idle = anonymous_mb(service.id())?;
    let watch = MemoryWatch::over(service.id());
    let rows = ROWS as u64;
    let send = |how, counts| import(bench, &service, how, csv.to_owned(), counts);
    best.look = best.look.min(send("dry_run=true", [rows, 0, 0, 0])?);
    best.first = best.first.min(send(IMPORT, [rows, 0, 0, 0])?);
    best.again = best.again.min(send(IMPORT, [0, 0, rows, 0])?);
    best.memory_mb = best.memory_mb.max(watch.peak_mb()? - idle);
    service.stop()
}

fn import_many(bench: &mut Bench) -> Result<()> {
    let service = Service::start(&bench.data("import-many"))?;
    let idle = anonymous_mb(service.id())?;
    let csv = people::csv(ROWS_MANY, 2, 0).text;
    let watch = MemoryWatch::over(service.id());
    let seconds = import(bench, &service, IMPORT, csv, [ROWS_MANY as u64, 0, 0, 0])?;
    let peak = watch.peak_mb()? - idle;
    service.stop()?;
    bench.report.told(&format!("import {ROWS_MANY} rows"), "s", seconds, None);
    bench.report.alone(
        "memory above idle, import of these",
        "MB",
        peak,
        Budget::AtMost(MEMORY_MB_MAX),
    );
    Ok(std::fs::remove_dir_all(bench.data("import-many"))?)
}

/// Sends a file and answers how long it took until it was answered: for an import, until the facts were durable and the
/// table current. `counts` is what the answer must say: created, updated, unchanged, rejected.
fn import(
    bench: &Bench,
    service: &Service,
    how: &str,
    csv: String,
    counts: [u64; 4],
) -> Result<f64> {
    let request = bench.http.post(service.url(&format!("/v1/imports?{how}")));
    let request = request.bearer_auth(TOKEN).header("content-type", "text/csv").body(csv);
    bench.runtime.block_on(async {
        let begun = Instant::now();
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        let seconds = begun.elapsed().as_secs_f64();
        ensure!(status.is_success(), "the import was answered with {status}: {text}");
        let report: Value = serde_json::from_str(&text)?;
        let told =
            ["created", "updated", "unchanged", "rejected"].map(|name| report[name].as_u64());
        ensure!(told == counts.map(Some), "the import came to {told:?}, not to {counts:?}");
        anyhow::Ok(seconds)
    })
}
