//! The hosts file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::machine::hosts::entries;

fuzz_target!(|input: &[u8]| {
    let _ = entries(&String::from_utf8_lossy(input));
});
