//! Threads of the service that wait: for the disk, and for the tables.

use std::sync::Arc;
use std::time::Duration;

use eventlog::sqlite::Submitted;
use eventlog::{Entry, LogError, Outcome, Position};

use super::App;

/// Facts the tables may be behind before who writes many waits for them.
const LAG_MAX: u64 = 40_000;
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

    /// Sends entries to the log, which works while the caller goes on. Blocks while its queue is full.
    ///
    /// # Errors
    /// What the log says.
    pub fn send(&self, entries: Vec<Entry>) -> Result<OnItsWay, LogError> {
        let entries = Arc::new(entries);
        let submitted = match entries.is_empty() {
            true => None,
            false => Some(self.log.submit_blocking(entries.clone())?),
        };
        Ok(OnItsWay { entries, submitted })
    }

    /// Lets the tables come near, unless the service stops. Blocks.
    pub fn let_tables_come_near(&self) {
        while self.follower.lag() > LAG_MAX && !self.is_stopping() {
            std::thread::sleep(Duration::from_millis(1));
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

/// Entries on their way into the log.
#[derive(Debug)]
pub struct OnItsWay {
    entries: Arc<Vec<Entry>>,
    submitted: Option<Submitted>,
}

impl OnItsWay {
    /// Waits until they are durable, or lost their race; while the disk is full, sends the same again. Blocks.
    ///
    /// # Errors
    /// What the log says.
    pub fn wait(self, app: &App) -> Result<Vec<Outcome>, LogError> {
        match self.submitted.map(Submitted::wait) {
            None => Ok(Vec::new()),
            Some(Err(LogError::Full)) => app.append_patiently(self.entries.to_vec()),
            Some(outcomes) => outcomes,
        }
    }
}
