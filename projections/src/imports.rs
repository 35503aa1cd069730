//! Queries over imports.

use std::collections::BTreeSet;

use domain::event::{
    Event, ImportChecked, ImportCompleted, ImportPlan, ImportRevertProgressed, ImportReverted,
    RowCounts,
};
use eventlog::{Actor, ActorKind};
use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::store::Store;

/// Where an import is. A bulk action goes from queued to reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Uploaded; where its columns go is only suggested.
    Draft,
    /// Somebody said where they go.
    Mapped,
    /// Every row was looked at since.
    Checked,
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
    /// It is being taken back.
    Reverting,
    /// It was taken back.
    Reverted,
}

impl ImportState {
    /// The state with this name.
    pub(crate) fn named(name: &str) -> ImportState {
        let known = ImportState::ALL.into_iter().find(|known| known.name() == name);
        known.unwrap_or(ImportState::Failed)
    }

    /// All of them.
    pub const ALL: [ImportState; 10] = [
        ImportState::Draft,
        ImportState::Mapped,
        ImportState::Checked,
        ImportState::Queued,
        ImportState::Running,
        ImportState::Completed,
        ImportState::Failed,
        ImportState::Cancelled,
        ImportState::Reverting,
        ImportState::Reverted,
    ];

    /// Its public name.
    pub fn name(self) -> &'static str {
        match self {
            ImportState::Draft => "draft",
            ImportState::Mapped => "mapped",
            ImportState::Checked => "checked",
            ImportState::Queued => "queued",
            ImportState::Running => "running",
            ImportState::Completed => "completed",
            ImportState::Failed => "failed",
            ImportState::Cancelled => "cancelled",
            ImportState::Reverting => "reverting",
            ImportState::Reverted => "reverted",
        }
    }

    /// Whether the service is at work on it, or will be.
    pub fn is_at_work(self) -> bool {
        match self {
            ImportState::Queued | ImportState::Running | ImportState::Reverting => true,
            ImportState::Draft
            | ImportState::Mapped
            | ImportState::Checked
            | ImportState::Completed
            | ImportState::Failed
            | ImportState::Cancelled
            | ImportState::Reverted => false,
        }
    }

    /// Whether it waits for somebody to map, check or start it.
    pub fn is_open(self) -> bool {
        matches!(self, ImportState::Draft | ImportState::Mapped | ImportState::Checked)
    }
}

/// An import as the tables know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportLine {
    /// Where it is.
    pub state: ImportState,
    /// When its file came: microseconds since 1970, UTC.
    pub uploaded_at: i64,
    /// When it was accepted.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// When it was taken back.
    pub reverted_at: Option<i64>,
    /// Its place among all imports.
    pub ordinal: u64,
    /// Who uploaded, mapped or started it last.
    pub actor: Actor,
    /// The request that did.
    pub correlation: Uuid,
    /// Id of the fact that did; once started, the cause of all its facts.
    pub event_id: Uuid,
    /// Revision of that fact.
    pub plan_revision: u64,
    /// Position of the fact that started it, or asked that it be taken back.
    pub queued: Option<u64>,
    /// Position of the last fact about it, but for the removal of its file.
    pub last: u64,
    /// Revision of the last fact of its stream.
    pub revision: u64,
    /// File, reading, columns.
    pub plan: ImportPlan,
    /// What a look at every row said, while it holds for the plan.
    pub checked: Option<ImportChecked>,
    /// The last row whose outcome is recorded.
    pub row: u64,
    /// Counts up to that row.
    pub counts: RowCounts,
    /// The report, once completed.
    pub completed: Option<ImportCompleted>,
    /// Why it failed, where it did.
    pub code: Option<String>,
    /// How far it is taken back.
    pub undone: Option<ImportRevertProgressed>,
    /// How it was taken back.
    pub reverted: Option<ImportReverted>,
    /// Whether its file is gone.
    pub file_gone: bool,
}

/// Counts as they are kept in a table.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    created: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
    warnings: u64,
    joined: u64,
}

impl From<RowCounts> for Counts {
    fn from(counts: RowCounts) -> Self {
        let RowCounts { created, updated, unchanged, rejected, warnings, joined } = counts;
        Counts { created, updated, unchanged, rejected, warnings, joined }
    }
}

impl From<Counts> for RowCounts {
    fn from(counts: Counts) -> Self {
        let Counts { created, updated, unchanged, rejected, warnings, joined } = counts;
        RowCounts { created, updated, unchanged, rejected, warnings, joined }
    }
}

const LINE: &str = "state, uploaded_at, started_at, finished_at, reverted_at, ordinal, actor_kind, actor_id, correlation,
    event_id, plan_revision, queued, last, revision, plan, plan_personal, row, counts, checked, completed, code, undone, reverted, file_gone
    FROM imports";

/// A stored fact as it was written into the table.
pub(crate) fn fact(kind: &str, data: Option<&str>, personal: Option<&str>) -> Option<Event> {
    domain::codec::decode(kind, 1, data?.as_bytes(), personal.map(str::as_bytes)).ok()
}

fn line(row: &Row<'_>) -> rusqlite::Result<Option<ImportLine>> {
    let text = |column: &str| row.get::<_, String>(column);
    let maybe = |column: &str| row.get::<_, Option<String>>(column);
    let number = |column: &str| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let id = |column: &str| row.get(column).map(Uuid::from_bytes);
    let (state, kind, personal) = (text("state")?, text("actor_kind")?, maybe("plan_personal")?);
    let counts: Counts = serde_json::from_str(&text("counts")?).unwrap_or_default();
    let (checked, completed) = (maybe("checked")?, maybe("completed")?);
    let (undone, reverted) = (maybe("undone")?, maybe("reverted")?);
    let plan = fact("ImportStarted", Some(&text("plan")?), personal.as_deref());
    let Some(Event::ImportStarted(plan)) = plan else { return Ok(None) };
    Ok(Some(ImportLine {
        state: ImportState::named(&state),
        uploaded_at: row.get("uploaded_at")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        reverted_at: row.get("reverted_at")?,
        ordinal: number("ordinal")?,
        actor: Actor {
            kind: ActorKind::from_name(&kind).unwrap_or(ActorKind::System),
            id: text("actor_id")?,
        },
        correlation: id("correlation")?,
        event_id: id("event_id")?,
        plan_revision: number("plan_revision")?,
        queued: row.get::<_, Option<i64>>("queued")?.map(i64::cast_unsigned),
        last: number("last")?,
        revision: number("revision")?,
        plan,
        checked: match fact("ImportChecked", checked.as_deref(), None) {
            Some(Event::ImportChecked(checked)) => Some(checked),
            Some(_) | None => None,
        },
        row: number("row")?,
        counts: counts.into(),
        completed: match fact("ImportCompleted", completed.as_deref(), None) {
            Some(Event::ImportCompleted(completed)) => Some(completed),
            Some(_) | None => None,
        },
        code: maybe("code")?,
        undone: match fact("ImportRevertProgressed", undone.as_deref(), None) {
            Some(Event::ImportRevertProgressed(undone)) => Some(undone),
            Some(_) | None => None,
        },
        reverted: match fact("ImportReverted", reverted.as_deref(), None) {
            Some(Event::ImportReverted(reverted)) => Some(reverted),
            Some(_) | None => None,
        },
        file_gone: row.get("file_gone")?,
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

    /// The plan last started for a file with these columns, by [`domain::csv_header::fingerprint`].
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn remembered_plan(
        &self,
        fingerprint: &str,
    ) -> Result<Option<ImportPlan>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = format!(
                "SELECT {LINE} WHERE fingerprint = ?1 AND started_at IS NOT NULL ORDER BY ordinal DESC LIMIT 1"
            );
            let found = connection.prepare_cached(&sql)?.query_row([fingerprint], line).optional()?;
            Ok(found.flatten().map(|line| line.plan))
        })
    }

    /// Imports that were taken back, by a time in microseconds since 1970 (none: until now).
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn imports_taken_back(&self, by: Option<i64>) -> Result<BTreeSet<Uuid>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT id FROM imports WHERE reverted_at < ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let ids = statement.query_map([by.unwrap_or(i64::MAX)], |row| row.get(0))?;
            Ok(ids.map(|id| id.map(Uuid::from_bytes)).collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many drafts wait to be mapped, checked or started.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn open_imports(&self) -> Result<u64, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT count(*) FROM imports WHERE state IN ('draft', 'mapped', 'checked')";
            let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(count.cast_unsigned())
        })
    }

    /// Imports whose file is still there although they ended (or, for those never started, came) before this time, in
    /// microseconds since 1970.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn imports_with_old_files(
        &self,
        ended_before: i64,
        came_before: i64,
    ) -> Result<Vec<ImportLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = format!(
                "SELECT {LINE} WHERE file_gone = 0 AND state NOT IN ('queued', 'running', 'reverting')
                   AND CASE WHEN started_at IS NULL THEN uploaded_at < ?2 ELSE coalesce(finished_at, started_at) < ?1 END
                 ORDER BY ordinal"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let lines = statement
                .query_map([ended_before, came_before], line)?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lines.into_iter().flatten().collect())
        })
    }

    /// Imports that were accepted and have not ended, in the order they were started: what a restart goes on with.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn unfinished_imports(&self) -> Result<Vec<ImportLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = format!(
                "SELECT {LINE} WHERE state IN ('queued', 'running', 'reverting') ORDER BY queued"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let lines = statement.query_map([], line)?.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lines.into_iter().flatten().collect())
        })
    }
}
