//! What a bulk action would do: every user is decided on, and nothing recorded.

use domain::UserId;
use domain::event::BulkOutcome;
use eventlog::Position;

use super::ask::Asked;
use super::deed;
use crate::app::App;
use crate::problem::Problem;

/// Users that would be changed and are listed.
pub const LISTED_MAX: usize = 20;

/// What a bulk action would do.
#[derive(Debug)]
pub struct Forecast {
    /// What would become of the users.
    pub outcome: BulkOutcome,
    /// The first that would be changed, and their addresses.
    pub changed_first: Vec<(UserId, Option<String>)>,
    /// Users were looked at as of this position.
    pub position: Position,
}

/// Decides on every user.
///
/// # Errors
/// What the tables say.
pub fn forecast(app: &App, asked: &Asked) -> Result<Forecast, Problem> {
    let profiles = app.follower.store().profiles()?;
    let deed = deed::now(app, &asked.deed)?;
    let (mut outcome, mut changed_first) = (BulkOutcome::default(), Vec::new());
    for id in asked.chosen.after(0) {
        let user = deed::known(&profiles, id, &asked.deed)?.and_then(|(user, _)| user);
        match deed::decide(user.as_ref(), &deed) {
            Ok(events) if events.is_empty() => outcome.unchanged += 1,
            Ok(_) => {
                outcome.changed += 1;
                if changed_first.len() < LISTED_MAX {
                    changed_first.push((id, user.and_then(|user| user.email)));
                }
            }
            Err(code) => outcome.refuse(id, code),
        }
    }
    Ok(Forecast { outcome, changed_first, position: profiles.position()? })
}
