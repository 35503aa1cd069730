//! Reading the records of a file: one bounded buffer, every record with its line and offset.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use domain::csv_record::{Found, find_record};

/// Longest record read, in bytes. A longer one is refused: mostly a quote that never closes.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;
/// Bytes read at once while reading a whole file, and while looking up one record.
const CHUNK: usize = 256 * 1024;
const CHUNK_LOOKUP: usize = 4 * 1024;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Why reading ended early.
#[derive(Debug, thiserror::Error)]
pub enum RecordFault {
    /// A quote opened and never closed.
    #[error("the quote that opens in line {line} (byte {byte}) never closes")]
    Unterminated {
        /// Physical line of the opening quote.
        line: u64,
        /// Its offset in the file, from 0.
        byte: u64,
    },
    /// A record is longer than [`RECORD_BYTES_MAX`].
    #[error("the row that begins in line {line} is longer than {RECORD_BYTES_MAX} bytes")]
    TooLong {
        /// Where it begins.
        line: u64,
    },
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// One record, borrowed from the buffer.
#[derive(Debug, Clone, Copy)]
pub struct RawRecord<'a> {
    /// Offset in the file, from 0.
    pub offset: u64,
    /// Physical line where it starts, from 1.
    pub line: u64,
    /// Its bytes, without the line end.
    pub content: &'a [u8],
}

/// The records of a file, in order; blank lines are lines but no records.
#[derive(Debug)]
pub struct Records {
    file: File,
    delimiter: u8,
    buffer: Vec<u8>,
    start: usize,
    /// Offset in the file of `buffer[start]`.
    offset: u64,
    line: u64,
    ended: bool,
    chunk: usize,
}

impl Records {
    /// The records of a file from its beginning; a byte order mark is no part of the first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(path: &Path, delimiter: u8) -> Result<Records, RecordFault> {
        let mut records = Records::at(File::open(path)?, delimiter, 0)?;
        records.chunk = CHUNK;
        while records.buffer.len() < BOM.len() && !records.ended {
            records.fill()?;
        }
        if records.buffer.starts_with(BOM) {
            (records.start, records.offset) = (BOM.len(), BOM.len() as u64);
        }
        Ok(records)
    }

    /// The record that begins at `offset`, and those after it; lines are counted from there.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn at(mut file: File, delimiter: u8, offset: u64) -> Result<Records, RecordFault> {
        file.seek(SeekFrom::Start(offset))?;
        Ok(Records {
            file,
            delimiter,
            buffer: Vec::new(),
            start: 0,
            offset,
            line: 1,
            ended: false,
            chunk: CHUNK_LOOKUP,
        })
    }

    /// The next record.
    ///
    /// # Errors
    /// See [`RecordFault`].
    pub fn next_record(&mut self) -> Result<Option<RawRecord<'_>>, RecordFault> {
        loop {
            if self.ended && self.start == self.buffer.len() {
                return Ok(None);
            }
            match find_record(&self.buffer[self.start..], self.delimiter, self.ended) {
                Found::Record { content, total, lines } => {
                    if content > RECORD_BYTES_MAX {
                        return Err(RecordFault::TooLong { line: self.line });
                    }
                    let (at, offset, line) = (self.start, self.offset, self.line);
                    self.start += total;
                    self.offset += total as u64;
                    self.line += lines;
                    if content > 0 {
                        let content = &self.buffer[at..at + content];
                        return Ok(Some(RawRecord { offset, line, content }));
                    }
                }
                Found::Unterminated { quote, lines } => {
                    return Err(RecordFault::Unterminated {
                        line: self.line + lines,
                        byte: self.offset + quote as u64,
                    });
                }
                Found::Incomplete if self.buffer.len() - self.start > RECORD_BYTES_MAX => {
                    return Err(RecordFault::TooLong { line: self.line });
                }
                Found::Incomplete => self.fill()?,
            }
        }
    }

    fn fill(&mut self) -> Result<(), RecordFault> {
        if self.start == 0 && !self.buffer.is_empty() {
            // A record longer than the buffer: else it would be searched from its start for every little piece.
            self.chunk = (2 * self.chunk).min(CHUNK.max(self.chunk));
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let known = self.buffer.len();
        self.buffer.resize(known + self.chunk, 0);
        let read = self.file.read(&mut self.buffer[known..])?;
        self.buffer.truncate(known + read);
        self.ended = read == 0;
        Ok(())
    }
}
