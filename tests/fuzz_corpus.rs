//! Every file of the fuzzer's corpus, and copies of it damaged from a seed, read as the service reads a file.
//!
//! The same function runs under cargo-fuzz without end (`tests/fuzz`). A copy that fails is left in `target/tmp`, and the
//! failure names it: put it into the corpus once it is understood. `COHORT_DAMAGED=<n>` makes another number of copies.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

#[path = "fuzz/damage.rs"]
mod damage;
#[path = "fuzz/read_file.rs"]
mod read_file;

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::damage::damaged;
use crate::read_file::{REFUSALS, read_file};

/// Damaged copies of each file.
const COPIES: u64 = 200;
/// Of a packed one, which mostly ends at its checksum.
const COPIES_PACKED: u64 = 10;

/// Files of the corpus, and their names.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/read_file");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.push((name, std::fs::read(path).unwrap()));
    }
    files.sort();
    files
}

fn copies(bytes: &[u8]) -> u64 {
    if bytes.starts_with(b"\x1F\x8B") {
        return COPIES_PACKED;
    }
    let asked = std::env::var("COHORT_DAMAGED").ok();
    asked.map_or(COPIES, |text| text.parse().expect("a number"))
}

/// Other numbers for another name, so that a new file changes nothing for those there are.
fn first_seed(name: &str) -> u64 {
    name.bytes().fold(0, |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

fn read_damaged(name: &str, bytes: &[u8]) {
    for number in 0..copies(bytes) {
        let copy = damaged(bytes, first_seed(name).wrapping_add(number));
        if catch_unwind(|| read_file(&copy)).is_err() {
            let left = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{number}.{name}"));
            std::fs::write(&left, copy).unwrap();
            panic!("damaged copy {number} of {name} fails; it is {}", left.display());
        }
    }
}

#[test]
fn the_corpus_meets_every_answer_a_file_can_get() {
    let met: BTreeSet<_> = corpus().iter().map(|(_, bytes)| read_file(bytes)).collect();
    let all: BTreeSet<_> = REFUSALS.into_iter().map(Some).chain([None]).collect();
    assert_eq!(met, all);
}

#[test]
fn whatever_becomes_of_a_file_it_is_read_soundly_or_refused_by_name() {
    let (files, next) = (corpus(), AtomicUsize::new(0));
    let work = || {
        while let Some((name, bytes)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            read_damaged(name, bytes);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
}
