//! A ZIP archive that knows of each file in it how many rows and bytes it has, and their SHA-256.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use domain::time_range::utc_text;
use serde::Serialize;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::gathered::Gathered;
use crate::export::users::SpoolError;

/// A file of four gigabytes has at least so many facts, so one with fewer needs no larger counters in the archive.
const SMALL_FACTS: u64 = 1_000;

/// A file in the archive.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Member {
    name: &'static str,
    rows: u64,
    bytes: u64,
    sha256: String,
}

/// An archive that is being written.
pub(super) struct Archive {
    zip: ZipWriter<BufWriter<File>>,
    options: SimpleFileOptions,
    members: Vec<Member>,
}

impl Archive {
    /// An empty one. Its files bear the time of the last fact they can hold, so that the same facts give the same bytes.
    pub(super) fn begin(file: File, gathered: &Gathered) -> Result<Archive, SpoolError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(gathered.events > SMALL_FACTS)
            .last_modified_time(packed(gathered.last_at));
        let zip = ZipWriter::new(BufWriter::with_capacity(256 * 1024, file));
        Ok(Archive { zip, options, members: Vec::new() })
    }

    /// Adds a file; `write` writes it and answers how many rows it has.
    pub(super) fn add(
        &mut self,
        name: &'static str,
        write: impl FnOnce(&mut dyn Write) -> Result<u64, SpoolError>,
    ) -> Result<(), SpoolError> {
        self.zip.start_file(name, self.options).map_err(io::Error::from)?;
        let mut counted = Counted { out: &mut self.zip, bytes: 0, sha256: Sha256::new() };
        let rows = write(&mut counted)?;
        let (bytes, sha256) = (counted.bytes, hex::encode(counted.sha256.finalize()));
        self.members.push(Member { name, rows, bytes, sha256 });
        Ok(())
    }

    /// What is in it so far.
    pub(super) fn members(&self) -> Vec<Member> {
        self.members.clone()
    }

    /// Ends it.
    pub(super) fn finish(self) -> Result<File, SpoolError> {
        let buffered = self.zip.finish().map_err(io::Error::from)?;
        Ok(buffered.into_inner().map_err(io::IntoInnerError::into_error)?)
    }
}

struct Counted<'a> {
    out: &'a mut ZipWriter<BufWriter<File>>,
    bytes: u64,
    sha256: Sha256,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A time as archives have it: in whole seconds, from 1980.
fn packed(micros: i64) -> DateTime {
    let text = utc_text(micros);
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok());
    let part = |from: usize, to: usize| number(from, to).unwrap_or_default() as u8;
    let year = number(0, 4).unwrap_or_default();
    DateTime::from_date_and_time(
        year,
        part(5, 7),
        part(8, 10),
        part(11, 13),
        part(14, 16),
        part(17, 19),
    )
    .unwrap_or_default()
}
