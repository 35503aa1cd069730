//! Connections that are ended once their client has taken nothing for too long: whoever takes nothing holds no place.
//!
//! A body that waits for a blocked connection is asked for nothing and hears of nothing, so only the connection itself can tell.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::http::request::Parts;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep};

/// What an answer can learn of the connection it goes out on.
#[derive(Debug, Clone, Default)]
pub struct Line {
    stalled: Arc<AtomicBool>,
    peer: Option<SocketAddr>,
}

impl Line {
    /// Whether it was ended because its client took nothing.
    pub fn has_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    /// Where its other end is; none where there is no connection.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    fn stalls(&self) {
        self.stalled.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, Patience>> for Line {
    fn connect_info(connection: IncomingStream<'_, Patience>) -> Line {
        connection.io().line.clone()
    }
}

/// Where there is no connection, nothing stalls.
impl<S: Send + Sync> FromRequestParts<S> for Line {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Line, Infallible> {
        let line = parts.extensions.get::<ConnectInfo<Line>>();
        Ok(line.map(|ConnectInfo(line)| line.clone()).unwrap_or_default())
    }
}

/// Listens, and waits at most so long for each client to take something.
#[derive(Debug)]
pub(super) struct Patience {
    listener: TcpListener,
    stall_max: Duration,
}

impl Patience {
    pub(super) fn new(listener: TcpListener, stall_max: Duration) -> Patience {
        Patience { listener, stall_max }
    }
}

impl Listener for Patience {
    type Io = Patient;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Patient, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Patient::new(stream, address, self.stall_max), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection, and since when its client has taken nothing of what is to be sent.
#[derive(Debug)]
pub(super) struct Patient {
    stream: TcpStream,
    line: Line,
    stall_max: Duration,
    /// When it is over; counts only while it waits.
    over: Pin<Box<Sleep>>,
    waits: bool,
}

impl Patient {
    fn new(stream: TcpStream, peer: SocketAddr, stall_max: Duration) -> Patient {
        let over = Box::pin(tokio::time::sleep(stall_max));
        let line = Line { peer: Some(peer), ..Line::default() };
        Patient { stream, line, stall_max, over, waits: false }
    }

    /// What a write came to: one that waits for too long fails.
    fn judge<T>(
        &mut self,
        task: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waits = false;
            return written;
        }
        if !self.waits {
            self.waits = true;
            self.over.as_mut().reset(Instant::now() + self.stall_max);
        }
        ready!(self.over.as_mut().poll(task));
        self.line.stalls();
        // All of it goes at once: else the system would go on holding what the client does not take.
        let _ = self.stream.set_zero_linger();
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(task, into)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.judge(task, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(task, bytes);
        self.judge(task, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}
