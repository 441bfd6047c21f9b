//! Yes or no, before something is lost or risked.

use super::parts;
use crate::tui::app::{Core, Next};
use crate::tui::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// A question, and what a yes means.
pub struct Ask {
    text: String,
    yes: Box<dyn Fn() -> Next + Send>,
}

impl Ask {
    /// Asks.
    pub fn new(text: &str, yes: impl Fn() -> Next + Send + 'static) -> Self {
        Ask { text: text.to_owned(), yes: Box::new(yes) }
    }

    pub(super) fn act(&mut self, action: Action) -> Next {
        match action {
            Action::Yes => (self.yes)(),
            Action::No | Action::Back => Next::Back,
            _ => Next::Stay,
        }
    }

    pub(super) fn render(&self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let body = parts::page(frame, area, core, Place::Ask, "One question", "");
        let lines = parts::wrapped(core.theme, &self.text, usize::from(body.width).saturating_sub(2), 0);
        let lines = lines.into_iter().map(|line| Line::raw(format!(" {line}"))).collect();
        parts::scrolled(frame, body, lines, 0);
    }
}
