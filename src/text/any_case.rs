//! Patterns that are found in capitals or not. The regex library can do that itself, at the price of tables that are larger
//! than all of our patterns; lower-casing the text is enough.

use regex::{CaptureLocations, Regex};
use std::ops::Range;

/// A regex, written in lower case, that finds its words in any case.
#[derive(Debug)]
pub struct AnyCase(Regex);

impl AnyCase {
    /// A pattern of ours.
    ///
    /// # Panics
    /// On a pattern that is none, which the tests see: no pattern comes from outside.
    pub fn new(pattern: &str) -> Self {
        AnyCase(Regex::new(pattern).expect("a pattern of ours"))
    }

    /// Whether the text has it.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(&lower(text))
    }

    /// Where it is for the first time.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        self.0.find(&lower(text)).map(|found| found.range())
    }

    /// Where it is, up to so many times.
    pub fn find_all(&self, text: &str, most: usize) -> Vec<Range<usize>> {
        self.0.find_iter(&lower(text)).take(most).map(|found| found.range()).collect()
    }

    /// The groups of the first place.
    pub fn groups<'t>(&self, text: &'t str) -> Option<Groups<'_, 't>> {
        let mut at = self.0.capture_locations();
        self.0.captures_read(&mut at, &lower(text))?;
        Some(Groups { of: &self.0, at, text })
    }
}

/// What a pattern's groups have found, as it is written in the text.
pub struct Groups<'p, 't> {
    of: &'p Regex,
    at: CaptureLocations,
    text: &'t str,
}

impl<'t> Groups<'_, 't> {
    /// The first group that took part.
    pub fn first(&self) -> Option<&'t str> {
        (1..self.at.len()).find_map(|group| self.get(group))
    }

    /// The group with this name.
    pub fn named(&self, name: &str) -> Option<&'t str> {
        self.get(self.of.capture_names().position(|own| own == Some(name))?)
    }

    fn get(&self, group: usize) -> Option<&'t str> {
        self.at.get(group).map(|(start, end)| &self.text[start..end])
    }
}

/// The text in lower case, each character where it was: one whose small letter is longer or shorter stays as it is.
fn lower(text: &str) -> String {
    let small = |c: char| c.to_lowercase().next().filter(|small| small.len_utf8() == c.len_utf8()).unwrap_or(c);
    text.chars().map(small).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_place() {
        let pattern = AnyCase::new(r"mögliche (?P<what>\w+)");
        let text = "İ ẞ. MÖGLICHE Ursachen";
        let found = pattern.groups(text).expect("it is there");
        assert_eq!(
            (found.first(), found.named("what"), found.named("who")),
            (Some("Ursachen"), Some("Ursachen"), None)
        );
        assert_eq!(pattern.find(text).map(|at| &text[at]), Some("MÖGLICHE Ursachen"));
        assert_eq!(pattern.find_all(&format!("{text} {text}"), 1).len(), 1);
        assert!(pattern.is_match("mögliche Gründe") && !pattern.is_match("moegliche Gründe"));
    }
}
