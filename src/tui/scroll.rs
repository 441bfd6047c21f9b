//! How far a text or a list is scrolled. It knows its height and its length since it was last drawn, so that it never
//! runs past the end, and a page is what was seen.

use super::keymap::Action;

/// How many lines a step of the mouse wheel moves.
pub const WHEEL: isize = 3;

/// A scroll position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scroll {
    at: usize,
    height: usize,
    length: usize,
    /// The line of the last match of a search.
    found: Option<usize>,
}

impl Default for Scroll {
    /// At the top of something that has not been drawn yet.
    fn default() -> Self {
        Scroll { at: 0, height: 8, length: usize::MAX, found: None }
    }
}

impl Scroll {
    /// Takes in how much there is and how much of it fits; call it before drawing.
    pub fn measure(&mut self, height: u16, length: usize) {
        (self.height, self.length) = (usize::from(height), length);
        self.at = self.at.min(self.end());
    }

    /// The number of the first line that is shown.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The same for ratatui.
    pub fn offset(&self) -> u16 {
        u16::try_from(self.at).unwrap_or(u16::MAX)
    }

    /// How many lines a page moves: one of the last page stays in sight.
    pub fn page(&self) -> usize {
        self.height.saturating_sub(1).max(1)
    }

    fn end(&self) -> usize {
        self.length.saturating_sub(self.height)
    }

    /// Moves by this many lines.
    pub fn by(&mut self, lines: isize) {
        self.at = self.at.saturating_add_signed(lines).min(self.end());
    }

    /// The line of the last match of a search, if nothing has moved since.
    pub fn found(&self) -> Option<usize> {
        self.found
    }

    /// Moves so that a match is in sight, with a little above it.
    pub fn show_found(&mut self, line: usize) {
        self.at = line.saturating_sub(self.height / 4).min(self.end());
        self.found = Some(line);
    }

    /// Moves as little as needed for these lines to be in sight, the first one above all.
    pub fn keep_in_sight(&mut self, first: usize, last: usize) {
        self.at = self.at.max((last + 1).saturating_sub(self.height)).min(first).min(self.end());
    }

    /// Moves, if the action is one that scrolls.
    pub fn act(&mut self, action: Action) -> bool {
        let page = isize::try_from(self.page()).unwrap_or(isize::MAX);
        match action {
            Action::Up => self.by(-1),
            Action::Down => self.by(1),
            Action::PageUp => self.by(-page),
            Action::PageDown => self.by(page),
            Action::First => self.at = 0,
            Action::Last => self.at = self.end(),
            _ => return false,
        }
        self.found = None;
        true
    }

    /// Where this is: "12-33 of 57"; empty if everything is in sight.
    pub fn place(&self) -> String {
        if self.length <= self.height || self.length == usize::MAX {
            return String::new();
        }
        format!("{}-{} of {}", self.at + 1, (self.at + self.height).min(self.length), self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_past_the_end_and_a_page_is_what_was_seen() {
        let mut scroll = Scroll::default();
        scroll.measure(22, 57);
        assert_eq!(scroll.place(), "1-22 of 57");
        for _ in 0..40 {
            scroll.act(Action::PageDown);
        }
        assert_eq!(scroll.place(), "36-57 of 57");
        assert!(scroll.act(Action::Up));
        assert_eq!(scroll.place(), "35-56 of 57");
        scroll.act(Action::PageUp);
        assert_eq!(scroll.at(), 13);
        scroll.act(Action::Last);
        scroll.act(Action::PageUp);
        assert_eq!(scroll.at(), 14);
        scroll.measure(60, 57);
        assert_eq!((scroll.at(), scroll.place().as_str()), (0, ""));
    }

    #[test]
    fn the_end_can_be_asked_for_before_anything_is_drawn() {
        let mut scroll = Scroll::default();
        scroll.act(Action::Last);
        scroll.measure(10, 15);
        assert_eq!(scroll.at(), 5);
    }

    #[test]
    fn a_line_stays_in_sight() {
        let mut scroll = Scroll::default();
        scroll.measure(5, 20);
        scroll.keep_in_sight(7, 8);
        assert_eq!(scroll.at(), 4);
        scroll.keep_in_sight(6, 6);
        assert_eq!(scroll.at(), 4);
        scroll.keep_in_sight(2, 2);
        assert_eq!(scroll.at(), 2);
    }
}
