//! Rows whose race was lost: somebody else was faster with the user, or with the address it was to have.

use std::fs::File;

use domain::csv_record::Cells;
use domain::csv_row::{RowKey, TakenRow, read_row};
use domain::event::{RefusedRows, RowCounts};
use domain::import::{UserFault, allowed};
use domain::matching::{Known, Registry};
use domain::{User, UserId};
use eventlog::{Entry, Expected, NewFact, Stream};

use super::Rows;
use super::decide::{Claim, Found, Said};
use crate::import::notes::Place;
use crate::import::records::{RecordFault, Records};
use crate::import::registry::Logged;
use crate::import::run::RunError;
use crate::import::run::batch::{Planned, RowOutcome, Values, count, refuse};

/// Races the rows of one user may lose.
const ATTEMPTS_MAX: usize = 100;

/// What the log says, after the rows that were decided on it and are not recorded yet.
struct Now<'a> {
    logged: Logged<'a>,
    user: Option<(UserId, (Option<User>, u64))>,
}

impl Registry for Now<'_> {
    type Error = RunError;

    fn known(&self, id: UserId) -> Result<Known, RunError> {
        match &self.user {
            Some((user, known)) if *user == id => Ok(Some(known.clone())),
            Some(_) | None => self.logged.known(id),
        }
    }

    fn claimed_by(&self, address: UserId) -> Result<Option<UserId>, RunError> {
        self.logged.claimed_by(address)
    }

    fn released(&self, id: UserId) -> Result<bool, RunError> {
        self.logged.released(id)
    }

    fn with_external_id(&self, external_id: &str) -> Result<Vec<UserId>, RunError> {
        let mut found = self.logged.with_external_id(external_id)?;
        if let (true, Some((id, (Some(user), _)))) = (found.is_empty(), &self.user) {
            let has = user.fields.get(domain::event::EXTERNAL_ID);
            found.extend(has.filter(|has| *has == external_id).map(|_| *id));
        }
        Ok(found)
    }

    fn another_with_external_id(
        &self,
        external_id: &str,
        but: UserId,
    ) -> Result<Option<UserId>, RunError> {
        self.logged.another_with_external_id(external_id, but)
    }
}

/// Rows of one user, decided on what the log says.
struct Attempt {
    /// Whose stream they go to, and the revision they expect.
    of: Option<(UserId, Expected)>,
    facts: Vec<NewFact>,
    outcomes: Vec<(Place, Result<RowOutcome, UserFault>)>,
    after: Known,
}

impl Rows<'_> {
    /// Decides rows of one user again, on what the log says now, until they are recorded.
    pub(in crate::import::run) fn decide_again(
        &mut self,
        planned: &[Planned],
        counts: &mut RowCounts,
        refused: &mut RefusedRows,
    ) -> Result<(), RunError> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(attempt) = self.attempt(planned)? else { continue };
            let Attempt { of, facts, outcomes, after } = attempt;
            if let Some((id, expected)) = of.filter(|_| !facts.is_empty()) {
                let entry = Entry { stream: Stream::User(id), expected, facts };
                if self.app.append_patiently(vec![entry])?.remove(0).is_err() {
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
            if let (Some((id, _)), Some(known)) = (of, after)
                && self.beside.own.contains_key(&id)
            {
                self.beside.own.insert(id, known);
            }
            return Ok(());
        }
        Err(RunError::Conflicts)
    }

    /// Decides them once; none where an address was claimed by somebody else meanwhile.
    fn attempt(&mut self, planned: &[Planned]) -> Result<Option<Attempt>, RunError> {
        if self.sheet.has_external_ids() {
            self.app.wait_for_tables(); // they alone know whose an external id is
            self.refresh()?;
        }
        let logged = Logged { app: self.app, profiles: &self.profiles, began: self.began };
        let mut now = Now { logged, user: None };
        let mut attempt =
            Attempt { of: None, facts: Vec::new(), outcomes: Vec::new(), after: None };
        let mut made = false;
        for row in planned {
            let at = Place { row: row.row, line: row.line };
            let mut cells = Cells::new(self.sheet.delimiter());
            let (key, taken) = self.reread(*row, &mut cells)?;
            let matching = self.sheet.matching(&now, &self.duplicates.contested);
            let aim = match matching.aim(&key, &taken)? {
                Ok(aim) => {
                    let own = made || self.made_before(aim.id)?;
                    allowed(self.sheet.plan.mode, aim.user(), own).map(|()| aim)
                }
                fault => fault,
            };
            let aim = match aim {
                Ok(aim) => aim,
                Err(fault) => {
                    attempt.outcomes.push((at, Err(fault)));
                    continue;
                }
            };
            let id = aim.id;
            attempt.of.get_or_insert((id, Expected::after(aim.revision())));
            let quiet = self.quiet.contains(&id); // its other rows were left alone because of this one
            let said = Said { row: row.row, key: &key, taken: &taken, quiet, track: true };
            let decided = self.decide(&said, aim, Found::Log)?;
            if let Some(Claim { entry, .. }) = decided.claim
                && self.app.append_patiently(vec![entry])?.remove(0).is_err()
            {
                return Ok(None);
            }
            made |= decided.outcome.values == Values::Created;
            attempt.facts.extend(decided.facts);
            attempt.outcomes.push((at, Ok(decided.outcome)));
            now.user = decided.after.clone().map(|after| (id, after));
            attempt.after = decided.after;
        }
        Ok(Some(attempt))
    }

    /// Reads a row from the file again.
    fn reread<'c>(
        &self,
        planned: Planned,
        cells: &'c mut Cells,
    ) -> Result<(RowKey, TakenRow<'c>), RunError>
    where
        Self: 'c,
    {
        let file = File::open(self.sheet.path).map_err(RecordFault::from)?;
        let mut records = Records::at(file, self.sheet.delimiter(), planned.offset)?;
        let record = records.next_record()?.ok_or(RunError::FileChanged)?;
        cells.decode(record.content).map_err(|_| RunError::FileChanged)?;
        let mut taken = TakenRow::default();
        let key =
            read_row(self.sheet.rules(), cells, &mut taken).map_err(|_| RunError::FileChanged)?;
        Ok((key, taken))
    }
}
