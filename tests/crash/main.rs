//! Real kills and a disk that fails: what was acknowledged is there, nothing is there twice.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod bulk;
mod commands;
mod disk;
mod exports;
mod import;
mod left_over;
mod policies;
mod rewards;
mod seeds;

/// The program that is killed.
pub(crate) const COHORT: &str = env!("CARGO_BIN_EXE_cohort-under-test");
