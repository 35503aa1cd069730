//! Addresses that were claimed for users who never got them: a crash came between the two facts.

use domain::Event;
use domain::event::EmailReleased;
use eventlog::{Expected, LogError, Stream};
use projections::ProjectionError;
use uuid::Uuid;

use crate::app::{self, App, system};

/// Claims given up in one append.
const AT_ONCE: u32 = 1_000;

/// Why they cannot be given up.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The log cannot take facts.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The tables cannot be read.
    #[error(transparent)]
    Tables(#[from] ProjectionError),
}

/// Gives up every claim that nothing followed and that no import which goes on will follow; answers how many. To be called
/// at start, when the tables have caught up and nothing claims anything yet.
///
/// # Errors
/// See [`ReleaseError`].
pub fn release(app: &App) -> Result<usize, ReleaseError> {
    let (context, mut released) = (system(Uuid::now_v7()), 0);
    loop {
        let claims = app.follower.store().open_claims(AT_ONCE)?;
        if claims.is_empty() {
            return Ok(released);
        }
        let entries = claims.iter().map(|claim| {
            let event = Event::EmailReleased(EmailReleased { owner: claim.owner });
            let expected = Expected::Revision(claim.revision);
            app::entry(Stream::User(claim.address), expected, &event, None, &context)
        });
        let outcomes = app.log.append_blocking(entries.collect())?;
        let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        if done == 0 {
            return Ok(released); // others are at it: at the next start there is another chance
        }
        released += done;
        app.wait_for_tables();
    }
}
