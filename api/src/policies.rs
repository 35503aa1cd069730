//! Rules at work: a thread follows the facts and records what follows from them.
//!
//! It reconciles: what a user should belong to, minus what is recorded, appended expecting the revision that was looked at.
//! Nothing is lost or doubled by a crash: what was recorded is not wanted any more, and what was not is found again.

mod batch;
mod cause;
mod completions;
mod follow;
mod read;
mod rewards;
mod times;

pub use self::follow::Following;
pub use self::times::{Life, Lives};

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use eventlog::{LogError, Position};
use projections::ProjectionError;
use tokio::sync::watch;

use crate::app::App;
use crate::problem::{Problem, ProblemKind};

/// How often the thread looks at the clock while nothing happens.
const TICK: Duration = Duration::from_millis(100);
/// How long it waits after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Why the rules cannot go on for now.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The log cannot take or give facts.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The tables cannot be read.
    #[error(transparent)]
    Tables(#[from] ProjectionError),
    /// Somebody else recorded that time passed.
    #[error("the stream of the clock was extended by somebody else")]
    Clock,
    /// Where they are cannot be written down.
    #[error("the work store: {0}")]
    Work(String),
}

/// The thread and how far it is.
#[derive(Debug)]
pub struct Policies {
    /// Up to here everything that follows is recorded.
    settled: watch::Sender<Position>,
    stopping: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Default for Policies {
    fn default() -> Policies {
        let settled = watch::Sender::new(Position::START);
        Policies { settled, stopping: AtomicBool::new(false), thread: Mutex::new(None) }
    }
}

impl Policies {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(&self, app: &Arc<App>) -> std::io::Result<()> {
        let app = Arc::downgrade(app);
        let thread = std::thread::Builder::new().name("policies".to_owned()).spawn(move || {
            let mut following = Following::default();
            while let Some(app) = app.upgrade() {
                if app.policies.stopping.load(Ordering::Relaxed) {
                    return;
                }
                let seen = app.follower.checkpoint();
                match following.step(&app) {
                    Ok(settled) => {
                        app.policies.settled.send_replace(settled);
                    }
                    Err(error) => {
                        tracing::error!(%error, "rules cannot be followed for now");
                        std::thread::park_timeout(PAUSE);
                    }
                }
                let follower = app.follower.clone();
                drop(app);
                follower.park(seen, TICK);
            }
        })?;
        *self.thread.lock().expect("no holder panics") = Some(thread);
        Ok(())
    }

    /// Up to which fact everything that follows is recorded.
    pub fn position(&self) -> Position {
        *self.settled.borrow()
    }

    /// Waits until everything that follows from the facts up to a position is recorded.
    ///
    /// # Errors
    /// `policies_behind` after `wait`.
    pub async fn wait_for(&self, position: Position, wait: Duration) -> Result<(), Problem> {
        let mut settled = self.settled.subscribe();
        let reached = settled.wait_for(|at| *at >= position);
        match tokio::time::timeout(wait, reached).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                let missing = position.number().saturating_sub(self.position().number());
                let detail = format!("what follows from {missing} facts is still to be recorded");
                Err(Problem::new(ProblemKind::PoliciesBehind, detail).with("facts_behind", missing))
            }
        }
    }

    /// Ends the thread after the step at hand.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        // Held meanwhile: who else stops it waits for the same step, and closes nothing under it.
        let mut thread = self.thread.lock().expect("no holder panics");
        if let Some(thread) = thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}
