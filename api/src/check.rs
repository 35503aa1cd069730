//! What `cohort check` verifies: the whole log, then the tables against a replay of it.

use std::path::Path;

use eventlog::Log;
use projections::{ProjectionError, Store, digest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// One line of a long answer: how far it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// What is worked on.
    pub part: String,
    /// Facts done.
    pub done: u64,
    /// Facts in all.
    pub total: u64,
}

/// Something the log promises and does not keep.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Position of the fact.
    pub position: u64,
    /// What is wrong.
    pub what: String,
}

/// A table beside its replay.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TableCheck {
    /// Its name.
    pub table: String,
    /// Rows that serve.
    pub rows: u64,
    /// Whether the replay made the same.
    pub same: bool,
}

/// What was verified, and what was found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// No fault was found.
    pub sound: bool,
    /// Facts walked.
    pub facts: u64,
    /// Streams met.
    pub streams: u64,
    /// The first faults of the log.
    pub faults: Vec<Fault>,
    /// How many there are.
    pub faults_total: u64,
    /// The position up to which the tables were compared.
    pub compared_at: u64,
    /// Each table.
    pub tables: Vec<TableCheck>,
    /// Addresses that were claimed for users who do not have them: no fault, and given up at the next start unless an
    /// import that goes on then still needs them. At most 1000 are counted.
    pub open_claims: u64,
}

/// Addresses counted at most.
const OPEN_CLAIMS_MAX: u32 = 1_000;

/// Walks log and tables.
///
/// # Errors
/// When they cannot be read; what is wrong in them is in the report.
pub fn check(
    log: &Log,
    log_id: Uuid,
    serving: &Store,
    scratch: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, ProjectionError> {
    let tell = |part: &str, done, total| Progress { part: part.to_owned(), done, total };
    let found = match log {
        Log::Sqlite(sqlite) => {
            sqlite.check(&mut |done, total| progress(tell("log", done, total)))?
        }
    };
    let (at, compared) =
        digest::compare_with_replay(log, log_id, serving, scratch, &mut |done, total| {
            progress(tell("projections", done.number(), total.number()));
        })?;
    let table = |(serving, replayed): &(digest::TableDigest, digest::TableDigest)| TableCheck {
        table: serving.table.to_owned(),
        rows: serving.rows,
        same: serving == replayed,
    };
    let tables: Vec<TableCheck> = compared.iter().map(table).collect();
    Ok(Report {
        sound: found.faults_total == 0 && tables.iter().all(|table| table.same),
        facts: found.facts,
        streams: found.streams,
        faults: found
            .faults
            .into_iter()
            .map(|fault| Fault { position: fault.position, what: fault.what })
            .collect(),
        faults_total: found.faults_total,
        compared_at: at.number(),
        tables,
        open_claims: serving.open_claims(OPEN_CLAIMS_MAX)?.len() as u64,
    })
}
