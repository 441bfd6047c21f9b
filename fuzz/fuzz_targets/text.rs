//! Bytes made text, and names found and marked in it: the name is what comes before the first line feed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::text::find::{Name, Searched};
use mailtriage::text::{Mark, Text, visible, visible_str};
use mailtriage_fuzz::assert_visible;

fuzz_target!(|input: &[u8]| {
    let text = visible(input);
    assert_visible("text", &text);
    assert_eq!(visible_str(&text), text, "what is visible stays as it is");
    let (name, rest) = text.split_once('\n').unwrap_or(("", &text));
    for found in Searched::new(rest).find(&Name::new(name)) {
        assert!(found.end <= rest.chars().count());
    }
    let marked = Text::new().foreign(rest).marking(Mark::User, name);
    assert!(marked.marks.iter().all(|(start, end, _)| start < end && *end <= marked.text.chars().count()));
    let _ = marked.names(name);
});
