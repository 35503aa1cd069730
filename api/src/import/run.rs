//! Running an accepted import: rows in batches, each recorded, then counted in a progress fact of its own.
//!
//! The progress fact is always a second append, after the first was acknowledged and its lost races decided again.
//! So after a crash only the rows of one batch are uncertain, and each of them is looked up by the id its fact would
//! have: an import that was killed ends exactly as one that was not.

use std::fs::File;
use std::io;
use std::ops::AddAssign;
use std::sync::Arc;

use domain::Event;
use domain::csv_record::Cells;
use domain::event::{ImportCancelled, ImportCompleted, ImportFailed, ImportProgressed, RowCounts};
use eventlog::{Appended, Cause, Context, Expected, LogError, Origin, Position, Stream};
use projections::ProjectionError;
use projections::imports::ImportLine;
use uuid::Uuid;

use self::batch::{Batch, InFlight};
use self::rows::Rows;
use super::duplicates::{Duplicates, Sheet};
use super::records::RecordFault;
use super::revert::touches_between;
use crate::app::{self, App};

pub(super) mod batch;
mod rows;

/// Most rows whose outcome one progress fact counts, whatever the settings say: that many are uncertain after a crash.
pub const BATCH_ROWS_MAX: u64 = 10_000;
/// States of repeated addresses kept at most.
const OWN_STATES_MAX: usize = 20_000;

/// Why an import cannot go on for now. It stays unfinished and is taken up at the next start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The log cannot take or give facts.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The tables cannot be read.
    #[error(transparent)]
    Tables(#[from] ProjectionError),
    /// The spooled file cannot be read.
    #[error(transparent)]
    File(#[from] RecordFault),
    /// The chosen users of a bulk action cannot be read.
    #[error(transparent)]
    Chosen(#[from] io::Error),
    /// The spooled file is not the one that was inspected.
    #[error("the spooled file has changed since it was accepted")]
    FileChanged,
    /// Another writer has extended the import's own stream.
    #[error("the import's stream was extended by somebody else")]
    Stream,
    /// Others kept changing the same user.
    #[error("a user changed under the import too many times in a row")]
    Conflicts,
}

/// Records a fact on a job's own stream, which nobody else extends while it is at work.
///
/// # Errors
/// [`RunError::Stream`] where somebody did.
pub(crate) fn record(
    app: &App,
    (stream, revision): (Stream, u64),
    event: &Event,
    context: &Arc<Context>,
) -> Result<Appended, RunError> {
    let entry = app::entry(stream, Expected::Revision(revision), event, None, context);
    app.append_patiently(vec![entry])?.remove(0).map_err(|_conflict| RunError::Stream)
}

/// An import at work.
struct Job<'a> {
    app: &'a App,
    import: ImportLine,
    context: Arc<Context>,
    /// Revision of the last fact of the import's stream.
    revision: u64,
    /// Counts of the rows whose outcome is recorded.
    counts: Tally,
}

/// Counts that add up.
#[derive(Debug, Clone, Copy, Default)]
struct Tally(RowCounts);

impl AddAssign for Tally {
    fn add_assign(&mut self, Tally(other): Tally) {
        let Tally(sum) = self;
        sum.created += other.created;
        sum.updated += other.updated;
        sum.unchanged += other.unchanged;
        sum.rejected += other.rejected;
        sum.warnings += other.warnings;
        sum.joined += other.joined;
    }
}

/// Runs an import to its end; `resumed` says that an earlier run may have recorded rows. Answers the position of its last fact, or none when it was told to stop before.
///
/// # Errors
/// See [`RunError`].
pub fn run(app: &App, id: Uuid, resumed: bool) -> Result<Option<Position>, RunError> {
    // What is decided on must hold everything up to here: the import's own earlier batches above all.
    app.wait_for_tables();
    let Some(import) = app.follower.store().import(id)? else { return Ok(None) };
    let stream = Stream::named("import", id);
    let cause = Cause { event_id: import.event_id, stream, revision: import.plan_revision };
    let context = Context {
        actor: import.actor.clone(),
        origin: Origin::Import,
        correlation: import.correlation,
        cause: Some(cause),
    };
    let counts = Tally(import.counts);
    let mut job =
        Job { app, revision: import.revision, context: Arc::new(context), import, counts };
    // Rows of a run that was cut off may be recorded and not yet counted: then that batch is brought to its end first.
    if app.imports.is_cancelled(id) && !(resumed && job.is_cut_off()?) {
        return job.cancelled(job.import.row).map(Some);
    }
    let plan = job.import.plan.clone();
    let path = app.folder.decoded(id, &plan.encoding);
    if File::open(&path).is_err() {
        return job.fail("file_missing").map(Some);
    }
    let now = job.import.started_at.unwrap_or(job.import.uploaded_at);
    let sheet = Sheet { path: &path, plan: &plan, now, key: &app.key };
    match job.run_rows(sheet, resumed) {
        // The spooled file is not what was inspected: trying again would meet the same.
        Err(
            RunError::FileChanged
            | RunError::File(RecordFault::Unterminated { .. } | RecordFault::TooLong { .. }),
        ) => job.fail("file_changed").map(Some),
        ended => ended,
    }
}

impl Job<'_> {
    fn run_rows(&mut self, sheet: Sheet<'_>, resumed: bool) -> Result<Option<Position>, RunError> {
        let duplicates = Duplicates::find(sheet)?;
        let mut rows =
            Rows::new(self.app, &self.import, sheet, &duplicates, self.context.clone(), resumed)?;
        let mut records = sheet.rows()?;
        let mut cells = Cells::new(sheet.delimiter());
        let batch_rows = u64::from(self.app.config.import_batch_rows);
        let (mut row, mut batch, mut pending) = (0, Batch::default(), None);
        let mut turn = self.app.turns.of_import(self.app);
        rows.refresh()?;
        while let Some(record) = records.next_record()? {
            row += 1;
            rows.take(row, record, &mut cells, &mut batch)?;
            if row % batch_rows == 0 && row > self.import.row {
                // While the log writes this batch, the next is decided, and the tables fold the one before.
                self.settle(&mut pending, &mut rows)?;
                pending = Some(std::mem::take(&mut batch).submit(self.app, row)?);
                self.keep_pace(&mut pending, &mut rows)?;
                if self.app.imports.is_cancelled(self.import.plan.import_id) {
                    self.settle(&mut pending, &mut rows)?;
                    return self.cancelled(row).map(Some);
                }
                if self.app.imports.is_stopping() {
                    self.settle(&mut pending, &mut rows)?;
                    return Ok(None);
                }
                drop(turn); // hands that wait come first
                turn = self.app.turns.of_import(self.app);
                rows.refresh()?;
            }
        }
        if row != self.import.plan.rows {
            return Err(RunError::FileChanged);
        }
        self.settle(&mut pending, &mut rows)?;
        let (counts, refused) = batch.submit(self.app, row)?.finish(self.app, &mut rows)?;
        drop(turn);
        self.counts += counts;
        let completed = Event::ImportCompleted(ImportCompleted {
            import_id: self.import.plan.import_id,
            counts: self.counts.0,
            rejects: rows.notes.rejects,
            warnings: rows.notes.warnings,
            refused,
            codes: rows.notes.codes,
        });
        self.record(&completed).map(Some)
    }

    /// Whether rows were recorded after the import last said how far it was.
    fn is_cut_off(&self) -> Result<bool, RunError> {
        let after = Position::single(self.import.last);
        Ok(!touches_between(self.app, &self.import, (after, self.app.log.head()))?.is_empty())
    }

    /// Waits for the batch on its way, decides its lost races again, and records the progress.
    fn settle(
        &mut self,
        pending: &mut Option<InFlight>,
        rows: &mut Rows<'_>,
    ) -> Result<(), RunError> {
        let Some(batch) = pending.take() else { return Ok(()) };
        let row = batch.last_row;
        let (counts, refused) = batch.finish(self.app, rows)?;
        self.counts += counts;
        let (import_id, counts) = (self.import.plan.import_id, self.counts.0);
        let progressed = ImportProgressed { import_id, row, counts, refused };
        self.record(&Event::ImportProgressed(progressed))?;
        Ok(())
    }

    /// Lets the tables come near, and forgets the states of repeated addresses once the tables know them: so memory
    /// does not grow with the file.
    fn keep_pace(
        &mut self,
        pending: &mut Option<InFlight>,
        rows: &mut Rows<'_>,
    ) -> Result<(), RunError> {
        self.app.let_tables_come_near();
        if rows.own_states() > OWN_STATES_MAX {
            self.settle(pending, rows)?;
            self.app.wait_for_tables();
            rows.forget_own_states();
        }
        rows.refresh()
    }

    fn cancelled(&mut self, row: u64) -> Result<Position, RunError> {
        let (import_id, counts) = (self.import.plan.import_id, self.counts.0);
        self.record(&Event::ImportCancelled(ImportCancelled { import_id, row, counts }))
    }

    fn fail(&mut self, code: &str) -> Result<Position, RunError> {
        let failed = Event::ImportFailed(ImportFailed {
            import_id: self.import.plan.import_id,
            code: code.to_owned(),
            counts: self.counts.0,
        });
        self.record(&failed)
    }

    /// Records a fact on the import's own stream, which only this thread extends.
    fn record(&mut self, event: &Event) -> Result<Position, RunError> {
        let stream = Stream::named("import", self.import.plan.import_id);
        let appended = record(self.app, (stream, self.revision), event, &self.context)?;
        self.revision = appended.revision;
        Ok(appended.position)
    }
}
