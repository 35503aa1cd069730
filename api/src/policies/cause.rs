//! What leads to consequences that no fact about the user leads to.

use std::cell::RefCell;

use domain::Event;
use domain::event::TimePassed;
use eventlog::{Expected, Stream};
use uuid::Uuid;

use super::PolicyError;
use super::batch::Origins;
use crate::app::{self, App, system};

/// A definition, or time. That time passed is recorded when the first thing follows from it, and only then.
#[derive(Debug, Clone)]
pub(super) struct Cause {
    known: RefCell<Option<Origins>>,
}

impl Cause {
    /// This fact.
    pub(super) fn known(origins: Origins) -> Cause {
        Cause { known: RefCell::new(Some(origins)) }
    }

    /// That time passed.
    pub(super) fn the_clock() -> Cause {
        Cause { known: RefCell::new(None) }
    }

    /// The fact.
    pub(super) fn of(&self, app: &App) -> Result<Origins, PolicyError> {
        if let Some(origins) = self.known.borrow().as_ref() {
            return Ok(origins.clone());
        }
        let origins = time_passed(app)?;
        self.known.replace(Some(origins.clone()));
        Ok(origins)
    }
}

fn time_passed(app: &App) -> Result<Origins, PolicyError> {
    let (stream, correlation) = (Stream::Named("clock".to_owned()), Uuid::now_v7());
    let event = Event::TimePassed(TimePassed { until: app.now() });
    let expected = Expected::after(app.log.stream_revision(&stream)?);
    let entry = app::entry(stream.clone(), expected, &event, None, &system(correlation));
    let event_id = entry.facts[0].event_id;
    let appended = app.append_patiently(vec![entry])?.remove(0);
    let revision = appended.map_err(|_conflict| PolicyError::Clock)?.revision;
    Ok(Origins { cause: eventlog::Cause { event_id, stream, revision }, correlation })
}
