//! The accounts that Thunderbird has stored: `profiles.ini`, and `prefs.js` after the first NUL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::account::stored::look;
use mailtriage_fuzz::{Files, assert_visible, run};

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let (index, prefs) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let found = run(look(&Files(&[("/.thunderbird/profiles.ini", index), ("prefs.js", prefs)]), None));
    for text in found.addresses().iter().chain(&found.skipped) {
        assert_visible("what is stored", text);
    }
});
