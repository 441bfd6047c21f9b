//! A list of lines of which one is marked: moving, scrolling, the mouse. What is in it, and typing to filter it, are the
//! screen's.

use super::parts::cut;
use crate::tui::core::Core;
use crate::tui::keymap::Action;
use crate::tui::scroll::{Scroll, WHEEL};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// A line of the list.
pub struct Entry<'a> {
    /// What it is filed under; shown once above the first of several.
    pub group: &'a str,
    /// What it says.
    pub label: &'a str,
}

/// Which line is marked, and how far the list is scrolled.
#[derive(Default)]
pub struct List {
    selected: usize,
    length: usize,
    scroll: Scroll,
    /// Where it was last drawn, and which entry is in each of its lines; `None` is a heading.
    area: Rect,
    lines: Vec<Option<usize>>,
}

impl List {
    /// A list of this many entries, with one marked.
    pub fn new(length: usize, selected: usize) -> Self {
        List { selected: selected.min(length.saturating_sub(1)), length, ..List::default() }
    }

    /// The marked entry; `None` if the list is empty.
    pub fn selected(&self) -> Option<usize> {
        (self.selected < self.length).then_some(self.selected)
    }

    /// Where the mark is: "3 of 57".
    pub fn place(&self) -> String {
        format!("{} of {}", self.selected().map_or(0, |index| index + 1), self.length)
    }

    /// Marks an entry.
    pub fn select(&mut self, index: usize) {
        self.selected = index.min(self.length.saturating_sub(1));
    }

    /// Moves the mark, if the action is one that moves.
    pub fn act(&mut self, action: Action) -> bool {
        let page = self.scroll.page();
        self.select(match action {
            Action::Up => self.selected.saturating_sub(1),
            Action::Down => self.selected + 1,
            Action::PageUp => self.selected.saturating_sub(page),
            Action::PageDown => self.selected + page,
            Action::First => 0,
            Action::Last => usize::MAX,
            _ => return false,
        });
        true
    }

    /// The mouse wheel.
    pub fn wheel(&mut self, by: isize) {
        self.select(self.selected.saturating_add_signed(by * WHEEL));
    }

    /// A click marks an entry; one on the marked entry opens it.
    pub fn click(&mut self, at: Position) -> bool {
        if !self.area.contains(at) {
            return false;
        }
        let line = usize::from(at.y - self.area.y) + self.scroll.at();
        let Some(index) = self.lines.get(line).copied().flatten() else { return false };
        let was_marked = self.selected == index;
        self.selected = index;
        was_marked
    }

    /// Draws it.
    pub fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core, entries: &[Entry<'_>]) {
        let theme = core.theme;
        let width = usize::from(area.width).saturating_sub(4);
        let mut lines = Vec::new();
        let (mut first, mut last) = (0, 0);
        self.lines.clear();
        self.length = entries.len();
        self.select(self.selected);
        let mut group = "";
        for (index, entry) in entries.iter().enumerate() {
            let begins = entry.group != group;
            if index == self.selected {
                first = lines.len();
            }
            if begins {
                group = entry.group;
                lines.push(Line::styled(format!(" {}", theme.text(group)), theme.dim()));
                self.lines.push(None);
            }
            let is_marked = index == self.selected;
            let (mark, style) = if is_marked { (" > ", theme.selected()) } else { ("   ", Style::new()) };
            if is_marked {
                last = lines.len();
            }
            lines.push(Line::from_iter([Span::raw(mark), Span::styled(cut(theme, entry.label, width), style)]));
            self.lines.push(Some(index));
        }
        self.area = area;
        self.scroll.measure(area.height, lines.len());
        self.scroll.keep_in_sight(first, last);
        frame.render_widget(Paragraph::new(lines).scroll((self.scroll.offset(), 0)), area);
    }
}
