//! Queries over imports.

use domain::event::{Event, ImportCompleted, ImportStarted, RowCounts};
use eventlog::{Actor, ActorKind};
use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::store::Store;

/// Where an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Accepted; nothing recorded yet.
    Queued,
    /// Rows are being recorded.
    Running,
    /// Every row was read.
    Completed,
    /// It ended early.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl ImportState {
    /// All of them.
    pub const ALL: [ImportState; 5] = [
        ImportState::Queued,
        ImportState::Running,
        ImportState::Completed,
        ImportState::Failed,
        ImportState::Cancelled,
    ];

    /// Its public name.
    pub fn name(self) -> &'static str {
        match self {
            ImportState::Queued => "queued",
            ImportState::Running => "running",
            ImportState::Completed => "completed",
            ImportState::Failed => "failed",
            ImportState::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more happens to it by itself.
    pub fn is_final(self) -> bool {
        match self {
            ImportState::Queued | ImportState::Running => false,
            ImportState::Completed | ImportState::Failed | ImportState::Cancelled => true,
        }
    }
}

/// An import as the tables know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportLine {
    /// Where it is.
    pub state: ImportState,
    /// When it was accepted: microseconds since 1970, UTC.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// Its place among all imports.
    pub ordinal: u64,
    /// Who asked for it.
    pub actor: Actor,
    /// The request it came with.
    pub correlation: Uuid,
    /// Id of its `ImportStarted`, the cause of all its facts.
    pub event_id: Uuid,
    /// Revision of the last fact of its stream.
    pub revision: u64,
    /// File, columns.
    pub started: ImportStarted,
    /// The last row whose outcome is recorded.
    pub row: u64,
    /// Counts up to that row.
    pub counts: RowCounts,
    /// The report, once completed.
    pub completed: Option<ImportCompleted>,
    /// Why it failed, where it did.
    pub code: Option<String>,
}

/// Counts as they are kept in a table.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
    warnings: u64,
}

impl From<RowCounts> for Counts {
    fn from(RowCounts { created, updated, unchanged, rejected, warnings }: RowCounts) -> Self {
        Counts { created, updated, unchanged, rejected, warnings }
    }
}

impl From<Counts> for RowCounts {
    fn from(Counts { created, updated, unchanged, rejected, warnings }: Counts) -> Self {
        RowCounts { created, updated, unchanged, rejected, warnings }
    }
}

const LINE: &str = "state, started_at, finished_at, ordinal, actor_kind, actor_id, correlation, event_id, revision,
    started, started_personal, row, counts, completed, code FROM imports";

fn line(row: &Row<'_>) -> rusqlite::Result<Option<ImportLine>> {
    let text = |column| row.get::<_, String>(column);
    let (state, kind, started, personal) =
        (text(0)?, text(4)?, text(9)?, row.get::<_, Option<String>>(10)?);
    let completed: Option<String> = row.get(13)?;
    let counts: Counts = serde_json::from_str(&text(12)?).unwrap_or_default();
    let read = |kind: &str, data: &str, personal: Option<&str>| {
        domain::codec::decode(kind, 1, data.as_bytes(), personal.map(str::as_bytes)).ok()
    };
    let Some(Event::ImportStarted(started)) = read("ImportStarted", &started, personal.as_deref())
    else {
        return Ok(None);
    };
    let completed = completed.and_then(|data| {
        let event = read("ImportCompleted", &data, None)?;
        if let Event::ImportCompleted(completed) = event { Some(completed) } else { None }
    });
    Ok(Some(ImportLine {
        state: ImportState::ALL
            .into_iter()
            .find(|known| known.name() == state)
            .unwrap_or(ImportState::Failed),
        started_at: row.get(1)?,
        finished_at: row.get(2)?,
        ordinal: row.get::<_, i64>(3)?.cast_unsigned(),
        actor: Actor {
            kind: ActorKind::from_name(&kind).unwrap_or(ActorKind::System),
            id: text(5)?,
        },
        correlation: Uuid::from_bytes(row.get(6)?),
        event_id: Uuid::from_bytes(row.get(7)?),
        revision: row.get::<_, i64>(8)?.cast_unsigned(),
        started,
        row: row.get::<_, i64>(11)?.cast_unsigned(),
        counts: counts.into(),
        completed,
        code: row.get(14)?,
    }))
}

impl Store {
    /// One import.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn import(&self, id: Uuid) -> Result<Option<ImportLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = format!("SELECT {LINE} WHERE id = ?1");
            Ok(connection
                .prepare_cached(&sql)?
                .query_row([id.as_bytes()], line)
                .optional()?
                .flatten())
        })
    }

    /// At most `limit` imports older than `before` (an ordinal), newest first.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn imports_page(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<ImportLine>, ProjectionError> {
        let before = before.map_or(i64::MAX, u64::cast_signed);
        self.with_reader(|connection| {
            let sql = format!("SELECT {LINE} WHERE ordinal < ?1 ORDER BY ordinal DESC LIMIT ?2");
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let lines = statement
                .query_map([before, limit], line)?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lines.into_iter().flatten().collect())
        })
    }

    /// Imports that were accepted and have not ended, oldest first: what a restart goes on with.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn unfinished_imports(&self) -> Result<Vec<ImportLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql =
                format!("SELECT {LINE} WHERE state IN ('queued', 'running') ORDER BY ordinal");
            let mut statement = connection.prepare_cached(&sql)?;
            let lines = statement.query_map([], line)?.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lines.into_iter().flatten().collect())
        })
    }
}
