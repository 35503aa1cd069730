//! From the bytes that were sent to a file of UTF-8: unpacked where they were packed, decoded where they are in another
//! encoding, refused by name where they are no text. What was sent stays as it is, so that it can be read anew.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use flate2::read::MultiGzDecoder;

use super::encoding::{Decoder, Encoding};
use super::spool::{disk, too_large};
use crate::problem::{Problem, ProblemKind};

const HEAD: usize = 4096;
const CHUNK: usize = 256 * 1024;
/// Longest line that is looked at while an encoding is guessed, in bytes.
const LINE_MAX: usize = 4 * 1024 * 1024;
const GZIP: &[u8] = &[0x1F, 0x8B];
const BOM_UTF_8: &[u8] = b"\xEF\xBB\xBF";

/// How sure an encoding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    /// A byte order mark says it, or every byte of the file agrees, or the caller said it.
    Certain,
    /// It is what text with these bytes mostly is.
    Likely,
}

impl Confidence {
    /// Its public name.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Certain => "certain",
            Confidence::Likely => "likely",
        }
    }
}

/// Makes a file of UTF-8 at `path` from what was sent. `asked` is taken instead of what is found, unless a byte order mark
/// says otherwise. Unpacked and decoded, it may have `bytes_max` bytes. Where nothing is to be done, both are one file.
///
/// # Errors
/// `empty_file`, `not_text`, `gzip_damaged`, `file_too_large`, `invalid_bytes_at`; then there is no file at `path`.
pub fn to_utf8(
    sent: &Path,
    path: &Path,
    asked: Option<Encoding>,
    bytes_max: u64,
) -> Result<(Encoding, Confidence), Problem> {
    let made = make_utf8(sent, path, asked, bytes_max);
    if made.is_err() {
        let _ = std::fs::remove_file(path);
    }
    made
}

fn make_utf8(
    sent: &Path,
    path: &Path,
    asked: Option<Encoding>,
    bytes_max: u64,
) -> Result<(Encoding, Confidence), Problem> {
    let mut head = read_head(sent)?;
    if head.starts_with(GZIP) {
        unpack(sent, path, bytes_max)?;
        head = read_head(path)?;
    } else {
        let linked = std::fs::hard_link(sent, path); // not every file system can
        linked.or_else(|_| std::fs::copy(sent, path).map(|_| ())).map_err(disk)?;
    }
    // A mark wins over what is said, as the standard has it: read in another encoding, the file would be spoilt.
    let said = said_by_mark(&head).or(asked).or_else(|| utf_16_without_mark(&head));
    refuse_what_is_no_text(&head, said)?;
    let (encoding, confidence) = match said {
        Some(other) if other != Encoding::UTF_8 => (other, Confidence::Certain),
        // Mostly it is, and seeing that takes a few milliseconds; everything else is for those that are not.
        Some(_) | None if is_utf8(path)? => return Ok((Encoding::UTF_8, Confidence::Certain)),
        Some(utf_8) => (utf_8, Confidence::Certain),
        None => guess(path)?,
    };
    if encoding == Encoding::UTF_8 {
        find_the_damage(path)?;
    } else {
        decode(path, encoding, bytes_max)?;
    }
    Ok((encoding, confidence))
}

/// Whether every byte agrees.
fn is_utf8(path: &Path) -> Result<bool, Problem> {
    let mut file = File::open(path).map_err(Problem::internal)?;
    let (mut chunk, mut kept) = (vec![0; CHUNK], 0);
    loop {
        let read = file.read(&mut chunk[kept..]).map_err(Problem::internal)?;
        let filled = kept + read;
        let valid = match std::str::from_utf8(&chunk[..filled]) {
            Ok(_) => filled,
            Err(error) if error.error_len().is_some() => return Ok(false),
            Err(error) => error.valid_up_to(), // the chunk ends inside a character
        };
        if read == 0 {
            return Ok(valid == filled);
        }
        chunk.copy_within(valid..filled, 0);
        kept = filled - valid;
    }
}

fn read_head(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut head = Vec::with_capacity(HEAD);
    let file = File::open(path).map_err(Problem::internal)?;
    file.take(HEAD as u64).read_to_end(&mut head).map_err(Problem::internal)?;
    if head.is_empty() {
        return Err(Problem::new(ProblemKind::EmptyFile, "the file holds not even a header line"));
    }
    Ok(head)
}

fn refuse_what_is_no_text(head: &[u8], said: Option<Encoding>) -> Result<(), Problem> {
    let wide =
        [encoding_rs::UTF_16LE, encoding_rs::UTF_16BE].map(|wide| Some(Encoding::Standard(wide)));
    let what = match head {
        [b'P', b'K', 3, 4, ..] => {
            "this is a zip archive or a spreadsheet (.xlsx, .ods); save it as CSV UTF-8"
        }
        [0xD0, 0xCF, 0x11, 0xE0, ..] => "this is an old spreadsheet (.xls); save it as CSV UTF-8",
        [0x1F, 0x8B, ..] => "this was packed with gzip twice; unpack it first",
        [b'%', b'P', b'D', b'F', ..] => "this is a PDF",
        head if !wide.contains(&said) && share_of_nul(head, 0, 1) > 0.1 => {
            "this holds binary data; save it as CSV UTF-8"
        }
        _ => return Ok(()),
    };
    Err(Problem::new(ProblemKind::NotText, what))
}

fn said_by_mark(head: &[u8]) -> Option<Encoding> {
    match head {
        [0xFF, 0xFE, ..] => Some(Encoding::Standard(encoding_rs::UTF_16LE)),
        [0xFE, 0xFF, ..] => Some(Encoding::Standard(encoding_rs::UTF_16BE)),
        head if head.starts_with(BOM_UTF_8) => Some(Encoding::UTF_8),
        _ => None,
    }
}

/// UTF-16 where every second byte of the beginning is mostly zero, and the others are not.
fn utf_16_without_mark(head: &[u8]) -> Option<Encoding> {
    let mostly =
        |first: usize| share_of_nul(head, first, 2) > 0.6 && share_of_nul(head, 1 - first, 2) < 0.1;
    match (mostly(1), mostly(0)) {
        (true, _) => Some(Encoding::Standard(encoding_rs::UTF_16LE)),
        (_, true) => Some(Encoding::Standard(encoding_rs::UTF_16BE)),
        (false, false) => None,
    }
}

fn share_of_nul(bytes: &[u8], first: usize, step: usize) -> f64 {
    let looked_at = bytes.iter().skip(first).step_by(step);
    let all = looked_at.len().max(1);
    looked_at.filter(|byte| **byte == 0).count() as f64 / all as f64
}

/// Of a file that is not UTF-8 throughout: UTF-8 all the same where more characters beyond ASCII are UTF-8 than are not: then the file is
/// damaged, and reading it as something else would spoil the good ones. Else what such bytes mostly are.
fn guess(path: &Path) -> Result<(Encoding, Confidence), Problem> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let (mut good, mut bad, mut text) = (0u64, 0u64, Vec::new());
    read_chunks(path, &mut |chunk, last| {
        detector.feed(chunk, last);
        text.extend_from_slice(chunk);
        // Up to the last line end: no character is cut in two there.
        let line_end = memchr::memrchr2(b'\n', b'\r', &text);
        let whole = if last { text.len() } else { line_end.map_or(0, |at| at + 1) };
        for piece in text[..whole].utf8_chunks() {
            good += piece.valid().bytes().filter(|byte| *byte >= 0xC0).count() as u64;
            bad += u64::from(!piece.invalid().is_empty());
        }
        text.drain(..whole);
        if text.len() > LINE_MAX {
            text.clear(); // no text has such lines; what is counted so far must do
        }
        Ok(())
    })?;
    if bad <= good {
        return Ok((Encoding::UTF_8, Confidence::Certain));
    }
    let guessed = detector.guess(None, Utf8Detection::Deny);
    Ok((Encoding::Standard(guessed), Confidence::Likely))
}

/// Takes a piece of a file; the second says that it is the last.
type Visit<'a> = dyn FnMut(&[u8], bool) -> Result<(), Problem> + 'a;

/// Every byte of a file, in pieces; the last one is empty.
fn read_chunks(path: &Path, visit: &mut Visit<'_>) -> Result<(), Problem> {
    let mut file = File::open(path).map_err(Problem::internal)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk).map_err(Problem::internal)?;
        visit(&chunk[..read], read == 0)?;
        if read == 0 {
            return Ok(());
        }
    }
}

/// Names the first byte that is not UTF-8.
fn find_the_damage(path: &Path) -> Result<(), Problem> {
    let mut check = Check::new(Encoding::UTF_8);
    read_chunks(path, &mut |chunk, last| check.take(chunk, last).map(|_| ()))
}

fn decode(path: &Path, encoding: Encoding, bytes_max: u64) -> Result<(), Problem> {
    let mut check = Check::new(encoding);
    replace(path, bytes_max, &mut |out| {
        read_chunks(path, &mut |chunk, last| out.take(check.take(chunk, last)?.as_bytes()))
    })
}

/// Decodes piece by piece and knows where it is.
struct Check {
    encoding: Encoding,
    decoder: Decoder,
    text: String,
    bytes: i64,
    /// Line ends so far, and whether the last character was CR: CR, LF and CRLF each end one line.
    lines: u64,
    after_cr: bool,
}

impl Check {
    fn new(encoding: Encoding) -> Check {
        let decoder = encoding.decoder();
        Check { encoding, decoder, text: String::new(), bytes: 0, lines: 0, after_cr: false }
    }

    fn take(&mut self, chunk: &[u8], last: bool) -> Result<&str, Problem> {
        self.text.clear();
        let decoded = self.decoder.decode(chunk, last, &mut self.text);
        self.count_lines();
        match decoded {
            Ok(()) => {
                self.bytes += chunk.len() as i64;
                Ok(&self.text)
            }
            Err(offset) => {
                let (line, byte) = (self.lines + 1, self.bytes + offset);
                let name = self.encoding.name();
                let detail = format!("line {line}, byte {byte} is not {name}");
                Err(Problem::new(ProblemKind::InvalidBytes, detail)
                    .with("line", line)
                    .with("byte", byte)
                    .with("encoding", name))
            }
        }
    }

    fn count_lines(&mut self) {
        for at in memchr::memchr2_iter(b'\r', b'\n', self.text.as_bytes()) {
            let bytes = self.text.as_bytes();
            let after_cr = if at == 0 { self.after_cr } else { bytes[at - 1] == b'\r' };
            self.lines += u64::from(bytes[at] == b'\r' || !after_cr);
        }
        if let Some(last) = self.text.as_bytes().last() {
            self.after_cr = *last == b'\r';
        }
    }
}

fn unpack(sent: &Path, path: &Path, bytes_max: u64) -> Result<(), Problem> {
    let packed = File::open(sent).map_err(Problem::internal)?;
    let mut unpacking = MultiGzDecoder::new(packed);
    let damaged = |error: io::Error| Problem::new(ProblemKind::GzipDamaged, error.to_string());
    replace(path, bytes_max, &mut |out| {
        let mut chunk = vec![0; CHUNK];
        loop {
            match unpacking.read(&mut chunk).map_err(damaged)? {
                0 => return Ok(()),
                read => out.take(&chunk[..read])?,
            }
        }
    })
}

/// Where bytes go, up to a limit.
struct Out {
    file: BufWriter<File>,
    left: u64,
    bytes_max: u64,
}

impl Out {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.left =
            self.left.checked_sub(bytes.len() as u64).ok_or_else(|| too_large(self.bytes_max))?;
        self.file.write_all(bytes).map_err(disk)
    }
}

/// Writes a file anew; the old one stays until the new one is whole.
fn replace(
    path: &Path,
    bytes_max: u64,
    write: &mut dyn FnMut(&mut Out) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let next = path.with_extension("next");
    let file = BufWriter::with_capacity(CHUNK, File::create(&next).map_err(disk)?);
    let mut out = Out { file, left: bytes_max, bytes_max };
    let written = write(&mut out).and_then(|()| {
        let file = out.file.into_inner().map_err(|error| disk(error.into_error()))?;
        file.sync_all().map_err(disk)?;
        std::fs::rename(&next, path).map_err(disk)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&next);
    }
    written
}
