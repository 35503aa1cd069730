//! Stories over HTTP and the command line, in the order a newcomer would live them.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod access;
mod activity;
mod badge_audience;
mod badges;
mod by_hand;
mod challenges;
mod cli;
mod csv_spectrum;
mod event_export;
mod event_ranges;
mod export_ledger;
mod idempotency;
mod import;
mod import_check;
mod import_claims;
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
mod lists;
mod living;
mod one_user;
mod one_user_history;
mod operations;
mod proof;
mod properties;
mod rewards;
mod segments;
mod service;
mod table;
mod user_export;
mod users;
mod users_table;
