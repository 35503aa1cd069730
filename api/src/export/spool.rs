//! A nameless file that an export is written to before it is handed out: hashed as it is written, packed where asked.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// Bytes collected before the file is written to.
const BUFFER_BYTES: usize = 256 * 1024;

/// The file while it is written.
pub(super) enum Spool {
    Plain(Hashing),
    Gzip(Box<GzEncoder<Hashing>>),
}

/// The file once it is whole.
pub(super) struct Spooled {
    /// Rewound.
    pub(super) file: File,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

/// Writes and hashes.
pub(super) struct Hashing {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Spool {
    /// Begins one in `folder`; it goes with the process, whatever ends that.
    pub(super) fn begin(folder: &Path, gzip: bool) -> io::Result<Spool> {
        let file = BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile_in(folder)?);
        let plain = Hashing { file, hash: Sha256::new(), bytes: 0 };
        Ok(match gzip {
            false => Spool::Plain(plain),
            true => Spool::Gzip(Box::new(GzEncoder::new(plain, Compression::default()))),
        })
    }

    /// Ends it.
    pub(super) fn end(self) -> io::Result<Spooled> {
        let Hashing { file, hash, bytes } = match self {
            Spool::Plain(plain) => plain,
            Spool::Gzip(gzip) => gzip.finish()?,
        };
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Spooled { file, bytes, sha256: hash.finalize().into() })
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Spool::Plain(plain) => plain.write(bytes),
            Spool::Gzip(gzip) => gzip.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Spool::Plain(plain) => plain.flush(),
            Spool::Gzip(gzip) => gzip.flush(),
        }
    }
}

impl Write for Hashing {
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
