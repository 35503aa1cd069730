//! Queries over bulk actions.

use std::collections::BTreeSet;

use domain::event::{BulkActionRevertProgressed, BulkActionReverted, BulkOutcome, BulkPlan, Event};
use eventlog::{Actor, ActorKind};
use rusqlite::{OptionalExtension, Row};
use uuid::Uuid;

use crate::error::ProjectionError;
use crate::imports::{ImportState, fact};
use crate::store::Store;

/// A bulk action as the tables know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkLine {
    /// Where it is; none of the states of drafts.
    pub state: ImportState,
    /// When it was accepted: microseconds since 1970, UTC.
    pub started_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// When it was taken back.
    pub reverted_at: Option<i64>,
    /// Its place among all bulk actions: the position of the fact that started it.
    pub ordinal: u64,
    /// Who started it.
    pub actor: Actor,
    /// Id of the fact that did: the cause of all its facts.
    pub event_id: Uuid,
    /// Position of the fact that started it, or asked that it be taken back.
    pub queued: u64,
    /// Position of the last fact about it.
    pub last: u64,
    /// Revision of the last fact of its stream.
    pub revision: u64,
    /// What is done to whom.
    pub plan: BulkPlan,
    /// How far it came.
    pub outcome: BulkOutcome,
    /// Why it failed, where it did.
    pub code: Option<String>,
    /// How far it is taken back.
    pub undone: Option<BulkActionRevertProgressed>,
    /// How it was taken back.
    pub reverted: Option<BulkActionReverted>,
}

const LINE: &str = "state, started_at, finished_at, reverted_at, ordinal, actor_kind, actor_id, event_id, queued, last, revision,
    plan, plan_personal, came, code, undone, reverted FROM bulk_actions";

fn line(row: &Row<'_>) -> rusqlite::Result<Option<BulkLine>> {
    let text = |column: &str| row.get::<_, String>(column);
    let maybe = |column: &str| row.get::<_, Option<String>>(column);
    let number = |column: &str| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let (state, kind, personal) = (text("state")?, text("actor_kind")?, maybe("plan_personal")?);
    let plan = fact("BulkActionStarted", Some(&text("plan")?), personal.as_deref());
    let Some(Event::BulkActionStarted(plan)) = plan else { return Ok(None) };
    let (came, undone, reverted) = (maybe("came")?, maybe("undone")?, maybe("reverted")?);
    Ok(Some(BulkLine {
        state: ImportState::named(&state),
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
        reverted_at: row.get("reverted_at")?,
        ordinal: number("ordinal")?,
        actor: Actor {
            kind: ActorKind::from_name(&kind).unwrap_or(ActorKind::System),
            id: text("actor_id")?,
        },
        event_id: row.get("event_id").map(Uuid::from_bytes)?,
        queued: number("queued")?,
        last: number("last")?,
        revision: number("revision")?,
        plan,
        outcome: match fact("BulkActionProgressed", came.as_deref(), None) {
            Some(Event::BulkActionProgressed(came)) => came.outcome,
            Some(_) | None => BulkOutcome::default(),
        },
        code: maybe("code")?,
        undone: match fact("BulkActionRevertProgressed", undone.as_deref(), None) {
            Some(Event::BulkActionRevertProgressed(undone)) => Some(undone),
            Some(_) | None => None,
        },
        reverted: match fact("BulkActionReverted", reverted.as_deref(), None) {
            Some(Event::BulkActionReverted(reverted)) => Some(reverted),
            Some(_) | None => None,
        },
    }))
}

impl Store {
    /// One bulk action.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn bulk_action(&self, id: Uuid) -> Result<Option<BulkLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = format!("SELECT {LINE} WHERE id = ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row([id.as_bytes()], line).optional()?.flatten())
        })
    }

    /// At most `limit` bulk actions older than `before` (an ordinal), newest first.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn bulk_actions_page(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<BulkLine>, ProjectionError> {
        let before = before.map_or(i64::MAX, u64::cast_signed);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.bulk_lines("WHERE ordinal < ?1 ORDER BY ordinal DESC LIMIT ?2", &[before, limit])
    }

    /// Bulk actions that were accepted and have not ended, in the order they were: what a restart goes on with.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn unfinished_bulk_actions(&self) -> Result<Vec<BulkLine>, ProjectionError> {
        let at_work = "WHERE state IN ('queued', 'running', 'reverting') ORDER BY queued";
        self.bulk_lines(at_work, &[])
    }

    fn bulk_lines(&self, which: &str, values: &[i64]) -> Result<Vec<BulkLine>, ProjectionError> {
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT {LINE} {which}"))?;
            let lines = statement.query_map(rusqlite::params_from_iter(values), line)?;
            let lines = lines.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lines.into_iter().flatten().collect())
        })
    }

    /// Bulk actions that were taken back, by a time in microseconds since 1970 (none: until now).
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn bulk_actions_taken_back(
        &self,
        by: Option<i64>,
    ) -> Result<BTreeSet<Uuid>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT id FROM bulk_actions WHERE reverted_at < ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let ids = statement.query_map([by.unwrap_or(i64::MAX)], |row| row.get(0))?;
            Ok(ids.map(|id| id.map(Uuid::from_bytes)).collect::<rusqlite::Result<_>>()?)
        })
    }
}
