//! One contract for every log: what is promised of appending, reading, time, and of a disk that fails.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod appending;
mod given;
mod heads;
mod reading;
mod time;
mod trouble;
