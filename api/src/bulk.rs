//! Bulk actions: one thing done to many users, as a job in the queue of imports and by its rules.
//!
//! Whom it is about is fixed when it is accepted: their ids lie in a file whose digest is part of its fact. So it does not
//! matter that the action itself may change who would be chosen now.

pub mod ask;
pub mod deed;
pub mod files;
pub mod forecast;
pub mod revert;
pub mod run;
pub mod start;
