//! Where a record of a CSV ends and what its cells are.
//!
//! The boundary is our own, because it must refuse what readers usually forgive: a quote that never closes.
//! The cells inside a record are decoded by `csv-core`, by the same rules (RFC 4180; a quote opens only at the
//! start of a cell).

use memchr::{memchr, memchr2_iter, memchr3};

/// What stands at the start of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A whole record.
    Record {
        /// Bytes of the record without its line end; 0 is a blank line, which is no row.
        content: usize,
        /// Bytes including the line end.
        total: usize,
        /// Physical lines it spans: CR, LF and CRLF each end one.
        lines: u64,
    },
    /// The buffer ends inside a record.
    Incomplete,
    /// The file ends inside a quoted cell.
    Unterminated {
        /// Offset of the quote that opened it.
        quote: usize,
        /// Lines between the record's start and that quote.
        lines: u64,
    },
}

/// Finds the record at the start of `buffer`; `at_end` says that nothing follows the buffer.
pub fn find_record(buffer: &[u8], delimiter: u8, at_end: bool) -> Found {
    let (mut at, mut inner_lines) = (0, 0);
    loop {
        let Some(hit) = memchr3(b'"', b'\r', b'\n', &buffer[at..]).map(|offset| at + offset) else {
            let whole = Found::Record {
                content: buffer.len(),
                total: buffer.len(),
                lines: inner_lines + 1,
            };
            return if at_end { whole } else { Found::Incomplete };
        };
        match buffer[hit] {
            b'"' if hit == 0 || buffer[hit - 1] == delimiter => {
                match closing_quote(buffer, hit, at_end) {
                    Closing::After(next) => {
                        inner_lines += line_ends(&buffer[hit..next]);
                        at = next;
                    }
                    Closing::Unknown => return Found::Incomplete,
                    Closing::Never => {
                        return Found::Unterminated { quote: hit, lines: inner_lines };
                    }
                }
            }
            b'"' => at = hit + 1, // a quote inside an unquoted cell is text
            b'\r' if hit + 1 == buffer.len() && !at_end => return Found::Incomplete,
            b'\r' if buffer.get(hit + 1) == Some(&b'\n') => {
                return Found::Record { content: hit, total: hit + 2, lines: inner_lines + 1 };
            }
            _ => return Found::Record { content: hit, total: hit + 1, lines: inner_lines + 1 },
        }
    }
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

enum Closing {
    After(usize),
    Unknown,
    Never,
}

fn closing_quote(buffer: &[u8], opening: usize, at_end: bool) -> Closing {
    let mut from = opening + 1;
    while let Some(quote) = memchr(b'"', &buffer[from..]).map(|offset| from + offset) {
        match buffer.get(quote + 1) {
            Some(b'"') => from = quote + 2,
            Some(_) => return Closing::After(quote + 1),
            None if at_end => return Closing::After(quote + 1),
            None => return Closing::Unknown,
        }
    }
    if at_end { Closing::Never } else { Closing::Unknown }
}

fn line_ends(bytes: &[u8]) -> u64 {
    memchr2_iter(b'\r', b'\n', bytes)
        .filter(|&i| bytes[i] == b'\r' || i == 0 || bytes[i - 1] != b'\r')
        .count() as u64
}

/// The decoded cells of one record; reused from record to record.
#[derive(Debug)]
pub struct Cells {
    reader: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
    valid: String,
}

impl Cells {
    /// For files with this delimiter.
    pub fn new(delimiter: u8) -> Self {
        let reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Cells { reader, text: Vec::new(), ends: vec![0; 64], count: 0, valid: String::new() }
    }

    /// Decodes the content of one record, without its line end.
    ///
    /// # Errors
    /// Where the bytes are not UTF-8. The structural pass over the file names the byte; here it is only refused.
    pub fn decode(&mut self, content: &[u8]) -> Result<(), std::str::Utf8Error> {
        self.reader.reset();
        self.text.resize(content.len().max(1), 0);
        if content.starts_with(BOM) {
            // After a reset csv-core takes a byte order mark for the file's; behind a line end it is text.
            self.reader.read_record(b"\n", &mut self.text, &mut self.ends);
        }
        let (mut read, mut written, mut ended) = (0, 0, 0);
        loop {
            let (result, nin, nout, nend) = self.reader.read_record(
                &content[read..],
                &mut self.text[written..],
                &mut self.ends[ended..],
            );
            (read, written, ended) = (read + nin, written + nout, ended + nend);
            match result {
                csv_core::ReadRecordResult::InputEmpty => {} // the next, empty input ends the record
                csv_core::ReadRecordResult::OutputFull => self.text.push(0),
                csv_core::ReadRecordResult::OutputEndsFull => {
                    self.ends.resize(self.ends.len() * 2, 0)
                }
                csv_core::ReadRecordResult::Record | csv_core::ReadRecordResult::End => break,
            }
        }
        self.count = ended;
        self.valid.clear();
        self.valid.push_str(std::str::from_utf8(&self.text[..written])?);
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The cell at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<&str> {
        if index >= self.count {
            return None;
        }
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.valid.get(start..self.ends[index])
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.count).filter_map(|index| self.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines and cells; or the line and byte of a quote that never closes.
    type Split = Result<Vec<(u64, Vec<String>)>, (u64, usize)>;

    /// Splits a whole text as the import does, fed in pieces of `step` bytes.
    fn records(text: &[u8], delimiter: u8, step: usize) -> Split {
        let (mut out, mut line, mut start, mut known) = (Vec::new(), 1, 0, 0);
        let mut cells = Cells::new(delimiter);
        while start < text.len() {
            match find_record(&text[start..known], delimiter, known == text.len()) {
                Found::Incomplete => known = (known + step).min(text.len()),
                Found::Unterminated { quote, lines } => return Err((line + lines, start + quote)),
                Found::Record { content, total, lines } => {
                    if content > 0 {
                        cells.decode(&text[start..start + content]).unwrap();
                        out.push((line, cells.iter().map(str::to_owned).collect()));
                    }
                    (start, line) = (start + total, line + lines);
                }
            }
        }
        Ok(out)
    }

    fn check(text: &str, expected: &[(u64, &[&str])]) {
        for step in [1, 2, 3, 1000] {
            let found = records(text.as_bytes(), b',', step).unwrap();
            let found: Vec<(u64, Vec<&str>)> = found
                .iter()
                .map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect()))
                .collect();
            let expected: Vec<(u64, Vec<&str>)> =
                expected.iter().map(|(line, cells)| (*line, cells.to_vec())).collect();
            assert_eq!(found, expected, "{text:?} in steps of {step}");
        }
    }

    #[test]
    fn every_line_end_ends_a_line_and_blank_lines_are_no_rows() {
        check(
            "a,b\r\nc,d\re,f\n\n\r\ng",
            &[(1, &["a", "b"]), (2, &["c", "d"]), (3, &["e", "f"]), (6, &["g"])],
        );
    }

    #[test]
    fn quoted_cells_keep_delimiters_quotes_and_line_ends() {
        check(
            "\"a,\"\"b\"\"\",\"1\r\n2\r3\n4\"\nx,y\n",
            &[(1, &["a,\"b\"", "1\r\n2\r3\n4"]), (5, &["x", "y"])],
        );
    }

    #[test]
    fn a_quote_inside_an_unquoted_cell_is_text() {
        check("5\" nail,x\n\"a\"b\"c,d\n", &[(1, &["5\" nail", "x"]), (2, &["ab\"c", "d"])]);
    }

    #[test]
    fn a_quote_that_never_closes_is_found_where_it_opened() {
        assert_eq!(records(b"a,b\nc,\"d\ne,f\n", b',', 3), Err((2, 6)));
        assert_eq!(records(b"\"x\ny\",\"d", b',', 1), Err((2, 6)));
    }

    proptest! {
        /// Whatever the `csv` crate writes, we split into the same cells; a second, independent implementation.
        #[test]
        fn what_the_csv_crate_writes_is_read_back(
            rows in proptest::collection::vec(proptest::collection::vec("[a\",;\r\n é=]{0,6}", 1..5), 1..6),
            delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
            step in 1usize..40,
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let read: Vec<_> = records(&text, delimiter, step).unwrap().into_iter().map(|(_, cells)| cells).collect();
            prop_assert_eq!(read, rows);
        }

        /// No bytes make it panic or loop, and every byte is accounted for.
        #[test]
        fn any_bytes_are_split_or_refused(text in proptest::collection::vec(prop_oneof![
            Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'a')], 0..60), step in 1usize..9) {
            let _ = records(&text, b',', step);
        }
    }
}
