//! Imports: file, mapping, state, progress, report, and how they were taken back.

use domain::Event;
use domain::csv_header::fingerprint;
use domain::event::{ImportPlan, RowCounts};
use eventlog::Row;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::jobs::{self, Values, text};
use crate::error::ProjectionError;
use crate::imports::{Counts, ImportState};

/// Folds a fact of an import's stream; any other changes nothing.
pub(super) fn apply(
    connection: &Connection,
    row: &Row<'_>,
    event: &Event,
) -> Result<(), ProjectionError> {
    use ImportState as S;
    let (at, place) = (&row.recorded_at, row.position.number().cast_signed());
    let said = text(row.data);
    let table = Import { connection, row };
    if let Event::ImportUploaded(plan) = event {
        table.planned(plan, S::Draft)
    } else if let Event::ImportMapped(plan) = event {
        table.planned(plan, S::Mapped)
    } else if let Event::ImportChecked(fact) = event {
        table.set(fact.import_id, S::Checked, &[("checked", &said)])
    } else if let Event::ImportStarted(plan) = event {
        table.planned(plan, S::Queued)?;
        table.set(plan.import_id, S::Queued, &[("started_at", at), ("queued", &place)])
    } else if let Event::ImportProgressed(fact) = event {
        let (last, counts) = (fact.row.cast_signed(), counts(fact.counts));
        table.set(fact.import_id, S::Running, &[("row", &last), ("counts", &counts)])
    } else if let Event::ImportCompleted(fact) = event {
        let (last, counts) = (fact.counts.rows().cast_signed(), counts(fact.counts));
        let values: &Values<'_> =
            &[("row", &last), ("counts", &counts), ("completed", &said), ("finished_at", at)];
        table.set(fact.import_id, S::Completed, values)
    } else if let Event::ImportCancelled(fact) = event {
        let (last, counts) = (fact.row.cast_signed(), counts(fact.counts));
        let values: &Values<'_> = &[("row", &last), ("counts", &counts), ("finished_at", at)];
        table.set(fact.import_id, S::Cancelled, values)
    } else if let Event::ImportFailed(fact) = event {
        let counts = counts(fact.counts);
        let values: &Values<'_> = &[("code", &fact.code), ("counts", &counts), ("finished_at", at)];
        table.set(fact.import_id, S::Failed, values)
    } else if let Event::ImportRevertStarted(fact) = event {
        table.set(fact.import_id, S::Reverting, &[("queued", &place)])
    } else if let Event::ImportRevertProgressed(fact) = event {
        table.set(fact.import_id, S::Reverting, &[("undone", &said)])
    } else if let Event::ImportReverted(fact) = event {
        table.set(fact.import_id, S::Reverted, &[("reverted", &said), ("reverted_at", at)])
    } else if let Event::ImportFileRemoved(fact) = event {
        table.file_removed(fact.import_id)
    } else {
        Ok(())
    }
}

struct Import<'a> {
    connection: &'a Connection,
    row: &'a Row<'a>,
}

impl Import<'_> {
    /// Another file, reading or mapping: what was checked before is checked no more.
    fn planned(&self, plan: &ImportPlan, state: ImportState) -> Result<(), ProjectionError> {
        let row = self.row;
        self.connection
            .prepare_cached(
                "INSERT INTO imports(id, ordinal, state, uploaded_at, revision, actor_kind, actor_id, correlation,
                   event_id, plan_revision, last, fingerprint, plan, plan_personal, row, counts, file_gone)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?5, ?2, ?10, ?11, ?12, 0, ?13, 0)
                 ON CONFLICT(id) DO UPDATE SET state = ?3, revision = ?5, actor_kind = ?6, actor_id = ?7,
                   correlation = ?8, event_id = ?9, plan_revision = ?5, last = ?2, fingerprint = ?10, plan = ?11, plan_personal = ?12,
                   checked = CASE WHEN ?3 = 'queued' THEN checked END",
            )?
            .execute(params![
                plan.import_id.as_bytes().as_slice(),
                row.position.number().cast_signed(),
                state.name(),
                row.recorded_at,
                row.revision.cast_signed(),
                row.actor.kind.name(),
                row.actor.id,
                row.correlation.as_bytes().as_slice(),
                row.event_id.as_bytes().as_slice(),
                fingerprint(&plan.columns),
                text(row.data),
                row.personal.map(text),
                counts(RowCounts::default()),
            ])?;
        Ok(())
    }

    /// Sets state, revision and these columns.
    fn set(
        &self,
        import: Uuid,
        state: ImportState,
        values: &Values<'_>,
    ) -> Result<(), ProjectionError> {
        jobs::set((self.connection, self.row), "imports", import, state, values)
    }

    fn file_removed(&self, import: Uuid) -> Result<(), ProjectionError> {
        self.connection
            .prepare_cached("UPDATE imports SET file_gone = 1, revision = ?2 WHERE id = ?1")?
            .execute(params![import.as_bytes().as_slice(), self.row.revision.cast_signed()])?;
        Ok(())
    }
}

fn counts(counts: RowCounts) -> String {
    serde_json::to_string(&Counts::from(counts)).expect("numbers always serialise")
}
