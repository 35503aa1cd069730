//! What an earlier run of the same import recorded of a user, as the user's own history tells it.

use domain::event::MatchBy;
use domain::identity::{import_email_event_id, import_event_id, import_join_event_id};
use domain::{Event, UserId};
use eventlog::Recorded;
use uuid::Uuid;

use super::Rows;
use crate::import::registry::{find_back, imported_row};
use crate::import::run::RunError;
use crate::import::run::batch::{RowOutcome, Values};

impl Rows<'_> {
    /// What the row came to, where its facts are there already. Facts of earlier rows lie before them, so the search ends
    /// at the first of those.
    pub(super) fn recorded(&self, id: UserId, row: u64) -> Result<Option<RowOutcome>, RunError> {
        // Some for the fact itself, none where the search is over.
        let find = |event_id: Uuid| {
            let found = |fact: &Recorded| match fact.event_id == event_id {
                true => Some(true),
                false => self.is_earlier(fact, row).then_some(false),
            };
            let found = find_back(&self.app.log, id, found)?;
            Ok::<_, RunError>(found.filter(|(_, is)| *is).map(|(fact, _)| fact))
        };
        let imported = find(import_event_id(self.import_id, row))?;
        let joined = match &self.sheet.plan.list {
            Some(_) => find(import_join_event_id(self.import_id, row))?.is_some(),
            None => false,
        };
        let moved = match self.sheet.plan.match_by {
            MatchBy::Email => false,
            MatchBy::UserId | MatchBy::ExternalId => {
                find(import_email_event_id(self.import_id, row))?.is_some()
            }
        };
        let values = match imported.map(|fact| fact.as_row().event()) {
            Some(Ok(Event::UserImported(imported))) if imported.created => Values::Created,
            Some(_) => Values::Updated,
            None if moved => Values::Updated,
            None if joined => Values::Unchanged,
            None => return Ok(None),
        };
        Ok(Some(RowOutcome { values, joined }))
    }

    /// Whether a fact was recorded with an earlier row of this import.
    fn is_earlier(&self, fact: &Recorded, row: u64) -> bool {
        let Ok(event) = fact.as_row().event() else { return false };
        imported_row(&event).is_some_and(|(id, of)| id == self.import_id && of < row)
    }

    pub(super) fn wrote_before(&self, id: UserId) -> Result<bool, RunError> {
        // That it joined the list says nothing of its values.
        let ours = |fact: &Recorded| match fact.as_row().event() {
            Ok(Event::UserImported(imported)) => imported.import_id == self.import_id,
            Ok(Event::UserEmailChanged(changed)) => {
                changed.imported.is_some_and(|(import_id, _)| import_id == self.import_id)
            }
            Ok(_) | Err(_) => false,
        };
        Ok(find_back(&self.app.log, id, |fact| ours(fact).then_some(()))?.is_some())
    }

    pub(super) fn made_before(&self, id: UserId) -> Result<bool, RunError> {
        let made = |fact: &Recorded| {
            let event = fact.as_row().event();
            matches!(event, Ok(Event::UserImported(imported))
                if imported.created && imported.import_id == self.import_id)
        };
        Ok(find_back(&self.app.log, id, |fact| made(fact).then_some(()))?.is_some())
    }
}
