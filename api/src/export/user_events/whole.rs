//! An export of user events as one file: collected from its readers, or only told how long it will be.

use std::io::{self, Write};
use std::sync::Arc;

use eventlog::{Log, Position};
use futures_util::StreamExt;
use tokio::runtime::Handle;

use super::rows::Rows;
use super::{CHUNK_BYTES, Form, Packed, SEGMENT_FACTS, Slice, head, stream};
use crate::export::format::Writer;
use crate::export::ledger::Progress;
use crate::export::spool::{Spool, Spooled};
use crate::export::users::SpoolError;

/// What its sheets are called.
const SHEET: &str = "user-events";

/// Writes all of a slice into `file`; before each chunk `each` may end it. Blocks, inside a runtime.
///
/// # Errors
/// See [`SpoolError`].
pub(in crate::export) fn collect<W: Write>(
    log: &Log,
    (slice, writer, packed): (&Slice, &Writer, Packed),
    (file, progress): (W, Arc<Progress>),
    each: &mut dyn FnMut() -> Result<(), SpoolError>,
) -> Result<Spooled<W>, SpoolError> {
    let runtime = Handle::current();
    let mut chunks = stream(log, slice, writer, packed, progress);
    let mut out = Spool::begin(file, packed.chunks(SHEET));
    while let Some(chunk) = runtime.block_on(chunks.next()) {
        each()?;
        out.write_all(&chunk?)?;
    }
    Ok(out.end()?)
}

/// About how many bytes `rows` rows of a slice come to: the first of them and some from its middle, and as many more as
/// those are long. Exact where those are all, and nothing is packed.
///
/// # Errors
/// See [`SpoolError`].
pub fn estimate(
    log: &Log,
    slice: &Slice,
    writer: &Writer,
    packed: Packed,
    rows: u64,
) -> Result<u64, SpoolError> {
    let head = head(writer, packed.form);
    let mut sample = Sample::begin(packed, &head)?;
    let mut reader = Rows::new(log, slice, writer, packed.form);
    let middle = Position::single((slice.after.number() + slice.through.number()) / 2);
    let mut at = slice.after;
    for begin in [slice.after, middle] {
        at = at.max(begin);
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4);
        while at < slice.through && chunk.len() < CHUNK_BYTES {
            let end = Position::single(at.number() + SEGMENT_FACTS).min(slice.through);
            at = reader.read_on(at, end, &mut chunk)?;
        }
        sample.take(chunk)?;
    }
    let (fixed, bytes) = sample.end()?;
    Ok(fixed + in_proportion(bytes, rows, reader.tally.rows()))
}

/// As many bytes for `rows` rows as there are for those `seen`; where none was, those are all.
pub(in crate::export) fn in_proportion(bytes: u64, rows: u64, seen: u64) -> u64 {
    if seen == 0 {
        return bytes;
    }
    let all = u128::from(bytes) * u128::from(rows) / u128::from(seen);
    u64::try_from(all).unwrap_or(u64::MAX)
}

/// Some rows, written to nowhere as all will be.
enum Sample {
    /// Each chunk by itself; how long the head is, and what follows.
    Chunks(Packed, u64, u64),
    /// Together.
    Whole(Box<Spool<io::Sink>>),
}

impl Sample {
    fn begin(packed: Packed, head: &[u8]) -> Result<Sample, SpoolError> {
        if packed.form != Form::Xlsx {
            return Ok(Sample::Chunks(packed, packed.pack(head.to_vec()).len() as u64, 0));
        }
        let mut whole = Spool::begin(io::sink(), packed.chunks(SHEET));
        whole.write_all(head)?;
        Ok(Sample::Whole(Box::new(whole)))
    }

    fn take(&mut self, chunk: Vec<u8>) -> Result<(), SpoolError> {
        match self {
            Sample::Chunks(..) if chunk.is_empty() => {}
            Sample::Chunks(packed, _, bytes) => *bytes += packed.pack(chunk).len() as u64,
            Sample::Whole(whole) => whole.write_all(&chunk)?,
        }
        Ok(())
    }

    /// How many bytes there are whatever the rows, and how many for them.
    fn end(self) -> Result<(u64, u64), SpoolError> {
        match self {
            Sample::Chunks(_, head, bytes) => Ok((head, bytes)),
            Sample::Whole(whole) => Ok((0, whole.end()?.bytes)),
        }
    }
}
