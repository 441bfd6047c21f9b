//! A journal: its events replayed, in any order and any state, up to the verdict.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::report::first_page::Reader;
use mailtriage::report::{json, text};
use mailtriage::session::journal;
use mailtriage_fuzz::file;

fuzz_target!(|input: &[u8]| {
    let path = file(input);
    if let Ok(session) = journal::recover(&path) {
        let _ = text::text(&json::report(&session), Reader::Everything, true);
    }
});
