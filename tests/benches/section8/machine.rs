//! The machine: what it is, how busy, and how much memory a process holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};

/// How often memory is read.
const SAMPLE_EVERY: Duration = Duration::from_millis(10);

/// Says on what and when this was measured: numbers without it cannot be compared.
pub(crate) fn print_facts() {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZeroUsize::get);
    println!("date          {}", chrono::Utc::now().format("%Y-%m-%d %H:%M UTC"));
    println!(
        "processor     {cores} cores, {}",
        first_line("/proc/cpuinfo", "model name").unwrap_or_default()
    );
    println!("memory        {}", first_line("/proc/meminfo", "MemTotal").unwrap_or_default());
    println!("folder        {}", std::env::temp_dir().display());
    print_load("load average");
    if cfg!(debug_assertions) {
        println!("!!! This build is not optimised: the numbers mean nothing.");
    }
}

/// A busy machine measures its other work.
pub(crate) fn print_load(label: &str) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{label:<13} {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
}

/// The text after the colon of the first line that begins so.
fn first_line(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// Anonymous resident memory of a process in MB: mapped files belong to the page cache and are not counted.
pub(crate) fn anonymous_mb(process: u32) -> Result<f64> {
    let line = first_line(&format!("/proc/{process}/status"), "RssAnon")
        .context("no RssAnon: this needs Linux")?;
    let kib: f64 = line.trim_end_matches("kB").trim().parse().context("reading RssAnon")?;
    Ok(kib * 1024.0 / 1e6)
}

/// Reads a process's memory over and over, and keeps the highest.
pub(crate) struct MemoryWatch {
    stop: Arc<AtomicBool>,
    sampling: JoinHandle<Result<f64>>,
}

impl MemoryWatch {
    pub(crate) fn over(process: u32) -> MemoryWatch {
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = stop.clone();
        let sampling = std::thread::spawn(move || {
            let mut peak = anonymous_mb(process)?;
            while !stopping.load(Ordering::Relaxed) {
                std::thread::sleep(SAMPLE_EVERY);
                peak = peak.max(anonymous_mb(process)?);
            }
            anyhow::Ok(peak)
        });
        MemoryWatch { stop, sampling }
    }

    /// Ends and answers the peak in MB.
    pub(crate) fn peak_mb(self) -> Result<f64> {
        self.stop.store(true, Ordering::Relaxed);
        self.sampling.join().expect("reading memory does not panic")
    }
}
