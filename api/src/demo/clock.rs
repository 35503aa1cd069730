//! A clock that is behind and catches up in leaps: so what is recorded today can have been recorded over months.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use eventlog::sqlite::{Clock, system_clock};

/// Goes as the machine's clock does, so many microseconds behind it. It never goes back.
#[derive(Clone)]
pub(crate) struct LateClock {
    system: Clock,
    behind: Arc<AtomicI64>,
}

impl LateClock {
    /// One that shows this moment, in microseconds since 1970.
    pub(crate) fn at(moment: i64) -> LateClock {
        let system = system_clock();
        let behind = Arc::new(AtomicI64::new((system() - moment).max(0)));
        LateClock { system, behind }
    }

    /// As the log takes it.
    pub(crate) fn for_log(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || (clock.system)() - clock.behind.load(Ordering::SeqCst))
    }

    /// Leaps to a moment that is ahead of it; it stays where it is for one that it has passed.
    pub(crate) fn leap_to(&self, moment: i64) {
        let behind = ((self.system)() - moment).max(0);
        self.behind.fetch_min(behind, Ordering::SeqCst);
    }

    /// Shows what the machine's shows, from now on.
    pub(crate) fn catch_up(&self) {
        self.behind.store(0, Ordering::SeqCst);
    }
}
