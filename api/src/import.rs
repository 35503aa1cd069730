//! Imports: a file is spooled, inspected whole, accepted as a fact, then run row by row.

pub mod duplicates;
pub mod inspect;
pub mod queue;
pub mod records;
pub mod run;
pub mod spool;
