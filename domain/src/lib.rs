#![doc = include_str!("../README.md")]

pub mod activity;
pub mod address;
pub mod badge;
pub mod bulk;
pub mod challenge;
pub mod codec;
pub mod csv_header;
pub mod csv_record;
pub mod csv_row;
pub mod days;
pub mod email;
pub mod event;
pub mod fold;
pub mod id;
pub mod identity;
pub mod import;
pub mod language;
pub mod list;
pub mod matching;
pub mod policy;
pub mod property;
pub mod refusal;
pub mod revert;
pub mod reward;
pub mod scope;
pub mod segment;
pub mod table;
pub mod team;
pub mod time_range;
pub mod user;
pub mod value;

pub use event::{Event, EventKind};
pub use id::{DefinitionId, UserId};
pub use refusal::Refusal;
pub use user::User;
