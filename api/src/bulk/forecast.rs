//! What a bulk action would do: every user is decided on, and nothing recorded.

use domain::event::{BulkOutcome, Change};
use domain::{Event, UserId};
use eventlog::Position;

use super::ask::Asked;
use super::deed;
use crate::app::App;
use crate::problem::Problem;

/// Users that would be changed and are listed.
pub const LISTED_MAX: usize = 20;

/// Values that would be changed and are listed.
pub const VALUES_MAX: usize = 10;

/// A value that would be changed.
#[derive(Debug)]
pub struct WouldSet {
    /// Whose.
    pub user: UserId,
    /// The user's address.
    pub email: Option<String>,
    /// The value there is and the value there would be.
    pub change: Change,
}

/// What a bulk action would do.
#[derive(Debug)]
pub struct Forecast {
    /// What would become of the users.
    pub outcome: BulkOutcome,
    /// The first that would be changed, and their addresses.
    pub changed_first: Vec<(UserId, Option<String>)>,
    /// The first values that would be changed, where values are.
    pub values_first: Vec<WouldSet>,
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
    let mut values_first = Vec::new();
    for id in asked.chosen.after(0) {
        let user = deed::known(&profiles, id, &asked.deed)?.and_then(|(user, _)| user);
        match deed::decide(user.as_ref(), &deed) {
            Ok(events) if events.is_empty() => outcome.unchanged += 1,
            Ok(events) => {
                outcome.changed += 1;
                let email = user.and_then(|user| user.email);
                if values_first.len() < VALUES_MAX {
                    let would = |change| WouldSet { user: id, email: email.clone(), change };
                    values_first.extend(changes(events).into_iter().map(would));
                }
                if changed_first.len() < LISTED_MAX {
                    changed_first.push((id, email));
                }
            }
            Err(code) => outcome.refuse(id, code),
        }
    }
    Ok(Forecast { outcome, changed_first, values_first, position: profiles.position()? })
}

/// Values that facts change.
fn changes(events: Vec<Event>) -> Vec<Change> {
    match events.into_iter().next() {
        Some(Event::UserPropertiesChanged(fact)) => fact.changes,
        Some(_) | None => Vec::new(),
    }
}
