//! Addresses that stand more than once in a file. Sixteen bytes a row while looking, then only the repeated ones.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use domain::csv_record::Cells;
use domain::csv_row::{RowRules, TakenRow, read_row};
use domain::email::Email;
use domain::event::ImportPlan;
use domain::identity::InstanceKey;
use domain::{User, UserId};

use super::records::{RecordFault, Records};

/// Where each repeated address stands.
#[derive(Debug, Default)]
pub struct Duplicates {
    /// Offsets of the records of one address, by the first half of the user's id. Two addresses that share it are
    /// told apart when the records are read.
    places: HashMap<u64, Vec<u64>>,
}

/// First half of a user's id: it is a keyed hash, so this is one too.
fn half(id: UserId) -> u64 {
    u64::from_be_bytes(id.0.as_bytes()[..8].try_into().expect("eight bytes"))
}

/// Takes a row: its address and what it says.
pub type VisitRow<'a> = dyn FnMut(&Email, &TakenRow<'_>) + 'a;

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
        let ImportPlan { columns, bad_cells, .. } = self.plan;
        RowRules { columns, bad_cells: *bad_cells, now: self.now }
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
    /// Reads the whole file once and remembers the addresses that stand in it more than once. Refused rows do not
    /// count.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find(sheet: Sheet<'_>) -> Result<Duplicates, RecordFault> {
        let mut seen: Vec<(u64, u64)> = Vec::new();
        let mut records = sheet.rows()?;
        let mut cells = Cells::new(sheet.delimiter());
        while let Some(record) = records.next_record()? {
            if cells.decode(record.content).is_ok()
                && let Ok(email) = read_row(sheet.rules(), &cells, &mut TakenRow::default())
            {
                seen.push((half(sheet.key.user_id(&email, 0)), record.offset));
            }
        }
        seen.sort_unstable();
        let repeated = seen.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        let places = repeated
            .map(|group| (group[0].0, group.iter().map(|(_, offset)| *offset).collect()))
            .collect();
        Ok(Duplicates { places })
    }

    /// Whether an address may stand in the file more than once.
    pub fn contains(&self, id: UserId) -> bool {
        self.places.contains_key(&half(id))
    }

    /// Whether all rows of an address together leave the user as stored. Then none of them writes a fact.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn leave_as_stored(
        &self,
        sheet: Sheet<'_>,
        id: UserId,
        stored: &User,
    ) -> Result<bool, RecordFault> {
        let mut fields = stored.fields.clone();
        self.for_each_row(sheet, id, &mut |_, taken| {
            for (field, value) in &taken.cells {
                match value {
                    Some(value) => fields.insert((*field).to_owned(), value.to_string()),
                    None => fields.remove(*field),
                };
            }
        })?;
        Ok(fields == stored.fields)
    }

    /// Reads the rows of a repeated address again, in file order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_row(
        &self,
        sheet: Sheet<'_>,
        id: UserId,
        visit: &mut VisitRow<'_>,
    ) -> Result<(), RecordFault> {
        let (file, mut cells) = (File::open(sheet.path)?, Cells::new(sheet.delimiter()));
        for offset in self.places.get(&half(id)).into_iter().flatten() {
            let mut records = Records::at(file.try_clone()?, sheet.delimiter(), *offset)?;
            let Some(record) = records.next_record()? else { continue };
            let mut taken = TakenRow::default();
            if cells.decode(record.content).is_err() {
                continue;
            }
            match read_row(sheet.rules(), &cells, &mut taken) {
                Ok(email) if sheet.key.user_id(&email, 0) == id => visit(&email, &taken),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}
