//! A company's site file, with its rows of providers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::site::parse;
use mailtriage_fuzz::assert_visible;
use std::path::Path;

fuzz_target!(|text: &str| {
    // Files that it names are not there.
    match parse(text, Path::new("/nonexistent/site.toml")) {
        Ok(site) => site.said.values().for_each(|said| assert_visible("a site file's value", &said.value)),
        Err(mistakes) => assert!(mistakes.iter().all(|mistake| mistake.line > 0)),
    }
});
