//! Deciding row by row: on the projected user, on what this import itself has written, never twice.

mod before;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::sync::Arc;

use domain::csv_record::Cells;
use domain::csv_row::{TakenRow, read_row};
use domain::email::Email;
use domain::event::{ImportMode, RefusedRows, RowCounts};
use domain::identity::{import_event_id, import_join_event_id};
use domain::import::{ImportRow, ModeFault, allowed, decide};
use domain::user::evolve;
use domain::{Event, User, UserId, list};
use eventlog::{Context, Expected, NewFact, Stream};
use projections::Store;
use projections::imports::ImportLine;
use projections::users::Profiles;
use uuid::Uuid;

use super::batch::{Batch, Planned, RowOutcome, Values, append_patiently, count, refuse};
use super::{BATCH_ROWS_MAX, RunError};
use crate::app::App;
use crate::command::{Known, read_user};
use crate::import::duplicates::{Duplicates, Sheet};
use crate::import::notes::{Notes, Place};
use crate::import::records::{RawRecord, Records};
use crate::import::refused::refused_rows;

/// Races the rows of one user may lose.
const ATTEMPTS_MAX: usize = 100;

/// A row to decide on.
struct Said<'r> {
    row: u64,
    id: UserId,
    email: &'r Email,
    taken: &'r TakenRow<'r>,
    /// It changes no value, whatever it says.
    quiet: bool,
    /// Whether somebody will ask for the user after it.
    track: bool,
}

/// What follows from a row.
struct Decided {
    facts: Vec<NewFact>,
    outcome: RowOutcome,
    /// The user after it, where that was tracked, and the revision.
    after: Known,
}

/// Where a user was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// In the tables, which keep lists elsewhere.
    Tables,
    /// In the log, whole.
    Log,
}

/// What is known while the rows go by.
pub(super) struct Rows<'a> {
    app: &'a App,
    import_id: Uuid,
    sheet: Sheet<'a>,
    duplicates: &'a Duplicates,
    context: Arc<Context>,
    store: Arc<Store>,
    profiles: Profiles,
    /// Rows up to here are counted already.
    counted: u64,
    /// Rows up to here may be recorded although they are not counted: a run was cut off between the two.
    uncertain: u64,
    resumed: bool,
    /// Counted rows that were refused because of the users there were.
    refused: HashMap<u64, ModeFault>,
    /// Repeated addresses that were met, that were decided on, whose rows together change nothing, and whose users this
    /// import made.
    met: HashSet<UserId>,
    decided: HashSet<UserId>,
    quiet: HashSet<UserId>,
    made: HashSet<UserId>,
    /// Repeated addresses as this import left them, while the tables may not know yet.
    own: HashMap<UserId, (Option<User>, u64)>,
    pub(super) notes: Notes,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        app: &'a App,
        import: &ImportLine,
        sheet: Sheet<'a>,
        duplicates: &'a Duplicates,
        context: Arc<Context>,
        resumed: bool,
    ) -> Result<Rows<'a>, RunError> {
        let store = app.follower.store();
        Ok(Rows {
            app,
            import_id: import.plan.import_id,
            sheet,
            duplicates,
            context,
            profiles: store.profiles()?,
            store,
            counted: import.row,
            uncertain: if resumed { import.row + BATCH_ROWS_MAX } else { 0 },
            resumed,
            refused: match resumed {
                true => refused_rows(&app.log, import.plan.import_id)?,
                false => HashMap::new(),
            },
            met: HashSet::new(),
            decided: HashSet::new(),
            quiet: HashSet::new(),
            made: HashSet::new(),
            own: HashMap::new(),
            notes: Notes::default(),
        })
    }

    pub(super) fn own_states(&self) -> usize {
        self.own.len()
    }

    /// Looks users up as the tables know them now.
    pub(super) fn refresh(&mut self) -> Result<(), RunError> {
        let store = self.app.follower.store();
        if Arc::ptr_eq(&store, &self.store) {
            return Ok(self.profiles.refresh()?);
        }
        // The tables were rebuilt: the old file no longer follows the log.
        (self.profiles, self.store) = (store.profiles()?, store);
        Ok(())
    }

    pub(super) fn forget_own_states(&mut self) {
        self.own.clear();
    }

    /// Reads and decides one row; its facts or its count go into the batch.
    pub(super) fn take(
        &mut self,
        row: u64,
        record: RawRecord<'_>,
        cells: &mut Cells,
        batch: &mut Batch,
    ) -> Result<(), RunError> {
        let (at, uncounted) = (Place { row, line: record.line }, row > self.counted);
        let mut taken = TakenRow::default();
        cells.decode(record.content).map_err(|_| RunError::FileChanged)?;
        let email = match read_row(self.sheet.rules(), cells, &mut taken) {
            Ok(email) => email,
            Err(fault) => {
                self.notes.reject(&self.sheet.plan.columns, at, &fault);
                batch.counts.rejected += u64::from(uncounted);
                return Ok(());
            }
        };
        let id = self.sheet.key.user_id(&email, 0);
        let repeated = self.duplicates.contains(id);
        let met_before = repeated && !self.met.insert(id);
        if let Some(fault) = self.refused.get(&row).copied().filter(|_| !uncounted) {
            self.notes.not_allowed(at, fault);
            return Ok(());
        }
        if !uncounted {
            self.warn(at, &taken, met_before);
            return Ok(());
        }
        if row <= self.uncertain
            && let Some(outcome) = self.recorded(id, row)?
        {
            batch.counts.warnings += self.warn(at, &taken, met_before);
            count(&mut batch.counts, outcome);
            return Ok(());
        }
        let known = self.known(id)?;
        if let Err(fault) = self.allowed(id, &known, repeated)? {
            self.notes.not_allowed(at, fault);
            refuse(&mut batch.counts, &mut batch.refused, row, fault);
            return Ok(());
        }
        batch.counts.warnings += self.warn(at, &taken, met_before);
        let quiet = repeated && self.is_quiet(id, &known)?;
        let expected = Expected::after(known.as_ref().map(|(_, revision)| *revision));
        let said = Said { row, id, email: &email, taken: &taken, quiet, track: repeated };
        let decided = self.decide(&said, known, Found::Tables)?;
        if decided.facts.is_empty() {
            count(&mut batch.counts, decided.outcome);
            return Ok(());
        }
        if repeated {
            self.own.extend(decided.after.map(|after| (id, after)));
            self.made.extend((decided.outcome.values == Values::Created).then_some(id));
        }
        let planned =
            Planned { row, line: record.line, offset: record.offset, outcome: decided.outcome };
        batch.push(id, expected, decided.facts, planned);
        Ok(())
    }

    /// Notes what is worth telling of a row that is taken, and answers how much that is.
    fn warn(&mut self, at: Place, taken: &TakenRow<'_>, met_before: bool) -> u64 {
        for fault in &taken.dropped {
            self.notes.dropped(&self.sheet.plan.columns, at, fault);
        }
        if met_before {
            self.notes.repeated(at);
        }
        taken.dropped.len() as u64 + u64::from(met_before)
    }

    /// Whether the import may touch this user: one that its own earlier rows made always.
    fn allowed(
        &self,
        id: UserId,
        known: &Known,
        repeated: bool,
    ) -> Result<Result<(), ModeFault>, RunError> {
        let mode = self.sheet.plan.mode;
        let user = known.as_ref().and_then(|(user, _)| user.as_ref());
        let own = mode == ImportMode::CreateOnly
            && repeated
            && (self.made.contains(&id) || (self.resumed && self.made_before(id)?));
        Ok(allowed(mode, user, own))
    }

    /// What follows from a row for the user as known.
    fn decide(&self, said: &Said<'_>, known: Known, found: Found) -> Result<Decided, RunError> {
        let TakenRow { cells, member_since, .. } = said.taken;
        let (import_id, row, email) = (self.import_id, said.row, said.email);
        let asked = ImportRow { import_id, row, email, cells, member_since: *member_since };
        let (user, mut revision) = known.map_or((None, None), |(user, at)| (user, Some(at)));
        let imported = if said.quiet { None } else { decide(user.as_ref(), &asked) };
        let values = match &imported {
            None => Values::Unchanged,
            Some(imported) if imported.created => Values::Created,
            Some(_) => Values::Updated,
        };
        let list = self.sheet.plan.list.as_ref();
        let (mut facts, mut after) = (Vec::with_capacity(1), user);
        let mut record = |event: Event, event_id: Uuid, after: &mut Option<User>| {
            facts.push(self.fact(event_id, &event));
            revision = Some(Expected::after(revision).next());
            if said.track || list.is_some() {
                *after = evolve(after.take(), &event);
            }
        };
        if let Some(imported) = imported {
            record(Event::UserImported(imported), import_event_id(import_id, row), &mut after);
        }
        let mut joined = None;
        if let (Some(list), Some(user)) = (list, &after) {
            let in_tables = found == Found::Tables && values != Values::Created;
            if !(in_tables && self.profiles.is_on_list(said.id, &list.id)?) {
                joined = list::joined(user, list, Some((import_id, row)));
            }
        }
        let outcome = RowOutcome { values, joined: joined.is_some() };
        if let Some(joined) = joined {
            record(Event::ListJoined(joined), import_join_event_id(import_id, row), &mut after);
        }
        Ok(Decided { facts, outcome, after: revision.map(|revision| (after, revision)) })
    }

    fn known(&self, id: UserId) -> Result<Known, RunError> {
        match self.own.get(&id) {
            Some(known) => Ok(Some(known.clone())),
            None => Ok(self.profiles.get(id)?),
        }
    }

    fn fact(&self, event_id: Uuid, event: &Event) -> NewFact {
        let stored = domain::codec::encode(event);
        NewFact { event_id, stored, occurred_at: None, context: self.context.clone() }
    }

    /// Whether the rows of a repeated address together leave the user as stored. Asked once, before its first row is
    /// decided; never once a fact of this import is there.
    fn is_quiet(&mut self, id: UserId, known: &Known) -> Result<bool, RunError> {
        if self.quiet.contains(&id) {
            return Ok(true);
        }
        let first = self.decided.insert(id);
        let Some((Some(user), _)) = known else { return Ok(false) };
        if !first || (self.resumed && self.wrote_before(id)?) {
            return Ok(false);
        }
        let quiet = self.duplicates.leave_as_stored(self.sheet, id, user)?;
        if quiet {
            self.quiet.insert(id);
        }
        Ok(quiet)
    }

    /// Decides rows of one user again whose race was lost, on what the log says now, until they are recorded.
    pub(super) fn decide_again(
        &mut self,
        stream: &Stream,
        planned: &[Planned],
        counts: &mut RowCounts,
        refused: &mut RefusedRows,
    ) -> Result<(), RunError> {
        let Stream::User(id) = stream else { return Err(RunError::Stream) };
        for _ in 0..ATTEMPTS_MAX {
            let mut now = read_user(&self.app.log, stream)?;
            let expected = Expected::after(now.as_ref().map(|(_, revision)| *revision));
            let (mut facts, mut outcomes, mut made) = (Vec::new(), Vec::new(), false);
            for row in planned {
                let user = now.as_ref().and_then(|(user, _)| user.as_ref());
                let own = made || self.made_before(*id)?;
                match allowed(self.sheet.plan.mode, user, own) {
                    Err(fault) => {
                        outcomes.push((Place { row: row.row, line: row.line }, Err(fault)))
                    }
                    Ok(()) => {
                        let decided = self.reread(*row, *id, now)?;
                        made |= decided.outcome.values == Values::Created;
                        facts.extend(decided.facts);
                        let at = Place { row: row.row, line: row.line };
                        outcomes.push((at, Ok(decided.outcome)));
                        now = decided.after;
                    }
                }
            }
            if !facts.is_empty() {
                let entry = eventlog::Entry { stream: stream.clone(), expected, facts };
                if append_patiently(self.app, vec![entry])?.remove(0).is_err() {
                    continue;
                }
            }
            for (row, outcome) in outcomes {
                match outcome {
                    Ok(outcome) => count(counts, outcome),
                    Err(fault) => {
                        self.notes.not_allowed(row, fault);
                        refuse(counts, refused, row.row, fault);
                    }
                }
            }
            if let Some(known) = now
                && self.own.contains_key(id)
            {
                self.own.insert(*id, known);
            }
            return Ok(());
        }
        Err(RunError::Conflicts)
    }

    /// Reads a row from the file again and decides it.
    fn reread(&self, planned: Planned, id: UserId, known: Known) -> Result<Decided, RunError> {
        let file =
            File::open(self.sheet.path).map_err(crate::import::records::RecordFault::from)?;
        let mut records = Records::at(file, self.sheet.delimiter(), planned.offset)?;
        let record = records.next_record()?.ok_or(RunError::FileChanged)?;
        let (mut cells, mut taken) = (Cells::new(self.sheet.delimiter()), TakenRow::default());
        cells.decode(record.content).map_err(|_| RunError::FileChanged)?;
        let email =
            read_row(self.sheet.rules(), &cells, &mut taken).map_err(|_| RunError::FileChanged)?;
        let row = planned.row;
        let quiet = self.quiet.contains(&id); // its other rows were left alone because of this one
        let said = Said { row, id, email: &email, taken: &taken, quiet, track: true };
        self.decide(&said, known, Found::Log)
    }
}
