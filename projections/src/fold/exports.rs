//! Exports: what was asked, how it went, and what became of a file that was kept.

use domain::Event;
use domain::event::ExportStarted;
use eventlog::Row;
use rusqlite::{Connection, ToSql, params};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::exports::{ExportState, said};

/// Folds a fact of an export's stream; any other changes nothing.
pub(super) fn apply(
    connection: &Connection,
    row: &Row<'_>,
    event: &Event,
) -> Result<(), ProjectionError> {
    let table = Export { connection, row };
    if let Event::ExportStarted(fact) = event {
        table.started(fact)
    } else if let Event::ExportCompleted(fact) = event {
        let (rows, version, data) = (fact.rows.cast_signed(), row.version, text(row.data));
        let values: &Values<'_> = &[
            ("state", &ExportState::Completed.name()),
            ("finished_at", &row.recorded_at),
            ("rows", &rows),
            ("completed_version", &version),
            ("completed", &data),
        ];
        table.set(fact.export_id, values)
    } else if let Event::ExportFailed(fact) = event {
        let values: &Values<'_> = &[
            ("state", &ExportState::of_code(&fact.code).name()),
            ("finished_at", &row.recorded_at),
            ("rows", &fact.rows.cast_signed()),
            ("code", &fact.code),
        ];
        table.set(fact.export_id, values)
    } else if let Event::ExportDownloaded(fact) = event {
        table.downloaded(fact.export_id)
    } else if let Event::ExportFileRemoved(fact) = event {
        table.set(fact.export_id, &[("removed", &fact.because.name())])
    } else {
        Ok(())
    }
}

/// Columns and what they become.
type Values<'a> = [(&'static str, &'a dyn ToSql)];

struct Export<'a> {
    connection: &'a Connection,
    row: &'a Row<'a>,
}

impl Export<'_> {
    fn started(&self, fact: &ExportStarted) -> Result<(), ProjectionError> {
        let row = self.row;
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO exports(id, ordinal, state, started_at, revision, actor_kind, actor_id,
                   started_version, started, started_personal, said, kept, rows, downloads)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, 0)",
            )?
            .execute(params![
                fact.export_id.as_bytes().as_slice(),
                row.position.number().cast_signed(),
                ExportState::Open.name(),
                row.recorded_at,
                row.revision.cast_signed(),
                row.actor.kind.name(),
                row.actor.id,
                row.version,
                text(row.data),
                row.personal.map(text),
                said(fact),
                fact.resolved.as_ref().is_some_and(|resolved| resolved.kept),
            ])?;
        Ok(())
    }

    /// Sets the revision and these columns.
    fn set(&self, export: Uuid, values: &Values<'_>) -> Result<(), ProjectionError> {
        let mut sql = "UPDATE exports SET revision = ?2".to_owned();
        for (number, (column, _)) in values.iter().enumerate() {
            sql.push_str(&format!(", {column} = ?{}", number + 3));
        }
        sql.push_str(" WHERE id = ?1");
        let (id, revision) = (export.as_bytes().as_slice(), self.row.revision.cast_signed());
        let mut all: Vec<&dyn ToSql> = vec![&id, &revision];
        all.extend(values.iter().map(|(_, value)| *value));
        self.connection.prepare_cached(&sql)?.execute(all.as_slice())?;
        Ok(())
    }

    fn downloaded(&self, export: Uuid) -> Result<(), ProjectionError> {
        let sql = "UPDATE exports SET downloads = downloads + 1, revision = ?2 WHERE id = ?1";
        let values = params![export.as_bytes().as_slice(), self.row.revision.cast_signed()];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }
}

fn text(json: &[u8]) -> String {
    String::from_utf8_lossy(json).into_owned()
}
