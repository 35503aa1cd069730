//! Keys that stand more than once in a file, and what it gives to several users. Sixteen bytes a row for each while looking,
//! then only those.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::Path;

use domain::csv_record::Cells;
use domain::csv_row::{RowKey, RowRules, TakenRow, read_row};
use domain::event::{ImportPlan, MatchBy};
use domain::identity::InstanceKey;
use domain::matching::{Contested, Matching, short};

use super::records::{RecordFault, Records};

/// Where each repeated key stands, and what no row gets because several users would.
#[derive(Debug, Default)]
pub struct Duplicates {
    /// Offsets of the records of one key, by eight bytes of it. Two keys that share those are told apart when the records
    /// are read.
    places: HashMap<u64, Vec<u64>>,
    /// What several users would get.
    pub contested: Contested,
}

/// Takes a row of a key: where it stands and what it says.
pub type VisitRow<'a, E> = dyn FnMut(u64, &RowKey, &TakenRow<'_>) -> Result<(), E> + 'a;

/// What the rows of a file are read with.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// Where the file is, as UTF-8.
    pub path: &'a Path,
    /// How it is read, and where its columns go.
    pub plan: &'a ImportPlan,
    /// What lies after it is the future, in microseconds since 1970.
    pub now: i64,
    /// Recognises addresses.
    pub key: &'a InstanceKey,
}

impl<'a> Sheet<'a> {
    /// The byte between cells.
    pub fn delimiter(&self) -> u8 {
        self.plan.delimiter
    }

    /// What rows are read by.
    pub fn rules(&self) -> RowRules<'a> {
        let ImportPlan { columns, match_by, bad_cells, .. } = self.plan;
        RowRules { columns, match_by: *match_by, bad_cells: *bad_cells, now: self.now }
    }

    /// Finds the users of its rows.
    pub fn matching<'m, R>(&self, registry: &'m R, contested: &'m Contested) -> Matching<'m, R>
    where
        'a: 'm,
    {
        Matching { key: self.key, registry, contested, mode: self.plan.mode }
    }

    /// Whether a column holds external ids.
    pub fn has_external_ids(&self) -> bool {
        let target = MatchBy::ExternalId.target();
        self.plan.columns.iter().any(|column| column.target == target)
    }

    /// Eight bytes that tell one key from another. An address's are those of the id it gives: a keyed hash.
    pub fn short(&self, key: &RowKey) -> u64 {
        let id = match key {
            RowKey::Email(email) => self.key.user_id(email, 0),
            RowKey::UserId(id) => *id,
            RowKey::ExternalId(external_id) => return short(external_id),
        };
        u64::from_be_bytes(id.0.as_bytes()[..8].try_into().expect("eight bytes"))
    }

    /// Its rows, from the first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn rows(&self) -> Result<Records, RecordFault> {
        let mut records = Records::open(self.path, self.delimiter())?;
        if self.plan.header {
            records.next_record()?;
        }
        Ok(records)
    }
}

impl Duplicates {
    /// Reads the whole file once and remembers the keys that stand in it more than once, and what it gives to several
    /// users. Refused rows do not count.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find(sheet: Sheet<'_>) -> Result<Duplicates, RecordFault> {
        let mut seen: Vec<(u64, u64)> = Vec::new();
        let (mut emails, mut external_ids) = (Vec::new(), Vec::new());
        let mut records = sheet.rows()?;
        let mut cells = Cells::new(sheet.delimiter());
        let gives_external_ids =
            sheet.plan.match_by != MatchBy::ExternalId && sheet.has_external_ids();
        while let Some(record) = records.next_record()? {
            let mut taken = TakenRow::default();
            if cells.decode(record.content).is_err() {
                continue;
            }
            let Ok(key) = read_row(sheet.rules(), &cells, &mut taken) else { continue };
            let key = sheet.short(&key);
            seen.push((key, record.offset));
            emails.extend(taken.email.as_ref().map(|email| (short(email.key()), key)));
            if gives_external_ids {
                external_ids.extend(taken.external_id().map(|given| (short(given), key)));
            }
        }
        seen.sort_unstable();
        let repeated = seen.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        let places = repeated
            .map(|group| (group[0].0, group.iter().map(|(_, offset)| *offset).collect()))
            .collect();
        let contested =
            Contested { emails: contested(emails), external_ids: contested(external_ids) };
        Ok(Duplicates { places, contested })
    }

    /// Whether a key may stand in the file more than once, by its eight bytes.
    pub fn contains(&self, short: u64) -> bool {
        self.places.contains_key(&short)
    }

    /// Reads the rows of a repeated key again, in file order.
    ///
    /// # Errors
    /// When the file cannot be read, or what the visitor says.
    pub fn for_each_row<E: From<RecordFault>>(
        &self,
        sheet: Sheet<'_>,
        key: &RowKey,
        visit: &mut VisitRow<'_, E>,
    ) -> Result<(), E> {
        let file = File::open(sheet.path).map_err(RecordFault::from)?;
        let mut cells = Cells::new(sheet.delimiter());
        for offset in self.places.get(&sheet.short(key)).into_iter().flatten() {
            let again = file.try_clone().map_err(RecordFault::from)?;
            let mut records = Records::at(again, sheet.delimiter(), *offset)?;
            let Some(record) = records.next_record()? else { continue };
            let mut taken = TakenRow::default();
            if cells.decode(record.content).is_err() {
                continue;
            }
            match read_row(sheet.rules(), &cells, &mut taken) {
                Ok(of) if of.same(key) => visit(*offset, &of, &taken)?,
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// What stands beside different keys.
fn contested(mut given: Vec<(u64, u64)>) -> HashSet<u64> {
    given.sort_unstable();
    let several = given.chunk_by(|a, b| a.0 == b.0).filter(|group| {
        let first = group[0].1;
        group.iter().any(|(_, key)| *key != first)
    });
    several.map(|group| group[0].0).collect()
}
