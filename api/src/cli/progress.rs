//! Bars at a terminal, plain lines elsewhere. Always on standard error: standard output is for results.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a plain line is written.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// Something that takes a while.
pub(super) struct Meter {
    bar: Option<ProgressBar>,
    what: &'static str,
    unit: &'static str,
    last: Instant,
}

impl Meter {
    /// Of so many facts or rows.
    pub(super) fn counting(what: &'static str, unit: &'static str) -> Meter {
        Meter::new(what, unit, "{msg} [{bar:40}] {human_pos}/{human_len} ({per_sec}, {eta} left)")
    }

    /// Of so many bytes.
    pub(super) fn bytes(what: &'static str) -> Meter {
        Meter::new(what, "bytes", "{msg} [{bar:40}] {bytes}/{total_bytes} ({bytes_per_sec})")
    }

    fn new(what: &'static str, unit: &'static str, template: &str) -> Meter {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0).with_message(what);
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        });
        Meter { bar, what, unit, last: Instant::now() }
    }

    /// Shows how far it is.
    pub(super) fn at(&mut self, done: u64, total: u64) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(total.max(done));
                bar.set_position(done);
            }
            None if self.last.elapsed() >= LINE_EVERY => {
                self.last = Instant::now();
                match total {
                    0 => eprintln!("{}: {done} {}", self.what, self.unit),
                    _ => eprintln!("{}: {done} of {total} {}", self.what, self.unit),
                }
            }
            None => {}
        }
    }

    /// Another part begins.
    pub(super) fn part(&mut self, what: &'static str, unit: &'static str) {
        (self.what, self.unit) = (what, unit);
        if let Some(bar) = &self.bar {
            bar.set_message(what);
        }
    }

    /// Takes the bar away.
    pub(super) fn done(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
