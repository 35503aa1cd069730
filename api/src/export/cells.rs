//! Writing CSV cells by RFC 4180, with the reversible guard against spreadsheet formulas. Hand-written because it is
//! the inner loop of every export: twice as fast as a general writer (see BENCH.md).

/// How cells are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between cells.
    pub delimiter: u8,
    /// Put one `'` before text that a spreadsheet would take for a formula.
    pub safe: bool,
}

/// Ends a row.
pub const ROW_END: &[u8] = b"\r\n";

impl Dialect {
    /// Writes a cell that holds no text a user wrote: ids, times, numbers, our own names.
    pub fn plain(self, out: &mut Vec<u8>, text: &[u8]) {
        if text.iter().any(|&byte| needs_quotes(byte, self.delimiter)) {
            quoted(out, b"", text);
        } else {
            out.extend_from_slice(text);
        }
    }

    /// Writes a row of cells, each as it is, and its end.
    pub fn row<'c>(self, out: &mut Vec<u8>, cells: impl Iterator<Item = &'c str>) {
        for (index, cell) in cells.enumerate() {
            if index > 0 {
                out.push(self.delimiter);
            }
            self.plain(out, cell.as_bytes());
        }
        out.extend_from_slice(ROW_END);
    }

    /// Writes a cell of user text. With `safe`, one leading `'` is put before it where it needs one, and also where it
    /// begins with one: so taking exactly one off gives back what was there.
    pub fn text(self, out: &mut Vec<u8>, text: &[u8]) {
        if !(self.safe && is_trigger(text)) {
            self.plain(out, text);
        } else if text.iter().any(|&byte| needs_quotes(byte, self.delimiter)) {
            quoted(out, b"'", text);
        } else {
            out.push(b'\'');
            out.extend_from_slice(text);
        }
    }
}

fn needs_quotes(byte: u8, delimiter: u8) -> bool {
    byte == b'"' || byte == b'\n' || byte == b'\r' || byte == delimiter
}

/// Copies every byte and, for a quote, once more: the second write is kept or overwritten without a branch.
fn quoted(out: &mut Vec<u8>, guard: &[u8], text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(guard);
    let start = out.len();
    out.resize(start + 2 * text.len(), 0);
    let mut at = start;
    for &byte in text {
        out[at] = byte;
        let again = usize::from(byte == b'"');
        out[at + again] = byte;
        at += 1 + again;
    }
    out.truncate(at);
    out.push(b'"');
}

/// `= + - @`, the guard itself, tab, CR, LF, and the full-width forms of the first four.
fn is_trigger(text: &[u8]) -> bool {
    match text {
        [b'=' | b'+' | b'-' | b'@' | b'\'' | b'\t' | b'\r' | b'\n', ..] => true,
        [0xEF, 0xBC, last, ..] => matches!(last, 0x9D | 0x8B | 0x8D | 0xA0), // U+FF1D ＝, FF0B ＋, FF0D －, FF20 ＠
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, safe: bool) -> String {
        let mut out = Vec::new();
        Dialect { delimiter: b',', safe }.text(&mut out, text.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_only_where_they_must_be() {
        for (text, written) in [
            ("Lyon", "Lyon"),
            ("", ""),
            (" padded ", " padded "),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("\"", "\"\"\"\""),
        ] {
            assert_eq!(cell(text, false), written);
        }
    }

    #[test]
    fn the_guard_is_one_quote_and_only_where_a_formula_could_begin() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("-5 on request", "'-5 on request"),
            ("+33 6 12", "'+33 6 12"),
            ("@home", "'@home"),
            ("'quoted'", "''quoted'"),
            ("＝SUM(A1)", "'＝SUM(A1)"),
            ("\tx", "'\tx"),
            ("=a,b", "\"'=a,b\""),
            ("a=b", "a=b"),
            ("０１", "０１"),
        ] {
            assert_eq!(cell(text, true), written);
            assert!(!cell(text, false).starts_with("'='"));
        }
        assert_eq!(cell("=1+1", false), "=1+1");
    }
}
