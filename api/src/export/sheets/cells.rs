//! Cells of a sheet: each value as what it is, and text as text, whatever it looks like.

use std::io::Write;

use chrono::{DateTime, Datelike, NaiveDate};

use super::{CELL_CHARS_MAX, CellKind};
use crate::export::members::plain;

/// Number of a column's style, as `styles.xml` has them.
const BOLD: u8 = 1;
const INSTANT: u8 = 2;
const DAY: u8 = 3;

/// Digits that every number keeps in a spreadsheet.
const DIGITS_MAX: usize = 15;
const DAY_US: i64 = 86_400_000_000;
/// Days from the year 1 to the day that is 0 in a spreadsheet.
const DAY_0_FROM_CE: i32 = 693_594;
/// The first of March 1900: spreadsheets count a day before it that never was.
const DAY_FIRST: i32 = 61;
/// The last of December 9999.
const DAY_LAST: i32 = 2_958_465;

/// A place in a sheet: the column's letters and the row.
type Place<'a> = (&'a str, u64);

/// Writes the cell of a JSON value; of null, nothing.
///
/// # Errors
/// How many characters it has, where that is more than a cell holds.
pub(super) fn cell(
    place: Place<'_>,
    kind: CellKind,
    value: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), usize> {
    match value {
        b"null" => Ok(()),
        b"true" | b"false" => {
            let number = if value == b"true" { "1" } else { "0" };
            typed(place, " t=\"b\"", number, out);
            Ok(())
        }
        [b'0'..=b'9' | b'-', ..] if is_kept(value) => {
            typed(place, "", std::str::from_utf8(value).unwrap_or_default(), out);
            Ok(())
        }
        [b'[', ..] => inline(place, &list(value), out),
        [b'"', inner @ .., b'"'] if kind == CellKind::Time => match moment(inner) {
            Some(Moment::Instant(days)) => {
                typed(place, &format!(" s=\"{INSTANT}\""), &days.to_string(), out);
                Ok(())
            }
            Some(Moment::Day(day)) => {
                typed(place, &format!(" s=\"{DAY}\""), &day.to_string(), out);
                Ok(())
            }
            None => inline(place, &text(value), out),
        },
        _ => match std::str::from_utf8(&plain(value)) {
            Ok(text) => inline(place, text, out),
            Err(_) => Ok(()),
        },
    }
}

/// Writes a cell of the header.
pub(super) fn head_cell(letters: &str, name: &str, out: &mut Vec<u8>) {
    string((letters, 1), &format!(" s=\"{BOLD}\""), name, out);
}

/// What a JSON value is as text.
pub(super) fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(&plain(value)).into_owned()
}

/// A list of texts is joined; any other stays JSON.
fn list(value: &[u8]) -> String {
    match serde_json::from_slice::<Vec<String>>(value) {
        Ok(texts) => texts.join(";"),
        Err(_) => text(value),
    }
}

/// Letters of the column of this index: A to Z, AA and so on.
pub(super) fn letters(mut index: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + (index % 26) as u8);
        if index < 26 {
            break;
        }
        index = index / 26 - 1;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

/// Whether a spreadsheet keeps each digit of a number.
fn is_kept(number: &[u8]) -> bool {
    let mantissa = number.split(|byte| matches!(byte, b'e' | b'E')).next().unwrap_or_default();
    let digits = mantissa.iter().filter(|byte| byte.is_ascii_digit());
    let significant = digits.skip_while(|byte| **byte == b'0').count();
    let number = std::str::from_utf8(number).ok().and_then(|text| text.parse::<f64>().ok());
    // The smallest that spreadsheets know is 2.2251E-308.
    significant <= DIGITS_MAX && number.is_some_and(|number| number == 0.0 || number.is_normal())
}

fn typed((letters, row): Place<'_>, attributes: &str, value: &str, out: &mut Vec<u8>) {
    write!(out, "<c r=\"{letters}{row}\"{attributes}><v>{value}</v></c>").expect("memory takes it");
}

fn inline(place: Place<'_>, text: &str, out: &mut Vec<u8>) -> Result<(), usize> {
    // No text has more units than bytes.
    if text.len() > CELL_CHARS_MAX {
        let chars = text.encode_utf16().count();
        if chars > CELL_CHARS_MAX {
            return Err(chars);
        }
    }
    string(place, "", text, out);
    Ok(())
}

fn string((letters, row): Place<'_>, attributes: &str, text: &str, out: &mut Vec<u8>) {
    let white = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    let kept = white(text.as_bytes().first()) || white(text.as_bytes().last());
    let space = if kept { " xml:space=\"preserve\"" } else { "" };
    write!(out, "<c r=\"{letters}{row}\"{attributes} t=\"inlineStr\"><is><t{space}>")
        .expect("memory takes it");
    escaped(text, out);
    out.extend_from_slice(b"</t></is></c>");
}

/// Writes text into XML. What XML cannot hold is written as `_xHHHH_`, and so is the `_` of a text that looks like that.
pub(super) fn escaped(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut begin = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let instead: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'"' => b"&quot;",
            b'_' if looks_escaped(&bytes[at..]) => b"_x005F_",
            b'\t' | b'\n' => continue,
            0..=0x1F => {
                out.extend_from_slice(&bytes[begin..at]);
                begin = at + 1;
                write!(out, "_x{byte:04X}_").expect("memory takes it");
                continue;
            }
            // U+FFFE and U+FFFF
            0xEF if matches!(bytes[at + 1..], [0xBF, 0xBE | 0xBF, ..]) => {
                out.extend_from_slice(&bytes[begin..at]);
                begin = at + 3;
                out.extend_from_slice(if bytes[at + 2] == 0xBE { b"_xFFFE_" } else { b"_xFFFF_" });
                continue;
            }
            _ => continue,
        };
        out.extend_from_slice(&bytes[begin..at]);
        out.extend_from_slice(instead);
        begin = at + 1;
    }
    out.extend_from_slice(&bytes[begin..]);
}

/// Whether a reader would take it for an escape: also where the last `_` is the first of one that follows.
fn looks_escaped(text: &[u8]) -> bool {
    let [b'_', b'x', digits @ ..] = text else { return false };
    let Some((digits, next)) = digits.split_at_checked(4) else { return false };
    let ends = match next {
        [b'_', ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..] => true,
        [byte, ..] => *byte < b' ' && !matches!(byte, b'\t' | b'\n'),
        [] => false,
    };
    ends && digits.iter().all(u8::is_ascii_hexdigit)
}

#[derive(Debug, PartialEq)]
enum Moment {
    /// Days, and the part of one.
    Instant(f64),
    Day(i32),
}

/// Reads a day or an instant, where a spreadsheet has it. The nearest double is within half a microsecond until 2079.
fn moment(text: &[u8]) -> Option<Moment> {
    let day = day(text.get(..10)?)?;
    if !(DAY_FIRST..=DAY_LAST).contains(&day) {
        return None;
    }
    if text.len() == 10 {
        return Some(Moment::Day(day));
    }
    let micros = match clock(text.get(10..)?) {
        Some(micros) => i64::from(day) * DAY_US + micros,
        None => {
            let text = std::str::from_utf8(text).ok()?;
            let instant = DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros();
            let days_to_1970 = 25_569;
            instant + days_to_1970 * DAY_US
        }
    };
    let day = i32::try_from(micros.div_euclid(DAY_US)).ok()?;
    (DAY_FIRST..=DAY_LAST).contains(&day).then(|| Moment::Instant(micros as f64 / DAY_US as f64))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
    })
}

/// `2026-01-31` as a spreadsheet counts days.
fn day(text: &[u8]) -> Option<i32> {
    let (&[.., b'-', _, _, b'-', _, _], year) = (text, number(&text[..4])?) else { return None };
    let day =
        NaiveDate::from_ymd_opt(year.cast_signed(), number(&text[5..7])?, number(&text[8..])?);
    Some(day?.num_days_from_ce() - DAY_0_FROM_CE)
}

/// `T09:00:00.000000Z`, the form that our own times have.
fn clock(text: &[u8]) -> Option<i64> {
    let &[b'T', _, _, b':', _, _, b':', _, _, b'.', _, _, _, _, _, _, b'Z'] = text else {
        return None;
    };
    let part = |from: usize, to: usize| number(&text[from..to]).map(i64::from);
    Some(((part(1, 3)? * 60 + part(4, 6)?) * 60 + part(7, 9)?) * 1_000_000 + part(10, 16)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: CellKind, json: &str) -> String {
        let mut out = Vec::new();
        cell(("AB", 7), kind, json.as_bytes(), &mut out).unwrap();
        String::from_utf8(out).unwrap().replace("<c r=\"AB7\"", "").replace("</c>", "")
    }

    #[test]
    fn each_value_is_what_it_is() {
        for (json, xml) in [
            ("null", ""),
            ("12", "><v>12</v>"),
            ("-0.5", "><v>-0.5</v>"),
            ("123456789012345", "><v>123456789012345</v>"),
            ("0.000123456789012345", "><v>0.000123456789012345</v>"),
            ("1234567890123456", " t=\"inlineStr\"><is><t>1234567890123456</t></is>"),
            ("1e400", " t=\"inlineStr\"><is><t>1e400</t></is>"),
            ("true", " t=\"b\"><v>1</v>"),
            ("false", " t=\"b\"><v>0</v>"),
            ("\"007\"", " t=\"inlineStr\"><is><t>007</t></is>"),
            ("\"=1+1\"", " t=\"inlineStr\"><is><t>=1+1</t></is>"),
            ("\" a\"", " t=\"inlineStr\"><is><t xml:space=\"preserve\"> a</t></is>"),
            ("\"<&>\\\"\"", " t=\"inlineStr\"><is><t>&lt;&amp;&gt;&quot;</t></is>"),
            (
                "\"a\\u0001\\r\\nb\\uffff\"",
                " t=\"inlineStr\"><is><t>a_x0001__x000D_\nb_xFFFF_</t></is>",
            ),
            ("\"_x000d_ _x1\"", " t=\"inlineStr\"><is><t>_x005F_x000d_ _x1</t></is>"),
            (
                "\"_x0041\\u0001 _x0041\\n _x0041\\uffff\"",
                " t=\"inlineStr\"><is><t>_x005F_x0041_x0001_ _x0041\n _x005F_x0041_xFFFF_</t></is>",
            ),
            ("[\"a\",\"b\"]", " t=\"inlineStr\"><is><t>a;b</t></is>"),
            ("[1]", " t=\"inlineStr\"><is><t>[1]</t></is>"),
            ("{\"a\":\"b\"}", " t=\"inlineStr\"><is><t>{&quot;a&quot;:&quot;b&quot;}</t></is>"),
        ] {
            assert_eq!(written(CellKind::Plain, json), xml, "{json}");
        }
    }

    #[test]
    fn times_are_days_to_the_microsecond_where_a_sheet_has_them() {
        for (text, days) in [
            ("1970-01-01T00:00:00.000000Z", Some(25_569.0)),
            ("2026-01-02T18:00:00.000000Z", Some(46_024.75)),
            ("2026-01-02T19:00:00+01:00", Some(46_024.75)),
            ("1900-03-01T00:00:00.000000Z", Some(61.0)),
            ("1900-02-28T23:59:59.999999Z", None),
            ("2026-02-30T00:00:00.000000Z", None),
            ("10000-01-01T00:00:00.000000Z", None),
            ("yesterday, or so", None),
        ] {
            assert_eq!(moment(text.as_bytes()), days.map(Moment::Instant), "{text}");
        }
        assert_eq!(moment(b"9999-12-31"), Some(Moment::Day(DAY_LAST)));
        for micros in [0i64, 1, 123_457, 86_399_999_999] {
            let text = domain::time_range::utc_text(1_767_312_000_000_000 + micros);
            let Some(Moment::Instant(days)) = moment(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(((days - 46_024.0) * DAY_US as f64).round() as i64, micros, "{text}");
        }
    }

    #[test]
    fn columns_have_letters() {
        let named = [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")];
        for (index, expected) in named {
            assert_eq!(letters(index), expected);
        }
    }
}
