//! An error that a person has pasted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::facts::pasted;
use mailtriage::pages;

fuzz_target!(|input: &str| {
    if let Some(cause) = pasted::read(&pasted::kept(input)).cause {
        assert!(pages::causes().contains(&cause), "{cause}");
    }
});
