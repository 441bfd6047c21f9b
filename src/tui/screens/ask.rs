//! A yes-or-no question, before something is lost or risked.

use super::parts;
use super::save::SaveView;
use crate::tui::core::Core;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::Scroll;
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// A question, and what a yes means.
pub struct Ask {
    place: Place,
    text: String,
    yes: Next,
}

impl Ask {
    /// A screen that asks this question.
    pub fn new(text: &str, yes: Next) -> Self {
        Ask { place: Place::Ask, text: text.to_owned(), yes }
    }

    /// The question before the program ends with a report that is not saved.
    pub fn leave() -> Self {
        let text = "Quit without saving? y quits, s saves first, Esc returns.";
        Ask { place: Place::Leave, ..Ask::new(text, Next::Do(Effect::Quit)) }
    }
}

impl View for Ask {
    fn place(&self) -> Place {
        self.place
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            // The question is asked once: whatever a yes means replaces it or ends it.
            Action::Yes => std::mem::replace(&mut self.yes, Next::Back),
            Action::Save => Next::instead(SaveView::new(core)),
            Action::No | Action::Back => Next::Back,
            _ => Next::Unknown,
        }
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let body = parts::page(frame, area, core, self.place, "One question", "");
        let lines = parts::wrapped(core.theme, &self.text, usize::from(body.width).saturating_sub(2), 0);
        let lines = lines.into_iter().map(|line| Line::raw(format!(" {line}"))).collect();
        parts::scrolled(frame, body, lines, &mut Scroll::default());
    }
}
