//! Patterns that are found in capitals or not, and with or without accents: both they and the text are folded.

use super::fold::{folded, folded_pattern, folded_with_places};
use regex_lite::{CaptureLocations, Regex};
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
        AnyCase(Regex::new(&folded_pattern(pattern)).expect("a pattern of ours"))
    }

    /// Whether the text has it.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(&folded(text))
    }

    /// Where it is for the first time.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        self.find_all(text, 1).pop()
    }

    /// Where it is, up to so many times.
    pub fn find_all(&self, text: &str, most: usize) -> Vec<Range<usize>> {
        let (text, places) = folded_with_places(text);
        self.0.find_iter(&text).take(most).map(|found| places[found.start()]..places[found.end()]).collect()
    }

    /// The groups of the first place.
    pub fn groups<'t>(&self, text: &'t str) -> Option<Groups<'_, 't>> {
        let (folded, places) = folded_with_places(text);
        let mut at = self.0.capture_locations();
        self.0.captures_read(&mut at, &folded)?;
        Some(Groups { of: &self.0, at, places, text })
    }
}

/// What a pattern's groups have found, as it is written in the text.
pub struct Groups<'p, 't> {
    of: &'p Regex,
    at: CaptureLocations,
    places: Vec<usize>,
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
        self.at.get(group).map(|(start, end)| &self.text[self.places[start]..self.places[end]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_place() {
        let pattern = AnyCase::new(r"mögliche (?P<what>\w+)\b");
        let text = "İ ẞ. MÖGLICHE Ursachen";
        let found = pattern.groups(text).expect("it is there");
        assert_eq!(
            (found.first(), found.named("what"), found.named("who")),
            (Some("Ursachen"), Some("Ursachen"), None)
        );
        assert_eq!(
            pattern.groups("MO\u{308}GLICHE Gru\u{308}ße.").and_then(|found| found.first()),
            Some("Gru\u{308}ße")
        );
        assert_eq!(pattern.find(text).map(|at| &text[at]), Some("MÖGLICHE Ursachen"));
        assert_eq!(pattern.find_all(&format!("{text} {text}"), 1).len(), 1);
        assert!(pattern.is_match("mogliche Gründe") && !pattern.is_match("unmöglich"));
    }
}
