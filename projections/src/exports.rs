//! Queries over exports: those whose files are kept, and those that were handed out at once.

use domain::event::{Event, ExportCompleted, ExportRemoval, ExportStarted};
use domain::matching::short;
use eventlog::{Actor, ActorKind};
use rusqlite::{Row, ToSql};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::store::Store;

/// The code of an export that somebody stopped.
pub const CANCELLED: &str = "cancelled";

/// Where an export is, as facts say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportState {
    /// Asked for; it waits or is being written.
    Open,
    /// Its file is whole.
    Completed,
    /// Somebody stopped it.
    Cancelled,
    /// It ended early.
    Failed,
}

impl ExportState {
    const ALL: [ExportState; 4] =
        [ExportState::Open, ExportState::Completed, ExportState::Cancelled, ExportState::Failed];

    pub(crate) fn name(self) -> &'static str {
        match self {
            ExportState::Open => "open",
            ExportState::Completed => "completed",
            ExportState::Cancelled => "cancelled",
            ExportState::Failed => "failed",
        }
    }

    /// How one ended that ended early for this reason.
    pub(crate) fn of_code(code: &str) -> ExportState {
        if code == CANCELLED { ExportState::Cancelled } else { ExportState::Failed }
    }
}

/// An export as the tables know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportLine {
    /// Where it is.
    pub state: ExportState,
    /// Its place among all exports.
    pub ordinal: u64,
    /// When it was asked for: microseconds since 1970, UTC.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// Revision of the last fact of its stream.
    pub revision: u64,
    /// Who asked for it.
    pub actor: Actor,
    /// What was asked.
    pub started: ExportStarted,
    /// What it came to, once it is whole.
    pub completed: Option<ExportCompleted>,
    /// Why it ended early, where it did.
    pub code: Option<String>,
    /// Rows written.
    pub rows: u64,
    /// How often its file was fetched, or a part of it.
    pub downloads: u64,
    /// Why its file is gone, where it is.
    pub removed: Option<ExportRemoval>,
}

impl ExportLine {
    /// Whether its file is kept once it is whole; else it is handed out at once.
    pub fn kept(&self) -> bool {
        self.started.resolved.as_ref().is_some_and(|resolved| resolved.kept)
    }

    /// Whether its file is there.
    pub fn has_file(&self) -> bool {
        self.kept() && self.completed.is_some() && self.removed.is_none()
    }
}

/// Tells what is asked for from what else may be: equal for the same request.
pub(crate) fn said(fact: &ExportStarted) -> String {
    let reason = fact.resolved.as_ref().and_then(|resolved| resolved.reason.as_deref());
    let query = fact.query.as_deref().unwrap_or_default();
    let said = format!(
        "{}\0{}\0{}\0{query}\0{}",
        fact.content.name(),
        fact.format,
        fact.personal,
        reason.unwrap_or_default()
    );
    format!("{:016x}", short(&said))
}

const LINE: &str = "state, ordinal, started_at, finished_at, revision, actor_kind, actor_id, started_version, started,
    started_personal, completed_version, completed, code, rows, downloads, removed FROM exports";

fn fact(
    kind: &str,
    version: Option<u16>,
    data: Option<&str>,
    personal: Option<&str>,
) -> Option<Event> {
    domain::codec::decode(kind, version?, data?.as_bytes(), personal.map(str::as_bytes)).ok()
}

fn line(row: &Row<'_>) -> rusqlite::Result<Option<ExportLine>> {
    let text = |column: &str| row.get::<_, String>(column);
    let maybe = |column: &str| row.get::<_, Option<String>>(column);
    let number = |column: &str| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let (state, kind, removed) = (text("state")?, text("actor_kind")?, maybe("removed")?);
    let (started, personal) = (maybe("started")?, maybe("started_personal")?);
    let version = row.get("started_version")?;
    let started = fact("ExportStarted", version, started.as_deref(), personal.as_deref());
    let Some(Event::ExportStarted(started)) = started else { return Ok(None) };
    let (version, completed) = (row.get("completed_version")?, maybe("completed")?);
    Ok(Some(ExportLine {
        state: ExportState::ALL
            .into_iter()
            .find(|known| known.name() == state)
            .unwrap_or(ExportState::Failed),
        ordinal: number("ordinal")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        revision: number("revision")?,
        actor: Actor {
            kind: ActorKind::from_name(&kind).unwrap_or(ActorKind::System),
            id: text("actor_id")?,
        },
        started,
        completed: match fact("ExportCompleted", version, completed.as_deref(), None) {
            Some(Event::ExportCompleted(completed)) => Some(completed),
            Some(_) | None => None,
        },
        code: maybe("code")?,
        rows: number("rows")?,
        downloads: number("downloads")?,
        removed: removed
            .and_then(|name| ExportRemoval::ALL.into_iter().find(|known| known.name() == name)),
    }))
}

impl Store {
    /// One export.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn export(&self, id: Uuid) -> Result<Option<ExportLine>, ProjectionError> {
        Ok(self.exports_where("id = ?1", &[&id.as_bytes().as_slice()])?.pop())
    }

    /// At most `limit` exports older than `before` (an ordinal), newest first: those that one actor asked for, or all; those
    /// whose files are kept, or are not, or all.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn exports_page(
        &self,
        actor: Option<&str>,
        kept: Option<bool>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<ExportLine>, ProjectionError> {
        let before = before.map_or(i64::MAX, u64::cast_signed);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let which = "ordinal < ?1 AND (?2 IS NULL OR kept = ?2)";
        match actor {
            Some(actor) => {
                let sql = format!("actor_id = ?4 AND {which} ORDER BY ordinal DESC LIMIT ?3");
                self.exports_where(&sql, &[&before, &kept, &limit, &actor])
            }
            None => {
                let sql = format!("{which} ORDER BY ordinal DESC LIMIT ?3");
                self.exports_where(&sql, &[&before, &kept, &limit])
            }
        }
    }

    /// The last export that this actor asked for in these words and that has not ended early.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn export_like(
        &self,
        actor: &str,
        asked: &ExportStarted,
    ) -> Result<Option<ExportLine>, ProjectionError> {
        let sql =
            "actor_id = ?1 AND said = ?2 AND kept AND state IN ('open', 'completed') AND removed IS NULL
             ORDER BY ordinal DESC LIMIT 1";
        Ok(self.exports_where(sql, &[&actor, &said(asked)])?.pop())
    }

    /// Exports that have not ended, oldest first.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn exports_open(&self) -> Result<Vec<ExportLine>, ProjectionError> {
        self.exports_where("state = 'open' ORDER BY ordinal", &[])
    }

    /// Exports that ended before this time, in microseconds since 1970, and whose file is still there.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn exports_with_old_files(&self, before: i64) -> Result<Vec<ExportLine>, ProjectionError> {
        let sql = "kept AND state = 'completed' AND removed IS NULL AND finished_at < ?1 ORDER BY ordinal";
        self.exports_where(sql, &[&before])
    }

    fn exports_where(
        &self,
        condition: &str,
        values: &[&dyn ToSql],
    ) -> Result<Vec<ExportLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = format!("SELECT {LINE} WHERE {condition}");
            let mut statement = connection.prepare_cached(&sql)?;
            let lines = statement.query_map(values, line)?;
            Ok(lines.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }
}
