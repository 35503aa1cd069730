//! The user-events export: a slice of the log by type and time, read in short stretches, handed out as it is read.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use domain::time_range::TimeRange;
use domain::{EventKind, UserId};
use eventlog::{Log, LogError, Position, Row, Scan, Stream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::cells::Dialect;
use super::format::{Basis, Writer};

/// Bytes collected before a chunk is handed out, and before the log's read transaction is let go: a slow client never
/// keeps the log from shrinking its write-ahead part.
const CHUNK_BYTES: usize = 256 * 1024;
/// Chunks that wait for a slow client.
const CHUNKS_WAITING: usize = 4;
/// How long a client may take nothing.
const STALL_MAX: Duration = Duration::from_secs(120);
/// Facts passed over before a stretch ends though nothing was written.
const STRETCH_FACTS: u64 = 100_000;

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
}

impl Slice {
    fn holds(&self, row: &Row<'_>) -> bool {
        let in_time = self.occurred.is_none_or(|range| {
            let time = Basis::Occurred.time(row);
            range.from.is_none_or(|from| time >= from) && range.to.is_none_or(|to| time < to)
        });
        let of_user = self.user.is_none_or(|user| row.stream == Stream::User(user));
        in_time && of_user
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

/// Starts to read the slice and answers its chunks. Rows are counted in `rows`.
pub fn stream(
    log: Log,
    slice: Slice,
    mut writer: Writer,
    form: Form,
    rows: Arc<AtomicU64>,
) -> mpsc::Receiver<Result<Bytes, LogError>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut out = Out { sender, runtime, whole: false };
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + 64 * 1024);
        if let Form::Csv(dialect, bom) = form {
            chunk.extend_from_slice(if bom { b"\xEF\xBB\xBF" } else { b"" });
            writer.csv_header(dialect, &mut chunk);
        }
        let mut at = slice.after;
        loop {
            match read_stretch(&log, &slice, at, &mut writer, form, &mut chunk) {
                Ok((reached, written)) => {
                    at = reached;
                    rows.fetch_add(written, Ordering::Relaxed);
                }
                Err(error) => return tracing::error!(%error, "an export ends early"),
            }
            let last = at >= slice.through;
            if !chunk.is_empty() && (last || chunk.len() >= CHUNK_BYTES) {
                let full =
                    std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_BYTES + 64 * 1024));
                if !out.hand(Ok(Bytes::from(full))) {
                    return;
                }
            }
            if last {
                out.whole = true;
                return;
            }
        }
    });
    receiver
}

/// Where chunks go. Dropped before everything was handed out, however that came about, it says so: the answer must not
/// end as if it were whole.
struct Out {
    sender: mpsc::Sender<Result<Bytes, LogError>>,
    runtime: Handle,
    whole: bool,
}

impl Out {
    /// Whether the client took it in time.
    fn hand(&self, chunk: Result<Bytes, LogError>) -> bool {
        self.runtime.block_on(self.sender.send_timeout(chunk, STALL_MAX)).is_ok()
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        if !self.whole {
            let _ = self.sender.try_send(Err(LogError::Read("the export was cut off".to_owned())));
        }
    }
}

/// Reads on from `at` until the chunk is full, the stretch long enough, or the slice at its end; answers where it is
/// and how many rows were written.
fn read_stretch(
    log: &Log,
    slice: &Slice,
    at: Position,
    writer: &mut Writer,
    form: Form,
    chunk: &mut Vec<u8>,
) -> Result<(Position, u64), LogError> {
    let end = Position::single(at.number().saturating_add(STRETCH_FACTS)).min(slice.through);
    let (mut reached, mut written) = (end, 0);
    log.scan(Scan { after: at, through: end, kinds: Some(&slice.kinds) }, &mut |row| {
        if slice.holds(row) {
            match form {
                Form::Csv(dialect, _) => writer.csv_row(dialect, row, chunk),
                Form::Ndjson => writer.ndjson_row(row, chunk),
            }
            written += 1;
        }
        if chunk.len() < CHUNK_BYTES {
            return ControlFlow::Continue(());
        }
        reached = row.position;
        ControlFlow::Break(())
    })?;
    Ok((reached, written))
}
