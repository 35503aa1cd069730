//! The Users section.

pub mod activity;
pub mod addresses;
pub mod columns;
pub mod fields;
pub mod filters;
pub mod list;
pub mod many;
pub mod new;
pub mod one;
pub mod promised;
pub mod removal;
pub mod shown;
pub mod tiles;
pub mod values;
pub mod views;
