//! Numbers: decimals written out, kept without what says nothing.

use std::borrow::Cow;

use super::ValueFault;

/// Most significant digits of a number. Every decimal of so many comes back unchanged from the floating-point numbers
/// of the programs that read our exports (IEEE 754 binary64).
pub const SIGNIFICANT_DIGITS_MAX: usize = 15;

/// Reads a number: a sign, digits, perhaps a point (or comma) and digits. With `grouped`, the digits before it may stand
/// in groups of three, parted by spaces, apostrophes, or the other one of point and comma.
pub(super) fn read(
    cell: &str,
    decimal_comma: bool,
    grouped: bool,
) -> Result<Cow<'_, str>, ValueFault> {
    if is_kept_so(cell.as_bytes()) {
        return Ok(Cow::Borrowed(cell));
    }
    let (negative, digits) = match cell.as_bytes() {
        [b'-', ..] => (true, &cell[1..]),
        [b'+', ..] => (false, &cell[1..]),
        _ => (false, cell),
    };
    let (mark, other) = if decimal_comma { (',', '.') } else { ('.', ',') };
    let (whole, fraction) = digits.split_once(mark).unwrap_or((digits, "0"));
    let whole = if grouped { ungroup(whole, other)? } else { Cow::Borrowed(whole) };
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(&whole) || !are_digits(fraction) {
        return Err(ValueFault::NumberInvalid);
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let significant = match whole.len() {
        0 => fraction.trim_start_matches('0').len(),
        whole => whole + fraction.len(),
    };
    if significant > SIGNIFICANT_DIGITS_MAX || fraction.len() > 2 * SIGNIFICANT_DIGITS_MAX {
        return Err(ValueFault::NumberOutOfRange);
    }
    Ok(canonical(cell, negative && significant > 0, whole, fraction))
}

/// Whether it is a whole number written as it is kept: most are, and need no second look.
fn is_kept_so(cell: &[u8]) -> bool {
    match cell.strip_prefix(b"-").unwrap_or(cell) {
        [b'0'] => cell.len() == 1,
        [b'1'..=b'9', rest @ ..] => {
            rest.len() < SIGNIFICANT_DIGITS_MAX && rest.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

fn canonical<'c>(cell: &'c str, negative: bool, whole: &str, fraction: &str) -> Cow<'c, str> {
    let sign = if negative { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let text = match fraction {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    };
    if text == cell { Cow::Borrowed(cell) } else { Cow::Owned(text) }
}

/// The digits without what parts them: one to three digits, then groups of exactly three.
fn ungroup(whole: &str, other: char) -> Result<Cow<'_, str>, ValueFault> {
    let parts =
        |c: char| c == other || matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}');
    let Some(mark) = whole.chars().find(|c| parts(*c)) else { return Ok(Cow::Borrowed(whole)) };
    let groups: Vec<&str> = whole.split(mark).collect();
    let (first, rest) = groups.split_first().ok_or(ValueFault::NumberInvalid)?;
    if !(1..=3).contains(&first.len()) || rest.iter().any(|group| group.len() != 3) {
        return Err(ValueFault::NumberInvalid);
    }
    Ok(Cow::Owned(groups.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(cell: &str) -> Result<String, ValueFault> {
        read(cell, false, false).map(Cow::into_owned)
    }

    #[test]
    fn equal_numbers_are_equal_texts() {
        for (cell, kept) in [
            ("12", "12"),
            ("+12", "12"),
            ("012.50", "12.5"),
            ("-0.0", "0"),
            ("0", "0"),
            ("-3.10", "-3.1"),
            ("0.000001", "0.000001"),
            ("999999999999999", "999999999999999"),
            ("0.1234567890123450", "0.123456789012345"),
        ] {
            assert_eq!(plain(cell).unwrap(), kept, "{cell}");
            assert_eq!(plain(kept).unwrap(), kept, "reading it again changes nothing");
        }
    }

    #[test]
    fn what_is_no_number_is_not_made_one() {
        for cell in [
            "", "-", ".", "1.", ".5", "1,5", "1 000", "1e3", "3,36E+10", "0x1F", "١٢", "1.2.3",
            "--1",
        ] {
            assert_eq!(plain(cell), Err(ValueFault::NumberInvalid), "{cell}");
        }
        for cell in ["1234567890123456", "1.234567890123456", &format!("0.{}1", "0".repeat(40))] {
            assert_eq!(plain(cell), Err(ValueFault::NumberOutOfRange), "{cell}");
        }
    }

    #[test]
    fn commas_and_groups_are_read_where_the_column_says_so() {
        for (cell, comma, kept) in [
            ("1.234.567,50", true, "1234567.5"),
            ("1\u{202f}234,5", true, "1234.5"),
            ("-1 234", true, "-1234"),
            ("1,234.5", false, "1234.5"),
            ("1'234'567", false, "1234567"),
            ("999,5", true, "999.5"),
        ] {
            assert_eq!(read(cell, comma, true).unwrap(), kept, "{cell}");
        }
        for (cell, comma) in
            [("12,34.5", false), ("1234,567.0", false), ("1.23,4", true), ("1,2,3", true)]
        {
            assert_eq!(read(cell, comma, true), Err(ValueFault::NumberInvalid), "{cell}");
        }
    }
}
