//! The facts of one user, walked page by page.

use std::ops::ControlFlow;

use domain::UserId;
use eventlog::{Log, LogError, Position, Recorded, Stream};

/// Facts read at once.
const PAGE_FACTS: usize = 500;

/// Visits the facts of a user from the newest, or from the one before `before`, until told to stop.
///
/// # Errors
/// What the log says.
pub fn walk_back(
    log: &Log,
    user: UserId,
    mut before: Option<Position>,
    visit: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
) -> Result<(), LogError> {
    loop {
        let page = log.read_stream(&Stream::User(user), before, PAGE_FACTS)?;
        let Some(last) = page.last() else { return Ok(()) };
        before = Some(last.position);
        for fact in page {
            if visit(fact).is_break() {
                return Ok(());
            }
        }
    }
}
