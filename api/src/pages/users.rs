//! The Users section.

pub mod asked;
pub mod columns;
pub mod filters;
pub mod list;
pub mod tiles;
