//! Real kills and a disk that fails: what was acknowledged is there, nothing is there twice.

mod commands;
mod disk;
mod import;

/// The program that is killed.
pub(crate) const COHORT: &str = env!("CARGO_BIN_EXE_cohort-under-test");
