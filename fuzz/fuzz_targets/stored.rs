//! What mail programs have stored: the input is the text of one of their files, which its first byte chooses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::account::stored::look;
use mailtriage_fuzz::{Files, assert_visible, run};

/// The ends of the files' names. `profiles.ini` comes before a NUL, `prefs.js` after it; so do KMail's two files.
const FILES: [&str; 9] = [
    ".thunderbird/profiles.ini",
    "accountrc",
    "way.source",
    "geary.ini",
    ".msmtprc",
    ".muttrc",
    "account{1}.oeaccount",
    "mailtransports",
    "compatibility.ini",
];
/// The second file of a program, if it has one.
const SECOND: [(&str, &str); 3] =
    [(".thunderbird/profiles.ini", "prefs.js"), ("mailtransports", "emailidentities"), ("way.source", "id.source")];

fuzz_target!(|input: &[u8]| {
    let Some((which, text)) = input.split_first() else { return };
    let first = FILES[usize::from(*which) % FILES.len()];
    let mut parts = text.splitn(2, |byte| *byte == 0);
    let (text, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut files = vec![(first, text)];
    files.extend(SECOND.iter().find(|(of, _)| *of == first).map(|(_, name)| (*name, second)));
    let found = run(look(&Files(&files), None));
    for text in found.accounts.iter().map(|account| account.line() + &account.place).chain(found.skipped) {
        assert_visible("what is stored", &text);
    }
});
