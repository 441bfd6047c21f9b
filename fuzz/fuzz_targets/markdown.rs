//! Markdown as plain text, items and cells.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::pages::{Page, markdown};

fuzz_target!(|input: &str| {
    let _ = (markdown::plain(input), markdown::paragraphs(input), markdown::anchor(input));
    let _ = (markdown::table(input), markdown::list_items(input));
    if let Ok(page) = Page::parse("learn/ports", input) {
        page.sections.iter().for_each(|section| drop(page.items(&section.heading)));
    }
});
