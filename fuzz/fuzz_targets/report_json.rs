//! Any file opened as a report.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::report::first_page::Reader;
use mailtriage::report::{html, json, open, text};
use mailtriage_fuzz::{assert_visible, file};

fuzz_target!(|input: &[u8]| {
    match open::read(&file(input)) {
        Ok(session) => {
            let report = json::report(&session);
            assert_visible("text", &text::text(&report, Reader::Everything, true));
            assert_visible("html", &html::html(&report, Reader::Everything).expect("every report can be written"));
            assert_visible("json", &json::to_string(&report));
        }
        Err(why) => assert_visible("why not", &why),
    }
});
