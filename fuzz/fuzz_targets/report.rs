//! A report of ours in which somebody has changed some values: opened, written in all formats for all readers, redacted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::report::first_page::Reader;
use mailtriage::report::format::How;
use mailtriage::report::formats::FORMATS;
use mailtriage::report::redact::{Redact, redact};
use mailtriage::report::{json, open};
use mailtriage_fuzz::{assert_visible, edited_report, file};

fuzz_target!(|input: &[u8]| {
    let Ok(session) = open::read(&file(&edited_report(input))) else { return };
    let report = json::report(&session);
    for format in FORMATS {
        let reader = Reader::ALL[input.len() % Reader::ALL.len()];
        let text = (format.write)(&report, How::for_reader(reader)).expect("every report can be written");
        // A mail's lines end so (RFC 5322, section 2.1).
        assert_visible(format.name, &text.replace("\r\n", "\n"));
    }
    // Not the saved verdict, but what follows from the changed facts.
    let anew = session.diagnosis_for("outlook-2016");
    anew.remedy.iter().chain([&anew.title, &anew.summary]).for_each(|text| assert_visible("the verdict", text));
    let less = redact(&report, Redact::All.into());
    let _ = redact(&less, Redact::Names.into());
});
