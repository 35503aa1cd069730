//! Several readers, one stream of bytes: readers take the segments of a slice in turn, and what they write is handed
//! out in the order of the segments, whoever is faster.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use eventlog::LogError;
use futures_util::Stream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Chunks of each reader that wait for a slow client: a whole segment of usual facts, so that the readers seldom wait
/// for each other.
const CHUNKS_WAITING: usize = 12;
/// How long a client may take nothing.
const STALL_MAX: Duration = Duration::from_secs(300);

/// What a reader hands over.
enum Piece {
    Chunk { bytes: Bytes, rows: u64 },
    SegmentEnd,
}

/// Where one reader's pieces go.
pub(super) struct Out {
    sender: mpsc::Sender<Piece>,
    runtime: Handle,
    taken: Arc<AtomicU64>,
}

/// The client is gone, or takes nothing.
pub(super) struct NobodyThere;

impl Out {
    pub(super) fn chunk(&self, bytes: Vec<u8>, rows: u64) -> Result<(), NobodyThere> {
        self.hand(Piece::Chunk { bytes: Bytes::from(bytes), rows })
    }

    pub(super) fn segment_end(&self) -> Result<(), NobodyThere> {
        self.hand(Piece::SegmentEnd)
    }

    /// Waits while the client takes other readers' chunks: then it is slow, not gone.
    fn hand(&self, mut piece: Piece) -> Result<(), NobodyThere> {
        loop {
            let taken = self.taken.load(Ordering::Relaxed);
            match self.runtime.block_on(self.sender.send_timeout(piece, STALL_MAX)) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::SendTimeoutError::Timeout(back))
                    if self.taken.load(Ordering::Relaxed) != taken =>
                {
                    piece = back;
                }
                Err(_) => return Err(NobodyThere),
            }
        }
    }
}

/// The chunks of all segments, in order. Counts the rows of those it hands out. Where a reader ended before its
/// segment did, however that came about, the last item is an error: the answer must not end as if it were whole.
#[derive(Debug)]
pub struct InOrder {
    readers: Vec<mpsc::Receiver<Piece>>,
    segment: u64,
    segments: u64,
    taken: Arc<AtomicU64>,
    rows: Arc<AtomicU64>,
    first: Option<Bytes>,
}

impl InOrder {
    /// A stream of `segments` segments that begins with `first`, and the ends of its `readers`: reader r writes the
    /// segments r, r + readers, r + 2 readers and so on.
    pub(super) fn new(
        readers: usize,
        segments: u64,
        first: Bytes,
        rows: Arc<AtomicU64>,
    ) -> (InOrder, Vec<Out>) {
        let taken = Arc::new(AtomicU64::new(0));
        let (mut outs, mut receivers) = (Vec::new(), Vec::new());
        for _ in 0..readers {
            let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
            outs.push(Out { sender, runtime: Handle::current(), taken: taken.clone() });
            receivers.push(receiver);
        }
        let first = Some(first).filter(|first| !first.is_empty());
        (InOrder { readers: receivers, segment: 0, segments, taken, rows, first }, outs)
    }
}

impl Stream for InOrder {
    type Item = Result<Bytes, LogError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        while self.segment < self.segments {
            let turn = (self.segment % self.readers.len() as u64) as usize;
            match self.readers[turn].poll_recv(task) {
                Poll::Ready(Some(Piece::Chunk { bytes, rows })) => {
                    self.taken.fetch_add(1, Ordering::Relaxed);
                    self.rows.fetch_add(rows, Ordering::Relaxed);
                    return Poll::Ready(Some(Ok(bytes)));
                }
                Poll::Ready(Some(Piece::SegmentEnd)) => self.segment += 1,
                Poll::Ready(None) => {
                    self.segment = self.segments;
                    let cut = LogError::Read("the export was cut off".to_owned());
                    return Poll::Ready(Some(Err(cut)));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(None)
    }
}
