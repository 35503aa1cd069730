//! The body of an export on its way to a client: counted and hashed as it goes, ended by trailers that say what it came to.
//!
//! A body that is cut ends without its last chunk and without trailers, so nobody takes it for whole.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::Stream;
use http_body::Frame;
use sha2::{Digest, Sha256};

use super::ledger::{Ended, Ledger};

/// How many rows there are after the header.
pub const ROWS: HeaderName = HeaderName::from_static("cohort-rows");
/// SHA-256 of the bytes, in the form of a digest of RFC 9530.
pub const DIGEST: HeaderName = HeaderName::from_static("cohort-digest");

/// A digest as the header holds it.
pub fn digest(sha256: &[u8]) -> HeaderValue {
    let text = format!("sha-256=:{}:", BASE64_STANDARD.encode(sha256));
    HeaderValue::from_str(&text).expect("base64 is visible ASCII")
}

/// Chunks that are handed out, and what records how that ended.
#[derive(Debug)]
pub struct Handed<S> {
    chunks: S,
    bytes: u64,
    hash: Sha256,
    declared: Option<u64>,
    ledger: Option<Ledger>,
}

impl<S> Handed<S> {
    /// Hands out `chunks`. With a declared length, nobody asks for more than that many bytes, so the end is there once
    /// they are, and no trailers follow.
    pub fn new(ledger: Ledger, chunks: S, declared: Option<u64>) -> Handed<S> {
        Handed { chunks, bytes: 0, hash: Sha256::new(), declared, ledger: Some(ledger) }
    }

    /// Records that all was handed out; answers what the trailers say.
    fn end(&mut self, ledger: Ledger) -> HeaderMap {
        let hash = std::mem::take(&mut self.hash).finalize();
        let rows = ledger.progress().rows.load(Ordering::Relaxed);
        let trailers = HeaderMap::from_iter([(ROWS, rows.into()), (DIGEST, digest(&hash))]);
        ledger.close(Ended::Whole { bytes: self.bytes, sha256: hex::encode(hash) });
        trailers
    }

    /// Records that it was cut. Of a file that was whole before its first byte, nobody knows how many rows went out.
    fn cut(&self, ledger: Ledger, code: &'static str) {
        if self.declared.is_some() {
            ledger.progress().rows.store(0, Ordering::Relaxed);
        }
        ledger.close(Ended::Cut { code });
    }
}

impl<S, E> HttpBody for Handed<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    type Data = Bytes;
    type Error = E;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        match std::task::ready!(Pin::new(&mut self.chunks).poll_next(task)) {
            Some(Ok(chunk)) => {
                self.bytes += chunk.len() as u64;
                self.hash.update(&chunk);
                Poll::Ready(Some(Ok(Frame::data(chunk))))
            }
            Some(Err(error)) => {
                if let Some(ledger) = self.ledger.take() {
                    self.cut(ledger, "read_failed");
                }
                Poll::Ready(Some(Err(error)))
            }
            None => {
                let trailers = self.ledger.take().map(|ledger| self.end(ledger));
                let trailers = trailers.filter(|_| self.declared.is_none());
                Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
            }
        }
    }
}

impl<S> Drop for Handed<S> {
    fn drop(&mut self) {
        let Some(ledger) = self.ledger.take() else { return };
        if self.declared == Some(self.bytes) {
            self.end(ledger);
        } else {
            let code = ledger.left();
            self.cut(ledger, code);
        }
    }
}
