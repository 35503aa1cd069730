//! What was taken back before, so that it counts no more when something else is taken back.

use std::collections::BTreeSet;

use domain::Event;
use domain::revert::is_undone;
use eventlog::{Origin, Recorded};
use projections::{ProjectionError, Store};
use uuid::Uuid;

/// Imports and bulk actions that were taken back.
#[derive(Debug)]
pub struct TakenBack {
    /// Imports.
    pub imports: BTreeSet<Uuid>,
    bulk_actions: BTreeSet<Uuid>,
}

impl TakenBack {
    /// Those taken back by a time in microseconds since 1970; none: until now.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn by(store: &Store, at: Option<i64>) -> Result<TakenBack, ProjectionError> {
        let (imports, bulk_actions) =
            (store.imports_taken_back(at)?, store.bulk_actions_taken_back(at)?);
        Ok(TakenBack { imports, bulk_actions })
    }

    /// Whether a fact is of such a bulk action, or takes it back.
    pub fn is_of_bulk_action(&self, fact: &Recorded) -> bool {
        matches!(fact.origin, Origin::Bulk | Origin::Revert)
            && self.bulk_actions.contains(&fact.correlation)
    }

    /// Whether a fact counts no more: of any of them, or taking any back.
    pub fn counts_no_more(&self, fact: &Recorded, event: &Event) -> bool {
        self.is_of_bulk_action(fact) || is_undone(&self.imports, event)
    }
}
