//! Threads of the service that wait: for the disk, and for the tables.

use std::sync::Arc;
use std::time::Duration;

use eventlog::{Entry, LogError, Outcome, Position};

use super::App;

/// How long a full disk is left alone before the same is sent again.
const FULL_PAUSE: Duration = Duration::from_secs(2);

impl App {
    /// Appends; while the disk is full, waits and sends the same again. Blocks.
    ///
    /// # Errors
    /// What the log says; that the disk is full, once the service stops.
    pub fn append_patiently(&self, entries: Vec<Entry>) -> Result<Vec<Outcome>, LogError> {
        let entries = Arc::new(entries);
        loop {
            match self.log.submit_blocking(entries.clone())?.wait() {
                Err(LogError::Full) if !self.is_stopping() => std::thread::sleep(FULL_PAUSE),
                answer => return answer,
            }
        }
    }

    /// Waits until the tables hold what the log holds now, or the service stops. Blocks.
    pub fn wait_for_tables(&self) {
        self.wait_for_tables_at(self.log.head());
    }

    /// Waits until the tables hold a position, or the service stops. Blocks.
    pub fn wait_for_tables_at(&self, position: Position) {
        while self.follower.checkpoint() < position && !self.is_stopping() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
