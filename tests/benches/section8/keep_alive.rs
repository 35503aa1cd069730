//! An HTTP client that costs next to nothing: it shares the cores with the service it measures.

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::service::TOKEN;

/// One connection, used again and again.
pub(crate) struct KeepAlive {
    stream: BufReader<TcpStream>,
    line: Vec<u8>,
    body: Vec<u8>,
}

impl KeepAlive {
    pub(crate) async fn connect(address: &str) -> Result<KeepAlive> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(KeepAlive { stream: BufReader::new(stream), line: Vec::new(), body: Vec::new() })
    }

    /// Sends a command without a body; anything but 200 is an error.
    pub(crate) async fn command(&mut self, method: &str, path: &str) -> Result<()> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {TOKEN}\r\n\
             content-length: 0\r\n\r\n"
        );
        self.stream.get_mut().write_all(request.as_bytes()).await?;
        let ok = self.next_line().await?.starts_with("HTTP/1.1 200");
        let mut length = None;
        loop {
            let line = self.next_line().await?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse::<usize>()?);
            }
        }
        self.body.resize(length.context("an answer without content-length")?, 0);
        self.stream.read_exact(&mut self.body).await?;
        ensure!(ok, "{method} {path}: {}", String::from_utf8_lossy(&self.body));
        Ok(())
    }

    /// The next line of the head, without its end.
    async fn next_line(&mut self) -> Result<&str> {
        self.line.clear();
        let read = self.stream.read_until(b'\n', &mut self.line).await?;
        ensure!(read > 0, "the service closed the connection");
        Ok(std::str::from_utf8(&self.line)?.trim_end())
    }
}
