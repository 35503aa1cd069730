//! A file that an export is written to before it is handed out: hashed as it is written, packed where asked.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::sheets::Sheets;

/// Bytes collected before the file is written to.
const BUFFER_BYTES: usize = 256 * 1024;

/// What is made of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrap {
    /// Nothing else.
    Plain,
    /// A gzip file.
    Gzip,
    /// A workbook, whose sheets are called so.
    Xlsx(&'static str),
}

/// The file while it is written.
pub(super) enum Spool<W: Write = File> {
    Plain(Hashing<W>),
    Gzip(Box<GzEncoder<Hashing<W>>>),
    Xlsx(Box<Sheets<Hashing<W>>>),
}

/// The file once it is whole.
pub(super) struct Spooled<W = File> {
    /// At its end.
    pub(super) file: W,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

/// Writes and hashes.
pub(super) struct Hashing<W: Write> {
    file: BufWriter<W>,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Spool<W> {
    /// Begins to write to a file.
    pub(super) fn begin(file: W, wrap: Wrap) -> Spool<W> {
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        let plain = Hashing { file, hash: Sha256::new(), bytes: 0 };
        match wrap {
            Wrap::Plain => Spool::Plain(plain),
            Wrap::Gzip => Spool::Gzip(Box::new(GzEncoder::new(plain, Compression::default()))),
            Wrap::Xlsx(name) => Spool::Xlsx(Box::new(Sheets::begin(plain, name))),
        }
    }

    /// Ends it.
    pub(super) fn end(self) -> io::Result<Spooled<W>> {
        let Hashing { file, hash, bytes } = match self {
            Spool::Plain(plain) => plain,
            Spool::Gzip(gzip) => gzip.finish()?,
            Spool::Xlsx(sheets) => sheets.end()?,
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Spooled { file, bytes, sha256: hash.finalize().into() })
    }
}

impl<W: Write> Write for Spool<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Spool::Plain(plain) => plain.write(bytes),
            Spool::Gzip(gzip) => gzip.write(bytes),
            Spool::Xlsx(sheets) => sheets.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Spool::Plain(plain) => plain.flush(),
            Spool::Gzip(gzip) => gzip.flush(),
            Spool::Xlsx(sheets) => sheets.flush(),
        }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
