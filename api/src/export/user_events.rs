//! The user-events export: a slice of the log by type and time, read by two threads in short stretches,
//! handed out in order as it is read.

mod rows;
mod whole;

use std::io::Write;
use std::sync::Arc;

use domain::time_range::TimeRange;
use domain::{EventKind, UserId};
use eventlog::{Content, Log, LogError, Position, Stream};
use flate2::Compression;
use flate2::write::GzEncoder;

use self::rows::Rows;
pub use self::rows::count;
pub use self::whole::estimate;
pub(super) use self::whole::{collect, in_proportion};
use super::cells::Dialect;
use super::format::{Basis, Writer};
use super::in_order::{InOrder, NobodyThere, Out};
use super::ledger::Progress;
use super::naming::Naming;
use super::spool::Wrap;

/// Bytes collected before a chunk is handed out.
const CHUNK_BYTES: usize = 128 * 1024;
/// Positions a reader takes at a time: few enough that what one has read waits in memory while another's is handed out.
const SEGMENT_FACTS: u64 = 8_192;
/// Threads that read one export.
const READERS: usize = 2;

/// A slice of the log.
#[derive(Debug, Clone)]
pub struct Slice {
    /// Facts after this one.
    pub after: Position,
    /// Up to and including this one.
    pub through: Position,
    /// These kinds.
    pub kinds: Vec<EventKind>,
    /// Bounds on the chosen time that positions do not express.
    pub occurred: Option<TimeRange>,
    /// Only this user's.
    pub user: Option<UserId>,
    /// Only facts that name these.
    pub naming: Vec<Naming>,
}

impl Slice {
    /// Whether a fact of its kinds and positions can be left out all the same.
    pub fn is_picky(&self) -> bool {
        self.occurred.is_some() || self.user.is_some() || !self.naming.is_empty()
    }

    /// Whether it holds a fact of its kinds and positions.
    pub fn holds(&self, row: &Content<'_>) -> bool {
        let in_time = self.occurred.is_none_or(|range| {
            let time = Basis::Occurred.time(row);
            range.from.is_none_or(|from| time >= from) && range.to.is_none_or(|to| time < to)
        });
        let of_user = self.user.is_none_or(|user| row.stream == Stream::User(user));
        in_time && of_user && self.naming.iter().all(|naming| naming.holds(row))
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// With a header; a byte order mark before it where asked.
    Csv(Dialect, bool),
    /// One object a line.
    Ndjson,
    /// A workbook. Its rows are written as those of NDJSON, and become cells where they are collected.
    Xlsx,
}

/// How rows are written, and whether chunks are packed then.
#[derive(Debug, Clone, Copy)]
pub struct Packed {
    /// CSV, NDJSON or a workbook.
    pub form: Form,
    /// Each chunk is a gzip member of its own, packed by who read it: one after another they are a gzip file
    /// (RFC 1952, 2.2), and two processors work on it.
    pub gzip: bool,
}

impl Packed {
    /// What is to be made of rows, all at once.
    pub(super) fn whole(self, sheet: &'static str) -> Wrap {
        if self.gzip { Wrap::Gzip } else { self.chunks(sheet) }
    }

    /// What is to be made of chunks: their readers have packed them where that was asked.
    pub(super) fn chunks(self, sheet: &'static str) -> Wrap {
        if self.form == Form::Xlsx { Wrap::Xlsx(sheet) } else { Wrap::Plain }
    }

    fn pack(self, chunk: Vec<u8>) -> Vec<u8> {
        if !self.gzip {
            return chunk;
        }
        let mut packed = Vec::with_capacity(chunk.len() / 4);
        let mut encoder = GzEncoder::new(&mut packed, Compression::default());
        let written = encoder.write_all(&chunk).and_then(|()| encoder.finish().map(drop));
        written.expect("memory takes what is written to it");
        packed
    }
}

/// Starts to read the slice and answers its chunks. Must be called inside a runtime.
pub fn stream(
    log: &Log,
    slice: &Slice,
    writer: &Writer,
    packed: Packed,
    progress: Arc<Progress>,
) -> InOrder {
    let first = head(writer, packed.form);
    let positions = slice.through.number().saturating_sub(slice.after.number());
    let segments = positions.div_ceil(SEGMENT_FACTS);
    // Packed also where it is empty: a file of no rows is a gzip file too.
    let (chunks, outs) = InOrder::new(READERS, segments, packed.pack(first).into(), progress);
    for (out, begin) in outs.into_iter().zip(0..) {
        let rows = Rows::new(log, slice, writer, packed.form);
        tokio::task::spawn_blocking(move || {
            let mut reader = Reader { rows, packed, out };
            for segment in (begin..segments).step_by(READERS) {
                match reader.segment(segment) {
                    Ok(()) => {}
                    Err(Stopped::Log(error)) => {
                        return tracing::error!(%error, "an export ends early");
                    }
                    Err(Stopped::NobodyThere) => return,
                }
            }
        });
    }
    chunks
}

/// Why a reader ends before its last segment.
enum Stopped {
    Log(LogError),
    NobodyThere,
}

impl From<NobodyThere> for Stopped {
    fn from(_: NobodyThere) -> Stopped {
        Stopped::NobodyThere
    }
}

/// What every file begins with.
fn head(writer: &Writer, form: Form) -> Vec<u8> {
    let mut head = Vec::new();
    match form {
        Form::Csv(dialect, bom) => {
            head.extend_from_slice(if bom { b"\xEF\xBB\xBF" } else { b"" });
            writer.csv_header(dialect, &mut head);
        }
        Form::Xlsx => writer.sheet_header(&mut head),
        Form::Ndjson => {}
    }
    head
}

struct Reader {
    rows: Rows,
    packed: Packed,
    out: Out,
}

impl Reader {
    /// Reads one segment. No read transaction is open while a chunk waits to be taken: a slow client never keeps the
    /// log from shrinking its write-ahead part.
    fn segment(&mut self, segment: u64) -> Result<(), Stopped> {
        let begin = self.rows.slice.after.number() + segment * SEGMENT_FACTS;
        let end = Position::single(begin + SEGMENT_FACTS).min(self.rows.slice.through);
        let mut at = Position::single(begin);
        while at < end {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4);
            at = self.rows.read_on(at, end, &mut chunk).map_err(Stopped::Log)?;
            if !chunk.is_empty() {
                self.out.counted(self.packed.pack(chunk), &mut self.rows.tally)?;
            }
        }
        Ok(self.out.segment_end()?)
    }
}
