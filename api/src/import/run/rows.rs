//! Deciding row by row: on the projected user, on what this import itself has written, never twice.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::sync::Arc;

use domain::csv_record::Cells;
use domain::csv_row::read_row;
use domain::event::{RowCounts, UserImported};
use domain::identity::import_event_id;
use domain::import::{ImportRow, decide};
use domain::user::evolve;
use domain::{Event, User, UserId};
use eventlog::{Context, Expected, NewFact, Recorded, Stream};
use projections::Store;
use projections::imports::ImportLine;
use projections::users::Profiles;
use uuid::Uuid;

use super::batch::{Batch, Planned, append_patiently, count};
use super::{BATCH_ROWS, RunError};
use crate::app::App;
use crate::command::{Known, read_user};
use crate::import::duplicates::{Duplicates, Sheet};
use crate::import::notes::Notes;
use crate::import::records::{RawRecord, Records};

/// Facts of one user read at once while looking for one of this import's.
const PAGE_FACTS: usize = 64;
/// Races the rows of one user may lose.
const ATTEMPTS_MAX: usize = 100;

/// A row's fact, whether it makes the user, and the user after it.
type Decided = (NewFact, bool, (User, u64));

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
    /// Repeated addresses that were met, and those whose rows together change nothing.
    met: HashSet<UserId>,
    decided: HashSet<UserId>,
    quiet: HashSet<UserId>,
    /// Repeated addresses as this import left them, while the tables may not know yet.
    own: HashMap<UserId, (User, u64)>,
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
            import_id: import.started.import_id,
            sheet,
            duplicates,
            context,
            profiles: store.profiles()?,
            store,
            counted: import.row,
            uncertain: if resumed { import.row + BATCH_ROWS } else { 0 },
            resumed,
            met: HashSet::new(),
            decided: HashSet::new(),
            quiet: HashSet::new(),
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

    /// Reads and decides one row; its fact or its count goes into the batch.
    pub(super) fn take(
        &mut self,
        row: u64,
        record: RawRecord<'_>,
        cells: &mut Cells,
        batch: &mut Batch,
    ) -> Result<(), RunError> {
        let uncounted = row > self.counted;
        let mut taken = Vec::new();
        let email = match cells
            .decode(record.content)
            .map(|()| read_row(self.sheet.columns, cells, &mut taken))
        {
            Ok(Ok(email)) => email,
            Ok(Err(fault)) => {
                self.notes.reject(self.sheet.columns, row, record.line, &fault);
                batch.counts.rejected += u64::from(uncounted);
                return Ok(());
            }
            Err(_) => return Err(RunError::FileChanged),
        };
        let id = self.sheet.key.user_id(&email, 0);
        let repeated = self.duplicates.contains(id);
        if repeated && !self.met.insert(id) {
            self.notes.repeated(row, record.line);
            batch.counts.warnings += u64::from(uncounted);
        }
        if !uncounted {
            return Ok(());
        }
        if row <= self.uncertain
            && let Some(created) = self.recorded(id, row)?
        {
            count(&mut batch.counts, created);
            return Ok(());
        }
        let known = self.known(id)?;
        if repeated && self.is_quiet(id, &known)? {
            batch.counts.unchanged += 1;
            return Ok(());
        }
        let (user, revision) =
            (known.as_ref().map(|(user, _)| user), known.as_ref().map(|(_, revision)| *revision));
        let Some(imported) = decide(
            user,
            &ImportRow { import_id: self.import_id, row, email: &email, cells: &taken },
        ) else {
            batch.counts.unchanged += 1;
            return Ok(());
        };
        let (created, expected) = (imported.created, Expected::after(revision));
        let event = Event::UserImported(imported);
        batch.push(
            id,
            expected,
            self.fact(row, &event),
            Planned { row, offset: record.offset, created },
        );
        if repeated {
            let after = evolve(known.map(|(user, _)| user), &event).unwrap_or_default();
            self.own.insert(id, (after, expected.next()));
        }
        Ok(())
    }

    fn known(&self, id: UserId) -> Result<Known, RunError> {
        match self.own.get(&id) {
            Some(known) => Ok(Some(known.clone())),
            None => Ok(self.profiles.get(id)?),
        }
    }

    fn fact(&self, row: u64, event: &Event) -> NewFact {
        NewFact {
            event_id: import_event_id(self.import_id, row),
            stored: domain::codec::encode(event),
            occurred_at: None,
            context: self.context.clone(),
        }
    }

    /// Whether the rows of a repeated address together leave the user as stored. Asked once, before its first row is
    /// decided; never once a fact of this import is there.
    fn is_quiet(&mut self, id: UserId, known: &Known) -> Result<bool, RunError> {
        if self.quiet.contains(&id) {
            return Ok(true);
        }
        let first = self.decided.insert(id);
        let Some((user, _)) = known else { return Ok(false) };
        if !first || (self.resumed && self.wrote_before(id)?) {
            return Ok(false);
        }
        let quiet = self.duplicates.leave_as_stored(self.sheet, id, user)?;
        if quiet {
            self.quiet.insert(id);
        }
        Ok(quiet)
    }

    /// The newest fact of a user for which `is` holds, reading backwards until it or a fact for which `enough` holds.
    fn find_back(
        &self,
        id: UserId,
        is: impl Fn(&Recorded) -> bool,
        enough: impl Fn(&Recorded) -> bool,
    ) -> Result<Option<Recorded>, RunError> {
        let mut before = None;
        loop {
            let page = self.app.log.read_stream(&Stream::User(id), before, PAGE_FACTS)?;
            let Some(last) = page.last() else { return Ok(None) };
            before = Some(last.position);
            for fact in page {
                if is(&fact) {
                    return Ok(Some(fact));
                }
                if enough(&fact) {
                    return Ok(None);
                }
            }
        }
    }

    /// Whether the row's fact is there already, and if so whether it made the user. Facts of earlier rows lie before
    /// it, so the search ends at the first of them.
    fn recorded(&self, id: UserId, row: u64) -> Result<Option<bool>, RunError> {
        let event_id = import_event_id(self.import_id, row);
        let ours = |fact: &Recorded| {
            imported(fact).filter(|imported| imported.import_id == self.import_id)
        };
        let earlier = |fact: &Recorded| ours(fact).is_some_and(|imported| imported.row < row);
        let found = self.find_back(id, |fact| fact.event_id == event_id, earlier)?;
        Ok(found.as_ref().and_then(imported).map(|imported| imported.created))
    }

    fn wrote_before(&self, id: UserId) -> Result<bool, RunError> {
        let ours = |fact: &Recorded| {
            imported(fact).is_some_and(|imported| imported.import_id == self.import_id)
        };
        Ok(self.find_back(id, ours, |_| false)?.is_some())
    }

    /// Decides rows of one user again whose race was lost, on what the log says now, until they are recorded.
    pub(super) fn decide_again(
        &mut self,
        stream: &Stream,
        planned: &[Planned],
        counts: &mut RowCounts,
    ) -> Result<(), RunError> {
        for _ in 0..ATTEMPTS_MAX {
            let known = read_user(&self.app.log, stream)?;
            let expected = Expected::after(known.as_ref().map(|(_, revision)| *revision));
            let (mut now, mut facts, mut recorded) = (known, Vec::new(), RowCounts::default());
            for row in planned {
                match self.reread(*row, &now)? {
                    Some((fact, created, after)) => {
                        count(&mut recorded, created);
                        facts.push(fact);
                        now = Some(after);
                    }
                    None => recorded.unchanged += 1,
                }
            }
            if !facts.is_empty() {
                let entry = eventlog::Entry { stream: stream.clone(), expected, facts };
                if append_patiently(self.app, vec![entry])?.remove(0).is_err() {
                    continue;
                }
            }
            counts.created += recorded.created;
            counts.updated += recorded.updated;
            counts.unchanged += recorded.unchanged;
            if let (Stream::User(id), Some(known)) = (stream, now)
                && self.own.contains_key(id)
            {
                self.own.insert(*id, known);
            }
            return Ok(());
        }
        Err(RunError::Conflicts)
    }

    /// Reads a row from the file again and decides it.
    fn reread(&self, planned: Planned, known: &Known) -> Result<Option<Decided>, RunError> {
        let file =
            File::open(self.sheet.path).map_err(crate::import::records::RecordFault::from)?;
        let mut records = Records::at(file, self.sheet.delimiter, planned.offset)?;
        let record = records.next_record()?.ok_or(RunError::FileChanged)?;
        let (mut cells, mut taken) = (Cells::new(self.sheet.delimiter), Vec::new());
        cells.decode(record.content).map_err(|_| RunError::FileChanged)?;
        let email =
            read_row(self.sheet.columns, &cells, &mut taken).map_err(|_| RunError::FileChanged)?;
        let user = known.as_ref().map(|(user, _)| user);
        let row =
            ImportRow { import_id: self.import_id, row: planned.row, email: &email, cells: &taken };
        let Some(imported) = decide(user, &row) else { return Ok(None) };
        let (created, event) = (imported.created, Event::UserImported(imported));
        let after = evolve(user.cloned(), &event).unwrap_or_default();
        let revision = known.as_ref().map_or(0, |(_, revision)| revision + 1);
        Ok(Some((self.fact(planned.row, &event), created, (after, revision))))
    }
}

fn imported(fact: &Recorded) -> Option<UserImported> {
    match fact.as_row().event() {
        Ok(Event::UserImported(imported)) => Some(imported),
        Ok(_) | Err(_) => None,
    }
}
