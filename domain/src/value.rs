//! Values of properties: text, number, boolean, date. What a cell must look like to be one, and the one form each is
//! kept in, so that equal values are equal texts.

mod date;
mod number;

use std::borrow::Cow;

use chrono_tz::Tz;

pub use self::date::DateOrder;
pub use self::number::SIGNIFICANT_DIGITS_MAX;

/// What a property holds. Fixed when the property is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ValueType {
    /// Kept exactly as given.
    #[default]
    Text,
    /// A decimal of at most [`SIGNIFICANT_DIGITS_MAX`] significant digits.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A calendar day or an instant, kept as which.
    Date,
}

impl ValueType {
    /// All of them.
    pub const ALL: [ValueType; 4] =
        [ValueType::Text, ValueType::Number, ValueType::Boolean, ValueType::Date];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            ValueType::Text => "text",
            ValueType::Number => "number",
            ValueType::Boolean => "boolean",
            ValueType::Date => "date",
        }
    }

    /// The type of this name.
    pub fn from_name(name: &str) -> Option<ValueType> {
        ValueType::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// How the cells of a column are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellRule {
    /// What they hold.
    pub kind: ValueType,
    /// The order of day, month and year; none: only ISO 8601 is read.
    pub date_order: Option<DateOrder>,
    /// Zone of date-times that name no offset; none: such a cell is refused.
    pub zone: Option<Tz>,
    /// A comma before the decimals, not a point.
    pub decimal_comma: bool,
    /// Digits may stand in groups of three.
    pub grouped: bool,
    /// An empty cell clears the value; otherwise it says nothing.
    pub empty_clears: bool,
    /// A cell of exactly this text clears the value.
    pub clear_token: Option<String>,
    /// Cells were guarded against being taken for formulas: one `'` at their beginning is taken off.
    pub guarded: bool,
}

/// Why a cell is no value of its column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    /// No number.
    #[error(
        "this is no number; a number is digits with at most one sign and one decimal point (or comma, where the column says so)"
    )]
    NumberInvalid,
    /// More digits than are kept.
    #[error(
        "a number has at most {SIGNIFICANT_DIGITS_MAX} significant digits; keep longer ones in a text property"
    )]
    NumberOutOfRange,
    /// Neither true nor false.
    #[error(
        "this is neither true nor false; true, yes, oui, vrai, 1 and false, no, non, faux, 0 are read"
    )]
    BooleanInvalid,
    /// No day and no instant.
    #[error(
        "there is no such date; it is written 2026-01-31 or 2026-01-31T09:00:00Z, or else in the column's date order, with a year of four digits"
    )]
    DateInvalid,
    /// Two different days, by the order of day and month.
    #[error(
        "this is one day with the day first and another with the month first; say the column's date order"
    )]
    DateAmbiguous,
}

impl ValueFault {
    /// Its stable name.
    pub fn code(self) -> &'static str {
        match self {
            ValueFault::NumberInvalid => "number_invalid",
            ValueFault::NumberOutOfRange => "number_out_of_range",
            ValueFault::BooleanInvalid => "boolean_invalid",
            ValueFault::DateInvalid => "date_invalid",
            ValueFault::DateAmbiguous => "date_ambiguous",
        }
    }
}

impl CellRule {
    /// Text as it stands, empty cells skipped.
    pub fn of(kind: ValueType) -> CellRule {
        CellRule { kind, ..CellRule::default() }
    }

    /// A cell without the guard that was put before it. A guarded file has one before every cell that began with one.
    pub fn unguarded<'c>(&self, cell: &'c str) -> &'c str {
        cell.strip_prefix('\'').filter(|_| self.guarded).unwrap_or(cell)
    }

    /// Whether a cell asks that the value be cleared.
    pub fn clears(&self, cell: &str) -> bool {
        (cell.is_empty() && self.empty_clears) || self.clear_token.as_deref() == Some(cell)
    }

    /// The value a cell stands for, in the form it is kept in. Text is kept exactly; around everything else white
    /// space does not count.
    ///
    /// # Errors
    /// See [`ValueFault`].
    pub fn read<'c>(&self, cell: &'c str) -> Result<Cow<'c, str>, ValueFault> {
        match self.kind {
            ValueType::Text => Ok(Cow::Borrowed(cell)),
            ValueType::Number => number::read(cell.trim(), self.decimal_comma, self.grouped),
            ValueType::Boolean => boolean(cell.trim()).map(Cow::Borrowed),
            ValueType::Date => date::read(cell.trim(), self.date_order, self.zone),
        }
    }

    /// The moment a cell stands for, in microseconds since 1970: a day is its beginning in the column's zone, or UTC.
    ///
    /// # Errors
    /// [`ValueFault::DateInvalid`], [`ValueFault::DateAmbiguous`].
    pub fn read_moment(&self, cell: &str) -> Result<i64, ValueFault> {
        date::moment(cell.trim(), self.date_order, self.zone)
    }
}

const TRUE: [&str; 5] = ["true", "1", "yes", "oui", "vrai"];
const FALSE: [&str; 5] = ["false", "0", "no", "non", "faux"];

fn boolean(cell: &str) -> Result<&'static str, ValueFault> {
    let is = |words: [&str; 5]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    match (is(TRUE), is(FALSE)) {
        (true, _) => Ok("true"),
        (_, true) => Ok("false"),
        (false, false) => Err(ValueFault::BooleanInvalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_read_in_english_and_french_whatever_their_case() {
        let rule = CellRule::of(ValueType::Boolean);
        for cell in ["TRUE", "yes", " Oui ", "vrai", "1"] {
            assert_eq!(rule.read(cell).unwrap(), "true", "{cell}");
        }
        for cell in ["False", "NO", "non", "FAUX", "0"] {
            assert_eq!(rule.read(cell).unwrap(), "false", "{cell}");
        }
        for cell in ["", "maybe", "2", "y"] {
            assert_eq!(rule.read(cell), Err(ValueFault::BooleanInvalid), "{cell}");
        }
    }

    #[test]
    fn only_what_the_column_says_clears_a_value() {
        let skip = CellRule::default();
        let clear = CellRule { empty_clears: true, ..CellRule::default() };
        let token = CellRule { clear_token: Some("NULL".to_owned()), ..CellRule::default() };
        assert!(!skip.clears("") && clear.clears("") && !token.clears(""));
        assert!(token.clears("NULL") && !token.clears("null") && !clear.clears("NULL"));
    }

    #[test]
    fn one_guard_is_taken_off_where_the_column_says_there_is_one() {
        let guarded = CellRule { guarded: true, ..CellRule::default() };
        for (cell, without) in [("'=1+1", "=1+1"), ("''hi'", "'hi'"), ("hi'", "hi'"), ("", "")] {
            assert_eq!(guarded.unguarded(cell), without);
            assert_eq!(CellRule::default().unguarded(cell), cell);
        }
    }

    #[test]
    fn text_is_never_touched() {
        assert_eq!(CellRule::default().read(" 007 ").unwrap(), " 007 ");
    }
}
