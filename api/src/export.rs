//! Exports: facts and table rows as CSV, NDJSON and spreadsheets, fixed at a position, whole or recognisably cut.

pub mod asked;
pub mod body;
pub mod cells;
pub mod first_fact;
pub mod format;
pub mod in_order;
pub mod ledger;
pub mod members;
pub mod naming;
pub mod past;
pub mod person;
pub mod range;
pub mod shape;
pub mod sheets;
mod spool;
pub mod stored;
pub mod streamed;
pub mod tally;
pub mod user_events;
pub mod users;
pub mod waits;
