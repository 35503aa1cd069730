//! Imports: a file is spooled, made UTF-8, inspected whole, accepted as a fact, then run row by row.

pub mod changes;
pub mod check;
pub mod claims;
pub mod definitions;
pub mod duplicates;
pub mod encoding;
pub mod forecast;
pub mod future;
pub mod inspect;
pub mod mapping;
pub mod notes;
pub mod profile;
pub mod queue;
pub mod readings;
pub mod records;
pub mod refused;
pub mod registry;
pub mod rejected;
pub mod retention;
pub mod revert;
pub mod run;
pub mod spool;
pub mod start;
pub mod text;
pub mod upload;
