//! One contract for every log: what is promised of appending, reading, time, and of a disk that fails.

mod appending;
mod given;
mod reading;
mod time;
mod trouble;
