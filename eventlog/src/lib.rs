#![doc = include_str!("../README.md")]

pub mod append;
pub mod cursor;
pub mod error;
pub mod fact;
pub mod log;
pub mod position;
pub mod sqlite;

pub use append::{Appended, Conflict, Entry, Expected, Outcome};
pub use cursor::{Cursor, CursorFault};
pub use error::LogError;
pub use fact::{
    Actor, ActorKind, Cause, CauseRef, Content, Context, NewFact, Origin, Recorded, Row, Stream,
    StreamRef,
};
pub use log::{KindTally, Log, Scan};
pub use position::Position;
