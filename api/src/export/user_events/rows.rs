//! The rows of a slice: written, counted, or only looked at to tell how long they will be.

use std::ops::ControlFlow;

use eventlog::{Content, Log, LogError, Position, Scan};

use super::{CHUNK_BYTES, Form, Packed, SEGMENT_FACTS, Slice, head};
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
                    Form::Ndjson => self.writer.ndjson_row(line, chunk),
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

/// About how many bytes `rows` rows of a slice come to: the first of them and some from its middle, and as many more as
/// those are long. Exact where those are all, and nothing is packed.
///
/// # Errors
/// What the log says.
pub fn estimate(
    log: &Log,
    slice: &Slice,
    writer: &Writer,
    packed: Packed,
    rows: u64,
) -> Result<u64, LogError> {
    let head = packed.pack(head(writer, packed.form)).len() as u64;
    let mut reader = Rows::new(log, slice, writer, packed.form);
    let middle = Position::single((slice.after.number() + slice.through.number()) / 2);
    let (mut at, mut bytes) = (slice.after, 0);
    for begin in [slice.after, middle] {
        at = at.max(begin);
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4);
        while at < slice.through && chunk.len() < CHUNK_BYTES {
            let end = Position::single(at.number() + SEGMENT_FACTS).min(slice.through);
            at = reader.read_on(at, end, &mut chunk)?;
        }
        if !chunk.is_empty() {
            bytes += packed.pack(chunk).len() as u64;
        }
    }
    let seen = reader.tally.rows();
    let all = if seen == 0 { 0 } else { u128::from(bytes) * u128::from(rows) / u128::from(seen) };
    Ok(head + u64::try_from(all).unwrap_or(u64::MAX))
}
