//! Several readers, one stream of bytes: readers take the segments of a slice in turn, and what they write is handed
//! out in the order of the segments, whoever is faster.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use axum::body::Bytes;
use eventlog::LogError;
use futures_util::Stream;
use tokio::sync::mpsc;

use super::ledger::Progress;
use super::tally::Tally;

/// Chunks of each reader that wait for a slow client: a whole segment of usual facts, so that the readers seldom wait
/// for each other.
const CHUNKS_WAITING: usize = 12;

/// What a reader hands over.
enum Piece {
    Chunk { bytes: Bytes, rows: u64 },
    SegmentEnd,
}

/// Where one reader's pieces go.
pub(crate) struct Out {
    sender: mpsc::Sender<Piece>,
    progress: Arc<Progress>,
}

/// Nobody takes what is read.
#[derive(Debug)]
pub(crate) struct NobodyThere;

impl Out {
    pub(crate) fn chunk(&self, bytes: Vec<u8>, rows: u64) -> Result<(), NobodyThere> {
        self.hand(Piece::Chunk { bytes: Bytes::from(bytes), rows })
    }

    /// The same of rows that were counted; the count is taken along.
    pub(crate) fn counted(&self, bytes: Vec<u8>, tally: &mut Tally) -> Result<(), NobodyThere> {
        let rows = tally.rows();
        self.progress.tally.lock().expect("no holder panics").take(tally);
        self.chunk(bytes, rows)
    }

    pub(crate) fn segment_end(&self) -> Result<(), NobodyThere> {
        self.hand(Piece::SegmentEnd)
    }

    /// Waits while the client is slow: one that takes nothing loses its connection, and with that the other end is gone.
    fn hand(&self, piece: Piece) -> Result<(), NobodyThere> {
        self.sender.blocking_send(piece).map_err(|_| NobodyThere)
    }
}

/// The chunks of all segments, in order. Counts the rows of those it hands out. Where a reader ended before its
/// segment did, however that came about, the last item is an error: the answer must not end as if it were whole.
#[derive(Debug)]
pub struct InOrder {
    readers: Vec<mpsc::Receiver<Piece>>,
    segment: u64,
    segments: u64,
    progress: Arc<Progress>,
    first: Option<Bytes>,
}

impl InOrder {
    /// A stream of `segments` segments that begins with `first`, and the ends of its `readers`: reader r writes the
    /// segments r, r + readers, r + 2 readers and so on.
    pub(crate) fn new(
        readers: usize,
        segments: u64,
        first: Bytes,
        progress: Arc<Progress>,
    ) -> (InOrder, Vec<Out>) {
        let (mut outs, mut receivers) = (Vec::new(), Vec::new());
        for _ in 0..readers {
            let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
            outs.push(Out { sender, progress: progress.clone() });
            receivers.push(receiver);
        }
        let first = Some(first).filter(|first| !first.is_empty());
        (InOrder { readers: receivers, segment: 0, segments, progress, first }, outs)
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
                    self.progress.rows.fetch_add(rows, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    fn given(segments: u64) -> (InOrder, Vec<Out>, Arc<Progress>) {
        let progress = Arc::<Progress>::default();
        let (chunks, outs) = InOrder::new(2, segments, "head".into(), progress.clone());
        (chunks, outs, progress)
    }

    fn text(chunk: Option<Result<Bytes, LogError>>) -> String {
        String::from_utf8(chunk.unwrap().unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn segments_come_in_their_order_whoever_is_faster() {
        let (mut chunks, outs, progress) = given(3);
        let [even, odd] = <[Out; 2]>::try_from(outs).ok().unwrap();
        let fast = tokio::task::spawn_blocking(move || {
            let _ = odd.chunk(b"1".to_vec(), 1);
            let _ = odd.segment_end();
        });
        fast.await.unwrap();
        let slow = tokio::task::spawn_blocking(move || {
            for (chunk, rows) in [(b"0a", 1), (b"0b", 2)] {
                let _ = even.chunk(chunk.to_vec(), rows);
            }
            let _ = even.segment_end();
            let _ = even.chunk(b"2".to_vec(), 4);
            let _ = even.segment_end();
        });
        let mut taken = Vec::new();
        while let Some(chunk) = chunks.next().await {
            taken.push(text(Some(chunk)));
        }
        slow.await.unwrap();
        assert_eq!(taken, ["head", "0a", "0b", "1", "2"]);
        assert_eq!(progress.rows.load(Ordering::Relaxed), 8);
    }

    #[tokio::test]
    async fn a_reader_that_ends_early_ends_the_stream_with_an_error() {
        let (mut chunks, outs, progress) = given(2);
        let reader = tokio::task::spawn_blocking(move || {
            let _ = outs[0].chunk(b"0".to_vec(), 1);
            let _ = outs[1].segment_end();
        });
        reader.await.unwrap();
        assert_eq!(text(chunks.next().await), "head");
        assert_eq!(text(chunks.next().await), "0");
        assert!(chunks.next().await.unwrap().is_err(), "cut, and it says so");
        assert!(chunks.next().await.is_none());
        assert_eq!(progress.rows.load(Ordering::Relaxed), 1, "what was handed out");
    }
}
