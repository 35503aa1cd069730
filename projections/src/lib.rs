#![doc = include_str!("../README.md")]

pub mod addresses;
pub mod bulk_actions;
pub mod definitions;
pub mod digest;
pub mod error;
pub mod exports;
pub mod fields;
pub mod fold;
pub mod follower;
pub mod glance;
pub mod happened;
pub mod imports;
pub mod indicators;
pub mod members;
pub mod participants;
pub mod rules;
pub mod store;
pub mod table;
pub mod team;
pub mod tokens;
pub mod totals;
pub mod users;
pub mod views;

pub use error::ProjectionError;
pub use follower::{Follower, RebuildProgress};
pub use store::Store;
