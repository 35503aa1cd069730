//! Deciding row by row: on the projected user, on what this import itself has written, never twice.

mod again;
mod before;
mod decide;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::UserId;
use domain::csv_record::Cells;
use domain::csv_row::{RowKey, TakenRow, read_row};
use domain::event::{ImportMode, Named};
use domain::import::{UserFault, allowed};
use domain::matching::Aim;
use eventlog::{Context, Expected, Position};
use projections::Store;
use projections::imports::ImportLine;
use projections::users::Profiles;
use uuid::Uuid;

use self::decide::{Found, Said};
use super::batch::{Batch, Planned, Values, count, refuse};
use super::{BATCH_ROWS_MAX, RunError};
use crate::app::App;
use crate::import::duplicates::{Duplicates, Sheet};
use crate::import::future::Future;
use crate::import::notes::{Notes, Place};
use crate::import::records::RawRecord;
use crate::import::refused::refused_rows;
use crate::import::registry::{Beside, Tables, Then};
use crate::import::rejected::named;

/// What is known while the rows go by.
pub(super) struct Rows<'a> {
    app: &'a App,
    import_id: Uuid,
    sheet: Sheet<'a>,
    duplicates: &'a Duplicates,
    context: Arc<Context>,
    store: Arc<Store>,
    profiles: Profiles,
    /// When it began.
    began: Position,
    /// Rows up to here are counted already.
    counted: u64,
    /// Rows up to here may be recorded although they are not counted: a run was cut off between the two.
    uncertain: u64,
    resumed: bool,
    /// Counted rows that were refused because of the users there were.
    refused: HashMap<u64, UserFault>,
    /// Repeated keys that were met.
    met: HashSet<u64>,
    /// Users of repeated keys that were decided on, whose rows together change nothing, and that this import made.
    decided: HashSet<UserId>,
    quiet: HashSet<UserId>,
    made: HashSet<UserId>,
    /// What this import did, while the tables may not know yet.
    beside: Beside,
    /// The list its users join, as it is called now; none once it is gone.
    list: Option<Named>,
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
        let list = list_now(&store, &import.plan.list)?;
        Ok(Rows {
            app,
            import_id: import.plan.import_id,
            sheet,
            duplicates,
            context,
            profiles: store.profiles()?,
            store,
            began: import.queued.map_or(Position::START, Position::single),
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
            beside: Beside::default(),
            list,
            notes: Notes::default(),
        })
    }

    pub(super) fn own_states(&self) -> usize {
        self.beside.size()
    }

    /// Looks users up as the tables know them now.
    pub(super) fn refresh(&mut self) -> Result<(), RunError> {
        let store = self.app.follower.store();
        self.list = list_now(&store, &self.sheet.plan.list)?;
        if Arc::ptr_eq(&store, &self.store) {
            return Ok(self.profiles.refresh()?);
        }
        // The tables were rebuilt: the old file no longer follows the log.
        (self.profiles, self.store) = (store.profiles()?, store);
        Ok(())
    }

    pub(super) fn forget_own_states(&mut self) {
        self.beside.clear();
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
        let key = match read_row(self.sheet.rules(), cells, &mut taken) {
            Ok(key) => key,
            Err(fault) => {
                self.notes.reject(&self.sheet.plan.columns, at, &fault);
                batch.counts.rejected += u64::from(uncounted);
                return Ok(());
            }
        };
        let short = self.sheet.short(&key);
        let repeated = self.duplicates.contains(short);
        let met_before = repeated && !self.met.insert(short);
        if let Some(fault) = self.refused.get(&row).copied().filter(|_| !uncounted) {
            let fault = named(fault, self.sheet, &self.profiles, &key, &taken);
            self.notes.not_allowed(at, fault);
            return Ok(());
        }
        if !uncounted {
            self.warn(at, &taken, met_before);
            return Ok(());
        }
        let aim = self.aim(row, &key, &taken)?;
        if row <= self.uncertain
            && let Some(id) = whose(&aim)
            && let Some(outcome) = self.recorded(id, row)?
        {
            batch.counts.warnings += self.warn(at, &taken, met_before);
            count(&mut batch.counts, outcome);
            return Ok(());
        }
        let aim = match aim {
            Ok(aim) => self.allowed(&aim, repeated)?.map(|()| aim),
            fault => fault,
        };
        let aim = match aim {
            Ok(aim) => aim,
            Err(fault) => {
                self.notes.not_allowed(at, fault);
                refuse(&mut batch.counts, &mut batch.refused, row, fault);
                return Ok(());
            }
        };
        batch.counts.warnings += self.warn(at, &taken, met_before);
        let quiet = repeated && self.is_quiet(&key, &aim)?;
        let offset = record.offset;
        let said = Said { row, key: &key, taken: &taken, quiet, track: repeated };
        self.plan(said, aim, batch, |outcome| Planned { row, line: at.line, offset, outcome })
    }

    /// Decides a row; its facts or its count go into the batch.
    fn plan(
        &mut self,
        said: Said<'_>,
        aim: Aim,
        batch: &mut Batch,
        planned: impl FnOnce(super::batch::RowOutcome) -> Planned,
    ) -> Result<(), RunError> {
        let (id, repeated) = (aim.id, said.track);
        let expected = Expected::after(aim.revision());
        let external_id = match said.key {
            RowKey::ExternalId(external_id) => Some(external_id.clone()),
            RowKey::Email(_) | RowKey::UserId(_) => None,
        };
        let decided = self.decide(&said, aim, Found::Tables)?;
        if decided.facts.is_empty() {
            count(&mut batch.counts, decided.outcome);
            return Ok(());
        }
        if repeated {
            if let Some(claim) = &decided.claim {
                self.beside.claimed.insert(claim.address, id);
            }
            self.beside.own.extend(decided.after.map(|after| (id, after)));
            self.beside.named.extend(external_id.map(|external_id| (external_id, id)));
            self.made.extend((decided.outcome.values == Values::Created).then_some(id));
        }
        let claim = decided.claim.map(|claim| claim.entry);
        batch.push(id, expected, decided.facts, claim, planned(decided.outcome));
        Ok(())
    }

    /// The user of a row, as the tables and this import's own rows tell it.
    fn aim(
        &self,
        row: u64,
        key: &RowKey,
        taken: &TakenRow<'_>,
    ) -> Result<Result<Aim, UserFault>, RunError> {
        let (tables, contested) = (self.tables(), &self.duplicates.contested);
        if row > self.uncertain {
            return Ok(self.sheet.matching(&tables, contested).aim(key, taken)?);
        }
        let then = Then { tables, log: &self.app.log, import_id: self.import_id, row };
        self.sheet.matching(&then, contested).aim(key, taken)
    }

    fn tables(&self) -> Tables<'_> {
        Tables { profiles: &self.profiles, beside: &self.beside, began: self.began }
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
    fn allowed(&self, aim: &Aim, repeated: bool) -> Result<Result<(), UserFault>, RunError> {
        let mode = self.sheet.plan.mode;
        let own = mode == ImportMode::CreateOnly
            && repeated
            && (self.made.contains(&aim.id) || (self.resumed && self.made_before(aim.id)?));
        Ok(allowed(mode, aim.user(), own))
    }

    /// Whether the rows of a repeated key together leave the user as stored. Asked once, before its first row is
    /// decided; never once a fact of this import is there.
    fn is_quiet(&mut self, key: &RowKey, aim: &Aim) -> Result<bool, RunError> {
        if self.quiet.contains(&aim.id) {
            return Ok(true);
        }
        let first = self.decided.insert(aim.id);
        if !first || aim.user().is_none() || (self.resumed && self.wrote_before(aim.id)?) {
            return Ok(false);
        }
        let mut future = Future::default();
        let tables = self.tables();
        let matching = self.sheet.matching(&tables, &self.duplicates.contested);
        self.duplicates.for_each_row(self.sheet, key, &mut |offset, key, taken| {
            Ok::<_, RunError>(future.take(&matching, offset, (key, taken))?)
        })?;
        let quiet = future.leaves_as_stored();
        if quiet {
            self.quiet.insert(aim.id);
        }
        Ok(quiet)
    }
}

/// A list as it is called now; none once it is gone.
fn list_now(store: &Store, list: &Option<Named>) -> Result<Option<Named>, RunError> {
    let Some(list) = list else { return Ok(None) };
    Ok(match store.list_called(&list.id)? {
        Some((_, true)) => None,
        Some((name, false)) => Some(Named { id: list.id.clone(), name: Some(name) }),
        None => Some(list.clone()),
    })
}

/// In whose history a row would be found: also where it would be refused now, since it may be its own doing.
fn whose(aim: &Result<Aim, UserFault>) -> Option<UserId> {
    match aim {
        Ok(aim) => Some(aim.id),
        Err(UserFault::EmailWasChanged(id)) => *id,
        Err(
            UserFault::UserExists
            | UserFault::UserNotFound
            | UserFault::EmailMissing
            | UserFault::EmailTaken(_)
            | UserFault::EmailContested
            | UserFault::ExternalIdTaken(_)
            | UserFault::ExternalIdAmbiguous
            | UserFault::ExternalIdContested,
        ) => None,
    }
}
