//! The catalogue and who asks it: nothing is asked that it lacks, and it holds nothing that nobody asks.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

fn sources() -> String {
    fn walk(folder: &Path, all: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
            match entry.path() {
                path if path.is_dir() => walk(&path, all),
                path if path.ends_with("texts/tests.rs") => {}
                path => all.push_str(&std::fs::read_to_string(path).unwrap()),
            }
        }
    }
    let mut all = String::new();
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["templates", "src/pages"] {
        walk(&room.join(folder), &mut all);
    }
    all
}

/// The first text of each call of `method`.
fn asked<'a>(sources: &'a str, method: &str) -> BTreeSet<&'a str> {
    let calls = sources.split(method).skip(1);
    calls.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect()
}

fn catalogue() -> BTreeSet<&'static str> {
    let first = |line: &'static str| line.split_once(" =").map(|(key, _)| key);
    let keys = ENGLISH.lines().filter_map(first);
    keys.filter(|key| key.starts_with(|c: char| c.is_ascii_lowercase())).collect()
}

#[test]
fn every_text_that_is_asked_for_is_there() {
    let (sources, there) = (sources(), catalogue());
    for method in [".say(", ".one(", ".two(", ".with("] {
        for key in asked(&sources, method).into_iter().filter(|key| key.contains('-')) {
            assert!(there.contains(key), "the catalogue lacks {key}");
        }
    }
    let answered = asked(&sources, "back(").len();
    assert!(there.len() > answered, "the walk finds the catalogue");
}

#[test]
fn every_text_is_asked_for() {
    let sources = sources();
    let groups = asked(&sources, ".named(");
    let found = asked(&sources, ".find(");
    for key in catalogue() {
        let group = key.split_once('-').map_or(key, |(group, _)| group);
        let named = groups.contains(group) || found.contains(group);
        assert!(named || sources.contains(&format!("\"{key}\"")), "nobody asks for {key}");
    }
}

#[test]
fn the_catalogue_can_be_read_whole() {
    let read = FluentResource::try_new(ENGLISH.to_owned());
    assert!(read.is_ok(), "{:?}", read.err().map(|(_, faults)| faults));
    for key in catalogue() {
        assert!(bundle().has_message(key), "{key} cannot be read");
    }
}

#[test]
fn counts_are_grouped_and_texts_choose_by_them() {
    assert_eq!(grouped(1_234_567.0), "1,234,567");
    assert_eq!(grouped(999.0), "999");
    assert_eq!(grouped(-1234.5), "-1,234.5");
    assert_eq!(Texts.one("users-found", "count", 1u64), "1 user");
    assert_eq!(Texts.one("users-found", "count", 12_345u64), "12,345 users");
    assert_eq!(Texts.say("no-such-text"), "no-such-text");
}
