#![doc = include_str!("../README.md")]

pub mod id;
pub mod email;
pub mod identity;
pub mod event;
pub mod refusal;
pub mod user;
pub mod import;
pub mod badge;
pub mod challenge;
pub mod codec;
pub mod csv_record;
pub mod csv_header;
pub mod csv_row;
pub mod fold;
pub mod scope;
pub mod time_range;

pub use event::{Event, EventKind};
pub use id::{DefinitionId, UserId};
pub use refusal::Refusal;
pub use user::User;
