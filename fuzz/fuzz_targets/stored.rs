//! What mail programs have stored: the input is one of their files, which its first byte chooses; or one that is handed over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::account::stored::{Found, look, read_handed};
use mailtriage_fuzz::{Files, assert_visible, run};
use std::path::Path;

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
/// Files of other kinds, by themselves: binary ones among them, which begin after the first byte and have no second file.
const HANDED: [&str; 3] = ["Accounts.plist", "mail.mobileconfig", "profile.reg"];
/// The second file of a program, if it has one.
const SECOND: [(&str, &str); 3] =
    [(".thunderbird/profiles.ini", "prefs.js"), ("mailtransports", "emailidentities"), ("way.source", "id.source")];

fuzz_target!(|input: &[u8]| {
    let Some((which, text)) = input.split_first() else { return };
    let which = usize::from(*which) % (FILES.len() + HANDED.len());
    let Some(first) = FILES.get(which) else {
        let name = HANDED[which - FILES.len()];
        let found = run(read_handed(&Files(&[(name, text)]), Path::new(name)));
        return shown(&found.unwrap_or_default());
    };
    let first = *first;
    let mut parts = text.splitn(2, |byte| *byte == 0);
    let (text, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut files = vec![(first, text)];
    files.extend(SECOND.iter().find(|(of, _)| *of == first).map(|(_, name)| (*name, second)));
    shown(&run(look(&Files(&files), None)));
});

fn shown(found: &Found) {
    for text in found.accounts.iter().map(|account| account.line() + &account.place).chain(found.skipped.iter().cloned()) {
        assert_visible("what is stored", &text);
    }
}
