//! One file in several encodings, for somebody to see which is right; and how its lines end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use domain::event::ImportPlan;

use super::encoding::Encoding;
use super::profile::{CELL_CHARS_SHOWN, SAMPLES};
use crate::problem::Problem;

/// Bytes looked at.
const LOOKED_AT: u64 = 1024 * 1024;
/// Encodings of one byte a letter that Western files without a mark are mostly in.
const CANDIDATES: [&str; 3] = ["windows-1252", "macintosh", "cp850"];

/// What was found.
#[derive(Debug, Default)]
pub struct Readings {
    /// Encodings and pieces of the file as they read in them; none where the encoding is certain.
    pub readings: Vec<(String, Vec<String>)>,
    /// How many lines of the beginning end with `crlf`, `lf` and `cr`.
    pub line_ends: BTreeMap<&'static str, u64>,
}

/// Looks at the beginning of a file, as it was sent and as UTF-8.
///
/// # Errors
/// When it cannot be read.
pub fn readings(sent: &Path, text: &Path, plan: &ImportPlan) -> Result<Readings, Problem> {
    let mut found = Readings { line_ends: line_ends(&beginning(text)?), ..Readings::default() };
    if !plan.encoding_guessed {
        return Ok(found);
    }
    let bytes = beginning(sent)?;
    let lines: Vec<&[u8]> = bytes
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter(|line| !line.is_ascii())
        .take(SAMPLES)
        .collect();
    let names: BTreeSet<&str> = CANDIDATES.into_iter().chain([plan.encoding.as_str()]).collect();
    for name in names {
        let Ok(encoding) = name.parse::<Encoding>() else { continue };
        let samples: Option<Vec<String>> = lines.iter().map(|line| piece(encoding, line)).collect();
        found.readings.extend(samples.map(|samples| (encoding.name(), samples)));
    }
    Ok(found)
}

fn beginning(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Problem::internal)?;
    file.take(LOOKED_AT).read_to_end(&mut bytes).map_err(Problem::internal)?;
    Ok(bytes)
}

/// A line as it reads in an encoding; none where it has a byte that the encoding has not, or what no text has.
fn piece(encoding: Encoding, line: &[u8]) -> Option<String> {
    let mut text = String::new();
    encoding.decoder().decode(line, true, &mut text).ok()?;
    let first = text.chars().position(|c| !c.is_ascii()).unwrap_or(0);
    let shown: String =
        text.chars().skip(first.saturating_sub(40)).take(CELL_CHARS_SHOWN).collect();
    (!shown.chars().any(|c| c.is_control() && c != '\t')).then_some(shown)
}

fn line_ends(bytes: &[u8]) -> BTreeMap<&'static str, u64> {
    let mut ends = BTreeMap::new();
    for at in memchr::memchr2_iter(b'\r', b'\n', bytes) {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let name = match (bytes[at], bytes.get(at + 1), before) {
            (b'\r', Some(b'\n'), _) => continue, // told at its second half
            (b'\r', ..) => "cr",
            (_, _, Some(b'\r')) => "crlf",
            _ => "lf",
        };
        *ends.entry(name).or_default() += 1;
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_is_told_once() {
        let ends = line_ends(b"a\r\nb\nc\rd\r\n");
        assert_eq!(ends, BTreeMap::from([("cr", 1), ("crlf", 2), ("lf", 1)]));
    }
}
