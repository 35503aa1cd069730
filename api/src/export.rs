//! Exports: facts and table rows as CSV and NDJSON, fixed at a position, whole or recognisably cut.

pub mod cells;
pub mod format;
pub mod in_order;
pub mod ledger;
pub mod members;
pub mod person;
pub mod user_events;
pub mod users;
