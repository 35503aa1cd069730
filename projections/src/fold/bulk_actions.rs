//! Bulk actions: what is done to whom, how far it came, and how it was taken back.

use domain::Event;
use domain::event::BulkPlan;
use eventlog::Row;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::jobs::{self, Values, text};
use crate::error::ProjectionError;
use crate::imports::ImportState;

/// Folds a fact of a bulk action's stream; any other changes nothing.
pub(super) fn apply(
    connection: &Connection,
    row: &Row<'_>,
    event: &Event,
) -> Result<(), ProjectionError> {
    use ImportState as S;
    let (at, place) = (&row.recorded_at, row.position.number().cast_signed());
    let said = text(row.data);
    let table = BulkAction { connection, row };
    if let Event::BulkActionStarted(plan) = event {
        table.started(plan)
    } else if let Event::BulkActionProgressed(fact) = event {
        table.set(fact.bulk_action_id, S::Running, &[("came", &said)])
    } else if let Event::BulkActionCompleted(fact) = event {
        let values: &Values<'_> = &[("came", &said), ("finished_at", at)];
        table.set(fact.bulk_action_id, S::Completed, values)
    } else if let Event::BulkActionCancelled(fact) = event {
        let values: &Values<'_> = &[("came", &said), ("finished_at", at)];
        table.set(fact.bulk_action_id, S::Cancelled, values)
    } else if let Event::BulkActionFailed(fact) = event {
        let values: &Values<'_> = &[("came", &said), ("code", &fact.code), ("finished_at", at)];
        table.set(fact.bulk_action_id, S::Failed, values)
    } else if let Event::BulkActionRevertStarted(fact) = event {
        table.set(fact.bulk_action_id, S::Reverting, &[("queued", &place)])
    } else if let Event::BulkActionRevertProgressed(fact) = event {
        table.set(fact.bulk_action_id, S::Reverting, &[("undone", &said)])
    } else if let Event::BulkActionReverted(fact) = event {
        let values: &Values<'_> = &[("reverted", &said), ("reverted_at", at)];
        table.set(fact.bulk_action_id, S::Reverted, values)
    } else {
        Ok(())
    }
}

struct BulkAction<'a> {
    connection: &'a Connection,
    row: &'a Row<'a>,
}

impl BulkAction<'_> {
    fn started(&self, plan: &BulkPlan) -> Result<(), ProjectionError> {
        let row = self.row;
        self.connection
            .prepare_cached(
                "INSERT OR IGNORE INTO bulk_actions(id, ordinal, state, started_at, revision, actor_kind, actor_id, event_id,
                   queued, last, plan, plan_personal)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?2, ?2, ?9, ?10)",
            )?
            .execute(params![
                plan.bulk_action_id.as_bytes().as_slice(),
                row.position.number().cast_signed(),
                ImportState::Queued.name(),
                row.recorded_at,
                row.revision.cast_signed(),
                row.actor.kind.name(),
                row.actor.id,
                row.event_id.as_bytes().as_slice(),
                text(row.data),
                row.personal.map(text),
            ])?;
        Ok(())
    }

    fn set(
        &self,
        id: Uuid,
        state: ImportState,
        values: &Values<'_>,
    ) -> Result<(), ProjectionError> {
        jobs::set((self.connection, self.row), "bulk_actions", id, state, values)
    }
}
