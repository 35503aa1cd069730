#![doc = include_str!("../README.md")]

pub mod position;
pub mod cursor;
pub mod fact;
pub mod append;
pub mod error;
pub mod log;
pub mod sqlite;

pub use append::{Appended, Conflict, Entry, Expected, Outcome};
pub use cursor::{Cursor, CursorFault};
pub use error::LogError;
pub use fact::{Actor, ActorKind, Cause, Context, NewFact, Origin, Recorded, Row, Stream};
pub use log::{Log, Scan};
pub use position::Position;
