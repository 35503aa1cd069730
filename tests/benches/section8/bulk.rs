//! A bulk action about as many users as a file has rows, beside the import that made them; then taken back.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::people;

use crate::Bench;
use crate::import::{IMPORT, ROWS, answered, import};
use crate::machine::{MemoryWatch, anonymous_mb};
use crate::report::Budget;
use crate::service::{Service, TOKEN};

const MEMORY_MB_MAX: f64 = 150.0;

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let service = Service::start(&bench.data("bulk"))?;
    let csv = people::csv(ROWS, 1, 0).text;
    let imported = import(bench, &service, IMPORT, csv, [ROWS as u64, 0, 0, 0])?;
    let idle = anonymous_mb(service.id())?;
    let watch = MemoryWatch::over(service.id());
    let post = |path: &str, body: &Value| {
        answered(bench, bench.http.post(service.url(path)).bearer_auth(TOKEN).json(body))
    };
    post("/v1/lists", &json!({ "id": "all", "name": "All" }))?;
    let body = json!({ "action": "join_list", "list": "all", "filter": {} });
    let (look, _) = post("/v1/bulk-actions?dry_run=true", &body)?;
    let (joined, done) = post("/v1/bulk-actions?wait=true", &body)?;
    ensure!(done["changed"] == ROWS, "not everybody joined: {done}");
    let path = format!("/v1/bulk-actions/{}", done["id"].as_str().unwrap_or_default());
    let (revert, back) = post(&format!("{path}/revert?wait=true"), &Value::Null)?;
    ensure!(back["revert"]["restored"] == ROWS, "not everybody left: {back}");
    let memory_mb = watch.peak_mb()? - idle;
    service.stop()?;
    let report = &mut bench.report;
    report.told(&format!("{ROWS} users join a list in bulk"), "s", joined, None);
    report.alone("that beside their import", "x", joined / imported, Budget::AtMost(1.0));
    report.told("a dry run of it", "s", look, None);
    report.told("taking it back", "s", revert, None);
    report.alone("memory above idle, all of it", "MB", memory_mb, Budget::AtMost(MEMORY_MB_MAX));
    Ok(())
}
