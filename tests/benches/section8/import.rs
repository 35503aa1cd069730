//! Importing: a file twice over HTTP beside PostgreSQL, and the memory it takes, also for a million rows.

use std::time::Instant;

use anyhow::{Result, ensure};
use reqwest::{Body, Method, RequestBuilder};
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
    path: Steps,
}

/// The same import as a person goes about it, in seconds; then taken back.
struct Steps {
    draft: f64,
    map: f64,
    check: f64,
    run: f64,
    revert: f64,
    memory_mb: f64,
}

impl Steps {
    fn imported(&self) -> f64 {
        self.draft + self.map + self.run
    }

    fn shorten(&mut self, other: Steps) {
        let memory_mb = self.memory_mb.max(other.memory_mb);
        if other.imported() < self.imported() {
            *self = other;
        }
        self.memory_mb = memory_mb;
    }
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
        path: Steps {
            draft: none,
            map: none,
            check: none,
            run: none,
            revert: none,
            memory_mb: 0.0,
        },
    };
    for round in 0..ROUNDS {
        let measures = postgres::run(&["import", &file.display().to_string()])?;
        let shorter = |best: Option<f64>, name: &str| {
            measures.best(name).map(|measure| measure.value.min(best.unwrap_or(f64::INFINITY)))
        };
        best.theirs_first = shorter(best.theirs_first, "import_first");
        best.theirs_again = shorter(best.theirs_again, "import_again");
        import_twice(bench, &csv, round, &mut best)?;
        best.path.shorten(step_by_step(bench, &csv, round)?);
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
    let path = &best.path;
    let work = "the same as a draft: upload, mapping, run";
    report.beside(work, "s", path.imported(), best.theirs_first, Budget::AtMost(0.5));
    report.told("of these the upload", "s", path.draft, None);
    report.alone("its check beside its run", "x", path.check / path.run, Budget::AtMost(1.0));
    report.told("taking it back", "s", path.revert, None);
    report.alone(
        "memory above idle, draft to undo",
        "MB",
        path.memory_mb,
        Budget::AtMost(MEMORY_MB_MAX),
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

fn step_by_step(bench: &Bench, csv: &str, round: usize) -> Result<Steps> {
    let service = Service::start(&bench.data(&format!("draft-{round}")))?;
    let idle = anonymous_mb(service.id())?;
    let watch = MemoryWatch::over(service.id());
    let ask = |method: Method, path: &str, body: Body, kind: &str| {
        let request = bench.http.request(method, service.url(path)).bearer_auth(TOKEN);
        answered(bench, request.header("content-type", kind.to_owned()).body(body))
    };
    let (draft, import) = ask(Method::POST, "/v1/imports", csv.to_owned().into(), "text/csv")?;
    let path = format!("/v1/imports/{}", import["id"].as_str().unwrap_or_default());
    let mapping = serde_json::json!({ "columns": import["columns"] }).to_string();
    let (map, _) =
        ask(Method::PUT, &format!("{path}/mapping"), mapping.into(), "application/json")?;
    let none = || Body::from("");
    let (check, checked) = ask(Method::POST, &format!("{path}/check"), none(), "text/plain")?;
    let (run, done) = ask(Method::POST, &format!("{path}/start?wait=true"), none(), "text/plain")?;
    ensure!(checked["check"]["created"] == ROWS && done["created"] == ROWS, "not every row counts");
    let (revert, gone) =
        ask(Method::POST, &format!("{path}/revert?wait=true"), none(), "text/plain")?;
    ensure!(gone["revert"]["removed"] == ROWS, "not every user is gone");
    let memory_mb = watch.peak_mb()? - idle;
    service.stop()?;
    Ok(Steps { draft, map, check, run, revert, memory_mb })
}

/// Sends a request and answers how long it took and what came back.
pub(crate) fn answered(bench: &Bench, request: RequestBuilder) -> Result<(f64, Value)> {
    bench.runtime.block_on(async {
        let begun = Instant::now();
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        let seconds = begun.elapsed().as_secs_f64();
        ensure!(status.is_success(), "a step of the import was answered with {status}: {text}");
        Ok((seconds, serde_json::from_str(&text)?))
    })
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
    let (seconds, report) = answered(bench, request)?;
    let told = ["created", "updated", "unchanged", "rejected"].map(|name| report[name].as_u64());
    ensure!(told == counts.map(Some), "the import came to {told:?}, not to {counts:?}");
    Ok(seconds)
}
