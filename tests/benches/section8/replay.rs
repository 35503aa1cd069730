//! Building the whole projection file from the log.

use std::time::Instant;

use anyhow::Result;
use projections::Store;
use projections::follower::catch_up;

use crate::Bench;
use crate::filled_log::FilledLog;
use crate::report::Budget;

const FACTS_PER_SECOND_MIN: f64 = 100_000.0;

pub(crate) fn measure(bench: &mut Bench, filled: &FilledLog) -> Result<()> {
    let folder = bench.data("replay");
    std::fs::create_dir(&folder)?;
    let log = filled.open()?;
    let begun = Instant::now();
    let store = Store::create_next(&folder, filled.log_id)?;
    let reached = catch_up(&log, &store, log.head(), &mut |_| {})?;
    store.promote()?; // a file that may be lost is not done
    let rate = reached.number() as f64 / begun.elapsed().as_secs_f64();
    log.close();
    drop(store);
    std::fs::remove_dir_all(&folder)?;
    bench.report.alone(
        "replay into all tables",
        "facts/s",
        rate,
        Budget::AtLeast(FACTS_PER_SECOND_MIN),
    );
    Ok(())
}
