//! What the cells of a file look like: samples to recognise a column by, the type its values would fit, and what a
//! spreadsheet has already spoilt.

use std::collections::BTreeMap;

use domain::csv_record::Cells;
use domain::value::{CellRule, DateOrder, ValueType};

use super::duplicates::Sheet;
use super::records::RecordFault;

/// Rows shown as they were read.
pub const ROWS_SHOWN: usize = 20;
/// Samples of a column.
pub const SAMPLES: usize = 3;
/// Longest piece of a cell that is shown, in characters.
pub const CELL_CHARS_SHOWN: usize = 200;
/// Cells in which spoilt text is looked for are at most this long, in bytes.
const LOOKED_AT_MAX: usize = 4096;

/// What was found.
#[derive(Debug, Default)]
pub struct Profile {
    /// The first rows as they were read.
    pub rows: Vec<Vec<String>>,
    /// Each column.
    pub columns: Vec<ColumnProfile>,
    /// What a spreadsheet or a wrong encoding spoilt, by code.
    pub warnings: BTreeMap<&'static str, Spoilt>,
}

/// Cells that are spoilt in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoilt {
    /// How many.
    pub count: u64,
    /// Line of the first.
    pub line: u64,
    /// Its column, from 1.
    pub column: usize,
    /// The first.
    pub example: String,
}

/// What is known of a column.
#[derive(Debug)]
pub struct ColumnProfile {
    /// Cells that hold something.
    pub filled: u64,
    /// Different ones, those with letters beyond ASCII first.
    pub samples: Vec<String>,
    fits: Fits,
}

/// What every filled cell so far could be.
#[derive(Debug)]
struct Fits {
    number: bool,
    boolean: bool,
    iso: bool,
    orders: Vec<DateOrder>,
    /// Whether there was a day at all, and not only what looks like one.
    day: bool,
    guarded: bool,
}

impl ColumnProfile {
    fn new() -> ColumnProfile {
        let fits = Fits {
            number: true,
            boolean: true,
            iso: true,
            orders: DateOrder::ALL.to_vec(),
            day: false,
            guarded: false,
        };
        ColumnProfile { filled: 0, samples: Vec::new(), fits }
    }

    /// The type that every value has: text, unless each is a number written as it would be kept, a word for true or
    /// false, or a date. A leading zero, a plus or a sixteenth digit make it text. Days that no calendar has, as 31/02/2026,
    /// make no column of dates a text: their rows are told by the check.
    pub fn kind(&self) -> ValueType {
        match &self.fits {
            _ if self.filled == 0 => ValueType::Text,
            Fits { boolean: true, .. } => ValueType::Boolean,
            Fits { number: true, .. } => ValueType::Number,
            Fits { day: true, iso: true, .. } => ValueType::Date,
            Fits { day: true, orders, .. } if !orders.is_empty() => ValueType::Date,
            Fits { .. } => ValueType::Text,
        }
    }

    /// The orders of day, month and year that fit every value of a column of dates. Where there are two, a person must
    /// say which; none: they are ISO 8601.
    pub fn orders(&self) -> &[DateOrder] {
        if self.kind() == ValueType::Date && !self.fits.iso { &self.fits.orders } else { &[] }
    }

    /// Whether cells look as if a `'` had been put before them to keep a spreadsheet from taking them for formulas.
    pub fn guarded(&self) -> bool {
        self.fits.guarded
    }

    /// How the column would be read as what it looks like.
    pub fn rule(&self) -> CellRule {
        let order = match self.orders() {
            [only] => Some(*only),
            _ => None,
        };
        CellRule { date_order: order, ..CellRule::of(self.kind()) }
    }

    fn look(&mut self, cell: &str) {
        self.filled += 1;
        self.sample(cell);
        let fits = &mut self.fits;
        fits.guarded |= matches!(cell.as_bytes(), [b'\'', b'=' | b'+' | b'-' | b'@' | b'\'', ..]);
        if fits.number {
            fits.number = is_kept(ValueType::Number, None, cell);
        }
        if fits.boolean {
            let digit = matches!(cell, "0" | "1");
            fits.boolean = !digit && CellRule::of(ValueType::Boolean).read(cell).is_ok();
        }
        fits.look_for_day(cell);
    }

    fn sample(&mut self, cell: &str) {
        let full = self.samples.len() == SAMPLES;
        if (full && cell.is_ascii()) || self.samples.iter().any(|known| known == cell) {
            return;
        }
        let piece = || cell.chars().take(CELL_CHARS_SHOWN).collect::<String>();
        if cell.len() > CELL_CHARS_SHOWN && self.samples.contains(&piece()) {
            return;
        }
        if !full {
            self.samples.push(piece());
        } else if let Some(plain) = self.samples.iter().rposition(|known| known.is_ascii()) {
            self.samples[plain] = piece();
        }
    }
}

impl Fits {
    fn look_for_day(&mut self, cell: &str) {
        let reads = |order| {
            let rule = CellRule { date_order: order, ..CellRule::of(ValueType::Date) };
            rule.read(cell).is_ok()
        };
        if !self.iso && self.orders.is_empty() {
            return;
        }
        let iso = self.iso && reads(None);
        let fit = |order: &DateOrder| reads(Some(*order));
        let orders: Vec<DateOrder> = self.orders.iter().copied().filter(fit).collect();
        let is_day = iso || !orders.is_empty();
        if !is_day && is_numbered(cell) && !reads(None) && !DateOrder::ALL.iter().any(fit) {
            return; // a day that no calendar has says nothing of how the others are written
        }
        self.day |= is_day;
        (self.iso, self.orders) = (iso, orders);
    }
}

/// Whether a cell is three numbers as of a day, whatever they are: 31/02/2026.
fn is_numbered(cell: &str) -> bool {
    let parts: Vec<&str> = cell.split(['/', '-', '.']).collect();
    let [first, second, third] = parts[..] else { return false };
    let long = |part: &str| part.len() == 4 && is_digits(part);
    let short = |part: &str| (1..=2).contains(&part.len()) && is_digits(part);
    short(second) && (long(first) && short(third) || short(first) && long(third))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a cell is of a type and already as it would be kept.
fn is_kept(kind: ValueType, date_order: Option<DateOrder>, cell: &str) -> bool {
    let rule = CellRule { date_order, ..CellRule::of(kind) };
    rule.read(cell).is_ok_and(|kept| kept == cell)
}

/// Reads every row of a file. Memory is bounded by its columns.
///
/// # Errors
/// When the file cannot be read.
pub fn profile(sheet: Sheet<'_>) -> Result<Profile, RecordFault> {
    let columns = sheet.plan.columns.iter().map(|_| ColumnProfile::new()).collect();
    let mut profile = Profile { columns, ..Profile::default() };
    let (mut records, mut cells) = (sheet.rows()?, Cells::new(sheet.delimiter()));
    while let Some(record) = records.next_record()? {
        if cells.decode(record.content).is_err() {
            continue;
        }
        if profile.rows.len() < ROWS_SHOWN {
            let shown = |cell: &str| cell.chars().take(CELL_CHARS_SHOWN).collect();
            profile.rows.push(cells.iter().map(shown).collect());
        }
        for (index, cell) in cells.iter().enumerate().take(profile.columns.len()) {
            if cell.is_empty() {
                continue;
            }
            profile.columns[index].look(cell);
            if let Some(code) = spoilt(cell) {
                note(&mut profile.warnings, code, record.line, index, cell);
            }
        }
    }
    for column in &mut profile.columns {
        column.samples.sort_by_key(|sample| sample.is_ascii()); // stable: else as they stand in the file
    }
    Ok(profile)
}

fn note(
    warnings: &mut BTreeMap<&'static str, Spoilt>,
    code: &'static str,
    line: u64,
    index: usize,
    cell: &str,
) {
    let first = || Spoilt {
        count: 0,
        line,
        column: index + 1,
        example: cell.chars().take(CELL_CHARS_SHOWN).collect(),
    };
    warnings.entry(code).or_insert_with(first).count += 1;
}

fn spoilt(cell: &str) -> Option<&'static str> {
    if cell.len() > LOOKED_AT_MAX {
        None
    } else if is_ruined_number(cell) {
        Some("number_ruined")
    } else if is_encoded_twice(cell) {
        Some("encoded_twice")
    } else {
        None
    }
}

/// A long number as a spreadsheet shows it, its last digits gone: `3,36E+10`.
fn is_ruined_number(cell: &str) -> bool {
    if memchr::memchr(b'+', cell.as_bytes()).is_none() {
        return false;
    }
    let Some((mantissa, exponent)) = cell.split_once("E+") else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts = mantissa.trim_start_matches('-').splitn(2, [',', '.']);
    let whole = parts.next().is_some_and(|whole| whole.len() == 1 && digits(whole));
    whole
        && parts.next().is_none_or(digits)
        && (1..=3).contains(&exponent.len())
        && digits(exponent)
}

/// UTF-8 that was read as Windows-1252 and written as UTF-8 again: `LÃ©a`. Taken back one step, it is UTF-8 with letters
/// beyond ASCII; ordinary text never is.
fn is_encoded_twice(cell: &str) -> bool {
    if cell.is_ascii() || !cell.contains(['Ã', 'Â', 'â', 'Å', 'Ä', 'Ð', 'Ñ']) {
        return false;
    }
    let (bytes, _, unmappable) = encoding_rs::WINDOWS_1252.encode(cell);
    !unmappable && std::str::from_utf8(&bytes).is_ok_and(|text| !text.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str]) -> ColumnProfile {
        let mut column = ColumnProfile::new();
        cells.iter().for_each(|cell| column.look(cell));
        column
    }

    #[test]
    fn a_type_is_proposed_only_where_nothing_would_be_lost() {
        for (cells, kind) in [
            (&["12", "-3.5", "0"][..], ValueType::Number),
            (&["12", "007"], ValueType::Text),
            (&["12", "+33"], ValueType::Text),
            (&["1234567890123456"], ValueType::Text),
            (&["1.50"], ValueType::Text),
            (&["oui", "Non"], ValueType::Boolean),
            (&["0", "1"], ValueType::Number),
            (&["2026-01-31", "2026-02-01T10:00:00Z"], ValueType::Date),
            (&["Lyon"], ValueType::Text),
            (&[], ValueType::Text),
        ] {
            assert_eq!(column(cells).kind(), kind, "{cells:?}");
        }
    }

    #[test]
    fn two_orders_that_fit_are_both_told() {
        use DateOrder::{DayMonthYear, MonthDayYear};
        assert_eq!(column(&["03/04/2026", "01/02/2026"]).orders(), [DayMonthYear, MonthDayYear]);
        assert_eq!(column(&["03/04/2026", "01/02/2026"]).rule().date_order, None);
        assert_eq!(column(&["03/04/2026", "13/02/2026"]).orders(), [DayMonthYear]);
        assert_eq!(column(&["03/04/2026", "02/13/2026"]).rule().date_order, Some(MonthDayYear));
        assert_eq!(column(&["13/04/2026", "02/13/2026"]).kind(), ValueType::Text);
    }

    #[test]
    fn a_day_that_no_calendar_has_spoils_no_column_of_days() {
        use DateOrder::{DayMonthYear, MonthDayYear};
        let mixed = column(&["13/04/2026", "31/02/2026", "01/02/2026"]);
        assert_eq!((mixed.kind(), mixed.orders()), (ValueType::Date, &[DayMonthYear][..]));
        assert_eq!(column(&["00/00/0000", "03/04/2026"]).orders(), [DayMonthYear, MonthDayYear]);
        let iso = column(&["2026-01-31", "2026-02-31"]);
        assert_eq!((iso.kind(), iso.orders()), (ValueType::Date, &[][..]));
        for no_days in [
            &["31/02/2026", "32/01/2026"][..],
            &["1.2.3", "10.4.11"],
            &["120-05-2019", "555-12-3456", "12-05-2019"],
        ] {
            assert_eq!(column(no_days).kind(), ValueType::Text, "{no_days:?}");
        }
        assert_eq!(column(&["13/04/2026", "unknown"]).kind(), ValueType::Text);
    }

    #[test]
    fn what_was_spoilt_before_is_seen() {
        for ruined in ["3,36E+10", "3.36E+10", "1E+15"] {
            assert_eq!(spoilt(ruined), Some("number_ruined"), "{ruined}");
        }
        for twice in ["LÃ©a", "CafÃ© de la Gare", "MÃ¼ller", "itâ€™s"] {
            assert_eq!(spoilt(twice), Some("encoded_twice"), "{twice}");
        }
        for fine in ["Léa", "Ângela", "Ã", "SÃO PAULO", "E+", "12E+3", "Route E+1", "1,5", "Ñandú"]
        {
            assert_eq!(spoilt(fine), None, "{fine}");
        }
    }

    #[test]
    fn samples_are_different_and_prefer_letters_beyond_ascii() {
        let samples = column(&["a", "a", "b", "c", "d", "é", "ü"]).samples;
        assert_eq!(samples.len(), SAMPLES);
        assert!(samples.contains(&"é".to_owned()) && samples.contains(&"ü".to_owned()));
    }
}
