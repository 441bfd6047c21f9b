//! The built-in guide with one page replaced, its number in the first byte: refused with a reason, or walked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::facts::Derived;
use mailtriage::guide::page::Page;
use mailtriage::guide::{Guide, walk};
use mailtriage::{pages, session};

fuzz_target!(|input: &[u8]| {
    let [which, text @ ..] = input else { return };
    let text = String::from_utf8_lossy(text);
    // Most are no page at all: that is found out without the others.
    if Page::parse("causes/offline", &text).is_err() {
        return;
    }
    let which = usize::from(*which) % pages::guide().count();
    let texts = pages::guide().enumerate().map(|(index, (name, page))| {
        let page = if index == which { text.to_string() } else { page.to_owned() };
        (name, page)
    });
    if let Ok(guide) = Guide::read(texts, &session::placeholders::names()) {
        let _ = walk::walk(&guide, &Derived::new());
    }
});
