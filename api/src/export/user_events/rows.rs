//! The rows of a slice: written, or counted.

use std::ops::ControlFlow;

use eventlog::{Content, Log, LogError, Position, Scan};

use super::{CHUNK_BYTES, Form, SEGMENT_FACTS, Slice};
use crate::export::format::{Line, Writer};
use crate::export::tally::Tally;

/// Reads a slice stretch by stretch, and counts what it writes.
pub(super) struct Rows {
    log: Log,
    pub(super) slice: Slice,
    writer: Writer,
    form: Form,
    pub(super) tally: Tally,
}

impl Rows {
    pub(super) fn new(log: &Log, slice: &Slice, writer: &Writer, form: Form) -> Rows {
        let (log, slice, writer) = (log.clone(), slice.clone(), writer.clone());
        Rows { log, slice, writer, form, tally: Tally::default() }
    }

    /// Reads on from `at` until the chunk is full or `end` reached; answers where it is.
    pub(super) fn read_on(
        &mut self,
        at: Position,
        end: Position,
        chunk: &mut Vec<u8>,
    ) -> Result<Position, LogError> {
        let mut reached = end;
        let scan = Scan { after: at, through: end, kinds: Some(&self.slice.kinds) };
        let personal = self.writer.reads_personal();
        let whole_rows = self.writer.reads_envelope();
        let mut write = |content: &Content<'_>, line: Line<'_>| {
            if self.slice.holds(content) {
                match self.form {
                    Form::Csv(dialect, _) => self.writer.csv_row(dialect, line, chunk),
                    Form::Ndjson | Form::Xlsx => self.writer.ndjson_row(line, chunk),
                }
                self.tally.note(content);
            }
            if chunk.len() < CHUNK_BYTES {
                return ControlFlow::Continue(());
            }
            reached = content.position;
            ControlFlow::Break(())
        };
        if whole_rows {
            self.log.scan(scan, &mut |row| write(&row.content, row.into()))?;
        } else {
            self.log.scan_content(scan, personal, &mut |content| write(content, content.into()))?;
        }
        Ok(reached)
    }
}

/// Counts the rows of a slice: through the index where its kinds and positions say all, else by a look at each fact.
///
/// # Errors
/// What the log says.
pub fn count(log: &Log, slice: &Slice) -> Result<Tally, LogError> {
    let mut tally = Tally::default();
    let kinds = Some(slice.kinds.as_slice());
    if !slice.is_picky() {
        let scan = Scan { after: slice.after, through: slice.through, kinds };
        log.tally(scan)?.iter().for_each(|of| tally.note_all(of));
        return Ok(tally);
    }
    let mut after = slice.after;
    while after < slice.through {
        let through = Position::single(after.number() + SEGMENT_FACTS).min(slice.through);
        log.scan_content(Scan { after, through, kinds }, false, &mut |content| {
            if slice.holds(content) {
                tally.note(content);
            }
            ControlFlow::Continue(())
        })?;
        after = through;
    }
    Ok(tally)
}
