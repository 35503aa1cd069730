//! Whoever waits for an answer, as seen by the thread that makes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::users::SpoolError;
use crate::app::App;

/// Somebody waits, as long as this lives.
#[derive(Debug)]
pub struct Waits(Arc<AtomicBool>);

/// Sees whether they still do.
#[derive(Debug, Clone)]
pub struct Awaited(Arc<AtomicBool>);

impl Waits {
    /// Somebody waits from now on, and the thread is told by the other.
    pub fn begin() -> (Waits, Awaited) {
        let here = Arc::new(AtomicBool::new(true));
        (Waits(here.clone()), Awaited(here))
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Awaited {
    /// Whether somebody waits.
    pub fn still(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Ends the work where nobody waits, or the service stops.
    ///
    /// # Errors
    /// [`SpoolError::Stopped`].
    pub fn or_stop(&self, app: &App) -> Result<(), SpoolError> {
        if self.still() && !app.is_stopping() { Ok(()) } else { Err(SpoolError::Stopped) }
    }
}
