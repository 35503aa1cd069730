//! Facts of exports that others may be recording about too.

use std::sync::Arc;

use domain::Event;
use eventlog::{Context, Expected, Position, Stream};
use uuid::Uuid;

use crate::app::{self, App};
use crate::problem::{Problem, ProblemKind};

/// How often a fact that lost a race is recorded anew.
const ATTEMPTS_MAX: usize = 64;

/// Adds a fact to what is known of an export, whoever else adds one at the same time.
///
/// # Errors
/// What the log says; `too_many_conflicts`.
pub async fn add(
    app: &App,
    id: Uuid,
    event: &Event,
    context: &Arc<Context>,
) -> Result<Position, Problem> {
    let stream = Stream::named("export", id);
    for _ in 0..ATTEMPTS_MAX {
        let expected = Expected::after(app.log.stream_revision(&stream)?);
        let entry = app::entry(stream.clone(), expected, event, None, context);
        if let Ok(appended) = app.log.append(vec![entry]).await?.remove(0) {
            return Ok(appended.position);
        }
    }
    Err(Problem::new(ProblemKind::TooManyConflicts, "others kept fetching the same export"))
}
