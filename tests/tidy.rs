//! House rules as tests: they run in milliseconds and say where.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use std::path::{Path, PathBuf};

const LINES_MAX: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            let shown = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((shown, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for room in ["domain", "eventlog", "projections", "api", "tests"] {
        sources(&root().join(room), &mut found);
    }
    assert!(found.len() > 60, "the walk finds the house");
    found
}

#[test]
fn every_module_says_what_it_is_for_in_its_first_line() {
    for (path, text) in all_sources() {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//!") || first.starts_with("#![doc ="), "{path} does not");
    }
}

#[test]
fn no_file_is_longer_than_a_person_reads() {
    for (path, text) in all_sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{path} has {lines} lines");
    }
}

#[test]
fn rooms_know_only_the_rooms_before_them() {
    let rooms = ["domain", "eventlog", "projections", "api", "tests"];
    for (index, room) in rooms.iter().enumerate() {
        let manifest = std::fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
        for later in &rooms[index + 1..] {
            let knows = manifest.lines().any(|line| {
                line.starts_with(&format!("{later}.")) || line.starts_with(&format!("{later} "))
            });
            assert!(!knows, "{room} knows {later}");
        }
    }
}

#[test]
fn nothing_is_left_half_done() {
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
        ["#[ign", "ore"].concat(),
    ];
    for (path, text) in all_sources() {
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{path} holds {mark}");
        }
    }
}

#[test]
fn sql_is_kept_to_the_rooms_that_remember_and_fold() {
    let allowed = ["eventlog/", "projections/", "api/src/work", "tests/"];
    for (path, text) in all_sources() {
        if !allowed.iter().any(|prefix| path.starts_with(prefix)) {
            assert!(
                !text.contains("SELECT ") && !text.contains("rusqlite::Connection"),
                "{path} holds SQL"
            );
        }
    }
}

#[test]
fn status_codes_of_problems_are_chosen_in_one_file() {
    for (path, text) in all_sources() {
        let chooses = ["BAD_REQUEST", "NOT_FOUND", "CONFLICT", "UNPROCESSABLE_ENTITY", "FORBIDDEN"]
            .iter()
            .any(|status| text.contains(&format!("StatusCode::{status}")));
        assert!(
            !chooses || path == "api/src/problem.rs" || path == "tests/tidy.rs",
            "{path} chooses a status"
        );
    }
}

/// Two of one name would be one in the document, and one of them a lie.
#[test]
fn every_schema_has_a_name_of_its_own() {
    let mut names = std::collections::BTreeSet::new();
    for (path, text) in all_sources() {
        let mut lines = text.lines().filter(|line| !line.starts_with("#[serde"));
        while let Some(line) = lines.next() {
            if !line.starts_with("#[derive(") || !line.contains("ToSchema") {
                continue;
            }
            let item = lines.find(|line| line.contains("struct ") || line.contains("enum "));
            let item = item.unwrap_or_else(|| panic!("{path}: a schema without a name"));
            let words = item.split(|c: char| !c.is_alphanumeric() && c != '_');
            let name = words.skip_while(|word| !matches!(*word, "struct" | "enum")).nth(1);
            let name = name.expect("a name follows").to_owned();
            assert!(names.insert(name.clone()), "{path}: another schema is called {name}");
        }
    }
    assert!(names.len() > 30, "schemas are found: {names:?}");
}
