//! What is read of a ClientHello: the versions that it offers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::probe::hello::offered;

fuzz_target!(|input: &[u8]| {
    let _ = offered(input);
});
