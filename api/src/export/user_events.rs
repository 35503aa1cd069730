//! The user-events export: a slice of the log by type and time, read by two threads in short stretches,
//! handed out in order as it is read.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

use domain::time_range::TimeRange;
use domain::{EventKind, UserId};
use eventlog::{Content, Log, LogError, Position, Scan, Stream};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::cells::Dialect;
use super::format::{Basis, Line, Writer};
use super::in_order::{InOrder, NobodyThere, Out};
use super::ledger::Progress;
use super::naming::Naming;

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
    fn holds(&self, row: &Content<'_>) -> bool {
        let in_time = self.occurred.is_none_or(|range| {
            let time = Basis::Occurred.time(row);
            range.from.is_none_or(|from| time >= from) && range.to.is_none_or(|to| time < to)
        });
        let of_user = self.user.is_none_or(|user| row.stream == Stream::User(user));
        in_time && of_user && self.naming.iter().all(|naming| naming.holds(row))
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// With a header; a byte order mark before it where asked.
    Csv(Dialect, bool),
    /// One object a line.
    Ndjson,
}

/// How rows are written, and whether chunks are packed then.
#[derive(Debug, Clone, Copy)]
pub struct Packed {
    /// CSV or NDJSON.
    pub form: Form,
    /// Each chunk is a gzip member of its own, packed by who read it: one after another they are a gzip file
    /// (RFC 1952, 2.2), and two processors work on it.
    pub gzip: bool,
}

impl Packed {
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
    let mut first = Vec::new();
    if let Form::Csv(dialect, bom) = packed.form {
        first.extend_from_slice(if bom { b"\xEF\xBB\xBF" } else { b"" });
        writer.csv_header(dialect, &mut first);
    }
    let positions = slice.through.number().saturating_sub(slice.after.number());
    let segments = positions.div_ceil(SEGMENT_FACTS);
    // Packed also where it is empty: a file of no rows is a gzip file too.
    let (chunks, outs) = InOrder::new(READERS, segments, packed.pack(first).into(), progress);
    for (out, begin) in outs.into_iter().zip(0..) {
        let (log, slice, writer) = (log.clone(), slice.clone(), writer.clone());
        tokio::task::spawn_blocking(move || {
            let mut reader = Reader { log, slice, writer, packed, out };
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

struct Reader {
    log: Log,
    slice: Slice,
    writer: Writer,
    packed: Packed,
    out: Out,
}

impl Reader {
    /// Reads one segment. No read transaction is open while a chunk waits to be taken: a slow client never keeps the
    /// log from shrinking its write-ahead part.
    fn segment(&mut self, segment: u64) -> Result<(), Stopped> {
        let begin = self.slice.after.number() + segment * SEGMENT_FACTS;
        let end = Position::single(begin + SEGMENT_FACTS).min(self.slice.through);
        let mut at = Position::single(begin);
        while at < end {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4);
            let (reached, rows) = self.read_on(at, end, &mut chunk).map_err(Stopped::Log)?;
            at = reached;
            if !chunk.is_empty() {
                self.out.chunk(self.packed.pack(chunk), rows)?;
            }
        }
        Ok(self.out.segment_end()?)
    }

    /// Reads on from `at` until the chunk is full or `end` reached; answers where it is and how many rows were written.
    fn read_on(
        &mut self,
        at: Position,
        end: Position,
        chunk: &mut Vec<u8>,
    ) -> Result<(Position, u64), LogError> {
        let (mut reached, mut rows) = (end, 0);
        let scan = Scan { after: at, through: end, kinds: Some(&self.slice.kinds) };
        let personal = self.writer.reads_personal();
        let whole_rows = self.writer.reads_envelope();
        let mut write = |content: &Content<'_>, line: Line<'_>| {
            if self.slice.holds(content) {
                match self.packed.form {
                    Form::Csv(dialect, _) => self.writer.csv_row(dialect, line, chunk),
                    Form::Ndjson => self.writer.ndjson_row(line, chunk),
                }
                rows += 1;
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
        Ok((reached, rows))
    }
}
