//! Stories over HTTP and the command line, in the order a newcomer would live them.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod access;
mod badge_audience;
mod badges;
mod challenges;
mod cli;
mod csv_spectrum;
mod event_export;
mod event_ranges;
mod export_ledger;
mod idempotency;
mod import;
mod import_check;
mod import_draft;
mod import_external_ids;
mod import_files;
mod import_forecast;
mod import_hostile;
mod import_keys;
mod import_peers;
mod import_progress;
mod import_reading;
mod import_refused;
mod import_rejected;
mod import_resume;
mod import_revert;
mod import_types;
mod indicators;
mod living;
mod one_user;
mod operations;
mod proof;
mod segments;
mod service;
mod user_export;
mod users;
