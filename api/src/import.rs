//! Imports: a file is spooled, made UTF-8, inspected whole, accepted as a fact, then run row by row.

pub mod check;
pub mod duplicates;
pub mod encoding;
pub mod inspect;
pub mod notes;
pub mod queue;
pub mod records;
pub mod rejected;
pub mod run;
pub mod spool;
pub mod text;
