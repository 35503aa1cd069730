//! Hands the fuzzer's bytes to the one function that says what must hold of them.

#![no_main]

#[path = "../read_file.rs"]
mod read_file;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read_file::read_file(bytes);
});
