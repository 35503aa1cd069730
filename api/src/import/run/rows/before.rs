//! What an earlier run of the same import recorded of a user, as the user's own history tells it.

use domain::event::MatchBy;
use domain::identity::{import_email_event_id, import_event_id, import_join_event_id};
use domain::{Event, UserId};
use eventlog::{Recorded, Stream};
use uuid::Uuid;

use super::Rows;
use crate::import::run::RunError;
use crate::import::run::batch::{RowOutcome, Values};

/// Facts of one user read at once while looking for one of this import's.
const PAGE_FACTS: usize = 64;

impl Rows<'_> {
    /// The newest fact of a user for which `is` holds, reading backwards until it or a fact for which `enough` holds.
    fn find_back(
        &self,
        id: UserId,
        is: impl Fn(&Recorded) -> bool,
        enough: impl Fn(&Recorded) -> bool,
    ) -> Result<Option<Recorded>, RunError> {
        let mut before = None;
        loop {
            let page = self.app.log.read_stream(&Stream::User(id), before, PAGE_FACTS)?;
            let Some(last) = page.last() else { return Ok(None) };
            before = Some(last.position);
            for fact in page {
                if is(&fact) {
                    return Ok(Some(fact));
                }
                if enough(&fact) {
                    return Ok(None);
                }
            }
        }
    }

    /// What the row came to, where its facts are there already. Facts of earlier rows lie before them, so the search ends
    /// at the first of those.
    pub(super) fn recorded(&self, id: UserId, row: u64) -> Result<Option<RowOutcome>, RunError> {
        let earlier =
            |fact: &Recorded| imported_row(fact, self.import_id).is_some_and(|of| of < row);
        let find = |event_id: Uuid| self.find_back(id, |fact| fact.event_id == event_id, earlier);
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

    pub(super) fn wrote_before(&self, id: UserId) -> Result<bool, RunError> {
        // That it joined the list says nothing of its values.
        let ours = |fact: &Recorded| match fact.as_row().event() {
            Ok(Event::UserImported(imported)) => imported.import_id == self.import_id,
            Ok(Event::UserEmailChanged(changed)) => {
                changed.imported.is_some_and(|(import_id, _)| import_id == self.import_id)
            }
            Ok(_) | Err(_) => false,
        };
        Ok(self.find_back(id, ours, |_| false)?.is_some())
    }

    pub(super) fn made_before(&self, id: UserId) -> Result<bool, RunError> {
        let made = |fact: &Recorded| {
            let event = fact.as_row().event();
            matches!(event, Ok(Event::UserImported(imported))
                if imported.created && imported.import_id == self.import_id)
        };
        Ok(self.find_back(id, made, |_| false)?.is_some())
    }
}

/// The row behind a fact of this import.
fn imported_row(fact: &Recorded, import_id: Uuid) -> Option<u64> {
    match fact.as_row().event() {
        Ok(Event::UserImported(fact)) => (fact.import_id == import_id).then_some(fact.row),
        Ok(Event::ListJoined(fact)) => {
            fact.imported.filter(|(import, _)| *import == import_id).map(|(_, row)| row)
        }
        Ok(Event::UserEmailChanged(fact)) => {
            fact.imported.filter(|(import, _)| *import == import_id).map(|(_, row)| row)
        }
        Ok(_) | Err(_) => None,
    }
}
